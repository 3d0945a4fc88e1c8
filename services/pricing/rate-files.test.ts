import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatProblem } from '../../libs/config/index.ts';
import { readFxFile } from './fx-file.ts';
import { readRateFiles, readRateSources } from './rate-files.ts';
import { RateTable } from './rates.ts';

let directory: string;

beforeEach(() => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'rates-')), 'rates');
  mkdirSync(directory);
});
afterEach(() => rmSync(path.dirname(directory), { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);
const TODAY = '2026-11-21';
/** What the default policy finds in the directory. */
const sourced = (): ReturnType<typeof readRateSources> =>
  readRateSources(readFxFile(path.join(directory, 'none.yaml')), path.dirname(directory), TODAY);
const problems = (): string[] =>
  [...sourced().problems].map((problem) => formatProblem(problem).replace(`${directory}/`, ''));

/** A file with one rate on line 5. */
const yaml = (rate: string, date = '2026-11-20'): string =>
  `date: "${date}"\nbase: EUR\nsource: test\nrates:\n  USD: ${rate}\n`;

test('reads tables in the order of their dates', () => {
  write('2026-11-20.yaml', yaml('"1.16"'));
  write('2026-11-19.yaml', yaml('"1.15"', '2026-11-19'));
  const { sheets, problems } = readRateFiles(directory, 'yaml', TODAY);
  const tables = sheets.map((sheet) => new RateTable(sheet));
  expect(problems).toEqual([]);
  expect(tables.map(({ date }) => date)).toEqual(['2026-11-19', '2026-11-20']);
  expect(tables[1]!.rate('USD')?.toString()).toBe('1.16');
  expect(tables[1]!.currencies).toEqual(['EUR', 'USD']);
});

test.each([
  ['zero', '"0.00"'],
  ['negative', '"-1.16"'],
  ['missing', ''],
  ['NaN', '.nan'],
  ['NaN as a text', '"NaN"'],
  ['a float', '1.16'],
  ['infinite', '"Infinity"'],
  ['an exponent', '"1e3"'],
  ['a list', '["1.16"]'],
  ['endless', `"1.${'6'.repeat(60)}"`],
])('refuses a rate that is %s, with its place', (_, text) => {
  write('2026-11-20.yaml', yaml(text));
  const found = problems();
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^2026-11-20\.yaml:5:\d+: expected the units of USD for one euro as a quoted decimal/);
});

test('refuses a currency that stands there twice, with its place', () => {
  write('2026-11-20.yaml', 'date: "2026-11-20"\nbase: EUR\nsource: test\nrates:\n  USD: "1"\n  USD: "2"\n');
  expect(problems()).toEqual([expect.stringMatching(/^2026-11-20\.yaml:6:3: Map keys must be unique/)]);
});

test('refuses codes that are none, and another rate of the euro to itself', () => {
  write('2026-11-20.yaml', 'date: "2026-11-20"\nbase: EUR\nsource: test\nrates:\n  usd: "1"\n  XXX: "1"\n  EUR: "2"\n');
  expect(problems()).toEqual([
    '2026-11-20.yaml:5:8: expected an ISO 4217 currency code, found "usd"',
    '2026-11-20.yaml:6:8: expected an ISO 4217 currency code, found "XXX"',
    '2026-11-20.yaml:7:8: one euro is one euro; leave EUR out',
  ]);
});

test('refuses a base that is none, a missing source, no rates, a date that is none and one that is not the name', () => {
  write('2026-11-20.yaml', 'date: "2026-13-40"\nbase: usd\nrates: {}\n');
  write('2026-11-21.yaml', yaml('"1.16"', '2026-11-22'));
  const found = problems();
  for (const part of [
    'missing key "source"',
    '2:7: expected an ISO 4217 code; rates are units for one of it',
    '3:8: ',
    '1:7: expected the day of the rates',
  ]) {
    expect(
      found.some((line) => line.startsWith('2026-11-20.yaml:') && line.includes(part)),
      part,
    ).toBe(true);
  }
  expect(found.at(-1)).toBe('2026-11-21.yaml:1:7: the file is named 2026-11-21, its date is 2026-11-22');
});

test('refuses two tables of one day, and a directory without any', () => {
  expect(problems()[0]).toContain('no rate table');
  write('2026-11-20.yaml', yaml('"1.16"'));
  write('2026-11-20.yml', yaml('"1.17"'));
  expect(problems()).toEqual(['2026-11-20.yml: 2026-11-20.yaml has the rates of 2026-11-20 already']);
});

test('takes a table of each source for one day, and of one source one', () => {
  write('2026-11-20.yaml', yaml('"1.16"'));
  write('daily.xml', cubes(`<Cube time='2026-11-20'><Cube currency='USD' rate='1.1620'/></Cube>`));
  expect(problems()).toEqual([]);
  expect(sourced().sources.map(({ sheets }) => sheets.length)).toEqual([1, 1]);
  write('other.xml', cubes(`<Cube time='2026-11-20'><Cube currency='USD' rate='1.1621'/></Cube>`));
  expect(problems()).toEqual(['other.xml: daily.xml has the rates of 2026-11-20 already']);
});

test('reads rates in units for one of another base, and refuses bases that nothing joins', () => {
  write(
    '2026-11-20.yaml',
    'date: "2026-11-20"\nbase: USD\nsource: test\nrates: { AED: "3.6725", EUR: "0.86", USD: "1" }\n',
  );
  write('2026-11-19.yaml', 'date: "2026-11-19"\nbase: CHF\nsource: test\nrates: { SEK: "11", CHF: "2" }\n');
  expect(problems()).toEqual(['2026-11-19.yaml:4:26: one CHF is one CHF; leave CHF out']);
  write('2026-11-19.yaml', 'date: "2026-11-19"\nbase: CHF\nsource: test\nrates: { SEK: "11" }\n');
  write('daily.xml', cubes(`<Cube time='2026-11-20'><Cube currency='JPY' rate='170'/></Cube>`));
  expect(problems()).toEqual([
    `${directory}: the table of 2026-11-19 is in units for one CHF, and no table has a rate between CHF and EUR`,
  ]);
});

test('refuses a table that is dated far in the future', () => {
  write('2026-11-20.yaml', yaml('"1.16"'));
  write('2026-12-22.yaml', yaml('"1.16"', '2026-12-22'));
  expect(problems()).toEqual([]);
  write('2027-11-20.yaml', yaml('"1.16"', '2027-11-20'));
  expect(problems()).toEqual([
    '2027-11-20.yaml: is dated 2027-11-20, 364 days ahead; a table can be put here 31 days before its day',
  ]);
});

test('names a directory that is not there', () => {
  rmSync(directory, { recursive: true });
  expect(problems()[0]).toContain('cannot be read');
});

const cubes = (day: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="urn:a" xmlns="urn:b">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    ${day}
  </Cube>
</gesmes:Envelope>`;

test('reads the daily file of the European Central Bank as it is published', () => {
  write(
    'daily.xml',
    cubes(`<Cube time='2026-11-20'><Cube currency='USD' rate='1.1620'/><Cube currency='JPY' rate='179.20'/></Cube>`),
  );
  const { sheets, problems } = readRateFiles(directory, 'ecb', TODAY);
  const tables = sheets.map((sheet) => new RateTable(sheet));
  expect(problems).toEqual([]);
  expect(tables[0]!.id).toMatch(/^2026-11-20:/);
  expect(tables[0]!.rate('JPY')?.toString()).toBe('179.20');
  expect(tables[0]!.source).toContain('European Central Bank');
});

test.each([
  [
    'zero',
    `<Cube time='2026-11-20'>\n<Cube currency='USD' rate='0'/></Cube>`,
    /^daily\.xml:6:1: expected the units of USD/,
  ],
  ['negative', `<Cube time='2026-11-20'>\n<Cube currency='USD' rate='-1'/></Cube>`, /^daily\.xml:6:1: .*found "-1"/],
  ['missing', `<Cube time='2026-11-20'>\n<Cube currency='USD'/></Cube>`, /^daily\.xml:6:1: .*found nothing/],
  ['NaN', `<Cube time='2026-11-20'>\n<Cube currency='USD' rate='NaN'/></Cube>`, /^daily\.xml:6:1: .*found "NaN"/],
  ['of no currency', `<Cube time='2026-11-20'>\n<Cube rate='1.1'/></Cube>`, /^daily\.xml:6:1: expected an ISO 4217/],
  ['of no day', `<Cube><Cube currency='USD' rate='1.1'/></Cube>`, /expected time="YYYY-MM-DD", found none/],
  [
    'given twice',
    `<Cube time='2026-11-20'>\n<Cube currency='USD' rate='1'/>\n<Cube currency='USD' rate='2'/></Cube>`,
    /^daily\.xml:7:1: USD has a rate already/,
  ],
  ['of several days', `<Cube time='2026-11-20'/><Cube time='2026-11-19'/>`, /\(one day\), found 2/],
  ['not there', `<Cube time='2026-11-20'></Cube>`, /the day has no rates/],
])('refuses an XML rate that is %s, with its place', (_, day, expected) => {
  write('daily.xml', cubes(day));
  expect(problems()[0]).toMatch(expected);
});

test('refuses entities unread, and what is no XML', () => {
  write('a.xml', `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${cubes('&b;')}`);
  write('b.xml', '<html><body>Service unavailable');
  write('c.xml', '');
  const found = problems();
  expect(found[0]).toBe('a.xml:1:1: document types and entities are not read; remove them');
  expect(found[1]).toMatch(/^b\.xml:1:1: no well-formed XML/);
  expect(found).toHaveLength(3);
});

const sample = path.resolve('../shared/partner-samples/ref/ecb');

test.skipIf(!existsSync(sample))(
  'reads the recorded file in ../shared/partner-samples (skipped where it is absent)',
  () => {
    const { sheets, problems } = readRateFiles(sample, 'ecb', TODAY);
    expect(problems).toEqual([]);
    const table = new RateTable(sheets[0]!);
    expect(table.date).toBe('2022-07-08');
    // The file states 31 currencies, and the euro is one.
    expect(table.currencies).toHaveLength(32);
    expect(table.rate('GBP')?.toString()).toBe('0.84585');
    expect(table.conversion('KRW', 'EUR')).toBeDefined();
  },
);
