import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { CacheUse, FailureKind, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { tracer } from '../../libs/telemetry/index.ts';
import { cacheName, report } from './ask.ts';
import type { ExchangeBounds } from './exchange.ts';
import { failureName, outcomeName } from './failure.ts';
import { partsAnswered } from './metrics.ts';
import type { ConfiguredPartner } from './partner.ts';

/** A part of a search for which the partner was not asked: its span, metrics and line in the log. */
export class Part {
  readonly #partner: ConfiguredPartner;
  readonly #bounds: Pick<ExchangeBounds, 'trace'>;
  readonly #startTime = Date.now();
  readonly #startedAt = performance.now();

  constructor(partner: ConfiguredPartner, bounds: Pick<ExchangeBounds, 'trace'>) {
    this.#partner = partner;
    this.#bounds = bounds;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** @returns the outcome */
  end(outcome: PartnerOutcome): PartnerOutcome {
    const { name, origin } = this.#partner;
    const attributes = {
      'entrepot.partner': name,
      'server.address': origin,
      'entrepot.outcome': outcomeName(outcome.status),
      'entrepot.rows.received': outcome.rowsReceived,
      'entrepot.offers.kept': outcome.offersKept,
      'entrepot.requests': 0,
      'entrepot.cache': cacheName(outcome.cache),
      ...(outcome.cacheAgeMs !== undefined && { 'entrepot.cache.age_ms': outcome.cacheAgeMs }),
      ...(outcome.failure !== FailureKind.UNSPECIFIED && { 'error.type': failureName(outcome.failure) }),
    };
    const options = { kind: SpanKind.CLIENT, attributes, startTime: this.#startTime };
    const span = tracer.startSpan('partner search', options, this.#bounds.trace);
    if (outcome.failure !== FailureKind.UNSPECIFIED) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.detail });
    }
    span.end();
    // What failed has been told of already.
    if (outcome.cache === CacheUse.STALE_IF_ERROR)
      partsAnswered.add(1, { partner: name, cache: cacheName(outcome.cache) });
    else report(outcome, this.elapsedMs, this.#bounds.trace, undefined);
    return outcome;
  }
}
