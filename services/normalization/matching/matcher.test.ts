import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockingIndex, createMatcher, type Decision, type MatchRecord, type MatchVertical } from './index.ts';

const matchers = { stay: createMatcher('stay'), good: createMatcher('good') };

function decide(vertical: MatchVertical, a: MatchRecord['attributes'], b: MatchRecord['attributes']): Decision {
  const matcher = matchers[vertical];
  const [left, right] = [a, b].map((attributes, at) => matcher.prepare({ partner: `p${at}`, key: '1', attributes }));
  return matcher.decide(left!, right!);
}

const good = (a: MatchRecord['attributes'], b: MatchRecord['attributes']): Decision => decide('good', a, b);
const stay = (a: MatchRecord['attributes'], b: MatchRecord['attributes']): Decision => decide('stay', a, b);

const words =
  'Bosch,Makita,drill,driver,case,for,GSR-18V55,GSR18V60,18V,2 x 4.0 Ah,black,blau,1 TB,1000gb,52",52 inches,pack of 3,3-pack,refurbished,"тест",дрель,Ω,™,½,0,00012345,A,&,-,/'.split(
    ',',
  );
const text = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 6 })), { maxLength: 8 })
  .map((each) => each.join(' '));
const number = fc.oneof(fc.double(), fc.constantFrom(0, -1, 90, 180, 39.5, 2.7, 1e9));
const anything = fc.dictionary(
  fc.constantFrom(
    ...'title brand mpn gtin color size price description category property_name address city zone phone chain latitude longitude other'.split(
      ' ',
    ),
  ),
  fc.oneof(text, number),
);

describe.each(['stay', 'good'] as const)('a decision about a %s', (vertical) => {
  const matcher = matchers[vertical];

  it('has a probability, and evidence that adds up to its log-odds, whatever is stated', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const { probability, evidence, verdict } = decide(vertical, a, b);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect(verdict).toBe(matcher.verdict(probability));
        const logOdds = evidence.reduce((sum, { weight }) => sum + weight, matcher.bias);
        expect(1 / (1 + Math.exp(-logOdds))).toBeCloseTo(probability, 9);
        for (const { similarity } of evidence) {
          if (similarity === undefined) continue;
          expect(similarity).toBeGreaterThanOrEqual(0);
          expect(similarity).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('is the same whichever comes first, but for the sides of the evidence', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const [one, other] = [decide(vertical, a, b), decide(vertical, b, a)];
        expect(other.probability).toBe(one.probability);
        expect(
          other.evidence.map(({ feature, left, right, weight }) => ({ feature, left: right, right: left, weight })),
        ).toEqual(one.evidence.map(({ feature, left, right, weight }) => ({ feature, left, right, weight })));
      }),
    );
  });

  it('tells the weightiest evidence first', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const weights = decide(vertical, a, b).evidence.map(({ weight }) => Math.abs(weight));
        expect(weights).toEqual(weights.toSorted((x, y) => y - x));
      }),
    );
  });

  it('is found through the index by a record that says the same', () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 10 }), (records) => {
        const index = new BlockingIndex();
        const prepared = records.map((attributes, at) =>
          matcher.prepare({ partner: 'a', key: String(at), attributes }),
        );
        for (const [at, each] of prepared.entries()) index.add(at, matcher.block(each));
        for (const [at, each] of prepared.entries()) {
          if (matcher.block(each).length === 0) continue;
          expect(matcher.candidates(index, each).map(({ ref }) => ref)).toContain(at);
        }
      }),
    );
  });
});

it('compares a city once, also where the zone repeats its name', () => {
  const place = { city: 'San Jose' };
  const cityOf = ({ evidence }: Decision): unknown => evidence.find(({ feature }) => feature === 'city')?.similarity;
  const repeated = { ...place, zone: 'San Jose' };
  expect(stay(place, repeated).probability).toBe(stay(place, place).probability);
  expect(stay(repeated, place).probability).toBe(stay(place, place).probability);
  expect(cityOf(stay(repeated, place))).toBe(cityOf(stay(place, place)));
});

