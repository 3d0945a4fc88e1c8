import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, formatProblem } from '../../libs/config/index.ts';
import { UnitPrices } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { type MarketPolicies, readMarketsFile } from './markets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'markets-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const read = (text: string): MarketPolicies => {
  const file = path.join(directory, 'markets.yaml');
  writeFileSync(file, text);
  return readMarketsFile(file);
};
const problems = (text: string): string[] => {
  try {
    read(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).replace(`${directory}/`, ''));
  }
};

test('without the file, or for a market that it does not name, every mandatory charge is in the headline', () => {
  const safe = { dueLaterOnTop: false, unitPrices: UnitPrices.SHOWN };
  expect(readMarketsFile(path.join(directory, 'none.yaml')).displayIn('US')).toEqual(safe);
  const some = read('markets: { US: { headline: without_due_at_place, because: "custom of the trade" } }');
  expect(some.displayIn('GB')).toEqual(safe);
  expect(some.displayIn('US')).toEqual({ ...safe, dueLaterOnTop: true });
});

test('a market has what it does not say from all others', () => {
  const policies = read(
    'markets: { "*": { unit_prices: none }, DE: { unit_prices: required }, FR: { headline: total_with_mandatory } }',
  );
  expect(['DE', 'FR', 'IT'].map((market) => policies.displayIn(market).unitPrices)).toEqual([
    UnitPrices.REQUIRED,
    UnitPrices.NONE,
    UnitPrices.NONE,
  ]);
});

test('equal policies have equal digests in whatever order, others do not', () => {
  const [one, other] = ['DE: { unit_prices: none }', 'FR: { unit_prices: none }'];
  expect(read(`markets: { ${one}, ${other} }`).digest).toBe(read(`markets: { ${other}, ${one} }`).digest);
  expect(read(`markets: { ${one} }`).digest).not.toBe(read(`markets: { ${other} }`).digest);
});

test.each([
  ['markets:\n  US:\n    headline: without_due_at_place\n', /^markets\.yaml:3:15: .*say why in "because"/],
  [
    'markets:\n  "*":\n    headline: without_due_at_place\n    because: everybody does so\n',
    /^markets\.yaml:3:15: .*one by one/,
  ],
  ['markets:\n  US:\n    headline: cheapest\n', /^markets\.yaml:3:/],
  ['markets:\n  usa:\n    unit_prices: none\n', /^markets\.yaml:/],
  ['markets:\n  US:\n    unit_price: none\n', /^markets\.yaml:3:/],
  ['markets:\n  US: {}\n', /^markets\.yaml:2:/],
  ['markets: 5\n', /^markets\.yaml:1:/],
])('%j is refused at its place', (text, problem) => {
  expect(problems(text)[0]).toMatch(problem);
});
