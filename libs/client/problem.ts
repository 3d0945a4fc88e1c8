// What a call failed with: a problem document of the edge, or the network's silence in the same form.
import type { Reason } from './gen/types.ts';

/** One field that is wrong, and how. */
export interface FieldViolation {
  /** JSON path: "flight.adults", "flight.slices[1].origin". */
  readonly field: string;
  /** What is wrong and what is allowed, for a person. */
  readonly description: string;
}

/** A problem document (RFC 9457) as the edge answers it. */
export interface Problem {
  /** "urn:entrepot:error:INVALID_FIELD". */
  readonly type?: string;
  /** The reason in words. */
  readonly title?: string;
  /** HTTP status. */
  readonly status?: number;
  /** What happened this time and what to do about it, for a person. */
  readonly detail?: string;
  readonly reason?: Reason;
  /** gRPC status name: "INVALID_ARGUMENT". */
  readonly code?: string;
  readonly violations?: readonly FieldViolation[];
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Facts for programs. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The request that it happened to, as the platform's logs name it. */
  readonly requestId?: string;
  /** Its trace: 32 hexadecimal digits. */
  readonly traceId?: string;
}

/** A call that failed. An aborted one throws its signal's reason instead, as fetch does. */
export class EntrepotProblem extends Error {
  override readonly name = 'EntrepotProblem';
  /** Why, for programs. UNREACHABLE where the edge could not be reached, DEADLINE_EXCEEDED where the call's time was over. */
  readonly reason: Reason;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Fields that are wrong; empty where it is not about fields. */
  readonly violations: readonly FieldViolation[];
  /** When to come back, in milliseconds; undefined where the edge does not say. */
  readonly retryAfterMs: number | undefined;
  /** Facts for programs. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The request, as the platform's logs name it; undefined where no answer came. */
  readonly requestId: string | undefined;
  /** The whole document. */
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail ?? problem.title ?? 'The edge answered with an error.', options);
    this.problem = problem;
    this.reason = problem.reason ?? 'INTERNAL';
    this.status = problem.status ?? 0;
    this.violations = problem.violations ?? [];
    this.retryAfterMs = problem.retryAfterMs;
    this.metadata = problem.metadata ?? {};
    this.requestId = problem.requestId;
  }
}

/** No answer, or it broke off. */
export function unreachable(detail: string, cause?: unknown): EntrepotProblem {
  return new EntrepotProblem({ reason: 'UNREACHABLE', detail }, { cause });
}

/** The problem that an answer with an error status holds; made of its status where something before the edge answered. */
export async function problemOf(response: Response): Promise<EntrepotProblem> {
  const { status, headers } = response;
  const known: Problem = {
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterMs: retryAfterOf(headers.get('retry-after')),
  };
  const said = (await response.json().catch(() => undefined)) as Problem | null | undefined;
  if (said?.reason !== undefined) return new EntrepotProblem({ ...known, ...said });
  const detail = `Answered with ${status} by something that is no edge of Entrepot.`;
  return new EntrepotProblem({ ...known, reason: reasonOf(status), detail });
}

/** What a status says by itself: proxies and load balancers know no reasons. */
function reasonOf(status: number): Reason {
  if (status === 401) return 'CREDENTIALS_INVALID';
  if (status === 403) return 'NOT_PERMITTED';
  if (status === 404) return 'ROUTE_NOT_FOUND';
  if (status === 413) return 'BODY_TOO_LARGE';
  if (status === 429) return 'OVERLOADED';
  return status >= 502 && status <= 504 ? 'UNREACHABLE' : 'INTERNAL';
}

/** Milliseconds from now: the header is whole seconds, or a date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
