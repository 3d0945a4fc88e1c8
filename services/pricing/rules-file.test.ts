import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { columnBuilder, readColumn } from '../../libs/columns/index.ts';
import { ConfigError, formatProblem } from '../../libs/config/index.ts';
import { verticals } from '../../libs/vertical/index.ts';
import { quoteTotal } from './quote.ts';
import { RateTable } from './rates.ts';
import type { RuleSet } from './rules.ts';
import { readRulesFile } from './rules-file.ts';
import { View } from './view.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'rules-'));
  file = path.join(directory, 'rules.yaml');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What is wrong with a file of rules, without the directory. */
function problems(text: string): string[] {
  writeFileSync(file, text);
  try {
    readRulesFile(file);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).replace(`${directory}/`, ''));
  }
}

/** One rule; its condition stands in line 6 from column 11 on. */
const rule = (when: string, vertical = 'flight'): string => `rules:
  - name: one
    description: One
    vertical: ${vertical}
    apply: { percentage: "1" }
    when: ${when}
`;
const apply = (text: string): string => `rules:
  - name: one
    description: One
    apply: ${text}
`;

test('takes rules on attributes, market, client, partner and currency', () => {
  const when = `stops == 0 && cabin == "ECONOMY" && market == "GB" && client != "a" && partner in ["b"] && currency == "GBP"`;
  expect(problems(rule(`'${when}'`))).toEqual([]);
  expect(problems('rules: []')).toEqual([]);
});

test('points at the place where a condition does not type-check', () => {
  const [unknown] = problems(rule('market == "GB" && stop == 0'));
  expect(unknown).toMatch(/^rules\.yaml:6:29: .*stop/);
  expect(unknown).toContain('stops');
  expect(problems(rule('stops == "0"'))[0]).toMatch(/^rules\.yaml:6:\d+: /);
  expect(problems(rule('stops'))[0]).toMatch(/^rules\.yaml:6:11: .*bool/);
  expect(problems(rule('stops == '))[0]).toMatch(/^rules\.yaml:6:\d+: /);
});

test('points into a condition of several lines', () => {
  const text = `rules:
  - name: one
    description: One
    vertical: flight
    when: |
      stops == 0 &&
      nonsense == 1
    apply: { percentage: "1" }
`;
  expect(problems(text)[0]).toMatch(/^rules\.yaml:7:7: /);
});

test('checks a rule for all verticals against each of them', () => {
  const text = rule('stops == 0').replace('    vertical: flight\n', '');
  const found = problems(text);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^rules\.yaml:5:11: .*checked for stay: a rule for one vertical says which/);
  expect(problems(text.replace('stops == 0', 'market == "GB"'))).toEqual([]);
});

test('refuses attributes that cannot be filtered by, and verticals that do not exist', () => {
  expect(problems(rule('size(segment_keys) > 1'))[0]).toMatch(/^rules\.yaml:6:16: /);
  expect(problems(rule('market == "GB"', 'boat'))).toEqual([
    `rules.yaml:4:15: there is no vertical "boat"; there are: ${[...verticals().keys()].join(', ')}`,
  ]);
});

