import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOfFolder } from '../folder-digest.ts';
import { folderOf } from './bench.ts';
import { updatedText } from './case-text.ts';
import { loadCases, runCase } from './cases.ts';
import { certify, writeCertificate } from './certify.ts';
import { meanOf } from './completeness.ts';
import { type Check, type Completeness, exactness, gradeOf, whyNotA } from './grade.ts';
import { statusOf } from './status.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-certify-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** Duffel's folder with something else in its manifest or map.ts, its cases expecting what comes of that. */
async function variant(...edits: readonly (readonly [file: string, from: string, to: string])[]): Promise<string> {
  const folder = join(scratch, `${++count}`, 'duffel');
  cpSync(folderOf('duffel'), folder, { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  for (const [name, from, to] of edits) {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    writeFileSync(
      file,
      text.replace(from, () => to),
    );
  }
  for (const one of loadCases(folder)) {
    const { name, file } = one;
    const text = updatedText(await runCase(one));
    writeFileSync(
      file,
      text.replace('kind: exemplary', name === 'offers' || name === 'pages' ? 'kind: exemplary' : 'kind: supplemental'),
    );
  }
  return folder;
}

/** Files directly in a directory. */
const filesIn = (directory: string): string[] => readdirSync(directory).map((name) => join(directory, name));

/** Names of failed checks, with what was seen. */
async function failures(folder: string): Promise<Record<string, string>> {
  const { certificate } = await certify(folder);
  const failed = certificate.checks.filter(({ result }) => result === 'failed');
  return { grade: certificate.grade, ...Object.fromEntries(failed.map(({ name, detail = '' }) => [name, detail])) };
}

describe('a certificate', { timeout: 60_000, concurrent: true }, () => {
  it('tries times that stand inside a text, the rest of which stays', async () => {
    const times = [
      'a wall time that the clocks skip is moved on by what they skip',
      'midnight is the midnight of its place',
    ];
    const folder = await variant(
      ['manifest.yaml', 'local: segment.departing_at', "local: 'segment.departing_at.substring(0, 19)'"],
      ['manifest.yaml', 'local: segment.arriving_at', "local: 'segment.arriving_at.substring(0, 19)'"],
    );
    for (const name of ['fixtures', 'cassettes'].flatMap((one) => filesIn(join(folder, one)))) {
      const text = readFileSync(name, 'utf8');
      writeFileSync(name, text.replaceAll(/("(?:departing|arriving)_at":\s*"[^"]+)"/g, '$1Z+185"'));
    }
    expect(readFileSync(join(folder, 'cassettes/pages.yaml'), 'utf8')).toContain('2027-02-09T07:10:00Z+185');
    const { certificate } = await certify(folder);
    const tried = certificate.checks.filter(({ name }) => times.includes(name));
    expect(tried.map(({ result }) => result)).toEqual(['passed', 'passed']);
  });

  it('of the shipped Duffel is an A, and the same every time', async () => {
    const folder = await variant();
    const first = await certify(folder);
    expect(first.certificate.checks.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(first.certificate).toMatchObject({ grade: 'A', ceiling: 1, manifest: digestOfFolder(folder), offers: 12 });
    expect(first.baseline.manifest).toBe(digestOfFolder(folder));
    const { search = {} } = first.baseline.answers;
    expect(search['data.offers[].total_amount']).toEqual({ types: 'string', of: 6, in: 6, mapped: true });
    expect(search['data.offers[].base_amount']).toEqual({ types: 'string', of: 6, in: 1, mapped: false });
    writeCertificate(first);
    expect(writeCertificate(await certify(folder))).toEqual([]);
    expect(statusOf([folder], scratch, scratch)[0]).toMatchObject({
      cases: { exemplary: 2, supplemental: 7 },
      cassettes: 9,
      drift: 0,
      certificate: { state: 'valid', grade: 'A' },
      ceiling: 1,
    });
    writeFileSync(join(folder, 'more.csv'), 'code,value\na,b\n');
    expect(statusOf([folder], scratch, scratch)[0]).toMatchObject({
      certificate: { state: 'stale', grade: 'A' },
      ceiling: 0.01,
    });
  });

  it('is a D where amounts go through floats, are rounded, or are cut', async () => {
    const price = `export const map: Door = {
  price: ({ row }: { row: { total_amount: string; total_currency: string } }) => ({
    currency: row.total_currency,
    totalMinor: Math.round(Number.parseFloat(row.total_amount) * 100),
    taxMinor: -1,
    dueLaterMinor: 0,
    basis: 1,
  }),`;
    const found = await failures(await variant(['map.ts', 'export const map: Door = {', price]));
    expect(found.grade).toBe('D');
    expect(found['amounts are exact in currencies with 0, 2 and 3 minor digits']).toContain(
      '1234567 JPY became 123456700 minor units',
    );
    expect(found['an amount with more digits than its currency has is refused, not rounded']).toContain(
      '12.345 GBP became',
    );
  });

  it('is a D where a currency is assumed', async () => {
    const found = await failures(
      await variant(['manifest.yaml', 'currency: row.total_currency', 'currency: first(row.total_currency, "GBP")']),
    );
    expect(found).toEqual({
      grade: 'D',
      'without its amount or its currency a row is refused, not priced by assumption':
        'without row.total_currency the currency was assumed; and 10 more',
    });
  });

  it('is a D where a row depends on the row before it', async () => {
    const counted =
      'let last = 0;\nexport const map: Door = {\n  expiresAt: (_values, { fetchedAt }) => fetchedAt + 60_000 + ++last,';
    const found = await failures(await variant(['map.ts', 'export const map: Door = {', counted]));
    expect(found.grade).toBe('D');
    expect(found['a row is the same whichever was read before it']).toMatch(/^offers; and \d more$/);
  });

  it('is a D where nothing exemplary makes an offer', async () => {
    const folder = await variant();
    rmSync(join(folder, 'cases/offers.yaml'));
    rmSync(join(folder, 'cases/pages.yaml'));
    expect(await failures(folder)).toMatchObject({
      grade: 'D',
      'an exemplary case makes offers': 'none does; `entrepot partner record` makes one',
    });
  });

  it('is a C where a fault becomes something else', async () => {
    const found = await failures(
      await variant(['manifest.yaml', "kind: 'first(", 'kind: \'status >= 500 ? "REQUEST_REFUSED" : first(']),
    );
    expect(Object.keys(found).sort()).toEqual(['500', '502 with a page of HTML', '503', 'grade']);
    expect(found).toMatchObject({
      grade: 'C',
      500: expect.stringMatching(
        /^POST \/air\/offer_requests became failed \(request_refused\): status 500: .*, not failed \(server_error\); and 1 more$/,
      ),
    });
  });

  it('is a B where few attributes are filled, most are lacking, a case is missing, or exactness could not be tried', () => {
    const exact = { group: 'money', name: exactness, result: 'passed' } as const;
    const fields = { a: 100, b: 20, c: 0, d: 0 };
    const filled = (percent: number, ...lacking: readonly string[]) => ({
      percent,
      fields,
      lacks: Object.fromEntries(lacking.map((name) => [name, 'the format has no field for it'])),
    });
    expect(gradeOf([exact], filled(60))).toBe('A');
    expect(gradeOf([exact], filled(59))).toBe('B');
    expect(gradeOf([exact], filled(60, 'c', 'd'))).toBe('A');
    expect(gradeOf([exact], filled(60, 'b', 'c', 'd'))).toBe('B');
    expect(gradeOf([{ ...exact, result: 'not applicable' }], filled(100))).toBe('B');
    expect(gradeOf([exact, { group: 'coverage', name: 'its rate limit', result: 'failed' }], filled(100))).toBe('B');
    expect(gradeOf([exact, { group: 'limits', name: 'concurrency', result: 'failed' }], filled(100))).toBe('C');
    const coverage = {
      group: 'coverage',
      name: 'its rate limit',
      result: 'failed',
      detail: 'no case shows it',
    } as const;
    const of = (checks: readonly Check[], completeness: Completeness) => whyNotA({ checks, completeness });
    expect(of([exact], filled(60))).toBeUndefined();
    expect(of([exact, coverage], filled(100))).toBe(
      'grade B, not A, because this fails: its rate limit: no case shows it; do write the case',
    );
    expect(of([{ ...exact, result: 'not applicable', detail: 'it reads no number' }], filled(100))).toMatch(
      /^grade B, not A, because it could not be tried whether amounts are exact .*: it reads no number; do record or write a case /,
    );
    expect(of([], filled(100))).toMatch(/^grade B, not A, because its rows cannot be changed from here: nothing to do/);
    expect(of([exact], filled(59))).toMatch(/^grade B, not A, because 59 % .* 60 % are needed; do map more of them/);
    expect(of([exact], filled(60, 'b', 'c', 'd'))).toMatch(
      /^grade B, not A, because .* lack 3 attributes, .*; do map some/,
    );
    expect(of([{ ...exact, result: 'failed', detail: '1 JPY became 100' }, coverage], filled(100))).toBe(
      `grade D, not A, because this fails: ${exactness}: 1 JPY became 100 (and 1 more ✗ above); do mend how the price is mapped`,
    );
    expect(meanOf(fields, {}).percent).toBe(30);
    expect(meanOf(fields, { c: 'the format has no field for it', d: 'nor for that' }).percent).toBe(60);
  });
});
