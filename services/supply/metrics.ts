import { counter, durationBuckets, histogram, observedGauge } from '../../libs/telemetry/index.ts';
import type { AnswerStore } from './answers.ts';
import { breakerKinds } from './breakers.ts';
import type { Conversations } from './conversations.ts';
import type { Identities } from './identities.ts';
import type { AnyPartner } from './partner.ts';
import type { Traffic } from './traffic.ts';

/** From the first request to the end of a partner's part of a search, by `partner` and `outcome`. */
export const partnerDuration = histogram('entrepot.supply.partner.duration', {
  unit: 's',
  description: "Duration of a partner's part of a search",
  buckets: durationBuckets,
});

/**
 * Partners' parts of searches, by `partner` and `cache`: none (the partner was asked), shared, hit, stale, stale_if_error (beside
 * none, for the part in which it failed).
 */
export const partsAnswered = counter('entrepot.supply.partner.parts', {
  unit: '{part}',
  description: "Partners' parts of searches, by how they were answered",
});

/** Rows that became offers, by `partner`. */
export const rowsKept = counter('entrepot.supply.rows.kept', {
  unit: '{row}',
  description: "Rows of partners' answers that became offers",
});

/** Rows in which something was put right or looked wrong, by `partner`, `market`, `reason` and `attribute`. */
export const rowsRepaired = counter('entrepot.supply.rows.repaired', {
  unit: '{row}',
  description: "Rows of partners' answers in which something was put right or looked wrong",
});

/** Rows kept by `partner`, `market`, `attribute` and `result`: filled, empty. */
export const rowsFilled = counter('entrepot.supply.rows.filled', {
  unit: '{row}',
  description: "Rows of partners' answers that became offers, by whether an attribute has a value",
});

/** Rows that did not, by `partner` and `reason`. */
export const rowsRejected = counter('entrepot.supply.rows.rejected', {
  unit: '{row}',
  description: "Rows of partners' answers that were rejected",
});

/**
 * Second requests beside ones that took long, by `partner` and `result`: won (answered first), lost, held_back (none could go
 * out: by the share of them, the pace, the places or the time left).
 */
export const hedgesSent = counter('entrepot.supply.hedges', {
  unit: '{request}',
  description: 'Requests of searches that took longer than nearly all of their kind, by what became of the second one',
});

/** Suspensions of partners that began and ended, by `partner`, `failure` and `to`: opened, closed. */
export const breakerChanges = counter('entrepot.supply.breaker.changes', {
  unit: '{change}',
  description: 'Suspensions of partners that began and ended',
});

/** Questions that were asked again because an answer was given as stale, by `partner` and `outcome`. */
export const refreshes = counter('entrepot.supply.partner.refreshes', {
  unit: '{question}',
  description: 'Questions asked again behind an answer that was given as stale',
});

/** Answers in the shared state by `result`: written, too_large, no_room, found, missing, failed. */
export const sharedAnswers = counter('entrepot.supply.shared.answers', {
  unit: '{answer}',
  description: 'Answers written to and read from the shared state',
});

/** Questions that replicas agree on, by `result`: asked (here, for all), told (by another), held, alone (no shared state). */
export const sharedQuestions = counter('entrepot.supply.shared.questions', {
  unit: '{question}',
  description: 'Questions that replicas agreed on who asks them',
});

/** Feed files that were asked for, by `partner` and `result`: loaded, unchanged, refused, failed. */
export const feedReads = counter('entrepot.supply.feed.reads', {
  unit: '{file}',
  description: 'Feed files that were asked for',
});

/** Rows of feed files, by `partner` and `result`: read, unreadable. */
export const feedRows = counter('entrepot.supply.feed.rows', { unit: '{row}', description: 'Rows of feed files' });

/** From the request for a file until its rows are seen, by `partner` and `result`. */
export const feedDuration = histogram('entrepot.supply.feed.duration', {
  unit: 's',
  description: 'Duration of reading a feed file',
  buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600],
});