test.each([
  ['a float', '{ percentage: 2.5 }', /:4:\d+: expected a text \(a quoted decimal/],
  ['no number', '{ percentage: "many" }', /:4:\d+: expected a quoted decimal/],
  ['more than the whole price', '{ percentage: "-100.5" }', /:4:26: takes more than the whole price/],
  ['no currency', '{ fixed: { amount: "1.00" } }', /:4:\d+: missing key "currency"/],
  ['an unknown currency', '{ fixed: { amount: "1.00", currency: XXX } }', /:4:\d+: "XXX" is no ISO 4217/],
  [
    'too many digits',
    '{ fixed: { amount: "1.005", currency: EUR } }',
    /:4:\d+: 1\.005 has more digits than EUR can have \(2\)/,
  ],
  ['two effects', '{ percentage: "1", fixed: { amount: "1.00", currency: EUR } }', /:4:\d+: /],
  ['none', '{}', /:4:\d+: /],
  ['an unknown effect', '{ percent: "1" }', /:4:\d+: unknown key "percent"/],
])('refuses an effect that is or has %s', (_, text, expected) => {
  expect(problems(apply(text))[0]).toMatch(expected);
});

test('refuses a name that stands twice, validities that are none or end before they begin', () => {
  const found = problems(`rules:
  - { name: one, description: One, apply: { percentage: "1" }, valid: { from: "tomorrow" } }
  - { name: one, description: One, apply: { percentage: "1" }, valid: { from: "2027-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z" } }
`);
  expect(found).toEqual([
    'rules.yaml:2:79: expected an RFC 3339 instant ("2026-12-01T00:00:00Z") or a local date-time ("2026-12-01T00:00"), found "tomorrow"',
    'rules.yaml:3:13: a rule named "one" stands above; names are unique',
    'rules.yaml:3:71: ends before it begins',
  ]);
});

const example = (given: string, expected: string): string => `rules:
  - { name: one, description: One, vertical: flight, when: stops == 0, apply: { percentage: "2.5" } }
  - { name: two, description: Two, valid: { from: "2026-12-01T00:00:00Z" }, apply: { fixed: { amount: "1.00", currency: EUR } } }
examples:
  - name: example
    given: { vertical: flight, market: GB, currency: EUR, ${given} }
    expect: ${expected}
`;
const PRICE = 'price: { total: "100.00", currency: EUR }';

test('runs the examples', () => {
  expect(problems(example(`${PRICE}, attributes: { stops: 0 }`, '{ total: "102.50", rules: [one] }'))).toEqual([]);
  expect(problems(example(`${PRICE}, attributes: { stops: 1 }`, '{ total: "100.00", rules: [] }'))).toEqual([]);
  expect(problems(example(`${PRICE}, at: "2026-12-24T00:00:00Z"`, '{ total: "101.00", rules: [two] }'))).toEqual([]);
  const dollars = 'price: { total: "125.00", currency: USD, due_later: "12.50" }, rates: { USD: "1.25" }';
  expect(problems(example(dollars, '{ total: "110.00" }'))).toEqual([]);
});

test('says what an example comes out as when that is not what it expects', () => {
  expect(problems(example(`${PRICE}, attributes: { stops: 0 }`, '{ total: "102.49", rules: [two] }'))).toEqual([
    'rules.yaml:7:22: expected 102.49, the rules make it 102.50 EUR',
    'rules.yaml:7:39: expected [two], those that apply are [one]',
  ]);
});

test.each([
  ['an attribute that does not exist', `${PRICE}, attributes: { stop: 0 }`, /flight has no attribute "stop"/],
  ['a value of another type', `${PRICE}, attributes: { stops: none }`, /expected a value of type int/],
  ['an enum value that does not exist', `${PRICE}, attributes: { cabin: LUXURY }`, /expected a value of type enum/],
  [
    'a price without a rate',
    'price: { total: "100.00", currency: USD }',
    /cannot be priced: .*no rate from USD to EUR/,
  ],
  ['a negative price', 'price: { total: "-1.00", currency: EUR }', /is negative/],
  ['a rate of zero', `${PRICE}, rates: { USD: "0" }`, /decimal greater than zero/],
  ['an instant that is none', `${PRICE}, at: noon`, /expected an RFC 3339 instant/],
])('refuses an example with %s', (_, given, expected) => {
  const found = problems(example(given, '{ total: "1.00" }'));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^rules\.yaml:6:\d+: /);
  expect(found[0]).toMatch(expected);
});

test('runs examples of ranges by both bounds', () => {
  const example = (price: string, expected: string): string => `${apply('{ percentage: "10" }')}examples:
  - name: a range
    given: { vertical: ride, market: GB, currency: GBP, price: ${price} }
    expect: ${expected}
`;
  const range = '{ total: "10.00", total_max: "12.00", currency: GBP }';
  expect(problems(example(range, '{ total: "11.00", total_max: "13.20" }'))).toEqual([]);
  expect(problems(example(range, '{ total: "11.00", total_max: "13.21" }'))[0]).toMatch(
    /expected 13\.21, the rules make it 13\.20/,
  );
  expect(problems(example(range, '{ total: "11.00" }'))[0]).toMatch(/expected none, the rules make it 13\.20/);
  const single = '{ total: "10.00", currency: GBP }';
  expect(problems(example(single, '{ total: "11.00", total_max: "13.20" }'))[0]).toMatch(
    /13\.20, the price is no range/,
  );
  const inverted = '{ total: "10.00", total_max: "9.00", currency: GBP }';
  expect(problems(example(inverted, '{ total: "11.00" }'))[0]).toMatch(/below the total/);
});

