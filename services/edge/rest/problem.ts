// Errors as application/problem+json (RFC 9457), carrying everything that google.rpc.Status carries.
import { Status } from 'nice-grpc-common';
import { type EntrepotError, type ReasonName, reasonStatus } from '../../../libs/errors/index.ts';

/** A problem document. Members beyond RFC 9457 repeat ErrorInfo, BadRequest and RetryInfo. */
export interface Problem {
  /** Stable identifier of the reason: "urn:entrepot:error:INVALID_FIELD". */
  readonly type: string;
  /** The reason in words, the same for every occurrence. */
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  /** What happened this time and what to do about it. */
  readonly detail: string;
  /** Name in entrepot.type.v1.ErrorReason, without prefix. */
  readonly reason: string;
  /** gRPC status name: "INVALID_ARGUMENT". */
  readonly code: string;
  /** The fields that are wrong, by JSON path. */
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number;
  /** ErrorInfo's metadata, such as the attributes that exist. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The request that it happened to, as its answer and the logs name it. */
  readonly requestId?: string;
  /** Its trace: 32 hexadecimal digits. */
  readonly traceId?: string;
}

/** Which request a problem happened to. */
export interface ProblemOrigin {
  readonly requestId: string;
  /** Absent where the request is not traced. */
  readonly traceId: string | undefined;
}

/** HTTP status of a gRPC status, as google.rpc.Code documents it. 499 has no name in HTTP: the client went away. */
const httpStatus: Readonly<Partial<Record<Status, number>>> = {
  [Status.CANCELLED]: 499,
  [Status.INVALID_ARGUMENT]: 400,
  [Status.DEADLINE_EXCEEDED]: 504,
  [Status.NOT_FOUND]: 404,
  [Status.ALREADY_EXISTS]: 409,
  [Status.PERMISSION_DENIED]: 403,
  [Status.RESOURCE_EXHAUSTED]: 429,
  [Status.FAILED_PRECONDITION]: 400,
  [Status.ABORTED]: 409,
  [Status.OUT_OF_RANGE]: 400,
  [Status.UNIMPLEMENTED]: 501,
  [Status.UNAVAILABLE]: 503,
  [Status.UNAUTHENTICATED]: 401,
};

/** Reasons for which HTTP has a closer status than their gRPC code's. */
const httpStatusOfReason: Readonly<Partial<Record<ReasonName, number>>> = {
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  OFFER_EXPIRED: 410,
  OFFER_SOLD_OUT: 410,
  TOKEN_EXPIRED: 410,
  VIEW_EXPIRED: 410,
  FILTER_NOT_HELD: 409,
  METHOD_NOT_ALLOWED: 405,
  MALFORMED_HEAD: 431,
};

/** HTTP status of a reason that has the gRPC code that is documented for it. */
export function statusOf(reason: ReasonName): number {
  return httpStatusOfReason[reason] ?? httpStatus[reasonStatus[reason]] ?? 500;
}

/** Makes the problem document of an error. @param origin the request, where one is known */
export function problemOf(error: EntrepotError, origin?: ProblemOrigin): Problem {
  const words = error.reason.toLowerCase().replaceAll('_', ' ');
  return {
    type: `urn:entrepot:error:${error.reason}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status: httpStatusOfReason[error.reason] ?? httpStatus[error.code] ?? 500,
    detail: error.message,
    reason: error.reason,
    code: Status[error.code] ?? 'UNKNOWN',
    ...(error.violations.length > 0 && { violations: error.violations }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(Object.keys(error.metadata).length > 0 && { metadata: error.metadata }),
    ...(origin !== undefined && { requestId: origin.requestId }),
    ...(origin?.traceId !== undefined && { traceId: origin.traceId }),
  };
}
