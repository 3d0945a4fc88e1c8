import type { PriceView } from '../../../libs/columns/index.ts';
import type { Money } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { moneyFromMinor } from '../../../libs/money/index.ts';
import type { Tolerance } from './config.ts';

/** What a partner asks for an offer, in its own currency. */
export interface Figure {
  /** Minor units. */
  readonly minor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** How what a partner says when it is asked again is to what was shown. */
export type Verdict = 'accurate' | 'dearer' | 'cheaper';

/**
 * What a partner asks for a row.
 * @param bound which one counts of a price that is a range
 */
export function figureOf(prices: PriceView, at: number, bound: 'lower' | 'upper'): Figure {
  const upper = bound === 'upper' ? prices.totalMax(at) : -1;
  return { minor: upper >= 0 ? upper : prices.total(at), currency: prices.currency(at) };
}

/** Compares what is found with what was shown. Another currency is not what was shown, and counts as dearer. */
export function verdictOf(shown: Figure, found: Figure, { share, minor }: Tolerance): Verdict {
  if (shown.currency !== found.currency) return 'dearer';
  const off = found.minor - shown.minor;
  if (Math.abs(off) <= Math.max(shown.minor * share, minor)) return 'accurate';
  return off > 0 ? 'dearer' : 'cheaper';
}

/** The difference as a share of what was shown; undefined where they cannot be compared. */
export function differenceOf(shown: Figure, found: Figure): number | undefined {
  if (shown.currency !== found.currency || shown.minor === 0) return undefined;
  return (found.minor - shown.minor) / shown.minor;
}

/** As money. */
export function moneyOf({ minor, currency }: Figure): Money {
  return moneyFromMinor(minor, currency);
}
