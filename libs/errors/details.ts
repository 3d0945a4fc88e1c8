import type { Status } from 'nice-grpc-common';
import { BadRequest, type ErrorDetails, ErrorInfo, RetryInfo } from 'nice-grpc-error-details';
import { EntrepotError, type EntrepotErrorInit } from './error.ts';
import { isReasonName, reasonOfStatus } from './reasons.ts';

const domain = 'entrepot';

/** Details travel in an HTTP/2 header, and peers refuse headers of more than 8 to 64 KB: more than this is left out. */
const maxViolations = 32;
const maxTextLength = 1_000;

/** A google.rpc.Status in parts: what goes over the wire for an error. */
export interface StatusDetails {
  code: Status;
  message: string;
  details: ErrorDetails[];
}

/** The error as google.rpc.Status: ErrorInfo always, BadRequest and RetryInfo where they apply. */
export function toStatusDetails(error: EntrepotError): StatusDetails {
  const details: ErrorDetails[] = [
    ErrorInfo.fromPartial({ reason: error.reason, domain, metadata: { ...error.metadata } }),
  ];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations
      .slice(0, maxViolations)
      .map((v) => ({ field: clip(v.field), description: clip(v.description) }));
    details.push(BadRequest.fromPartial({ fieldViolations }));
  }
  if (error.retryAfterMs !== undefined) {
    const ms = Math.max(0, Math.round(error.retryAfterMs));
    const retryDelay = { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
    details.push(RetryInfo.fromPartial({ retryDelay }));
  }
  return { code: error.code, message: clip(error.message), details };
}

/**
 * The error that a status carries. Details of another domain, or none, give the reason that fits the code; a reason
 * that this build does not know yet becomes that too, and stays readable in `metadata.reason`.
 */
export function fromStatusDetails(status: StatusDetails, cause?: unknown): EntrepotError {
  const { code, message } = status;
  const init: EntrepotErrorInit = { reason: reasonOfStatus(code, message), message, code, cause };
  for (const detail of status.details) {
    switch (detail.$type) {
      case 'google.rpc.ErrorInfo':
        if (detail.domain === domain && isReasonName(detail.reason)) {
          init.reason = detail.reason;
          init.metadata = { ...detail.metadata };
        } else {
          init.metadata = { ...detail.metadata, reason: detail.reason, domain: detail.domain };
        }
        break;
      case 'google.rpc.BadRequest':
        init.violations = detail.fieldViolations.map((v) => ({ field: v.field, description: v.description }));
        break;
      case 'google.rpc.RetryInfo':
        if (detail.retryDelay !== undefined) {
          init.retryAfterMs = detail.retryDelay.seconds * 1000 + detail.retryDelay.nanos / 1_000_000;
        }
        break;
    }
  }
  return new EntrepotError(init);
}

function clip(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength - 1)}…`;
}
