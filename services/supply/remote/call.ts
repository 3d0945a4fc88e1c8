import { type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { FailureKind, type OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { CallOptions } from '../../../libs/mesh/index.ts';
import { tracer } from '../../../libs/telemetry/index.ts';
import type { ExchangeBounds } from '../exchange.ts';
import { failureName, outcomeName } from '../failure.ts';
import { deadlineOf, holdingPlace } from '../partner-time.ts';
import { isToken } from '../tokens.ts';
import { readSecret, refused } from './connections.ts';
import type { RemotePartner } from './partner.ts';

/** One conversation with a remote adapter: one client span, one of the partner's places, one deadline. */
export class RemoteCall {
  readonly #partner: RemotePartner;
  readonly #bounds: ExchangeBounds;
  /** Epoch ms: a little before the caller's deadline, so that the outcome still arrives. */
  readonly deadline: number;
  readonly #span;
  readonly #startedAt = performance.now();

  constructor(partner: RemotePartner, purpose: 'search' | 'verify' | 'handoff' | 'explain', bounds: ExchangeBounds) {
    this.#partner = partner;
    this.#bounds = bounds;
    this.deadline = deadlineOf(partner.timeoutMs, bounds.deadline, Date.now(), bounds.givenUntil);
    this.#span = tracer.startSpan(
      `partner ${purpose}`,
      { kind: SpanKind.CLIENT, attributes: { 'entrepot.partner': partner.name, 'server.address': partner.address } },
      bounds.trace,
    );
  }

  /** Since it began, ms. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Does the work while holding one of the partner's places; `options` are for the call to the remote. */
  within<T>(work: (options: CallOptions) => Promise<T>): Promise<T> {
    const { signal, background = false } = this.#bounds;
    const begin = (): Promise<T> => {
      this.#bounds.requested?.();
      return work(optionsOf(this.#partner, this.deadline, signal, trace.setSpan(this.#bounds.trace, this.#span)));
    };
    return holdingPlace(this.#partner.limit, this.deadline, signal, begin, background);
  }

  /** Ends the span. */
  end(status: OutcomeStatus, failure: FailureKind, detail: string, received: number, kept: number): void {
    const span = this.#span;
    if (span.isRecording()) {
      span.setAttributes({
        'entrepot.outcome': outcomeName(status),
        'entrepot.rows.received': received,
        'entrepot.offers.kept': kept,
      });
      if (failure !== FailureKind.UNSPECIFIED) {
        span.setAttribute('error.type', failureName(failure));
        span.setStatus({ code: SpanStatusCode.ERROR, message: detail });
      }
    }
    span.end();
  }
}

/** Calls to a remote carry deadline, cancellation, trace, and its token as it is now. Throws PartnerFailure. */
export function optionsOf(partner: RemotePartner, deadline: number, signal: AbortSignal, parent: Context): CallOptions {
  const metadata = credentialsOf(partner);
  return { timeoutMs: Math.max(1, deadline - Date.now()), signal, trace: parent, ...(metadata && { metadata }) };
}

function credentialsOf({ token, secrets }: RemotePartner): Record<string, string> | undefined {
  if (token === undefined) return undefined;
  const text = readSecret('token', token);
  if (!isToken(text)) throw refused('token: it has characters that no header can have, or too many');
  secrets.add(text);
  return { authorization: `Bearer ${text}` };
}