describe('goods', () => {
  it.each([
    [
      'a model number is written with and without hyphens',
      { title: 'Zenario QX-7183T coffee grinder' },
      { title: 'Zenario electric coffee grinder qx7183t' },
    ],
    [
      'units differ',
      { title: 'Zenario Vault 1 TB portable drive ZVP1000' },
      { title: 'Zenario Vault portable hard drive 1000gb ZVP1000' },
    ],
    [
      'one is in Cyrillic',
      { title: 'Дрель Макита HP1630K 710 W', brand: 'Макита' },
      { title: 'Drel Makita HP-1630K 710W', brand: 'Makita' },
    ],
    [
      'the number carries a country suffix',
      { title: 'Quorra garden pump QRL7003', brand: 'Quorra', mpn: 'QRL7003-220EUX' },
      { title: 'QUORRA QRL7003 Garden pump 600', brand: 'QUORRA', mpn: 'QRL7003220EUX' },
    ],
  ])('are the same where %s', (_what, a, b) => {
    expect(good(a, b).probability).toBeGreaterThan(0.8);
  });

  it.each([
    [
      'one is an accessory of the other',
      { title: 'Zenario Lumo T7450 action camera' },
      { title: 'Leather case for Zenario Lumo T7450' },
    ],
    [
      'the model number is another',
      { title: 'Zenario Vista BAX-37Q6210 television' },
      { title: 'Zenario Vista BAX-64Q6210 television' },
    ],
    ['the memory is another', { title: 'Zenario Pocket 32GB USB stick' }, { title: 'Zenario Pocket 64 GB USB stick' }],
    [
      'the colour is another',
      { title: 'Zenario Hover scooter blue ZH8-BLU-ECO-R3' },
      { title: 'Zenario Hover scooter orange ZH8ORGECOR3' },
    ],
  ])('are not the same where %s', (_what, a, b) => {
    expect(good(a, b).verdict).not.toBe('same');
    expect(good(a, b).probability).toBeLessThan(0.5);
  });

  it('with one GTIN are the same, and with two are not, whatever the titles say', () => {
    const title = 'Bosch GSR 18V-55 Professional';
    expect(good({ title, gtin: '4006381333931' }, { title: 'Akkuschrauber', gtin: '04006381333931' }).verdict).toBe(
      'same',
    );
    const other = good({ title, gtin: '4006381333931' }, { title, gtin: '5901234123457' });
    expect(other.probability).toBeLessThan(0.5);
    expect(other.evidence.find(({ feature }) => feature === 'gtin')).toMatchObject({
      left: '04006381333931',
      similarity: 0,
    });
  });

  it('of two sizes are two', () => {
    const title = 'Nike Pegasus 40 running shoe DV3853-001';
    expect(good({ title, size: '42' }, { title, size: '43' }).probability).toBeLessThan(
      good({ title, size: '42' }, { title, size: '42' }).probability,
    );
  });

  it('are said to be alike by what a person would name', () => {
    const { evidence } = good(
      { title: 'Zenario QX-7183T grinder', brand: 'Zenario' },
      { title: 'grinder qx7183t', brand: 'Zenario' },
    );
    expect(evidence.find(({ feature }) => feature === 'model_number')).toMatchObject({
      left: 'qx7183t',
      right: 'qx7183t',
      similarity: 1,
    });
  });
});

describe('stays', () => {
  const bay = { property_name: 'Hotel Bahía del Sol', latitude: 39.5186, longitude: 2.7431 };

  it.each([
    ['under another dress a few steps away', { property_name: 'BAHIA DEL SOL', latitude: 39.5189, longitude: 2.7434 }],
    ['with its town in its name', { property_name: 'Bahia del Sol, Palma', latitude: 39.5187, longitude: 2.7429 }],
    ['misspelt', { property_name: 'Hotel Bahia del Soll', latitude: 39.5186, longitude: 2.7431 }],
    ['in Cyrillic', { property_name: 'Баия дель Соль', latitude: 39.5186, longitude: 2.7431 }],
  ])('are met again %s', (_what, other) => {
    expect(stay(bay, other).probability).toBeGreaterThan(0.8);
  });

  it.each([
    ['the annex', { property_name: 'Bahía del Sol Annex', latitude: 39.5187, longitude: 2.7432 }],
    ['the second tower', { property_name: 'Hotel Bahía del Sol Tower 2', latitude: 39.5187, longitude: 2.7432 }],
    ['another name next door', { property_name: 'Hotel Riu Concordia', latitude: 39.5186, longitude: 2.7432 }],
    ['the same name in another town', { property_name: 'Hotel Bahía del Sol', latitude: 39.6, longitude: 2.9 }],
  ])('are not taken for %s', (_what, other) => {
    expect(stay(bay, other).verdict).not.toBe('same');
  });

  it.each([
    ['Hilton Garden Inn Frankfurt Airport', 'Hilton Frankfurt Airport'],
    ['ibis Styles Berlin Mitte', 'ibis Berlin Mitte'],
    ['ibis budget Lyon Centre', 'ibis Lyon Centre'],
    ['Novotel Suites Paris Nord', 'Novotel Paris Nord'],
    ['Apartamentos Sol 12', 'Apartamentos Sol 14'],
  ])('of one chain side by side are kept apart: %s and %s', (one, other) => {
    const at = { latitude: 50.0515, longitude: 8.5706 };
    expect(
      stay({ property_name: one, ...at }, { property_name: other, latitude: 50.0516, longitude: 8.5709 }).verdict,
    ).not.toBe('same');
  });

  it('without positions are known by phone and address', () => {
    const one = { property_name: 'Café Lindenhof', address: '12 Linden Ave.', city: 'Vienna', phone: '+43 1 5551234' };
    expect(
      stay(one, { property_name: 'Lindenhof', address: 'Linden Avenue 12', city: 'Vienna', phone: '01/555-1234' })
        .probability,
    ).toBeGreaterThan(0.7);
    expect(
      stay(one, { property_name: 'Gasthof Lehner', address: 'Hauptstrasse 3', city: 'Graz', phone: '0316 998877' })
        .verdict,
    ).toBe('different');
  });
});
