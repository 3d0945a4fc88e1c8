import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProductContent } from '../../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import { mergeContent } from './merge.ts';
import type { ContentRecord, RecordContent } from './record.ts';

function said(partner: string, content: RecordContent, at = 1_000, key = 'k', locale = ''): ContentRecord {
  return { partner, key, locale, content, firstSeenAt: at, seenAt: at, changedAt: at };
}

const texts = fc.constantFrom('Hotel Sol', 'HOTEL SOL', 'Hôtel Sol', 'Luna', 'LUNA ', 'Mar & Sol');
const contents: fc.Arbitrary<RecordContent> = fc.record(
  {
    name: texts,
    description: texts,
    latitude: fc.double({ min: 39, max: 39.01, noNaN: true }),
    longitude: fc.constantFrom(2.5, 2.501, 2.6),
    address: texts,
    phone: fc.constantFrom('+34971123456', '+34971123457'),
    brand: texts,
    images: fc.array(
      fc.constantFrom('https://a.example/1.jpg?w=100', 'https://a.example/1.jpg', 'https://b.example/2.jpg'),
    ),
    amenities: fc.array(fc.constantFrom('POOL', 'WIFI', 'SPA')),
    stars: fc.constantFrom(3, 4, 4.5),
    specifications: fc.constantFrom({ color: { value: 'Red', unit: '' } }, { color: { value: 'red', unit: '' } }),
  },
  { requiredKeys: [] },
);
const times = fc.integer({ min: 1, max: 9 });
const records: fc.Arbitrary<ContentRecord[]> = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), fc.constantFrom('', 'de'), contents, times, times)
    .map(([partner, key, locale, content, firstSeenAt, later]) => {
      const seenAt = firstSeenAt + later;
      return { partner, key, locale, content, firstSeenAt, seenAt, changedAt: seenAt };
    }),
  { selector: ({ partner, key, locale }) => `${partner} ${key} ${locale}`, maxLength: 9 },
);
const json = (content: ProductContent | undefined): unknown => content && ProductContent.toJSON(content);

describe('merging content', () => {
  it('comes to the same in whatever order the records come', () => {
    fc.assert(
      fc.property(
        records.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(json(mergeContent(shuffled))).toEqual(json(mergeContent(all)));
        },
      ),
    );
  });

  it('comes to the same when a record is said twice', () => {
    fc.assert(
      fc.property(records, (all) => {
        expect(json(mergeContent([...all, ...all]))).toEqual(json(mergeContent(all)));
      }),
    );
  });

  it('says nothing that no record says, and names for everything who says it', () => {
    fc.assert(
      fc.property(records, (all) => {
        const merged = mergeContent(all);
        const spoken = new Set(
          all.flatMap(({ content }) => [content.name, content.address, content.brand, content.phone]),
        );
        const { names = [], address, brand, phone, imageUrls = [], amenities = [] } = merged ?? {};
        for (const text of [...names, address, brand, phone].filter((one) => one !== undefined)) {
          expect(spoken).toContain(text.value);
        }
        for (const text of [...names, ...imageUrls, ...amenities]) expect(text.sources.length).toBeGreaterThan(0);
        expect(new Set(amenities.map(({ value }) => value)).size).toBe(amenities.length);
        expect(merged === undefined).toBe(all.every(({ content }) => isEmpty(content)));
      }),
    );
  });

  it('takes the name that most partners use, in their usual spelling, one a locale', () => {
    const merged = mergeContent([
      said('a', { name: 'Meeresblick' }, 1, 'k', 'de'),
      said('b', { name: 'HOTEL SOL' }, 2),
      said('c', { name: 'Hotel Sol' }, 3),
      said('d', { name: 'Luna' }, 1),
    ]);
    expect(merged?.names.map(({ value, locale, sources }) => [value, locale, sources.map((s) => s.partner)])).toEqual([
      ['Hotel Sol', '', ['b', 'c']],
      ['Meeresblick', 'de', ['a']],
    ]);
  });

  it('lets one partner with many keys not outvote two with one', () => {
    const merged = mergeContent([
      ...['1', '2', '3'].map((key) => said('loud', { stars: 5 }, 1, key)),
      said('b', { stars: 4 }, 2),
      said('c', { stars: 4 }, 3),
    ]);
    expect(merged?.starRating?.value).toBe(4);
  });

  it('takes the fewer stars where as many partners say so', () => {
    expect(mergeContent([said('a', { stars: 4 }), said('b', { stars: 3 })])?.starRating?.value).toBe(3);
  });

  it('takes the middle of the positions that agree, and leaves out who is elsewhere', () => {
    const merged = mergeContent([
      said('a', { latitude: 39.57, longitude: 2.65 }),
      said('b', { latitude: 39.571, longitude: 2.651 }),
      said('c', { latitude: 39.5704, longitude: 2.6504 }),
      said('elsewhere', { latitude: 0.1, longitude: 2.65 }),
    ]);
    expect(merged?.position?.point).toEqual({ latitude: 39.5704, longitude: 2.6504 });
    expect(merged?.position?.sources.map(({ partner }) => partner)).toEqual(['a', 'b', 'c']);
  });

  it('finds the middle of positions on both sides of the 180th degree', () => {
    const merged = mergeContent([
      said('a', { latitude: -17, longitude: 179.999 }),
      said('b', { latitude: -17, longitude: -179.999 }),
    ]);
    expect(Math.abs(merged!.position!.point!.longitude)).toBe(180);
  });

  it('shows each picture once at its largest, the main ones first', () => {
    const merged = mergeContent([
      said('a', { images: ['https://img.example/room.jpg?w=200', 'https://img.example/pool.jpg?w=200'] }),
      said('b', { images: ['https://img.example/pool.jpg?w=1600', 'https://img.example/bar.jpg'] }),
      said('c', { images: ['https://img.example/pool.jpg?w=800'] }),
    ]);
    expect(merged?.imageUrls.map(({ value, sources }) => [value, sources.length])).toEqual([
      ['https://img.example/pool.jpg?w=1600', 3],
      ['https://img.example/room.jpg?w=200', 1],
      ['https://img.example/bar.jpg', 1],
    ]);
  });

  it('was updated when the last of its records changed', () => {
    expect(mergeContent([said('a', { stars: 4 }, 5_000), said('b', { stars: 3 }, 2_000)])?.updatedAt).toEqual(
      Temporal.Instant.fromEpochMilliseconds(5_000),
    );
  });
});

function isEmpty({ latitude, longitude, images = [], amenities = [], ...others }: RecordContent): boolean {
  const placed = latitude !== undefined && longitude !== undefined;
  return !placed && images.length === 0 && amenities.length === 0 && Object.keys(others).length === 0;
}
