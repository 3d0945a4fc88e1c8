import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { rideCriteria } from '../../testing/acme.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

/**
 * Answers from the test data of Karhoo's own SDK, read where they lie. What they say is known here without the adapter: by
 * cutting the raw text where each quote begins.
 */
const adapter = await adapterOf('karhoo');
const samples = join(import.meta.dirname, '../../../../../shared/partner-samples/rides/karhoo');
const present = existsSync(samples);
if (!present) console.warn(`no recorded answers of Karhoo beside the repository (${samples}): their tests are skipped`);

const text = (file: string): string => readFileSync(join(samples, file), 'utf8');
const context = answerContext(
  'karhoo',
  rideCriteria({ pickup: { point: { latitude: 51.5, longitude: -0.12 } } }),
  '2027-01-11T09:00:00Z',
);

describe.skipIf(!present).each([
  {
    file: 'Quote-QuotesV2.json',
    classes: ['STANDARD', 'TAXI', 'STANDARD'],
    ranges: 2,
    metered: 0,
    validity: 296,
    waiting: 3,
  },
  {
    file: 'QuotesV2-QuotesV2.json',
    classes: ['STANDARD', 'TAXI', 'STANDARD', 'VAN', undefined, 'VAN', 'EXECUTIVE', 'STANDARD'],
    ranges: 0,
    metered: 1,
    validity: 296,
    waiting: 0,
  },
])('the recorded $file', ({ file, classes, ranges, metered, validity, waiting }) => {
  const raw = present ? text(file) : '';
  const result = present ? adapter.read(JSON.parse(raw), context) : { rows: [] };
  const rows = 'rows' in result ? result.rows : [];
  const offers = rows.map((row) => offerOf(adapter, row, context));
  const parts = raw.split('"fleet": {').slice(1);
  const cut = (pattern: RegExp): (string | undefined)[] => parts.map((part) => pattern.exec(part)?.[1]);
  const types = cut(/"quote_type": "([A-Z]+)"/);
  const kept = <T>(values: readonly T[]): T[] => values.filter((_, index) => types[index] !== 'METERED');
  const column = (name: string): unknown[] => kept(offers.map(({ columns }) => columns?.[name]));

  it(`has ${classes.length} quotes, known by their ids, and rejects the metered ones as such`, () => {
    // A quote's own id is the one with a colon in it.
    const ids = cut(/"id": "([^"]+:[^"]+)"/);
    expect(ids).toHaveLength(classes.length);
    expect(rows.map((row) => adapter.idOf!(row))).toEqual(ids);
    expect(types.filter((type) => type === 'METERED')).toHaveLength(metered);
    expect(offers.map(({ rejection }) => rejection?.reason)).toEqual(
      types.map((type) => (type === 'METERED' ? RejectionReason.METERED : undefined)),
    );
    expect(column('price_kind')).toEqual(kept(types));
  });

  it('has every amount in minor units as the raw text has it', () => {
    const low = cut(/"low": (\d+)/).map(Number);
    const high = cut(/"high": (\d+)/).map(Number);
    expect(kept(offers).map(({ price }) => price?.totalMinor)).toEqual(kept(low));
    const upper = high.map((most, index) => (most === low[index] ? undefined : most));
    expect(upper.filter((most) => most !== undefined)).toHaveLength(ranges);
    expect(kept(offers).map(({ price }) => price?.totalMaxMinor)).toEqual(kept(upper));
    expect(kept(offers).map(({ price }) => price?.currency)).toEqual(kept(cut(/"currency_code": "([A-Z]+)"/)));
  });

  it('has fleets, classes, minutes until it is there, and minutes that wait', () => {
    expect(column('operator_name')).toEqual(kept(cut(/"name": "([^"]+)"/)));
    expect(column('ride_class')).toEqual(kept(classes));
    expect(column('pickup_eta_minutes')).toEqual(kept(cut(/"high_minutes": (\d+)/).map(Number)));
    const minutes = cut(/"free_waiting_time": \{\s*"minutes": (\d+)/).map((value) => value && Number(value));
    expect(minutes.filter((value) => value !== undefined)).toHaveLength(waiting);
    expect(column('waiting_minutes_included')).toEqual(kept(minutes));
  });

  it(`is good for ${validity} s more, and not complete yet`, () => {
    expect(raw).toContain(`"validity": ${validity}`);
    for (const { expiresAt } of kept(offers)) expect(expiresAt).toBe(context.fetchedAt + validity * 1_000);
    expect(raw).toContain('"status": "PROGRESSING"');
    const id = /"id": "([0-9a-f-]+)"/.exec(raw.slice(raw.indexOf('"availability"')))?.[1];
    expect('next' in result && result.next).toMatchObject({ method: 'GET', path: `/v2/quotes/${id}`, afterMs: 1000 });
  });
});

describe.skipIf(!present)('the recorded start of a list', () => {
  it('has no quotes yet, and says where they will be', () => {
    const raw = text('Quote-QuoteListId.json');
    const id = /"id": "([^"]+)"/.exec(raw)?.[1];
    expect(adapter.read(JSON.parse(raw), context)).toMatchObject({
      rows: [],
      intermediate: true,
      next: { path: `/v2/quotes/${id}` },
    });
  });
});
