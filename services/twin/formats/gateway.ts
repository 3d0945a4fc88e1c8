import type { Answer } from './format.ts';

/** A load balancer in front of the API answers in HTML. */
export function gatewayError(variant: number): Answer {
  const status = variant < 0.7 ? 502 : variant < 0.85 ? 503 : 504;
  const title = { 502: 'Bad Gateway', 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' }[status];
  return {
    status,
    contentType: 'text/html',
    headers: status === 503 ? { 'retry-after': '5' } : {},
    body: `<html>\n<head><title>${status} ${title}</title></head>\n<body><center><h1>${status} ${title}</h1></center></body>\n</html>\n`,
  };
}
