import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderOf, openOffline } from './bench.ts';
import { updatedText } from './case-text.ts';
import { loadCase, runCase } from './cases.ts';
import { certify } from './certify.ts';
import { feedChecks } from './certify-feed.ts';
import type { Check } from './grade.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-certify-handed-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** A shipped folder with some of its cases and something else in its manifest; the cases expect what comes of that. */
async function variant(
  name: string,
  cases: readonly string[],
  ...edits: readonly (readonly [from: string, to: string])[]
): Promise<string> {
  const folder = join(scratch, `${++count}`, name);
  cpSync(folderOf(name), folder, { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  const manifest = join(folder, 'manifest.yaml');
  for (const [from, to] of edits) {
    const text = readFileSync(manifest, 'utf8');
    if (!text.includes(from)) throw new Error(`the manifest has no ${from}`);
    writeFileSync(
      manifest,
      text.replace(from, () => to),
    );
  }
  for (const file of readdirSync(join(folder, 'cases'))) {
    const path = join(folder, 'cases', file);
    if (!cases.includes(file.replace('.yaml', ''))) rmSync(path);
    else if (edits.length > 0) writeFileSync(path, updatedText(await runCase(loadCase(path))));
  }
  return folder;
}

/** What failed; a folder with some of its cases does not show everything. */
const failed = (checks: readonly Check[]) =>
  Object.fromEntries(
    checks
      .filter(({ group, result }) => result === 'failed' && group !== 'coverage' && group !== 'completeness')
      .map(({ name, detail = '' }) => [name, detail]),
  );
const idle = (checks: readonly Check[]) =>
  Object.fromEntries(
    checks.flatMap(({ name, result, detail = '' }) => (result === 'not applicable' ? [[name, detail]] : [])),
  );

describe('a certificate of a feed', { timeout: 60_000 }, () => {
  it('has every fault of a file tried, the swap of two files, and the shape of its rows', async () => {
    const { certificate, baseline } = await certify(await variant('google-merchant', ['catalogue', 'next-file']));
    expect(failed(certificate.checks)).toEqual({});
    const passed = certificate.checks.filter(({ result }) => result === 'passed').map(({ name }) => name);
    expect(passed).toEqual(
      expect.arrayContaining([
        'amounts are exact in currencies with 0, 2 and 3 minor digits',
        'gzip that ends too early',
        'a file with fewer rows than maxShrinkPercent allows',
        'entities that unfold',
        'a store that fails while a file is read',
        'a search sees the whole of the last file or the whole of the next',
        'a file that has not changed is not read again',
      ]),
    );
    expect(Object.values(idle(certificate.checks)).filter((why) => why === '')).toEqual([]);
    expect(baseline.answers.search?.['rows[].price']).toMatchObject({ types: 'string', mapped: true });
  });

  it('says in words what does not apply, and is a D where a currency is assumed', async () => {
    const folder = await variant(
      'google-merchant',
      ['catalogue'],
      ['  everyMinutes: 60', '  everyMinutes: 60\n  maxShrinkPercent: 100'],
      ['currency: price.split(" ")[1]', 'currency: first(price.split(" ")[1], "EUR")'],
    );
    const { certificate } = await certify(folder);
    expect(certificate.grade).toBe('D');
    expect(failed(certificate.checks)).toEqual({
      'without its amount or its currency a row is refused, not priced by assumption':
        'without the currency in row.price it was assumed; and 4 more',
    });
    expect(idle(certificate.checks)).toMatchObject({
      'a file without rows': 'maxShrinkPercent 100 lets a file have any number of rows',
      'a search sees the whole of the last file or the whole of the next': 'no case has two files, one after the other',
    });
  });

  it('tells where a file that is no other changes what is there', async () => {
    const folder = folderOf('google-merchant');
    const { partner } = await openOffline(folder);
    const { indexer, ...inventory } = partner.adapter.inventory!;
    let read = 0;
    const counting: typeof indexer = (account) => (row) => indexer(account)({ ...(row as object), read: ++read });
    const adapter = { ...partner.adapter, inventory: { ...inventory, indexer: counting } };
    const whole = await runCase(loadCase(join(folder, 'cases/abroad.yaml')));
    const found = failed(await feedChecks({ ...partner, adapter }, whole, [whole]));
    expect(found['a wrong content type does not keep a file from being read']).toBe(
      'what was handed over before is not what it was',
    );
  });
});

describe('a certificate of messages', { timeout: 60_000 }, () => {
  it('has every order of them tried, forged ones, broken ones, and a store that fails', async () => {
    const { certificate } = await certify(await variant('shopify', ['full-sync']));
    expect(failed(certificate.checks)).toEqual({});
    const details = Object.fromEntries(certificate.checks.map(({ name, detail }) => [name, detail]));
    expect(details).toMatchObject({
      'a message signed by somebody else': '4 tried',
      'messages in any order end in the same state': '23 tried',
      'a full sync deletes what it lacks': '1 tried',
      'a document type': 'JSON has neither document types nor entities',
    });
  });

  it('is a C where order counts though it must not, or senders are told wrong', async () => {
    const folder = await variant(
      'shopify',
      ['late'],
      ['at: row.updated_at', 'at: headers["x-shopify-triggered-at"]'],
      ['push:\n', 'push:\n  answers: { failed: { status: 200 }, refused: { status: 500 } }\n'],
    );
    const { certificate } = await certify(folder);
    expect(certificate.grade).toBe('C');
    expect(failed(certificate.checks)).toEqual({
      'messages in any order end in the same state': expect.stringContaining('late: messages '),
      'a message that meets a failing store comes again, and nothing is lost or doubled': expect.stringContaining(
        'it did not end in the same state',
      ),
      'who sends what cannot be taken is not told to send it again': '500 makes its sender send it again for ever',
    });
  });
});
