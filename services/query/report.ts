import { trace } from '@opentelemetry/api';
import { OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { EntrepotError } from '../../libs/errors/index.ts';
import { type Logger, withTrace } from '../../libs/telemetry/index.ts';
import { firstOffers, partnerOutcomes, searchDuration, searchesEnded } from './metrics.ts';
import type { Search } from './search.ts';

/** What is told about a search: one log line, metrics, and attributes on the span that it was asked in. */

/** A search that is over. */
export function reportEnd(
  search: Search,
  outcome: 'complete' | 'cancelled',
  outcomes: readonly PartnerOutcome[],
  elapsedMs: number,
  log: Logger,
): void {
  const vertical = search.request.vertical.name;
  const { client, trace: context } = search.asker;
  const offers = search.set.liveRows().length;
  const counts: Record<string, number> = {};
  for (const { partner, status } of outcomes) {
    const name = statusNames.get(status) ?? 'UNSPECIFIED';
    counts[name] = (counts[name] ?? 0) + 1;
    partnerOutcomes.add(1, { partner, status: name });
  }
  searchesEnded.add(1, { vertical, outcome });
  searchDuration.record(elapsedMs / 1_000, { vertical, outcome });
  const span = trace.getSpan(context);
  if (span?.isRecording()) {
    span.setAttributes({
      'entrepot.search.id': search.id,
      'entrepot.search.vertical': vertical,
      'entrepot.search.outcome': outcome,
      'entrepot.search.offers': offers,
      'entrepot.search.partners': outcomes.length,
    });
  }
  const line = { search: search.id, vertical, client, outcomes: counts, offers, ms: Math.round(elapsedMs) };
  withTrace(log, context).info(line, `search ${outcome}`);
}

/** A search that was answered by one that wanted the same. */
export function reportShared(search: Search): void {
  searchesEnded.add(1, { vertical: search.request.vertical.name, outcome: 'shared' });
}

/** A search that found nothing to show because the platform failed. */
export function reportFailure(search: Search, error: EntrepotError, log: Logger): void {
  const vertical = search.request.vertical.name;
  searchesEnded.add(1, { vertical, outcome: 'failed' });
  const line = { search: search.id, vertical, client: search.asker.client, reason: error.reason };
  withTrace(log, search.asker.trace).warn(line, 'search failed');
}

/** The first update with offers went out. */
export function reportFirstOffers(search: Search, elapsedMs: number): void {
  firstOffers.record(elapsedMs / 1_000, { vertical: search.request.vertical.name });
}

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(OutcomeStatus).map(([name, value]) => [value, name]),
);
