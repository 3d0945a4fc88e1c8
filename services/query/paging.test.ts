import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { Grouping, PageOptions, type SearchPage } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { offerId } from './ids.ts';
import { flightSearch, type Rig, reader, startRig } from './testing/rig.ts';
import type { TestRow } from './testing/rows.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig('{ minUpdateIntervalMs: 0, hold: { orders: 64 } }');
  rig.pricing.factors = { EUR: 2 };
  rig.supply.verify = () => {
    throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'sold' });
  };
});
afterAll(async () => rig.close());

const row = fc.record<TestRow>({
  product: fc.constantFrom('p', 'q', 'r', 'x', 'y', undefined),
  provisional: fc.constant(true),
  total: fc.integer({ min: 100, max: 104 }),
});
const batch = fc.array(row, { minLength: 1, maxLength: 4 });
const event = fc.oneof(
  fc.record({ kind: fc.constant('batch' as const), partner: fc.constantFrom('a', 'b'), rows: batch }),
  fc.record({
    kind: fc.constant('settle' as const),
    from: fc.constantFrom('x', 'y'),
    to: fc.constantFrom('p', 'q', 'n'),
  }),
  fc.record({ kind: fc.constant('sold' as const), which: fc.nat({ max: 15 }) }),
  fc.record({ kind: fc.constant('lost' as const), answer: fc.constantFrom('a0', 'b0', 'a1') }),
);
const drawn = fc.record({
  a: batch,
  b: batch,
  pageSize: fc.integer({ min: 1, max: 3 }),
  grouping: fc.constantFrom(Grouping.PRODUCT, Grouping.OFFER),
  options: fc.constantFrom({}, { ranking: 'price_max - price' }, { currency: 'EUR', orderBy: 'price desc' }),
  /** What happens before each further page. */
  events: fc.array(fc.array(event, { maxLength: 3 }), { maxLength: 8 }),
});

/** The partner, answer and row that an offer was made of. */
function sourceOf({ item }: Offer): string {
  return item?.vertical?.$case === 'flight' ? item.vertical.value.fareBrand : '';
}

test('pages of one chain of tokens never skip or repeat while batches, retractions and identities arrive', async () => {
  let answers = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(drawn, async ({ a, b, pageSize, grouping, options, events }) => {
      rig.supply.lost.clear();
      // Another question each time: equal searches would share what partners are asked.
      const partners = ['a', 'b', `run-${runs++}`];
      const request = flightSearch({ pageSize, grouping, partners, readMask: ['item', 'price'] });
      const updates = reader(rig.query.search(request));
      const search = await rig.supply.next();
      search.awaitIdentities(Number.POSITIVE_INFINITY);
      search.plan(['a', 'b']);
      search.batch('a', a);
      search.batch('b', b);
      const { searchId } = await updates.until(({ progress }) => progress?.offers === a.length + b.length);

      // The entries as they are now: rows from the dearest to the cheapest or the other way, equal ones in the order of their ids.
      const rows = [
        ...a.map((one, index) => ({ ...one, source: `a/a0/${index}`, place: { partner: 0, row: index } })),
        ...b.map((one, index) => ({ ...one, source: `b/b0/${index}`, place: { partner: 1, row: index } })),
      ];
      const dearestFirst = Object.keys(options).length > 0;
      rows.sort((one, other) => (dearestFirst ? -1 : 1) * (one.total! - other.total!));
      const entryOf = new Map<string, number>();
      const entries: (typeof rows)[] = [];
      for (const one of rows) {
        const group = grouping === Grouping.OFFER ? one.source : (one.product ?? one.source);
        const entry = entryOf.get(group) ?? entries.push([]) - 1;
        entryOf.set(group, entry);
        entries[entry]!.push(one);
      }

      const gone = new Set<string>();
      const sold = new Set<string>();
      const read = async (pageToken: string): Promise<SearchPage> => {
        const asked = pageToken === '' ? PageOptions.fromPartial(options) : undefined;
        const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken, options: asked });
        return page!;
      };
      const seen: string[] = [];
      let page = await read('');
      expect(page.totalSize).toBe(entries.length);
      for (let at = 0; ; at++) {
        for (const offer of page.offers) {
          expect(sold).not.toContain(sourceOf(offer));
          seen.push(sourceOf(offer));
        }
        if (page.nextPageToken === '') break;
        for (const next of events[at] ?? []) {
          if (next.kind === 'batch') search.batch(next.partner, next.rows);
          else if (next.kind === 'settle') search.settle([{ provisionalProductId: next.from, productId: next.to }]);
          else if (next.kind === 'lost') {
            rig.supply.lost.add(next.answer);
            for (const { source } of rows) if (source.split('/')[1] === next.answer) gone.add(source);
          } else {
            const { source, place } = rows[next.which % rows.length]!;
            const id = offerId(searchId, place.partner, place.row);
            await rig.query.verify({ offerId: id }).catch(() => undefined);
            gone.add(source);
            sold.add(source);
          }
          await new Promise(setImmediate);
        }
        page = await read(page.nextPageToken);
        expect(page.totalSize).toBe(entries.length);
      }

      const shown = seen.map((source) => entries.findIndex((entry) => entry.some((one) => one.source === source)));
      // Each entry once at most, and in order; what is missing has no offer left.
      expect(shown).toEqual([...new Set(shown)].sort((one, other) => one - other));
      expect(shown).not.toContain(-1);
      for (const [index, entry] of entries.entries()) {
        if (!shown.includes(index)) expect(entry.every(({ source }) => gone.has(source))).toBe(true);
      }
      answers += seen.length;
      await updates.leave();
    }),
    { numRuns: 150 },
  );
  expect(answers).toBeGreaterThan(150);
}, 60_000);