/** Messages of partners, by `partner` and `result`: applied, absorbed, ignored, forged, refused, failed. */
export const pushedMessages = counter('entrepot.supply.push.messages', {
  unit: '{message}',
  description: 'Messages that partners sent',
});

/** Rows that messages changed, by `partner` and `change`: written, deleted, stale. */
export const pushedRows = counter('entrepot.supply.push.rows', {
  unit: '{row}',
  description: 'Rows that messages of partners changed',
});

/** Conversations with partners that were looked at for drift, by `partner`. */
export const driftSamples = counter('entrepot.supply.drift.samples', {
  unit: '{conversation}',
  description: 'Conversations with partners that were held against their baselines',
});

/** Alarms, each once, by `partner` and `kind`: retyped, vanished. */
export const driftAlarms = counter('entrepot.supply.drift.alarms', {
  unit: '{field}',
  description: "Mapped fields of partners' answers that turned out to be otherwise",
});

/** Starts the gauges of what is held; the returned function ends them. Call after telemetry has started. */
export function observeHeld(answers: AnswerStore, conversations: Conversations, identities: Identities): () => void {
  const ends = [
    observedGauge('entrepot.supply.answers', { unit: '{answer}', description: 'Answers held' }, (result) => {
      const stats = answers.stats();
      result.observe(stats.answers - stats.parsed, { state: 'unparsed' });
      result.observe(stats.parsed, { state: 'parsed' });
    }),
    observedGauge('entrepot.supply.answers.bytes', { unit: 'By', description: 'Bodies held' }, (result) => {
      const stats = answers.stats();
      result.observe(stats.plainBytes, { state: 'plain' });
      result.observe(stats.bytes - stats.plainBytes, { state: 'compressed' });
    }),
    observedGauge(
      'entrepot.supply.answers.dropped',
      { unit: '{answer}', description: 'Answers dropped since the start' },
      (result) => {
        const stats = answers.stats();
        result.observe(stats.evicted, { cause: 'budget' });
        result.observe(stats.expired, { cause: 'lifetime' });
      },
    ),
    observedGauge(
      'entrepot.supply.questions',
      { unit: '{question}', description: 'Questions that are being asked or whose answers are remembered' },
      (result) => {
        const { running, answered } = conversations.stats();
        result.observe(running, { state: 'running' });
        result.observe(answered, { state: 'answered' });
      },
    ),
    observedGauge(
      'entrepot.supply.identities',
      { unit: '{key}', description: 'Product keys whose identity is remembered' },
      (result) => result.observe(identities.stats().cached),
    ),
    observedGauge(
      'entrepot.supply.identity.calls',
      { unit: '{call}', description: 'Calls to normalization since the start' },
      (result) => {
        const { calls, failures } = identities.stats();
        result.observe(calls - failures, { outcome: 'ok' });
        result.observe(failures, { outcome: 'failed' });
      },
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Starts the gauges of how partners are asked; the returned function ends them. Call after telemetry has started. */
export function observePartners(partners: () => Iterable<AnyPartner>, traffic: Traffic): () => void {
  const ends = [
    observedGauge(
      'entrepot.supply.partner.concurrency',
      { unit: '{call}', description: 'Calls to partners at once: the limit in force, and those under way' },
      (result) => {
        for (const { name: partner, limit } of partners()) {
          result.observe(limit.limit, { partner, state: 'limit' });
          result.observe(limit.active, { partner, state: 'active' });
        }
      },
    ),
    observedGauge(
      'entrepot.supply.suspensions',
      {
        unit: '{market}',
        description: 'Markets in which partners are suspended for their failures; one for all of them',
      },
      (result) => {
        for (const partner of partners()) {
          const suspensions = traffic.of(partner).breakers.suspensions();
          for (const failure of breakerKinds) {
            const count = suspensions.filter(({ kind }) => kind === failure).length;
            result.observe(count, { partner: partner.name, failure });
          }
        }
      },
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}
