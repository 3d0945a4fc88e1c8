// A ledger as bars on one axis, whatever currencies its lines are in.
import type { LedgerLine } from '../../../../../libs/client/index.ts';

/** A bar: where it begins and ends on an axis from 0 to 1, and what it is. */
export interface Bar {
  readonly start: number;
  readonly end: number;
  readonly kind: 'sum' | 'up' | 'down';
}

/** Changes of less than this share of the total would be no more than a line: the axis then begins later. */
const smallShare = 0.35;

/**
 * Bars of a ledger's lines. Lines before a conversion are drawn in the currency after it, by the rate that it used.
 * @returns `from`: the share of the largest total at which the axis begins; 0 for a whole axis
 */
export function waterfallOf(lines: readonly LedgerLine[]): { readonly bars: readonly Bar[]; readonly from: number } {
  const factors = factorsOf(lines);
  let before = 0;
  const spans = lines.map((line, index) => {
    const after = amountOf(line) * factors[index]!;
    const isSum = line.kind === 'LEDGER_LINE_KIND_PARTNER_TOTAL' || line.kind === 'LEDGER_LINE_KIND_CONVERSION';
    const span = { from: isSum ? 0 : before, to: after, isSum };
    before = after;
    return span;
  });
  const totals = spans.map(({ to }) => to);
  const most = Math.max(...totals, 0);
  const least = Math.min(...totals);
  const from =
    most > 0 && (most - least) / most < smallShare ? Math.max(0, least - (most - least || most * 0.1) * 1.5) : 0;
  const place = (value: number): number => (most <= from ? 0 : Math.max(0, value - from) / (most - from));
  return {
    bars: spans.map((span) => ({
      start: place(Math.min(span.from, span.to)),
      end: place(Math.max(span.from, span.to)),
      kind: span.isSum ? 'sum' : span.to < span.from ? 'down' : 'up',
    })),
    from: most > 0 ? from / most : 0,
  };
}

const amountOf = (line: LedgerLine | undefined): number => Number(line?.runningTotal?.amount ?? 0);

/** What each line's amounts are multiplied by to be in the last currency. */
function factorsOf(lines: readonly LedgerLine[]): readonly number[] {
  const factors: number[] = [];
  let factor = 1;
  for (let index = lines.length - 1; index >= 0; index--) {
    factors[index] = factor;
    const before = amountOf(lines[index - 1]);
    if (lines[index]?.kind === 'LEDGER_LINE_KIND_CONVERSION' && before !== 0) factor *= amountOf(lines[index]) / before;
  }
  return factors;
}
