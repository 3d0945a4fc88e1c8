import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Identity,
  IdentityRule,
  type PartnerEvidence,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { distanceKm } from '../../libs/reference/index.ts';
import { openStore, type Store } from '../../libs/store/index.ts';
import type { Catalogue } from './catalogue.ts';
import { cellOf, cellsAround } from './cells.ts';
import { forgetAll, openCatalogues, type SampleStay, stays } from './samples.ts';
import { normalizationStore } from './schema.ts';

const signal = new AbortController().signal;
let store: Store;
let catalogue: Catalogue;

beforeAll(async () => {
  store = await openStore(normalizationStore);
});
afterAll(() => store.close());

async function clear(): Promise<Catalogue> {
  await forgetAll(store);
  return (await openCatalogues(store)).get('stay')!;
}
beforeEach(async () => {
  catalogue = await clear();
});

async function resolve(...evidence: PartnerEvidence[]): Promise<Identity[]> {
  return catalogue.resolve(evidence, signal);
}

async function ids(...evidence: PartnerEvidence[]): Promise<string[]> {
  return (await resolve(...evidence)).map(({ productId }) => productId);
}

const bay: SampleStay = { code: '7', name: 'Hotel Bahía del Sol', at: [39.5186, 2.7431] };

describe('a property', () => {
  it('is met again under another name a few steps away, and the figures say why', async () => {
    const [first] = await resolve(stays('a', [bay]));
    const [second] = await resolve(stays('b', [{ code: 'X', name: 'Bahia Del Sol', at: [39.5189, 2.7434] }]));
    expect(first).toMatchObject({ rule: IdentityRule.NEW, confidence: 1 });
    expect(second).toMatchObject({ productId: first!.productId, rule: IdentityRule.MATCHER });
    expect(second!.evidence).toMatch(/^like a 7: name \d\.\d\d, distance \d\.\d\d/);
    expect(second!.confidence).toBeGreaterThan(0.9);
  });

  it('is met across the edge of a cell', async () => {
    const [first] = await ids(stays('a', [{ ...bay, at: [39.5199999, 2.7599999] }]));
    expect(await ids(stays('b', [{ ...bay, at: [39.5200001, 2.7600001] }]))).toEqual([first]);
  });

  it.each([
    ['another name', { name: 'Hotel Riu Concordia' }],
    ['a house of the same name in another town', { at: [39.6, 2.9] as const }],
    ['no position', { at: undefined }],
    ['the position that stands for none', { at: [0, 0] as const }],
  ])('is not taken for one with %s', async (_what, other) => {
    const [first] = await ids(stays('a', [bay]));
    expect(await ids(stays('b', [{ ...bay, code: 'X', ...other }]))).not.toContain(first);
  });

  it('keeps its product under a new name and position', async () => {
    const [first] = await ids(stays('a', [bay]));
    const [again] = await resolve(stays('a', [{ code: '7', name: 'Renamed', at: [10, 10] }]));
    expect(again).toMatchObject({ productId: first, rule: IdentityRule.KNOWN_KEY });
  });

  it('is never another of the same partner, in one call or in two', async () => {
    const twin = { ...bay, code: '8' };
    const [one, two] = await ids(stays('a', [bay, twin]));
    expect(one).not.toBe(two);
    const [three] = await ids(stays('a', [{ ...bay, code: '9' }]));
    expect([one, two]).not.toContain(three);
  });

  it('takes the better of two that are near', async () => {
    const [one, two] = await ids(stays('a', [bay, { code: '8', name: 'Bahía del Sol Annex', at: [39.5189, 2.7434] }]));
    const found = await ids(
      stays('b', [
        { code: 'X', name: 'Bahia del Sol (Annex)', at: [39.5187, 2.7432] },
        { code: 'Y', name: 'Bahia del Sol', at: [39.5188, 2.7433] },
      ]),
    );
    expect(found).toEqual([two, one]);
  });

  it('is known after a restart', async () => {
    const [first] = await ids(stays('a', [bay]));
    const restarted = (await openCatalogues(store)).get('stay')!;
    const found = await restarted.resolve([stays('a', [bay]), stays('b', [{ ...bay, code: 'X' }])], signal);
    expect(found.map(({ productId, rule }) => ({ productId, rule }))).toEqual([
      { productId: first, rule: IdentityRule.KNOWN_KEY },
      { productId: first, rule: IdentityRule.MATCHER },
    ]);
  });

  it('tells its keys', async () => {
    const [first] = await ids(stays('a', [bay]), stays('b', [{ ...bay, code: 'X' }]));
    const [keys] = await catalogue.describe([{ productId: first!, contents: [''] }], store);
    expect(keys!.map(({ partner, key, rule }) => ({ partner, key, rule }))).toEqual([
      { partner: 'a', key: '7', rule: IdentityRule.NEW },
      { partner: 'b', key: 'X', rule: IdentityRule.MATCHER },
    ]);
  });
});

