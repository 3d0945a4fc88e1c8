import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Progress } from '../../adapter.ts';
import { rideCriteria } from '../../testing/acme.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

/**
 * Answers that others recorded from the real API, read where they lie. What they say is known here without the adapter: by
 * cutting the raw text at the ends of its entries.
 */
const adapter = await adapterOf('uber');
const samples = join(import.meta.dirname, '../../../../../shared/partner-samples/rides/uber');
const present = existsSync(samples);
if (!present) console.warn(`no recorded answers of Uber beside the repository (${samples}): their tests are skipped`);

const text = (file: string): string => readFileSync(join(samples, file), 'utf8');
const context = answerContext('uber', rideCriteria(), '2027-01-11T09:00:00Z');
const searching: Progress = { step: 2, page: 1, offset: 0, polls: 0, taken: { products: [], times: [] } };

/** A member of each entry, by the raw text alone: what stands behind its name, without quotes. */
function cut(raw: string, member: string): (string | undefined)[] {
  const entries = raw.split('}').filter((entry) => entry.includes('product_id'));
  return entries.map((entry) => new RegExp(`"${member}":\\s*"?([^",\\n}]*)"?`).exec(entry)?.[1]?.trim());
}

describe.skipIf(!present).each([
  {
    file: 'estimates-price-recorded.json',
    classes: ['SHARED', 'STANDARD', 'VAN', 'EXECUTIVE'],
    // "$43.10" is exact, and its bounds are both 43.
    exact: new Map([[3, 4310]]),
    metered: 0,
  },
  {
    file: 'price.json',
    classes: ['EXECUTIVE', 'VAN', undefined, 'STANDARD'],
    exact: new Map<number, number>(),
    metered: 1,
  },
])('the recorded $file', ({ file, classes, exact, metered }) => {
  const raw = present ? text(file) : '';
  const at = { ...context, progress: searching };
  const result = present ? adapter.read(JSON.parse(raw), at) : { rows: [] };
  const rows = 'rows' in result ? result.rows : [];
  const offers = rows.map((row) => offerOf(adapter, row, at));
  const isMetered = cut(raw, 'estimate').map((words) => words === 'Metered');

  it('has a row for each of the four products, and rejects the metered ones as such', () => {
    const ids = cut(raw, 'product_id');
    expect(ids).toHaveLength(4);
    expect(rows.map((row) => (row.values as readonly { product_id: string }[])[0]!.product_id)).toEqual(ids);
    expect(isMetered.filter((is) => is)).toHaveLength(metered);
    expect(offers.map(({ rejection }) => rejection?.reason)).toEqual(
      isMetered.map((is) => (is ? RejectionReason.METERED : undefined)),
    );
    expect(cut(raw, 'currency_code').map((code) => code === 'null')).toEqual(isMetered);
  });

  it('has every range in whole units of its currency as the bounds say, whatever the words do', () => {
    const low = cut(raw, 'low_estimate').map((units) => Number(units) * 100);
    const high = cut(raw, 'high_estimate').map((units) => Number(units) * 100);
    for (const [index, { price }] of offers.entries()) {
      if (isMetered[index]) continue;
      expect(price?.currency).toBe('USD');
      expect(price?.totalMinor).toBe(exact.get(index) ?? low[index]);
      expect(price?.totalMaxMinor).toBe(low[index] === high[index] ? undefined : high[index]);
    }
    // The words of the first promise less than its upper bound.
    if (exact.has(3)) {
      expect(cut(raw, 'estimate')[0]).toBe('$13-14');
      expect(offers[0]?.price?.totalMaxMinor).toBe(1500);
    }
  });

  it('has names, classes, surge, and seconds and miles as minutes and kilometres', () => {
    const kept = <T>(values: readonly T[]): T[] => values.filter((_, index) => !isMetered[index]);
    const column = (name: string): unknown[] => kept(offers.map(({ columns }) => columns?.[name]));
    expect(column('product_name')).toEqual(kept(cut(raw, 'display_name')));
    expect(column('ride_class')).toEqual(kept(classes));
    const number = (of: string | undefined): number | undefined => (of === undefined ? undefined : Number(of));
    expect(column('surge_multiplier')).toEqual(kept(cut(raw, 'surge_multiplier').map(number)));
    const minutes = cut(raw, 'duration').map((seconds) => seconds && Math.ceil(Number(seconds) / 60));
    expect(column('duration_minutes')).toEqual(kept(minutes));
    for (const [index, miles] of kept(cut(raw, 'distance')).entries()) {
      if (miles === undefined) expect(column('distance_km')[index]).toBeUndefined();
      else expect(column('distance_km')[index]).toBeCloseTo((Number(miles) * 1609.344) / 1000, 9);
    }
  });
});

describe.skipIf(!present)('the recorded answers beside prices', () => {
  it('are steps, whose lists every later one takes along', () => {
    const products = adapter.read(JSON.parse(text('product.json')), {
      ...context,
      progress: { ...searching, step: 0, taken: {} },
    });
    if (!('rows' in products)) throw new Error(products.detail);
    expect(products).toMatchObject({ rows: [], intermediate: true });
    const times = adapter.read(JSON.parse(text('time.json')), { ...context, progress: products.next!.progress! });
    if (!('rows' in times)) throw new Error(times.detail);
    const { taken } = times.next!.progress!;
    expect((taken.products as unknown[]).length).toBe(text('product.json').match(/"product_id"/g)!.length);
    expect((taken.times as unknown[]).length).toBe(text('time.json').match(/"product_id"/g)!.length);
    expect(times.next!.path).toContain('/v1.2/estimates/price?');
  });

  it('that are errors say what they are', () => {
    expect(adapter.readError(429, JSON.parse(text('error-429.json')), '', context)).toEqual({
      failure: FailureKind.RATE_LIMIT,
      detail: 'Exceeded rate limit (rate_limited)',
    });
    expect(adapter.readError(409, JSON.parse(text('requests-409-surge.json')), '', context)).toEqual({
      failure: FailureKind.REQUEST_REFUSED,
      detail: 'Surge pricing is currently in effect for this product. (surge)',
    });
  });
});
