import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  IdentityRule,
  type PartnerEvidence,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { openStore, type Store } from '../../libs/store/index.ts';
import type { Catalogue } from './catalogue.ts';
import { flights, forgetAll, openCatalogues } from './samples.ts';
import { normalizationStore } from './schema.ts';

const signal = new AbortController().signal;
let store: Store;

beforeAll(async () => {
  store = await openStore(normalizationStore);
});
afterAll(() => store.close());

async function empty(): Promise<{ catalogue: Catalogue; store: Store }> {
  return { catalogue: await clear(store), store };
}

async function clear(store: Store): Promise<Catalogue> {
  await forgetAll(store);
  return (await openCatalogues(store)).get('flight')!;
}

async function ids(catalogue: Catalogue, ...evidence: PartnerEvidence[]): Promise<string[]> {
  return (await catalogue.resolve(evidence, signal)).map(({ productId }) => productId);
}

const numbered = 'QF|495|2026-04-16|SYD|MEL|20:00|2026-04-16T21:35';
const unnumbered = 'QF||2026-04-16|SYD|MEL|20:00|2026-04-16T21:35';
const drifted = 'QF|495|2026-04-16|SYD|MEL|20:05|2026-04-16T21:40';
const driftedUnnumbered = 'QF||2026-04-16|SYD|MEL|20:05|2026-04-16T21:40';
const sameTimes = 'QF|497|2026-04-16|SYD|MEL|20:00|2026-04-16T21:35';
const nextDay = 'QF|495|2026-04-17|SYD|MEL|20:00|2026-04-17T21:35';
const otherCarrier = 'JQ|495|2026-04-16|SYD|MEL|20:00|2026-04-16T21:35';
const otherLeg = 'QF|495|2026-04-16|SYD|PER|20:00|2026-04-17T00:35';
const onward = 'QF|651|2026-04-17|MEL|PER|08:00|2026-04-17T10:15';

describe('what folds', () => {
  it.each([
    ['the number, whatever the times', [numbered], [drifted], true],
    ['the times, where one partner gives no number', [numbered], [unnumbered], true],
    ['leading zeros aside', [numbered], [numbered.replace('495', '0495')], true],
    ['spaces aside', [numbered], [numbered.replace('495', ' 4 95')], true],
    ['not another number at the same times', [numbered], [sameTimes], false],
    ['not another day', [numbered], [nextDay], false],
    ['not another operating carrier', [numbered], [otherCarrier], false],
    ['not another leg of the same number', [numbered], [otherLeg], false],
    ['not other times without a number', [unnumbered], [driftedUnnumbered], false],
    ['not a part of the journey', [numbered, onward], [numbered], false],
    ['not the same segments as two slices', [numbered, onward], [numbered, '/', onward], false],
    ['each of several segments in its own way', [numbered, '/', onward], [unnumbered, '/', onward], true],
  ])('%s', async (_what, first, second, same) => {
    const { catalogue, store } = await empty();
    const together = await ids(catalogue, flights('a', [first]), flights('b', [second]));
    expect(together[0] === together[1]).toBe(same);
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const fresh = await clear(store);
      const [one] = await ids(fresh, flights('a', [order[0]!]));
      const [two] = await ids(fresh, flights('b', [order[1]!]));
      expect(one === two).toBe(same);
    }
  });

  it('says by which rule', async () => {
    const { catalogue } = await empty();
    const rules = async (...itineraries: string[][]): Promise<number[]> =>
      (await catalogue.resolve([flights('a', itineraries)], signal)).map(({ rule }) => rule);
    expect(await rules([numbered], [drifted], [unnumbered])).toEqual([
      IdentityRule.NEW,
      IdentityRule.FLIGHT_NUMBER,
      IdentityRule.FLIGHT_SCHEDULE,
    ]);
    expect(await rules([numbered], [drifted], [unnumbered])).toEqual(new Array(3).fill(IdentityRule.KNOWN_KEY));
  });

  it('takes a drifted time as a key from then on', async () => {
    const { catalogue } = await empty();
    const [first] = await ids(catalogue, flights('a', [[numbered], [drifted]]));
    expect(await ids(catalogue, flights('b', [[driftedUnnumbered]]))).toEqual([first]);
  });

  it('gives a segment its number when it comes, and then tells another number apart', async () => {
    const { catalogue } = await empty();
    const [first] = await ids(catalogue, flights('a', [[unnumbered]]));
    expect(await ids(catalogue, flights('b', [[numbered]]))).toEqual([first]);
    const [other] = await ids(catalogue, flights('c', [[sameTimes]]));
    expect(other).not.toBe(first);
    expect(await ids(catalogue, flights('a', [[unnumbered]]))).toEqual([first]);
  });
});

