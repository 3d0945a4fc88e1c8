import { trace } from '@opentelemetry/api';
import { OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { EntrepotError } from '../../libs/errors/index.ts';
import { type Logger, withTrace } from '../../libs/telemetry/index.ts';
import type { Asker } from './fan-out-tools.ts';
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
  for (const { status } of outcomes) {
    const name = nameOf(status);
    counts[name] = (counts[name] ?? 0) + 1;
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
  const ms = Math.round(elapsedMs);
  const line = { search: search.id, fanOut: search.fanOut.id, vertical, client, outcomes: counts, offers, ms };
  withTrace(log, context).info(line, `search ${outcome}`);
}

/** A search for which nobody was asked anything: what it wanted was found already, or is being found. */
export function reportShared(search: Search, asker: Asker): void {
  searchesEnded.add(1, { vertical: search.request.vertical.name, outcome: 'shared' });
  const span = trace.getSpan(asker.trace);
  if (span?.isRecording()) {
    span.setAttributes({ 'entrepot.search.id': search.id, 'entrepot.search.outcome': 'shared' });
  }
}

/** How partners' parts of a fan-out ended, however many searches look at it. */
export function reportOutcomes(outcomes: readonly PartnerOutcome[]): void {
  for (const { partner, status } of outcomes) partnerOutcomes.add(1, { partner, status: nameOf(status) });
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

function nameOf(status: OutcomeStatus): string {
  return statusNames.get(status) ?? 'UNSPECIFIED';
}

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(OutcomeStatus).map(([name, value]) => [value, name]),
);
