// What a rules repository lets through.
import type { Simulation } from './simulation.ts';
import { percent } from './simulation-text.ts';

/** Limits as fractions (0.02 for 2 %); absent: not looked at. */
export interface Limits {
  /** No row's price may change by more. */
  readonly maxChange?: number;
  /** No more of all rows may change. */
  readonly maxMoved?: number;
  /** The margin afterwards, of all rows and in every market. */
  readonly minMargin?: number;
  /** In no more of the searches may another partner be first. */
  readonly maxFirstChanged?: number;
}

/** Every reason for which a simulation does not keep the limits; none where it does. */
export function violations(
  { samples, skipped, total, markets, order }: Simulation,
  { maxChange, maxMoved, minMargin, maxFirstChanged }: Limits,
): string[] {
  const found: string[] = [];
  // A limit that nothing was held against was not kept.
  const left = Object.values(skipped).reduce((sum, count) => sum + count, 0);
  if (left > 0) found.push(`${left} of ${samples} searches could not be priced`);
  if (total.rows === 0) found.push('no row of the samples has a price, so that there is nothing to judge by');
  if (maxChange !== undefined) {
    if (total.largest > maxChange + 1e-12) {
      found.push(`a price changes by ${percent(total.largest)}; --max-change is ${percent(maxChange)}`);
    }
    if (total.lost > 0) found.push(`${total.lost} rows have no price any more, which is more than any --max-change`);
  }
  const moved = total.rows === 0 ? 0 : total.moved / total.rows;
  if (maxMoved !== undefined && moved > maxMoved + 1e-12) {
    found.push(`${percent(moved)} of the rows change; --max-moved is ${percent(maxMoved)}`);
  }
  if (minMargin !== undefined) {
    for (const { name, marginAfter } of [{ ...total, name: 'all rows' }, ...markets]) {
      if (marginAfter >= minMargin - 1e-12) continue;
      found.push(`the margin of ${name} is ${percent(marginAfter)}; --min-margin is ${percent(minMargin)}`);
    }
  }
  const first = order.searches === 0 ? 0 : order.firstChanged / order.searches;
  if (maxFirstChanged !== undefined && first > maxFirstChanged + 1e-12) {
    const limit = percent(maxFirstChanged);
    found.push(`another partner is first in ${percent(first)} of the searches; --max-first-changed is ${limit}`);
  }
  return found;
}
