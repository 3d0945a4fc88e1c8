import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { DuffelBody } from './format.ts';

/** The API's own word for what went wrong. It outweighs every status: a rate limit says 400, an airline's failure 401. */
const KIND_BY_TYPE: Readonly<Record<string, FailureKind>> = {
  authentication_error: FailureKind.AUTHENTICATION,
  rate_limit_error: FailureKind.RATE_LIMIT,
  airline_error: FailureKind.SERVER_ERROR,
  api_error: FailureKind.SERVER_ERROR,
  invalid_request_error: FailureKind.REQUEST_REFUSED,
  invalid_state_error: FailureKind.REQUEST_REFUSED,
  validation_error: FailureKind.REQUEST_REFUSED,
};

/** Codes by which Duffel says that an offer cannot be had any more. */
const GONE_CODES: ReadonlySet<string> = new Set([
  'not_found',
  'offer_expired',
  'offer_no_longer_available',
  'offer_request_already_booked',
]);

/** The failure that an answer states, by its first error; undefined where it states none. */
export function statedFailure(
  body: DuffelBody | undefined,
): { readonly failure: FailureKind; readonly detail: string } | undefined {
  const error = body?.errors?.[0];
  if (typeof error !== 'object' || error === null) return undefined;
  const where = typeof error.source === 'object' ? error.source?.pointer : error.source;
  const code = error.code === undefined ? '' : ` (${error.code}${where === undefined ? '' : ` at ${where}`})`;
  const request = body?.meta?.request_id === undefined ? '' : ` [request ${body.meta.request_id}]`;
  return {
    failure: KIND_BY_TYPE[error.type ?? ''] ?? FailureKind.SERVER_ERROR,
    detail: `${error.title ?? error.type ?? 'error'}: ${error.message ?? ''}${code}${request}`,
  };
}

/** What an answer that is not 2xx means. */
export function httpFailure(
  status: number,
  body: DuffelBody | undefined,
): { readonly failure: FailureKind; readonly detail: string } {
  const stated = statedFailure(body);
  if (stated !== undefined) return stated;
  return { failure: kindByStatus(status), detail: `HTTP ${status} without an error of Duffel's own` };
}

function kindByStatus(status: number): FailureKind {
  if (status === 401 || status === 403) return FailureKind.AUTHENTICATION;
  if (status === 429) return FailureKind.RATE_LIMIT;
  if (status >= 400 && status < 500) return FailureKind.REQUEST_REFUSED;
  return FailureKind.SERVER_ERROR;
}

/** Why the offer that was asked for is no longer to be had; undefined where the answer does not say so. */
export function goneReason(body: DuffelBody): string | undefined {
  for (const error of body.errors ?? []) {
    if (error.code !== undefined && GONE_CODES.has(error.code)) {
      return error.message ?? error.title ?? 'The airline no longer sells this offer.';
    }
  }
  return undefined;
}
