import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../libs/config/index.ts';
import { checkQueryConfig } from '../config.ts';
import { floorsOf, isChecked, loadAccuracyConfig, shareOf, toleranceOf } from './config.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'accuracy-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(text: string) {
  writeFileSync(path.join(directory, 'accuracy.yaml'), text);
  return loadAccuracyConfig(directory);
}

function problemsOf(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, reason }) => `${line}: ${reason}`);
  }
  return [];
}

test('without the file nothing is checked', () => {
  expect(isChecked(loadAccuracyConfig(directory))).toBe(false);
  expect(isChecked(read('{}'))).toBe(true);
  expect(isChecked(read('{ sample: { share: 0 } }'))).toBe(false);
  expect(isChecked(read('{ sample: { share: 0 }, partners: { ebay: { share: 0.5 } } }'))).toBe(true);
});

test('the shipped file says the defaults', () => {
  const shipped = loadAccuracyConfig(path.join(import.meta.dirname, '../../../deploy/config'));
  expect({ ...shipped, markets: {}, partners: {} }).toEqual(read('{}'));
});

test('partners and markets differ from the rest in what they say, and in nothing else', () => {
  const config = read(`
partners: { ebay: { demoteBelow: 0.95 }, uber: { share: 0.5 } }
markets: { DE: { tolerance: { share: 0.002 } } }
`);
  expect(floorsOf(config, 'ebay')).toEqual({ demoteBelow: 0.95, hideBelow: 0.6 });
  expect(floorsOf(config, 'constructor')).toEqual({ demoteBelow: 0.85, hideBelow: 0.6 });
  expect([shareOf(config, 'uber'), shareOf(config, 'ebay')]).toEqual([0.5, 0.01]);
  expect(toleranceOf(config, 'DE')).toEqual({ share: 0.002, minor: 1 });
  expect(toleranceOf(config, 'GB')).toEqual({ share: 0.005, minor: 1 });
});

describe('a file that cannot be used is refused with line and reason:', () => {
  test.each([
    ['policy:\n  demoteBelow: 0.5\n', ' is more than demoteBelow (0.5)'],
    ['policy:\n  leastChecks: 600\n', '2: 600 is more than lastChecks (500)'],
    ['policy:\n  demoteBelow: 0.99\n', '2: 0.99 and the margin (0.03) are more than 1'],
    ['partners:\n  ebay:\n    hideBelow: 0.9\n', '3: 0.9 is more than demoteBelow (0.85)'],
    ['markets:\n  XX1:\n    tolerance: { minor: 5 }\n', '3: "XX1" is no ISO 3166-1 alpha-2 code'],
    ['sample:\n  share: 1.5\n', '2: '],
    ['sample:\n  perSecond: 5\n', '2: '],
  ])('%s', (text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
    const [checked] = checkQueryConfig(directory).filter(({ file }) => path.basename(file) === 'accuracy.yaml');
    expect(`${checked?.line}: ${checked?.reason}`).toBe(problems[0]);
  });
});
