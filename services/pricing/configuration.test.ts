import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatProblem } from '../../libs/config/index.ts';
import { checkPricingConfig, readPricingConfiguration } from './configuration.ts';

const SHIPPED = path.resolve('deploy/config');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'config-'));
  cpSync(path.join(SHIPPED, 'pricing'), path.join(directory, 'pricing'), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const problems = (): string[] =>
  checkPricingConfig(directory).map((problem) => formatProblem(problem).replace(`${directory}/`, ''));

test('the shipped configuration can be used', () => {
  expect(checkPricingConfig(SHIPPED).map(formatProblem)).toEqual([]);
  const { ruleSet, rates } = readPricingConfiguration(SHIPPED, Date.now());
  const table = rates.tableAt(Date.now())!;
  expect(ruleSet.declarations.length).toBeGreaterThan(4);
  expect(table.source).toContain('not for settlement');
  expect(table.currencies.length).toBeGreaterThan(30);
});

test('lists the problems of rules and rates together', () => {
  writeFileSync(path.join(directory, 'pricing/rules.yaml'), 'rules: 5\n');
  writeFileSync(path.join(directory, 'pricing/rates/2026-01-01.yaml'), 'date: "2026-01-01"\n');
  const found = problems();
  expect(found.some((line) => line.startsWith('pricing/rules.yaml:1:'))).toBe(true);
  expect(found.some((line) => line.startsWith('pricing/rates/2026-01-01.yaml:1:'))).toBe(true);
});

test('names files that are not there', () => {
  rmSync(path.join(directory, 'pricing'), { recursive: true });
  expect(problems()).toEqual([
    'pricing/rules.yaml: no such file',
    'pricing/rates: the directory of rate tables cannot be read',
  ]);
});

test('wants a table that is in force, and in it every currency that a rule adds', () => {
  const rates = path.join(directory, 'pricing/rates');
  rmSync(rates, { recursive: true });
  cpSync(path.join(SHIPPED, 'pricing/rates'), rates, { recursive: true });
  writeFileSync(
    path.join(directory, 'pricing/rules.yaml'),
    'rules: [{ name: fee, description: Fee, apply: { fixed: { amount: "1.000", currency: TND } } }]\n',
  );
  expect(problems()).toEqual(['pricing/rates: rule "fee" adds TND, which has no rate in the table of 2026-11-20']);
  expect(() => readPricingConfiguration(SHIPPED, Date.parse('2026-11-01'))).toThrow(
    /every table is dated in the future/,
  );
});