test('reports every problem of a file, not only the first', () => {
  const found = problems(`rules:
  - { name: a, description: A, vertical: flight, when: nothing, apply: { percentage: "1" } }
  - { name: b, description: B, vertical: boat, apply: { percentage: "-200" } }
`);
  expect(found.map((line) => line.split(':')[1])).toEqual(['2', '3', '3']);
});

test('gives rules a digest of their content', () => {
  writeFileSync(file, rule('stops == 0'));
  const first = readRulesFile(file);
  writeFileSync(file, `# A comment.\n${rule('stops == 0')}`);
  expect(readRulesFile(file).digest).toBe(first.digest);
  writeFileSync(file, rule('stops == 1'));
  expect(readRulesFile(file).digest).not.toBe(first.digest);
});

test('refuses a condition that divides by zero or overflows whatever the row says, at its place', () => {
  expect(problems(rule('stops / 0 == 1'))[0]).toMatch(/^rules\.yaml:6:17: divides by zero/);
  expect(problems(rule('stops < 9007199254740991 + 1'))[0]).toMatch(/^rules\.yaml:6:36: always errs/);
  expect(problems(rule('2 / stops == 1'))).toEqual([]);
});

test('refuses a file that is too large before it is read', () => {
  expect(problems(`rules: []\n${'#'.repeat(10 * 1024 * 1024)}`)).toEqual([
    'rules.yaml:1:1: has 10.0 MB; at most 8.0 MB are read',
  ]);
});

test.each([
  [
    'a floor of a fixed amount',
    '{ fixed: { amount: "1.00", currency: EUR }, floor: { amount: "1.00", currency: EUR } }',
    /bounds a percentage/,
  ],
  ['a negative cap', '{ percentage: "-5", cap: { amount: "-1.00", currency: EUR } }', /negative; it bounds the size/],
  [
    'a cap below its floor',
    '{ percentage: "5", floor: { amount: "2.00", currency: EUR }, cap: { amount: "1.00", currency: EUR } }',
    /less than the floor/,
  ],
  ['margins that cross', '{ limit: { least_margin: "5", most_margin: "2" } }', /less than the least margin/],
  ['a limit of nothing', '{ limit: {} }', /:4:\d+: /],
  ['a step of zero', '{ round: { to: "0.00", mode: up, currency: EUR } }', /is zero/],
  ['a step that the currency has not', '{ round: { to: "0.05", mode: up, currency: JPY } }', /more digits than JPY/],
  [
    'an ending beyond its step',
    '{ round: { to: "0.50", ending: "0.99", mode: up, currency: EUR } }',
    /not below the step/,
  ],
  [
    'a way to round that there is not',
    '{ round: { to: "0.05", mode: nearest, currency: EUR } }',
    /expected one of: half_up/,
  ],
])('refuses an effect with %s', (_, text, expected) => {
  const found = problems(apply(text));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^rules\.yaml:4:\d+: /);
  expect(found[0]).toMatch(expected);
});

/** Two rules of a group, in the lines 2 and 3. */
const two = (first: string, second: string, head = ''): string[] =>
  problems(`${head}rules:
  - { name: one, description: One, vertical: flight, exclusive: fee, apply: { percentage: "1" }${first} }
  - { name: two, description: Two, vertical: flight, exclusive: fee, apply: { percentage: "2" }${second} }
`);

test('refuses two rules of an exclusive group between which nothing decides, and names both lines', () => {
  expect(two('', '')).toEqual([
    'rules.yaml:3:13: this rule and "one" (line 2) both are of the exclusive group "fee" with priority 0, and a row may have both: give one a greater priority, or conditions that rule each other out',
  ]);
  expect(two(', when: stops == 0', ', when: "cabin == \\"FIRST\\""')).toHaveLength(1);
  expect(two(', when: stops <= 1', ', when: stops >= 1')).toHaveLength(1);
  expect(two(', when: market == "DE"', ', when: market != "GB"')).toHaveLength(1);
});

