import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, formatProblem } from '../../libs/config/index.ts';
import type { PartnerRate } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { Decimal, minorDigits } from '../../libs/money/index.ts';
import { checkPricingConfig, readPricingConfiguration } from './configuration.ts';
import { type FxPolicy, judgeAge } from './fx.ts';
import { readFxFile } from './fx-file.ts';
import { LiveConfiguration } from './live.ts';
import { partnerConversion } from './partner-rate.ts';
import type { RateBook } from './rate-book.ts';
import { type Conversion, type RateTable, RateTable as Table } from './rates.ts';
import { currency, minor, table } from './test-data.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'fx-'));
  mkdirSync(file('rates'), { recursive: true });
  write('rules.yaml', 'rules: []\n');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string): string => path.join(directory, 'pricing', name);
const write = (name: string, text: string): void => writeFileSync(file(name), text);
const sheet = (date: string, rates: string, more = ''): void =>
  write(`rates/${date}.yaml`, `date: "${date}"\nbase: EUR\nsource: treasury\n${more}rates: { ${rates} }\n`);
const ecb = (name: string, date: string, ...rates: [string, string][]): void => {
  const cubes = rates.map(([code, rate]) => `<Cube currency='${code}' rate='${rate}'/>`).join('');
  write(`rates/${name}.xml`, `<Envelope><Cube><Cube time='${date}'>${cubes}</Cube></Cube></Envelope>`);
};
/** The 20th is a Friday. */
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const book = (day = '2026-11-20'): RateBook => readPricingConfiguration(directory, at(day)).rates;
const tableOn = (day: string): RateTable => book().tableAt(at(day))!;
const problems = (text: string): string[] => {
  write('fx.yaml', text);
  try {
    readFxFile(file('fx.yaml'));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).replace(`${path.join(directory, 'pricing')}/`, ''));
  }
};
/** An amount in major units, converted with what is added. */
const converted = (way: Conversion | undefined, amount: string): string | undefined => {
  const middle = way?.convert(Decimal.parse(amount)!);
  return middle
    ?.plus(middle.times(way?.spread?.share ?? Decimal.zero))
    .trim(2)
    .toString();
};

test('without a file everything has its default, and the shipped file says just those', () => {
  expect(readFxFile(path.resolve('deploy/config/pricing/fx.yaml')).digest).toBe(readFxFile(file('none.yaml')).digest);
});

test('says where in the file what is wrong', () => {
  expect(problems('spreads: [{ name: a, percentage: "-1" }]\n')[0]).toMatch(
    /^fx\.yaml:1:34: expected a quoted decimal/,
  );
  expect(problems('staleness: { use: 5, widen: { percentagePerDay: "1", until: 5 } }\n')).toEqual([
    'fx.yaml:1:61: 5 is not beyond use (5); leave widen out to refuse at once',
  ]);
  expect(problems('staleness: { use: 0, widen: { percentagePerDay: "10", until: 6 } }\n')[0]).toMatch(
    /fx\.yaml:1:12: a spread and what is added for age come to 60 %; expected at most 50 %/,
  );
  const twice = 'spreads:\n  - { name: a, percentage: "1" }\n  - { name: a, percentage: "1", pairs: [EUR/EUR] }\n';
  expect(problems(twice)).toEqual([
    'fx.yaml:3:13: "a" stands above; names are unique',
    'fx.yaml:3:41: nothing is converted from a currency to itself',
  ]);
  expect(problems('spreads: [{ name: a, percentage: "1", currencies: [XXX] }]\n')[0]).toContain('"XXX" is no ISO 4217');
  expect(problems('sources: [{ name: a, format: ecb }, { name: b, format: ecb }]\n')[0]).toContain('another source');
  expect(problems('sources: [{ name: a, format: yaml, directory: ../.. }]\n')[0]).toContain(
    'expected a folder beside fx.yaml',
  );
  expect(problems('staleness: { use: forever }\n')[0]).toMatch(/^fx\.yaml:1:19: /);
});

