// Which of the recorded requests are listed, and in what order.
import type { TraceSummary } from '../../../../libs/client/index.ts';

/** Which requests a reader wants to see. */
export const choices = {
  searches: 'Searches',
  all: 'All requests',
  errors: 'Errors',
} as const;

/** How they are ordered. */
export const orders = {
  latest: 'Latest first',
  slowest: 'Slowest first',
} as const;

/** A name in a table, if it is one; else the first. */
export const oneOf = <Name extends string>(table: Readonly<Record<Name, string>>, text = ''): Name =>
  (Object.hasOwn(table, text) ? text : Object.keys(table)[0]) as Name;

/**
 * The requests to list. Of a search that many requests are about (its explanation, its pages), "searches" has the first: the one that
 * began it, where that was recorded.
 * @param traces latest first, as the API has them
 */
export function listed(
  traces: readonly TraceSummary[],
  only: keyof typeof choices,
  order: keyof typeof orders,
): readonly TraceSummary[] {
  const chosen =
    only === 'all' ? [...traces] : only === 'errors' ? traces.filter(({ error }) => error) : beginnings(traces);
  return order === 'latest' ? chosen : chosen.toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
}

function beginnings(traces: readonly TraceSummary[]): TraceSummary[] {
  const first = new Map(traces.map((trace) => [trace.searchId ?? '', trace]));
  return traces.filter((trace) => (trace.searchId ?? '') !== '' && first.get(trace.searchId ?? '') === trace);
}
