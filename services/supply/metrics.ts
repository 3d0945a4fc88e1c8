import { counter, durationBuckets, histogram, observedGauge } from '../../libs/telemetry/index.ts';
import type { AnswerStore } from './answers.ts';
import type { Conversations } from './conversations.ts';
import type { Identities } from './identities.ts';

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

/** Rows that did not, by `partner` and `reason`. */
export const rowsRejected = counter('entrepot.supply.rows.rejected', {
  unit: '{row}',
  description: "Rows of partners' answers that were rejected",
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
