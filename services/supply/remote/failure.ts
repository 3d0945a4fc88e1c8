import { Status } from 'nice-grpc-common';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { cancelled, PartnerFailure, toPartnerFailure } from '../failure.ts';
import type { RemotePartner } from './partner.ts';

/** What a call to a remote failed with, as a failure of that partner. A rate limit is remembered. */
export function remoteFailure(partner: RemotePartner, error: unknown, signal: AbortSignal): PartnerFailure {
  if (error instanceof PartnerFailure) return error;
  if (signal.aborted) return cancelled();
  if (!(error instanceof EntrepotError)) return toPartnerFailure(error);
  const failure = kindOf(error);
  const detail =
    failure === FailureKind.TIMEOUT ? 'its time was over before it had answered' : partner.secrets.clean(error.message);
  return new PartnerFailure({
    failure,
    detail: detail.slice(0, 300),
    cause: error,
    ...(failure === FailureKind.RATE_LIMIT && {
      retryAfterMs: partner.hold.hold(Date.now(), error.retryAfterMs),
    }),
  });
}

function kindOf({ reason, code, message }: EntrepotError): FailureKind {
  if (reason === 'BODY_TOO_LARGE') return FailureKind.TOO_LARGE;
  switch (code) {
    case Status.DEADLINE_EXCEEDED:
      return FailureKind.TIMEOUT;
    case Status.UNAVAILABLE:
    case Status.CANCELLED:
      return FailureKind.CONNECTION;
    case Status.RESOURCE_EXHAUSTED:
      return FailureKind.RATE_LIMIT;
    case Status.UNAUTHENTICATED:
    case Status.PERMISSION_DENIED:
      return FailureKind.AUTHENTICATION;
    case Status.INVALID_ARGUMENT:
      return FailureKind.REQUEST_REFUSED;
    case Status.UNIMPLEMENTED:
      return FailureKind.MALFORMED;
    default:
      // How the transport says that bytes are no message of the contract; only its text tells.
      return /parsing error/i.test(message) ? FailureKind.MALFORMED : FailureKind.SERVER_ERROR;
  }
}
