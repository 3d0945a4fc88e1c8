// Errors as Connect and gRPC-Web write them, with the details of google.rpc.
import { ConnectError } from '@connectrpc/connect';
import { BadRequest, type ErrorDetails, ErrorInfo, RetryInfo } from 'nice-grpc-error-details';
import { type EntrepotError, toStatusDetails } from '../../../libs/errors/index.ts';

/** The error as the library writes it: ErrorInfo always, BadRequest and RetryInfo where they apply. */
export function connectErrorOf(error: EntrepotError): ConnectError {
  const { code, message, details } = toStatusDetails(error);
  const made = new ConnectError(message, code as number);
  made.details = details.map(detailOf);
  return made;
}

/** A detail as it goes over the wire, and readable for a person beside it. */
function detailOf(detail: ErrorDetails): ConnectError['details'][number] {
  switch (detail.$type) {
    case 'google.rpc.ErrorInfo':
      return {
        type: detail.$type,
        value: ErrorInfo.encode(detail).finish(),
        debug: { reason: detail.reason, domain: detail.domain, metadata: { ...detail.metadata } },
      };
    case 'google.rpc.BadRequest':
      return {
        type: detail.$type,
        value: BadRequest.encode(detail).finish(),
        debug: {
          fieldViolations: detail.fieldViolations.map(({ field, description }) => ({ field, description })),
        },
      };
    case 'google.rpc.RetryInfo': {
      const { seconds = 0, nanos = 0 } = detail.retryDelay ?? {};
      return {
        type: detail.$type,
        value: RetryInfo.encode(detail).finish(),
        debug: { retryDelay: `${seconds + nanos / 1e9}s` },
      };
    }
    default:
      throw new Error(`Errors have no details of the type ${detail.$type}.`);
  }
}
