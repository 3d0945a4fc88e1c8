import { expect, test } from 'vitest';
import type { LedgerLine } from '../../../../../libs/client/index.ts';
import { waterfallOf } from './waterfall.ts';

const line = (kind: 'PARTNER_TOTAL' | 'CONVERSION' | 'FIXED', total: string): LedgerLine => ({
  kind: `LEDGER_LINE_KIND_${kind}`,
  runningTotal: { currencyCode: 'GBP', amount: total },
});

test('each step begins where the one before it ended', () => {
  const { bars, from } = waterfallOf([line('PARTNER_TOTAL', '100'), line('FIXED', '200'), line('FIXED', '150')]);
  expect(from).toBe(0);
  expect(bars).toEqual([
    { start: 0, end: 0.5, kind: 'sum' },
    { start: 0.5, end: 1, kind: 'up' },
    { start: 0.75, end: 1, kind: 'down' },
  ]);
});

test('a conversion is as long as what it converts', () => {
  const { bars } = waterfallOf([line('PARTNER_TOTAL', '1000'), line('CONVERSION', '100'), line('FIXED', '200')]);
  expect(bars[0]).toEqual(bars[1]);
});

test('small steps can be seen, for the axis then begins later and says so', () => {
  const { bars, from } = waterfallOf([line('PARTNER_TOTAL', '100'), line('FIXED', '102')]);
  expect(from).toBeGreaterThan(0.9);
  const [, step] = bars;
  expect((step?.end ?? 0) - (step?.start ?? 0)).toBeGreaterThan(0.3);
});

test('a ledger of nothing has no bars', () => {
  expect(waterfallOf([])).toEqual({ bars: [], from: 0 });
});
