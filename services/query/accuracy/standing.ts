import type { Floors } from './config.ts';

/** What is done about a partner in a market. */
export interface Standing {
  readonly action: 'demoted' | 'hidden';
  /** Epoch ms. */
  readonly since: number;
  /** When there were enough checks to judge by, last: epoch ms. */
  readonly judgedAt: number;
}

/** What a partner's standing is judged by. */
export interface Evidence {
  /** Checks that were made. */
  readonly checked: number;
  /** Of those, how many found what was shown. */
  readonly accurate: number;
}

/** By what it is judged. */
export interface Rule extends Floors {
  /** By so much a floor has to be exceeded before what is done is undone. */
  readonly margin: number;
  /** Fewer checks than these say nothing. */
  readonly leastChecks: number;
  /** For so long what is done stays without enough checks, ms. */
  readonly patienceMs: number;
}

/**
 * How a partner stands now; undefined where nothing is done. What is done is undone where its accuracy is the margin above the floor
 * again, so that nobody comes and goes with every check; and where for long nobody has known any better.
 * @param now epoch ms
 */
export function standingNow(
  before: Standing | undefined,
  { checked, accurate }: Evidence,
  rule: Rule,
  now: number,
): Standing | undefined {
  if (checked < rule.leastChecks) {
    return before !== undefined && now - before.judgedAt <= rule.patienceMs ? before : undefined;
  }
  const accuracy = accurate / checked;
  const below = (floor: number, already: boolean): boolean =>
    accuracy + rounding < (already ? floor + rule.margin : floor);
  const action = below(rule.hideBelow, before?.action === 'hidden')
    ? 'hidden'
    : below(rule.demoteBelow, before !== undefined)
      ? 'demoted'
      : undefined;
  if (action === undefined) return undefined;
  return { action, since: before?.action === action ? before.since : now, judgedAt: now };
}

/** What the sum of a floor and a margin may be off. */
const rounding = 1e-9;
