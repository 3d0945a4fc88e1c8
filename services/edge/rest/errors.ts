// Everything that goes wrong with an HTTP request, answered as a problem document.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import { logger, withTrace } from '../../../libs/telemetry/index.ts';
import type { EdgeCall } from '../call.ts';
import { typedError } from '../http-errors.ts';
import { requestIdOf } from '../request-id.ts';
import { rememberRoutes } from './allowed.ts';
import { type Problem, type ProblemOrigin, problemOf } from './problem.ts';

const log = logger('edge');

/** Answers what is thrown while a request is handled, and what is asked for that there is not. */
export function answerErrors(app: FastifyInstance): void {
  const allowed = rememberRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allow = allowed(path);
    if (allow === '') {
      const message = `There is no ${request.method} ${path}; GET /openapi.json lists every path.`;
      throw new EntrepotError({ reason: 'ROUTE_NOT_FOUND', message });
    }
    if (request.method === 'OPTIONS') return reply.status(204).header('allow', allow).send();
    const message = `${path} is there for ${allow}, not for ${request.method}.`;
    throw new EntrepotError({ reason: 'METHOD_NOT_ALLOWED', message, metadata: { allow } });
  });
  app.setErrorHandler((raw, request, reply) => {
    const error = typedError(raw);
    request.call.failure = error;
    const problem = problemOf(error, originOf(request.call));
    if (problem.status >= 500)
      withTrace(log, request.call.trace).error({ err: raw, reason: error.reason }, 'request failed');
    return sendProblem(request, reply, error, problem);
  });
}

const problemHeaders = { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' };

/**
 * Answers a path that cannot be decoded. Fastify's `frameworkErrors`: such a request reaches no route and no hook, so that nothing is known
 * of it but its head.
 */
export function refusePath(_error: FastifyError, { headers }: FastifyRequest, reply: FastifyReply): void {
  const given = headers['x-request-id'];
  const requestId = requestIdOf(typeof given === 'string' ? given : undefined);
  const error = invalidField('path', 'What stands behind a % is no UTF-8.');
  const problem = problemOf(error, { requestId, traceId: undefined });
  reply
    .status(problem.status)
    .headers({ ...problemHeaders, 'x-request-id': requestId, 'x-content-type-options': 'nosniff' })
    .send(JSON.stringify(problem));
}

/** The request that a problem happened to, as problems name it. */
export function originOf({ requestId, span }: EdgeCall): ProblemOrigin {
  const { traceId } = span.spanContext();
  return { requestId, traceId: /^0+$/.test(traceId) ? undefined : traceId };
}

function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: EntrepotError,
  problem: Problem,
): FastifyReply {
  if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000));
  const challenge = challengeOf(error);
  if (challenge !== undefined) reply.header('www-authenticate', challenge);
  if (error.reason === 'METHOD_NOT_ALLOWED') reply.header('allow', error.metadata.allow ?? '');
  if (error.reason === 'UNSUPPORTED_MEDIA_TYPE' && request.headers['content-encoding'] !== undefined)
    reply.header('accept-encoding', 'identity');
  reply.removeHeader('etag');
  return reply.status(problem.status).headers(problemHeaders).send(JSON.stringify(problem));
}

/** What a refusal asks for, as RFC 6750 says it; undefined where it is not about who asks. */
export function challengeOf({ reason, metadata }: EntrepotError): string | undefined {
  switch (reason) {
    case 'CREDENTIALS_MISSING':
      return 'Bearer realm="entrepot"';
    case 'CREDENTIALS_INVALID':
      return 'Bearer realm="entrepot", error="invalid_token", error_description="It is not known."';
    case 'CREDENTIALS_EXPIRED':
      return 'Bearer realm="entrepot", error="invalid_token", error_description="It has expired."';
    case 'NOT_PERMITTED':
      return `Bearer realm="entrepot", error="insufficient_scope"${
        /^[A-Z_]+$/.test(metadata.permission ?? '') ? `, scope="${metadata.permission}"` : ''
      }`;
    default:
      return undefined;
  }
}
