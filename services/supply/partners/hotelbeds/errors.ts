import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { HotelbedsBody } from './format.ts';

/** The API's codes that put the fault on its own side; every other is about the request. */
const SERVER_CODES: ReadonlySet<string> = new Set(['SYSTEM_ERROR', 'PRODUCT_ERROR']);
/** Words of the gateway before the API for a spent quota, which comes with status 403. */
const QUOTA = /quota|over (?:qps|rate)|rate limit|too many|limit exceeded/i;
const GONE = /allotment|not available|no longer available|unavailable|stop sales|sold out|expired/i;

/** What an answer that is not 2xx means. */
export function httpFailure(
  status: number,
  body: HotelbedsBody | undefined,
  text: string,
): { readonly failure: FailureKind; readonly detail: string } {
  const stated = errorText(body);
  const detail = stated ?? `HTTP ${status} without an error of Hotelbeds' own`;
  if (status === 429 || (status === 403 && QUOTA.test(stated ?? text)))
    return { failure: FailureKind.RATE_LIMIT, detail };
  if (status === 401 || status === 403) return { failure: FailureKind.AUTHENTICATION, detail };
  if (status >= 400 && status < 500) return { failure: FailureKind.REQUEST_REFUSED, detail };
  return { failure: FailureKind.SERVER_ERROR, detail };
}

/** The failure that an answer states inside a 200; undefined where it states none. */
export function statedFailure(
  body: HotelbedsBody,
): { readonly failure: FailureKind; readonly detail: string } | undefined {
  const detail = errorText(body);
  if (detail === undefined) return undefined;
  if (QUOTA.test(detail)) return { failure: FailureKind.RATE_LIMIT, detail };
  const code = typeof body.error === 'object' ? body.error.code : undefined;
  return {
    failure: code === undefined || SERVER_CODES.has(code) ? FailureKind.SERVER_ERROR : FailureKind.REQUEST_REFUSED,
    detail,
  };
}

/** Why a rate that was asked for again is no longer to be had; undefined where the answer does not say so. */
export function goneReason(body: HotelbedsBody): string | undefined {
  const detail = errorText(body);
  return detail !== undefined && GONE.test(detail) ? detail : undefined;
}

function errorText(body: HotelbedsBody | undefined): string | undefined {
  const error = body?.error;
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return undefined;
  return `${error.code ?? 'error'}: ${error.message ?? ''}`;
}