test('of each currency the first source that has it gives the rate, and the conversion says which', () => {
  sheet('2026-11-20', 'USD: "1.20", AED: "4.40"');
  ecb('daily', '2026-11-20', ['USD', '1.25'], ['GBP', '0.80']);
  const rates = tableOn('2026-11-20');
  expect(rates.currencies).toEqual(['AED', 'EUR', 'GBP', 'USD']);
  expect(converted(rates.conversion('USD', 'GBP'), '100')).toBe('64.00');
  expect(rates.conversion('AED', 'GBP')).toMatchObject({
    description: 'AED to GBP at 0.181818 (AED 4.40, GBP 0.80 for EUR 1, 2026-11-20)',
    source: 'treasury; European Central Bank euro reference rates',
    version: rates.id,
  });
  write('fx.yaml', 'sources: [{ name: files, format: yaml }, { name: ecb, format: ecb }]\n');
  expect(converted(tableOn('2026-11-20').conversion('USD', 'GBP'), '100')).toBe('66.666666666667');
  expect(tableOn('2026-11-20').id).not.toBe(rates.id);
});

test('joins rates of other bases, exactly', () => {
  write('rates/2026-11-20.yaml', 'date: "2026-11-20"\nbase: USD\nsource: desk\nrates: { AED: "3.6725", JPY: "150" }\n');
  ecb('daily', '2026-11-19', ['USD', '1.25'], ['GBP', '0.80']);
  const rates = tableOn('2026-11-20');
  // 1 GBP is 1.5625 USD, and that 5.73828125 AED.
  expect(rates.conversion('GBP', 'AED')).toMatchObject({
    description: 'GBP to AED at 5.73828 (GBP 0.80, USD 1.25 for EUR 1, 2026-11-19; AED 3.6725 for USD 1, 2026-11-20)',
  });
  expect(converted(rates.conversion('GBP', 'AED'), '1')).toBe('5.73828125');
  expect(converted(rates.conversion('USD', 'JPY'), '1')).toBe('150.00');
  rmSync(file('rates/daily.xml'));
  write('rates/2026-11-20.yaml', 'date: "2026-11-20"\nbase: USD\nsource: desk\nrates: { EUR: "0.8", JPY: "150" }\n');
  expect(converted(tableOn('2026-11-20').conversion('JPY', 'EUR'), '375')).toBe('2.00');
  expect(tableOn('2026-11-20').conversion('USD', 'JPY')?.description).toBe('USD to JPY at 150 (2026-11-20)');
});

test('rates of another base give what the same rates in euros give', () => {
  fc.assert(
    fc.property(table, currency, currency, minor, (rates, from, to, amount) => {
      const judged = { age: 0, judgement: { kind: 'current' }, oldest: 0 } as const;
      const codes = ['GBP', 'KWD', 'JPY'] as const;
      // The same worth in units for one dollar cannot always be written down; ten times the dollar's own can.
      const dollar = rates.rate('USD')!;
      const byDollar = new Map(codes.map((code) => [code, rates.rate(code)!]));
      const policy: FxPolicy = readFxFile(file('none.yaml'));
      const euros = { date: '2026-11-20', source: 'e', rates: new Map([['USD', dollar]]) };
      const dollars = { date: '2026-11-20', source: 'd', base: 'USD', rates: byDollar };
      const merged = new Table(
        [euros, dollars].map((one) => ({ sheet: one, ...judged })),
        policy,
        '2026-11-20',
      );
      const alone = new Table({
        date: '2026-11-20',
        source: 'x',
        rates: new Map([['USD', dollar], ...codes.map((code) => [code, rates.rate(code)!.times(dollar)] as const)]),
      });
      const amountOf = (one: RateTable): string | undefined =>
        one
          .conversion(from, to)
          ?.convert(Decimal.fromMinor(amount, minorDigits(from)!))
          .toString();
      expect(amountOf(merged)).toBe(amountOf(alone));
    }),
    { numRuns: 500 },
  );
});

