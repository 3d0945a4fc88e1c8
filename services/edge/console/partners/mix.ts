// How many of a partner's parts of searches ended how, and what that comes to.
import type { OutcomeCount, OutcomeStatus } from '../../../../libs/client/index.ts';
import { lookOf, type OutcomeLook } from '../search/outcome.ts';
import { number } from '../ui/format.ts';

/** A part of a mix. */
export interface Segment extends OutcomeLook {
  /** "FAILED". */
  readonly name: string;
  readonly count: number;
  /** Of all, 0 to 1. */
  readonly share: number;
}

/** From what is wished for to what is nobody's fault. Pictures have them in this order. */
const order = [
  'OK',
  'EMPTY',
  'PARTIAL',
  'NOT_AWAITED',
  'RATE_LIMITED',
  'BUDGET_SPENT',
  'SUSPENDED',
  'TIMED_OUT',
  'FAILED',
  'CANCELLED',
  'UNSUPPORTED_CRITERIA',
  'NOT_PERMITTED',
];

/** With these the partner has answered. */
const answers: ReadonlySet<string> = new Set(['OK', 'EMPTY', 'PARTIAL']);

/** With these it was not asked, or nobody wanted its answer any more: they say nothing of how it answers. */
const unasked: ReadonlySet<string> = new Set([
  'BUDGET_SPENT',
  'SUSPENDED',
  'CANCELLED',
  'UNSUPPORTED_CRITERIA',
  'NOT_PERMITTED',
]);

const nameOf = (status: OutcomeStatus | undefined): string => (status ?? '').replace('OUTCOME_STATUS_', '');

/** Outcomes in the order of pictures, without those that nothing ended with. */
export function mixOf(outcomes: readonly OutcomeCount[] = []): readonly Segment[] {
  const all = outcomes.reduce((sum, { count = 0 }) => sum + count, 0);
  return outcomes
    .filter(({ count = 0 }) => count > 0)
    .map(({ status, count = 0 }) => ({ ...lookOf({ status }), name: nameOf(status), count, share: count / all }))
    .sort((a, b) => placeOf(a.name) - placeOf(b.name));
}

/** One that this page does not know comes last. */
const placeOf = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

/** What a mix comes to. */
export interface Answered {
  /** Searches in which it was asked. */
  readonly asked: number;
  /** Of those, in how many it answered, if only that it has nothing. */
  readonly answered: number;
}

/** In how many searches a partner was asked and answered. */
export function answeredOf(mix: readonly Segment[]): Answered {
  const sum = (of: (name: string) => boolean): number =>
    mix.reduce((total, { name, count }) => total + (of(name) ? count : 0), 0);
  return { asked: sum((name) => !unasked.has(name)), answered: sum((name) => answers.has(name)) };
}

/** A part of a whole in whole per cent; only all is 100 %, and only nothing 0 %. */
export function shareOf(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 1) return '< 1 %';
  if (percent > 99 && percent < 100) return '> 99 %';
  return `${Math.round(percent)} %`;
}

/** A mix in words, the most frequent first: "92 % OK, 8 % failed". */
export function saidOf(mix: readonly Segment[]): string {
  const all = mix.reduce((sum, { count }) => sum + count, 0);
  return mix
    .toSorted((a, b) => b.count - a.count)
    .map(({ word, count }) => `${shareOf(count, all)} ${word === 'OK' ? word : word.toLowerCase()}`)
    .join(', ');
}

/** A number and what it counts: "1 search", "1,204 searches". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** How long a window is: "40 seconds", "15 minutes". */
export const durationOf = (seconds: number): string =>
  seconds < 90 ? counted(seconds, 'second') : counted(Math.round(seconds / 60), 'minute');
