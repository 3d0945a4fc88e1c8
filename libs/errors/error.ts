import type { Status } from 'nice-grpc-common';
import { type ReasonName, reasonStatus } from './reasons.ts';

/** One field that is wrong, and how. */
export interface FieldViolation {
  /** JSON path in lowerCamelCase: "flight.adults", "flight.legs[1].origin". */
  readonly field: string;
  /** What is wrong and what is allowed, for a person. */
  readonly description: string;
}

/** What an error is made of. */
export interface EntrepotErrorInit {
  reason: ReasonName;
  /** For a person: what happened and what to do. No secrets, no personal data: it reaches the client. */
  message: string;
  /** Default: the code that error.proto documents for the reason. */
  code?: Status;
  violations?: readonly FieldViolation[];
  /** When to come back, in milliseconds (RetryInfo). */
  retryAfterMs?: number;
  /** ErrorInfo.metadata: facts for programs, such as the attributes that exist. */
  metadata?: Readonly<Record<string, string>>;
  cause?: unknown;
}

/** The one error type of the platform: the same in memory, over gRPC (google.rpc.Status) and at the edge. */
export class EntrepotError extends Error {
  /** gRPC status code. */
  readonly code: Status;
  /** Why, for programs. */
  readonly reason: ReasonName;
  /** Fields that are wrong; empty where the error is not about fields. */
  readonly violations: readonly FieldViolation[];
  /** When to come back, in milliseconds; absent where the server does not say. */
  readonly retryAfterMs: number | undefined;
  /** Facts for programs. */
  readonly metadata: Readonly<Record<string, string>>;

  constructor(init: EntrepotErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'EntrepotError';
    this.code = init.code ?? reasonStatus[init.reason];
    this.reason = init.reason;
    this.violations = init.violations ?? [];
    this.retryAfterMs = init.retryAfterMs;
    this.metadata = init.metadata ?? {};
  }
}

/** INVALID_FIELD with one violation. */
export function invalidField(field: string, description: string): EntrepotError {
  return invalidFields([{ field, description }]);
}

/** INVALID_FIELD with several violations, so that a client can mend them all at once. */
export function invalidFields(violations: readonly FieldViolation[]): EntrepotError {
  const message = violations.map((v) => `${v.field}: ${v.description}`).join('; ');
  return new EntrepotError({ reason: 'INVALID_FIELD', message, violations });
}