describe('a town sold by three partners', () => {
  const words = [
    'Miramar',
    'Bellevue',
    'Alcazar',
    'Concordia',
    'Neptuno',
    'Pinero',
    'Obelisco',
    'Tropical',
    'Java',
    'Marfil',
    'Aurora',
    'Cristina',
  ];
  const noise = fc.record({
    shift: fc.tuple(
      fc.double({ min: -0.0005, max: 0.0005, noNaN: true }),
      fc.double({ min: -0.0005, max: 0.0005, noNaN: true }),
    ),
    dress: fc.constantFrom<(name: string) => string>(
      (name) => name,
      (name) => `Hotel ${name}`,
      (name) => `${name} Resort & Spa`,
      (name) => name.toUpperCase(),
      (name) => `${name} Apartments - Adults Only`,
      (name) => name.replace('r', 'rr'),
    ),
  });
  const town = fc
    .uniqueArray(fc.integer({ min: 0, max: words.length - 1 }), { minLength: 2, maxLength: words.length })
    .chain((chosen) =>
      fc.tuple(
        fc.constant(chosen),
        fc.array(noise, { minLength: chosen.length * 3, maxLength: chosen.length * 3 }),
        fc.array(fc.boolean(), { minLength: chosen.length * 3, maxLength: chosen.length * 3 }),
      ),
    );

  /** What each partner says: hotel i stands 0.002° further north than the one before, and may be left out. */
  function offered([chosen, noises, sold]: [
    number[],
    { shift: [number, number]; dress: (name: string) => string }[],
    boolean[],
  ]): {
    hotel: number;
    partner: string;
    stay: SampleStay;
  }[] {
    return ['a', 'b', 'c'].flatMap((partner, p) =>
      chosen.flatMap((hotel, index) => {
        const n = p * chosen.length + index;
        if (!sold[n]) return [];
        const { shift, dress } = noises[n]!;
        const at = [39.5 + hotel * 0.002 + shift[0], 2.74 + shift[1]] as const;
        return [
          { hotel, partner, stay: { code: `${hotel}`, name: dress(`${words[hotel]} Playa`), at, zone: 'Playa' } },
        ];
      }),
    );
  }

  it('is one product a hotel, in any order of rows and partners', async () => {
    await fc.assert(
      fc.asyncProperty(town, fc.infiniteStream(fc.nat()), async (sample, random) => {
        const all = offered(sample);
        catalogue = await clear();
        const forward = await ids(...all.map(({ partner, stay }) => stays(partner, [stay])));
        const byHotel = new Map<number, Set<string>>();
        for (const [index, { hotel }] of all.entries())
          byHotel.set(hotel, (byHotel.get(hotel) ?? new Set()).add(forward[index]!));
        expect([...byHotel.values()].every((products) => products.size === 1)).toBe(true);
        expect(new Set(forward).size).toBe(byHotel.size);

        const shuffled = all
          .map((one, index) => ({ one, index, at: random.next().value ?? 0 }))
          .sort((x, y) => x.at - y.at);
        catalogue = await clear();
        const backward = await ids(...shuffled.map(({ one }) => stays(one.partner, [one.stay])));
        expect(backward).toEqual(shuffled.map(({ index }) => forward[index]));
      }),
      { numRuns: 60 },
    );
  });

  it('never has two properties of one partner in one product, whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            partner: fc.constantFrom('a', 'b', 'c'),
            code: fc.integer({ min: 1, max: 6 }).map(String),
            name: fc.constantFrom('Hotel Sol', 'Sol', 'Sol Mar', 'Mar'),
            step: fc.integer({ min: 0, max: 4 }),
          }),
          { minLength: 1, maxLength: 15 },
        ),
        async (rows) => {
          catalogue = await clear();
          for (const { partner, code, name, step } of rows) {
            await ids(stays(partner, [{ code, name, at: [39.5 + step * 0.001, 2.74] }]));
          }
          const doubles = await store.query(
            'SELECT product_id, partner FROM product_keys GROUP BY product_id, partner HAVING count(*) > 1',
          );
          expect(doubles).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('cells', () => {
  it('hold everything within the distance', () => {
    const latitude = fc.double({ min: -89.9, max: 89.9, noNaN: true });
    const longitude = fc.double({ min: -180, max: 180, noNaN: true });
    const step = fc.double({ min: -0.02, max: 0.02, noNaN: true });
    fc.assert(
      fc.property(latitude, longitude, step, step, (lat, lon, north, east) => {
        const [lat2, lon2] = [Math.max(-90, Math.min(90, lat + north)), ((lon + east + 540) % 360) - 180];
        if (distanceKm(lat, lon, lat2, lon2) > 1) return;
        expect(cellsAround(lat, lon, 1)).toContain(cellOf(lat2, lon2));
      }),
      { numRuns: 1000 },
    );
  });

  it('are few, away from the poles, and fit in 32 bits', () => {
    expect(cellsAround(39.5, 2.74, 1)).toHaveLength(9);
    expect(cellOf(90, 180)).toBeLessThan(2 ** 31);
    expect(cellOf(-90, -180)).toBe(0);
  });
});
