import { expect, it } from 'vitest';
import { BlockingIndex, createMatcher, type MatchRecord } from '../../../services/normalization/matching/index.ts';
import { allCities } from '../../../services/twin/stays/cities.ts';
import { createHotels } from '../../../services/twin/stays/hotels.ts';
import { listHotel, listsHotel, type StaySeller } from '../../../services/twin/stays/sellers.ts';

const seed = 7;
const sellers = ['a', 'b', 'c'].map(
  (name): StaySeller => ({ name, salt: name, coverage: 0.85, margin: 1, currency: 'EUR', maxOffers: 100 }),
);

interface Listed {
  readonly record: MatchRecord;
  readonly hotel: string;
}

/** The hotels of some cities of the twin's world, as three sellers list them. */
function listings(step: number): Listed[] {
  const hotels = createHotels(seed);
  return allCities()
    .filter(({ index }) => index % step === 0)
    .flatMap((city) =>
      sellers.flatMap((seller) =>
        hotels
          .inCity(city)
          .filter((hotel) => listsHotel(seed, seller, hotel))
          .map((hotel) => {
            const { code, name, latitude, longitude } = listHotel(seed, seller, hotel);
            const attributes = {
              property_name: name,
              latitude: +latitude,
              longitude: +longitude,
              zone: hotel.zoneName,
            };
            return { record: { partner: seller.name, key: String(code), attributes }, hotel: hotel.id };
          }),
      ),
    );
}

it("matches the hotels of the twin's world: of pairs said to be the same 99.5 in 100 are, and 97 in 100 true pairs are found", () => {
  const matcher = createMatcher('stay');
  const index = new BlockingIndex();
  const all = listings(160).map((listed) => ({ ...listed, prepared: matcher.prepare(listed.record) }));
  for (const [ref, { prepared }] of all.entries()) index.add(ref, matcher.block(prepared));
  let truePairs = 0;
  for (const { length } of Map.groupBy(all, ({ hotel }) => hotel).values()) truePairs += (length * (length - 1)) / 2;

  const nameOf = ({ record }: Listed): string => String(record.attributes.property_name);
  const wrong: string[] = [];
  let [kept, right] = [0, 0];
  for (const [ref, one] of all.entries()) {
    for (const { ref: other } of matcher.candidates(index, one.prepared)) {
      const two = all[other]!;
      if (other <= ref || two.record.partner === one.record.partner) continue;
      const said = matcher.verdict(matcher.probability(one.prepared, two.prepared, index));
      if (two.hotel === one.hotel) {
        kept++;
        if (said === 'same') right++;
      } else if (said === 'same') wrong.push(`${nameOf(one)} | ${nameOf(two)}`);
    }
  }
  expect(truePairs).toBeGreaterThan(2000);
  expect(kept / truePairs).toBeGreaterThanOrEqual(0.99);
  expect(right / (right + wrong.length), wrong.join('\n')).toBeGreaterThanOrEqual(0.995);
  expect(right / truePairs).toBeGreaterThanOrEqual(0.97);
});
