import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SoapFault, UapiBody, UapiPayload } from './format.ts';

/** Codes of faults that only say: nothing can be had. */
const NOTHING_CODES: ReadonlySet<string> = new Set([
  '2602', // No solutions in the response.
  '3000', // No availability for this request.
  '3037', // No availability on the chosen flights, unable to quote a fare.
]);

/** What the SOAP body holds. Throws where there is no SOAP envelope. */
export function payloadOf(body: UapiBody | undefined): UapiPayload {
  const payload = body?.Envelope?.Body;
  if (typeof payload !== 'object' || payload === null) throw new TypeError('no SOAP envelope with a body');
  return payload;
}

/** Whether a fault only says that nothing can be had. */
export function saysNothing(fault: SoapFault): boolean {
  return NOTHING_CODES.has(codeOf(fault));
}

/** A fault's text for a person. */
export function faultText(fault: SoapFault): string {
  const code = codeOf(fault);
  const transaction = fault.detail?.ErrorInfo?.TransactionId;
  return (
    `${fault.faultstring ?? fault.detail?.ErrorInfo?.Description ?? 'SOAP fault'} (${fault.faultcode ?? 'no fault code'}` +
    `${code === '' ? '' : `, code ${code}`})${transaction === undefined ? '' : ` [transaction ${transaction}]`}`
  );
}

/**
 * What a fault means: by its fault code's last word ("Server.Security", "Server.Business"), which the error's type repeats.
 */
export function faultFailure(fault: SoapFault): { readonly failure: FailureKind; readonly detail: string } {
  const word = `${fault.faultcode ?? ''} ${fault.detail?.ErrorInfo?.Type ?? ''}`;
  let failure: FailureKind = FailureKind.SERVER_ERROR;
  if (/Security|Authenti|Authoriz/i.test(word)) failure = FailureKind.AUTHENTICATION;
  else if (/Throttl|RateLimit|TooMany/i.test(`${word} ${fault.faultstring ?? ''}`)) failure = FailureKind.RATE_LIMIT;
  else if (/Client|Business|Data|Validation/i.test(word)) failure = FailureKind.REQUEST_REFUSED;
  return { failure, detail: faultText(fault) };
}

/** What an answer that is not 2xx means: its fault where it has one, faults come with status 500. */
export function httpFailure(
  status: number,
  body: UapiBody | undefined,
): { readonly failure: FailureKind; readonly detail: string } {
  const fault = body?.Envelope?.Body?.Fault;
  if (typeof fault === 'object' && fault !== null) return faultFailure(fault);
  const detail = `HTTP ${status} without a SOAP fault`;
  if (status === 401 || status === 403) return { failure: FailureKind.AUTHENTICATION, detail };
  if (status === 429) return { failure: FailureKind.RATE_LIMIT, detail };
  if (status >= 400 && status < 500) return { failure: FailureKind.REQUEST_REFUSED, detail };
  return { failure: FailureKind.SERVER_ERROR, detail };
}

function codeOf(fault: SoapFault): string {
  return String(fault.detail?.ErrorInfo?.Code ?? fault.detail?.AvailabilityErrorInfo?.Code ?? '');
}