test('going over a third currency gives the same, but for what is cut on the way', () => {
  fc.assert(
    fc.property(table, currency, currency, currency, fc.integer({ min: 0, max: 10_000_000 }), (rates, a, b, c, sum) => {
      const amount = Decimal.fromMinor(sum, minorDigits(a)!);
      const over = rates.conversion(b, c)!;
      const twice = over.convert(rates.conversion(a, b)!.convert(amount));
      const error = twice.minus(rates.conversion(a, c)!.convert(amount));
      // Half of the last digit at each cut, the first one at the worth of b in c.
      const last = new Decimal(1n, 12);
      const allowed = over.convert(last).plus(last).plus(last);
      expect((error.isNegative() ? error.negate() : error).compare(allowed)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2_000 },
  );
});

test('the first spread that fits currency, pair and market is added, by its name', () => {
  sheet('2026-11-20', 'USD: "1.25", GBP: "0.80", VND: "30000"');
  write(
    'fx.yaml',
    `spreads:
  - { name: gb-dollars, percentage: "0.25", pairs: [USD/GBP], markets: [GB] }
  - { name: exotic, percentage: "1.5", currencies: [VND] }
  - { name: none-in-france, percentage: "0", markets: [FR] }
  - { name: others, percentage: "0.5" }
`,
  );
  const rates = tableOn('2026-11-20');
  const spread = (from: string, to: string, market?: string): string | undefined =>
    rates.conversion(from, to, market)?.spread?.description;
  expect(spread('USD', 'GBP', 'GB')).toBe('Spread: 0.25 % (gb-dollars)');
  expect(spread('GBP', 'USD', 'GB')).toBe('Spread: 0.5 % (others)');
  expect(spread('USD', 'GBP', 'DE')).toBe('Spread: 0.5 % (others)');
  expect(spread('VND', 'GBP', 'GB')).toBe('Spread: 1.5 % (exotic)');
  expect(spread('USD', 'EUR', 'FR')).toBeUndefined();
  expect(spread('GBP', 'GBP', 'GB')).toBeUndefined();
  expect(spread('USD', 'GBP')).toBeUndefined();
  expect(converted(rates.conversion('USD', 'GBP', 'GB'), '100')).toBe('64.16');
});

test('rates hold over the week-end, then are used, widened and refused, and every view says so', () => {
  sheet('2026-11-20', 'USD: "1.25", GBP: "0.80"');
  const days = ['2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25', '2026-11-27', '2026-11-28'];
  expect(
    days.map((day) => [tableOn(day).staleRates, converted(tableOn(day).conversion('USD', 'EUR', 'GB'), '125')]),
  ).toEqual([
    ['', '100.00'],
    ['', '100.00'],
    ['treasury: rates of 2026-11-20 are 2 business days old and used as they are', '100.00'],
    ['treasury: rates of 2026-11-20 are 3 business days old; 0.5 % is added to what is converted', '100.50'],
    ['treasury: rates of 2026-11-20 are 5 business days old; 1.5 % is added to what is converted', '101.50'],
    ['treasury: rates of 2026-11-20 are 5 business days old; 1.5 % is added to what is converted', '101.50'],
  ]);
  expect(tableOn('2026-11-25').conversion('USD', 'EUR', 'GB')?.spread).toMatchObject({
    description: 'Spread: 0.5 % for rates of 2026-11-20, 3 business days old',
    source: 'staleness',
  });
  const old = tableOn('2026-11-30');
  expect(old.currencies).toEqual(['EUR']);
  expect(old.conversion('USD', 'EUR', 'GB')).toBeUndefined();
  expect(old.staleRates).toBe('treasury: rates of 2026-11-20 are 6 business days old and refused');
  expect(old.refusal('USD')).toContain(
    'is of 2026-11-20, 6 business days old, and refused after 5; put newer rates into',
  );
});

test('what is added for age stands beside the spread, and is part of the id', () => {
  sheet('2026-11-20', 'USD: "1.25"');
  const before = tableOn('2026-11-25').id;
  write('fx.yaml', 'spreads: [{ name: all, percentage: "1" }]\n');
  const way = tableOn('2026-11-25').conversion('USD', 'EUR', 'GB');
  expect(way?.spread?.description).toBe('Spread: 1 % (all) and 0.5 % for rates of 2026-11-20, 3 business days old');
  expect(way?.spread?.share.toString()).toBe('0.015');
  expect(new Set([before, tableOn('2026-11-25').id, tableOn('2026-11-26').id, tableOn('2026-11-23').id]).size).toBe(4);
  expect(tableOn('2026-11-22').id).toBe(tableOn('2026-11-23').id);
});

test('a source that is too old is passed over for the next, and one may grow older than others', () => {
  ecb('daily', '2026-11-02', ['USD', '1.25'], ['GBP', '0.80'], ['SEK', '11']);
  sheet('2026-11-20', 'USD: "1.20"');
  expect(tableOn('2026-11-20').currencies).toEqual(['EUR', 'USD']);
  expect(converted(tableOn('2026-11-20').conversion('EUR', 'USD'), '1')).toBe('1.20');
  expect(tableOn('2026-11-20').refusal('SEK')).toContain('14 business days old');
  write('fx.yaml', 'sources: [{ name: ecb, format: ecb, staleness: { use: 30 } }, { name: files, format: yaml }]\n');
  expect(converted(tableOn('2026-11-20').conversion('EUR', 'USD'), '1')).toBe('1.25');
});

test('indicative rates never grow old, are told, and count only where there are no others', () => {
  sheet('2026-11-20', 'USD: "1.25", AED: "4.40"', 'indicative: true\n');
  expect(tableOn('2027-11-20').staleRates).toBe('treasury: indicative rates of 2026-11-20');
  expect(tableOn('2027-11-20').has('AED')).toBe(true);
  ecb('daily', '2026-11-20', ['USD', '1.25']);
  expect(tableOn('2026-11-20').currencies).toEqual(['EUR', 'USD']);
  expect(tableOn('2027-11-20').currencies).toEqual(['EUR']);
});

test('a year-old table is one problem, and never replaces a good one', async () => {
  sheet('2026-11-20', 'USD: "1.25"');
  const live = new LiveConfiguration({ configDirectory: directory, watch: false, now: () => at('2026-11-23') });
  const before = live.versions.current;
  rmSync(file('rates/2026-11-20.yaml'));
  sheet('2025-11-20', 'USD: "1.25"');
  expect(await live.reload()).toBe('refused');
  expect(live.versions.current).toBe(before);
  expect(live.refused).toEqual([
    `${file('rates')}: the newest rates are of 2025-11-20, 256 business days old, and refused after 5; add newer ones, or change staleness in fx.yaml`,
  ]);
  expect(checkPricingConfig(directory)).toHaveLength(1);
  // A policy that lets them be used makes them good.
  write('fx.yaml', 'staleness: { use: 300 }\n');
  expect(await live.reload()).toBe('accepted');
});

test('where time made every rate too old, rules can still change and the same currency be priced', async () => {
  sheet('2026-11-20', 'USD: "1.25"');
  let now = at('2026-11-23');
  const live = new LiveConfiguration({ configDirectory: directory, watch: false, now: () => now });
  now = at('2027-11-23');
  write('rules.yaml', 'rules: [{ name: a, description: A, apply: { percentage: "1" } }]\n');
  expect(await live.reload()).toBe('accepted');
  expect(live.versions.tableAt(now)?.currencies).toEqual(['EUR']);
});

test('a broken fx.yaml changes nothing in force', async () => {
  sheet('2026-11-20', 'USD: "1.25"');
  const live = new LiveConfiguration({ configDirectory: directory, watch: false, now: () => at('2026-11-23') });
  write('fx.yaml', 'spreads: [{ name: all, percentage: "1" }]\n');
  expect(await live.reload()).toBe('accepted');
  write('fx.yaml', 'spreads: [{ name: all }]\n');
  expect(await live.reload()).toBe('refused');
  expect(live.refused).toEqual([expect.stringContaining('fx.yaml:1:')]);
  expect(live.versions.tableAt(at('2026-11-23'))?.policy?.spreads).toHaveLength(1);
});

test.each([
  ['cut off', (text: string) => text.slice(0, text.length / 2)],
  ['cut off within a rate', (text: string) => text.slice(0, text.indexOf('1.25') + 2)],
  ['with entities', (text: string) => `<!DOCTYPE a [<!ENTITY b "1.25">]>${text}`],
  ['with an element in place of the rates', (text: string) => text.replace(/<Cube c.*?>/, '<script/>')],
  ['ten times nested', (text: string) => '<a>'.repeat(10) + text],
  ['too large', (text: string) => text + ' '.repeat(1_000_001)],
  ['of nothing but zeros', (text: string) => '\0'.repeat(text.length)],
])("an ECB file %s is one problem, and yesterday's stays", async (_, damage) => {
  ecb('daily', '2026-11-20', ['USD', '1.25']);
  const live = new LiveConfiguration({ configDirectory: directory, watch: false, now: () => at('2026-11-23') });
  const before = live.versions.current;
  const good = `<Envelope><Cube><Cube time='2026-11-23'><Cube currency='USD' rate='1.25'/></Cube></Cube></Envelope>`;
  write('rates/daily.xml', damage(good));
  expect(await live.reload()).toBe('refused');
  expect(live.refused).toHaveLength(1);
  expect(live.refused[0]).toContain('daily.xml:1:');
  expect(live.versions.current).toBe(before);
});

const rateOf = (rate: string, date = '2026-11-20'): PartnerRate[] => [
  { fromCurrency: 'USD', toCurrency: 'GBP', rate, date },
];
const own = (rates: PartnerRate[], day = '2026-11-20', to = 'GBP'): Conversion | string | undefined =>
  partnerConversion('duffel', rates, 'USD', to, day, readFxFile(file('none.yaml')));

test("a partner's own rate is used as it states it, whatever spreads there are, and grows old as others do", () => {
  expect(own(rateOf('0.79'))).toMatchObject({
    description: 'USD to GBP at 0.79 (rate of duffel, 2026-11-20)',
    source: 'duffel',
    version: '2026-11-20',
  });
  expect(own(rateOf('0.79'), '2026-11-20', 'EUR')).toBeUndefined();
  expect(own([])).toBeUndefined();
  const old = own(rateOf('0.79'), '2026-11-25');
  expect(typeof old === 'object' && old.spread?.description).toBe(
    'Spread: 0.5 % for rates of 2026-11-20, 3 business days old',
  );
});

test.each([
  ['zero', rateOf('0'), 'expected a decimal above 0'],
  ['negative', rateOf('-1'), 'expected a decimal above 0'],
  ['missing', rateOf(''), 'expected a decimal above 0'],
  ['no number', rateOf('NaN'), 'expected a decimal above 0'],
  ['of no day', rateOf('0.79', ''), 'expected a date'],
  ['of no such day', rateOf('0.79', '2026-13-01'), 'expected a date'],
  ['of the future', rateOf('0.79', '2026-11-22'), 'dated in the future'],
  ['a year old', rateOf('0.79', '2025-11-20'), '255 business days old, and refused after 5'],
  ['stated twice', [...rateOf('0.79'), ...rateOf('0.80')], 'states 2 rates'],
])("nothing stands in for a partner's own rate that is %s", (_, rates, reason) => {
  expect(own(rates)).toContain(reason);
});

test('ages are judged by their limits alone', () => {
  const staleness = { use: 2, widen: { percentagePerDay: Decimal.parse('0.5')!, until: 4 } };
  expect([0, 1, 2, 3, 4, 5].map((age) => judgeAge(staleness, age).kind)).toEqual([
    'current',
    'current',
    'used',
    'widened',
    'widened',
    'refused',
  ]);
  expect(judgeAge({ use: 0, widen: undefined }, 1).kind).toBe('refused');
});