test.each([
  ['different priorities', ', priority: 1', ''],
  ['values that differ', ', when: stops == 0', ', when: stops == 1'],
  ['a value and its exclusion', ', when: market == "DE"', ', when: market != "DE" && stops == 0'],
  ['ranges that do not meet', ', when: stops < 1', ', when: stops >= 1'],
  ['a flag and its contrary', ', when: refundable', ', when: "!refundable"'],
  [
    'arms of one experiment',
    ', experiment: { name: x, arm: a, share: "50" }',
    ', experiment: { name: x, arm: b, share: "50" }',
  ],
  [
    'validities that do not meet',
    ', valid: { until: "2027-01-01T00:00:00Z" }',
    ', valid: { from: "2027-01-01T00:00:00Z" }',
  ],
  ['weekdays that differ', ', valid: { zone: UTC, weekdays: [MONDAY] }', ', valid: { zone: UTC, weekdays: [TUESDAY] }'],
])('takes rules of an exclusive group that have %s', (_, first, second) => {
  expect(two(first, second)).toEqual([]);
});

test('refuses two roundings of one priority that a row may have, not those of different currencies', () => {
  const rounds = (first: string, second: string): string[] =>
    problems(`rules:
  - { name: one, description: One, apply: { round: { to: "0.05", mode: up, currency: ${first} } } }
  - { name: two, description: Two, apply: { round: { to: "0.50", mode: up, currency: ${second} } } }
`);
  expect(rounds('CHF', 'CHF')[0]).toMatch(/^rules\.yaml:3:13: this rule and "one" \(line 2\) both round at priority 0/);
  expect(rounds('CHF', 'EUR')).toEqual([]);
});

test('finds the two of a thousand rules that may meet', () => {
  const rules = Array.from(
    { length: 1_000 },
    (_, index) =>
      `  - { name: r-${index}, description: R, vertical: flight, exclusive: fee, when: 'partner == "p${index % 50}" && stops == ${index === 777 ? 3 : index}', apply: { percentage: "1" } }\n`,
  );
  expect(problems(`rules:\n${rules.join('')}`)).toEqual([]);
  rules[27] = rules[27]!.replace('stops == 27', 'stops >= 2');
  const found = problems(`rules:\n${rules.join('')}`);
  expect(found.length).toBeGreaterThan(0);
  for (const line of found) expect(line).toMatch(/"r-27" \(line 29\)/);
});

test('wants the zones of markets where something depends on their clocks', () => {
  expect(problems(rule('hour < 6'))[0]).toMatch(/^rules\.yaml:6:11: reads hour, but the file does not say the zones/);
  expect(problems(`zones: { default: Europe/Berlin }\n${rule('weekday == "FRIDAY" && date >= "2026-12-24"')}`)).toEqual(
    [],
  );
  expect(problems(`zones: { default: Nowhere }\n${rule('stops == 0')}`)[0]).toMatch(/^rules\.yaml:1:19: .*IANA zone/);
  const local = (valid: string): string[] =>
    problems(`rules: [{ name: one, description: One, apply: { percentage: "1" }, valid: ${valid} }]`);
  expect(local('{ from: "2026-12-01T00:00" }')[0]).toMatch(/in local time, but neither says its zone/);
  expect(local('{ weekdays: [MONDAY] }')[0]).toMatch(/in local time/);
  expect(local('{ from: "2026-12-01T00:00", zone: Europe/Paris }')).toEqual([]);
  expect(local('{ from: "2026-12-01T00:00", until: "2027-01-01T00:00:00Z", zone: UTC }')[0]).toMatch(/both instants/);
  expect(local('{ hours: { from: "18:00", until: "18:00" }, zone: UTC }')[0]).toMatch(/ends when it begins/);
  expect(local('{ hours: { from: "24:00", until: "18:00" }, zone: UTC }')[0]).toMatch(/a time of day/);
});

