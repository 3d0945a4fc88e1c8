import { Status } from 'nice-grpc-common';
import type { ErrorReason } from '../contracts/gen/entrepot/type/v1/error.ts';

/** The names of entrepot.type.v1.ErrorReason without their prefix: every reason that an error can carry. */
export type ReasonName = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** The status code that each reason documents in error.proto. An error may carry another one, but rarely should. */
export const reasonStatus: Readonly<Record<ReasonName, Status>> = {
  INVALID_FIELD: Status.INVALID_ARGUMENT,
  UNKNOWN_FIELD: Status.INVALID_ARGUMENT,
  MALFORMED_BODY: Status.INVALID_ARGUMENT,
  INVALID_FILTER: Status.INVALID_ARGUMENT,
  INVALID_ORDER_BY: Status.INVALID_ARGUMENT,
  INVALID_TOKEN: Status.INVALID_ARGUMENT,
  TOKEN_EXPIRED: Status.OUT_OF_RANGE,
  SEARCH_NOT_FOUND: Status.NOT_FOUND,
  OFFER_NOT_FOUND: Status.NOT_FOUND,
  OFFER_EXPIRED: Status.FAILED_PRECONDITION,
  OFFER_SOLD_OUT: Status.FAILED_PRECONDITION,
  PRICING_UNAVAILABLE: Status.UNAVAILABLE,
  SUPPLY_UNAVAILABLE: Status.UNAVAILABLE,
  PARTNER_UNAVAILABLE: Status.UNAVAILABLE,
  OVERLOADED: Status.RESOURCE_EXHAUSTED,
  BODY_TOO_LARGE: Status.RESOURCE_EXHAUSTED,
  UNSUPPORTED_MEDIA_TYPE: Status.UNIMPLEMENTED,
  DEADLINE_EXCEEDED: Status.DEADLINE_EXCEEDED,
  CLICK_NOT_FOUND: Status.NOT_FOUND,
  INTERNAL: Status.INTERNAL,
  ROUTE_NOT_FOUND: Status.NOT_FOUND,
  DRAINING: Status.UNAVAILABLE,
  PARTNER_NOT_FOUND: Status.NOT_FOUND,
  VIEW_EXPIRED: Status.FAILED_PRECONDITION,
  UNKNOWN_CURRENCY: Status.INVALID_ARGUMENT,
  PRODUCT_NOT_FOUND: Status.NOT_FOUND,
  CONFLICT: Status.ABORTED,
  UNREACHABLE: Status.UNAVAILABLE,
  CANCELLED: Status.CANCELLED,
  UNKNOWN_METHOD: Status.UNIMPLEMENTED,
  FILTER_NOT_HELD: Status.FAILED_PRECONDITION,
  REVIEW_NOT_FOUND: Status.NOT_FOUND,
  EVENT_NOT_FOUND: Status.NOT_FOUND,
  MISMATCH_NOT_FOUND: Status.NOT_FOUND,
  CREDENTIALS_MISSING: Status.UNAUTHENTICATED,
  CREDENTIALS_INVALID: Status.UNAUTHENTICATED,
  CREDENTIALS_EXPIRED: Status.UNAUTHENTICATED,
  NOT_PERMITTED: Status.PERMISSION_DENIED,
  QUOTA_SPENT: Status.RESOURCE_EXHAUSTED,
  TOO_MANY_STREAMS: Status.RESOURCE_EXHAUSTED,
  INVALID_DOCUMENT: Status.INVALID_ARGUMENT,
  TOO_COMPLEX: Status.INVALID_ARGUMENT,
  OPERATION_NOT_FOUND: Status.NOT_FOUND,
  VIEW_NOT_FOUND: Status.NOT_FOUND,
  TRACE_NOT_FOUND: Status.NOT_FOUND,
  MALFORMED_HEAD: Status.INVALID_ARGUMENT,
  METHOD_NOT_ALLOWED: Status.UNIMPLEMENTED,
};

/** Whether a text is a reason that this build knows: a newer peer may send one that it does not. */
export function isReasonName(text: string): text is ReasonName {
  return Object.hasOwn(reasonStatus, text);
}

/**
 * The reason for a status that came without one: from a peer that is no Entrepot service, or from the transport itself.
 * Codes that say nothing about what the caller did wrong become INTERNAL; the code itself is kept on the error.
 */
export function reasonOfStatus(code: Status, message: string): ReasonName {
  switch (code) {
    case Status.CANCELLED:
      return 'CANCELLED';
    case Status.DEADLINE_EXCEEDED:
      return 'DEADLINE_EXCEEDED';
    case Status.UNAVAILABLE:
      return 'UNREACHABLE';
    case Status.UNIMPLEMENTED:
      return 'UNKNOWN_METHOD';
    case Status.INVALID_ARGUMENT:
      return 'INVALID_FIELD';
    case Status.RESOURCE_EXHAUSTED:
      // The transport's own refusal of a message above the receive limit has this code too, and only its text tells.
      return /larger than/i.test(message) ? 'BODY_TOO_LARGE' : 'OVERLOADED';
    default:
      return 'INTERNAL';
  }
}
