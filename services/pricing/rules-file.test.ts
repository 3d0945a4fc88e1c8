import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, formatProblem } from '../../libs/config/index.ts';
import { verticals } from '../../libs/vertical/index.ts';
import { readRulesFile } from './rules-file.ts';

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