test('refuses arms that have more than all keys together, or two shares', () => {
  const arms = (...shares: string[]): string[] =>
    problems(
      `rules:\n${shares
        .map((share, index) => {
          const arm = share.startsWith('a') ? 'a' : `arm-${index}`;
          return `  - { name: r-${index}, description: R, apply: { percentage: "1" }, experiment: { name: x, arm: ${arm}, share: "${share.replace('a', '')}" } }\n`;
        })
        .join('')}`,
    );
  expect(arms('50', '50')).toEqual([]);
  expect(arms('50', '50.01')[0]).toMatch(/^rules\.yaml:3:\d+: the arms of x have 100\.01 % together/);
  expect(arms('a50', 'a50')).toEqual([]);
  expect(arms('a50', 'a40')[0]).toMatch(/another rule of x\/a says 50 %/);
  expect(arms('0')[0]).toMatch(/is nothing/);
});

test('changes no price when rules stand in another order: only priorities decide', () => {
  const effects = [
    'percentage: "10"',
    'percentage: "-3.5"',
    'percentage: "2", floor: { amount: "7.00", currency: EUR }',
    'fixed: { amount: "1.25", currency: EUR }',
    'limit: { least_margin: "4" }',
    'limit: { most_margin: "9" }',
    'round: { to: "0.25", mode: up, currency: EUR }',
    'round: { to: "1.00", ending: "0.99", mode: half_up, currency: EUR }',
  ];
  const whens = [
    'stops == 0',
    'stops <= 1',
    'cabin == "FIRST"',
    'cabin != "FIRST"',
    '"BA" in carriers',
    '2 / stops == 1',
  ];
  const declared = fc.record({
    effect: fc.constantFrom(...effects),
    when: fc.option(fc.constantFrom(...whens), { nil: undefined }),
    priority: fc.integer({ min: 0, max: 2 }),
    exclusive: fc.option(fc.constantFrom('a', 'b'), { nil: undefined, freq: 2 }),
  });
  const table = new RateTable({ date: '2026-11-20', source: 'test', rates: new Map() });
  const stops = columnBuilder('int');
  const cabin = columnBuilder('enum');
  const carriers = columnBuilder('string_list');
  for (const row of [0, 1, 2, 3]) {
    stops.push(row);
    cabin.push(row % 2 === 0 ? 'FIRST' : undefined);
    carriers.push(row < 2 ? ['BA', 'LH', 'BA'] : []);
  }
  const columns = new Map(
    Object.entries({ stops, cabin, carriers }).map(([name, one]) => [name, readColumn(one.build(name), 4)]),
  );
  const pricesOf = (text: string): number[] | undefined => {
    writeFileSync(file, text);
    let ruleSet: RuleSet;
    try {
      ruleSet = readRulesFile(file);
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
    const held = ruleSet.held({ vertical: 'flight', market: 'GB', experimentKey: '' }, 0);
    const context = { vertical: 'flight', currency: 'EUR', market: 'GB', client: 'web' };
    const plan = new View(context, ruleSet, held, table).plan('p', 'EUR', (name) => columns.get(name));
    if ('reason' in plan) throw new Error(plan.detail);
    return [0, 1, 2, 3].map((row) => quoteTotal(plan, 10_000 + row * 777, 0, row));
  };
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(declared, { minLength: 2, maxLength: 5 }), (rules) => {
      const lines = rules.map(
        ({ effect, when, priority, exclusive }, index) =>
          `  - { name: r-${index}, description: R, vertical: flight, priority: ${priority}, apply: { ${effect} }${when ? `, when: '${when}'` : ''}${exclusive ? `, exclusive: ${exclusive}` : ''} }\n`,
      );
      const prices = pricesOf(`rules:\n${lines.join('')}`);
      if (prices !== undefined) accepted++;
      expect(pricesOf(`rules:\n${lines.toReversed().join('')}`)).toEqual(prices);
      expect(pricesOf(`rules:\n${[...lines.slice(1), lines[0]].join('')}`)).toEqual(prices);
    }),
    { numRuns: 150 },
  );
  expect(accepted).toBeGreaterThan(50);
});