describe('decisions', () => {
  const minute = (n: number): string => String(n).padStart(2, '0');
  /** Few enough values that flights meet, drift and collide. */
  const segment = fc
    .record({
      number: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      day: fc.integer({ min: 1, max: 2 }),
      at: fc.integer({ min: 0, max: 2 }),
    })
    .map(
      ({ number, day, at }) =>
        `QF|${number ?? ''}|2026-04-0${day}|SYD|MEL|10:${minute(at)}|2026-04-0${day}T11:${minute(at)}`,
    );
  const itinerary = fc.array(segment, { minLength: 1, maxLength: 2 });

  it('stay as they are, whatever comes after, also for another process on the same store', async () => {
    const { store } = await empty();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(itinerary, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        async (calls) => {
          const catalogue = await clear(store);
          const given = new Map<string, string>();
          for (const call of calls) {
            const found = await ids(catalogue, flights('a', call));
            call.forEach((parts, index) => {
              const key = parts.join(' ');
              expect(found[index]).toBe(given.get(key) ?? found[index]);
              given.set(key, found[index]!);
            });
          }
          const restarted = (await openCatalogues(store)).get('flight')!;
          const again = await ids(
            restarted,
            flights(
              'b',
              [...given.keys()].map((key) => key.split(' ')),
            ),
          );
          expect(again).toEqual([...given.values()]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('do not depend on the order of arrival where numbers are given', async () => {
    const { store } = await empty();
    const numberedOnly = fc.array(
      itinerary.filter((parts) => parts.every((part) => part.split('|')[1] !== '')),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(numberedOnly, fc.infiniteStream(fc.nat()), async (rows, random) => {
        const all = await ids(await clear(store), flights('a', rows));
        const shuffled = rows
          .map((row, index) => ({ row, index, at: random.next().value ?? 0 }))
          .sort((x, y) => x.at - y.at);
        const catalogue = await clear(store);
        for (const { row, index } of shuffled) expect(await ids(catalogue, flights('b', [row]))).toEqual([all[index]]);
      }),
      { numRuns: 60 },
    );
  });

  it('do not depend on the order of rows and partners within a call', async () => {
    const { store } = await empty();
    await fc.assert(
      fc.asyncProperty(fc.array(itinerary, { minLength: 1, maxLength: 8 }), async (rows) => {
        const forward = await ids(await clear(store), flights('a', rows));
        const backward = await ids(
          await clear(store),
          ...rows.map((row, index) => flights(`p${index}`, [row])).reverse(),
        );
        expect(backward.reverse()).toEqual(forward);
      }),
      { numRuns: 60 },
    );
  });

  it('never give two numbers of one carrier and day the same flight', async () => {
    const { store } = await empty();
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 2, maxLength: 12 }), async (segments) => {
        const catalogue = await clear(store);
        const numberOf = new Map<string, string>();
        for (const one of segments) {
          const [id] = await ids(catalogue, flights('a', [[one]]));
          const [, number, day] = one.split('|');
          if (number === '') continue;
          expect(numberOf.get(id!) ?? `${number} ${day}`).toBe(`${number} ${day}`);
          numberOf.set(id!, `${number} ${day}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are the same for calls at the same time', async () => {
    const { catalogue, store } = await empty();
    const calls = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        ids(catalogue, flights(`p${index}`, [[numbered], [unnumbered], [drifted]])),
      ),
    );
    expect(new Set(calls.flat()).size).toBe(1);
    expect(await store.query('SELECT count(*)::int AS n FROM products')).toEqual([{ n: 1 }]);
  });

  it('are forgotten when the store refuses them, and made again when it is well', async () => {
    const { store } = await empty();
    let broken = true;
    const failing: Store = {
      ...store,
      transaction: (work) =>
        store.transaction(async (tx) => {
          const result = await work(tx);
          if (broken) throw new Error('disk full');
          return result;
        }),
    };
    const catalogue = (await openCatalogues(failing)).get('flight')!;
    await expect(ids(catalogue, flights('a', [[numbered]]))).rejects.toThrow('disk full');
    broken = false;
    const [first] = await ids(catalogue, flights('a', [[numbered]]));
    expect(await store.query('SELECT product_id FROM products')).toEqual([{ product_id: first }]);
  });
});

it('deletes flights that have departed, and knows them again by the same id', async () => {
  const { catalogue, store } = await empty();
  const [first, later] = await ids(catalogue, flights('a', [[numbered], [nextDay]]));
  await catalogue.prune('2026-04-17');
  expect(await store.query('SELECT product_id FROM products')).toEqual([{ product_id: later }]);
  expect(await ids(catalogue, flights('a', [[numbered], [nextDay]]))).toEqual([first, later]);
});
