import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adapterFolders, shippedAdapters } from '../load.ts';
import { folderOf, openOffline } from './bench.ts';
import { updatedText } from './case-text.ts';
import { loadCase, loadCases, resultOf, runCase } from './cases.ts';
import { compareManifests } from './compare.ts';
import { differenceText } from './difference.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-cases-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const trial = join(import.meta.dirname, '../kit/trial');
const shipped = adapterFolders([shippedAdapters, trial])
  .map((folder) => ({ partner: basename(folder), folder, cases: loadCases(folder) }))
  .filter(({ cases }) => cases.length > 0);

describe.each(shipped)('the golden cases of $partner', ({ folder, cases }) => {
  // Compiling a manifest takes longer than running a case.
  const opened = new Map<string, ReturnType<typeof openOffline>>();
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { options } = one.document.value;
    const key = JSON.stringify(options);
    const opening = opened.get(key) ?? openOffline(folder, { options });
    opened.set(key, opening);
    const { differences } = await resultOf(one, (await opening).partner);
    expect(differences.map(differenceText)).toEqual([]);
  });
});

/** A copy of Duffel's folder that may be broken. */
function copy(name: string): string {
  const folder = join(scratch, name, 'duffel');
  cpSync(folderOf('duffel'), folder, { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  return folder;
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
  writeFileSync(file, text.replace(from, to));
}

describe('a golden case', () => {
  it('tells by field what a change of the mapping does', async () => {
    const folder = copy('changed');
    edit(join(folder, 'manifest.yaml'), 'total: row.total_amount', 'total: row.base_amount');
    edit(join(folder, 'manifest.yaml'), '/air/offer_requests', '/air/offer-requests');
    const { differences } = await runCase(loadCase(join(folder, 'cases/offers.yaml')));
    const found = differences.map(differenceText);
    expect(found).toContain('kept: expected 4, got 1');
    expect(found).toContain('rejections.INVALID_AMOUNT: expected nothing, got 3');
    expect(found).toContain('offers[0].price.total: expected 89.45, got 71.00');
    expect(found.some((one) => one.startsWith('requests[0]: expected') && one.includes('/air/offer-requests'))).toBe(
      true,
    );
    expect(found).toContain('kind: expected "an exemplary case has no unreadable row", got "3 INVALID_AMOUNT"');
  });

  it('tells of an offer beyond the listed ones by its digest', async () => {
    const folder = copy('digest');
    edit(join(folder, 'fixtures/offer-request.json'), '"total_amount": "23400"', '"total_amount": "23401"');
    const { differences } = await runCase(loadCase(join(folder, 'cases/offers.yaml')));
    expect(differences.map(({ path }) => path)).toEqual(['digest']);
  });

  it('written anew holds, and keeps what else stands in its file', async () => {
    const folder = copy('update');
    const file = join(folder, 'cases/rejected.yaml');
    edit(file, 'kept: 1', 'kept: 2');
    const before = await runCase(loadCase(file));
    expect(before.differences.map(differenceText)).toEqual(['kept: expected 2, got 1']);
    writeFileSync(file, updatedText(before));
    expect((await runCase(loadCase(file))).differences).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(folderOf('duffel'), 'cases/rejected.yaml'), 'utf8'));
  });

  it('looks only at the fields that it names, and null is absent', async () => {
    const folder = copy('partial');
    const file = join(folder, 'cases/offers.yaml');
    const text = readFileSync(file, 'utf8');
    const head = text.slice(0, text.indexOf('  offers:'));
    writeFileSync(file, `${head}  offers: [{ price: { total: "89.45", dueLater: null } }]\n`);
    expect((await runCase(loadCase(file))).differences).toEqual([]);
    writeFileSync(file, `${head}  offers: [{ price: { tax: null } }]\n`);
    expect((await runCase(loadCase(file))).differences.map(differenceText)).toEqual([
      'offers[0].price.tax: expected null, got 18.45',
    ]);
  });
});

describe('two manifests on the same recordings', () => {
  it('differ in nothing when they are the same', async () => {
    const folder = folderOf('duffel');
    for (const { gained, lost, changed, outcome } of await compareManifests(folder, folder, folder)) {
      expect({ gained, lost, changed, outcome }).toEqual({ gained: [], lost: [], changed: [], outcome: [] });
    }
  });

  it('differ by offers lost with the reason, and by fields changed', async () => {
    const folder = copy('compared');
    const manifest = join(folder, 'manifest.yaml');
    edit(manifest, 'refundable: row.conditions.refund_before_departure.allowed', 'refundable: "true"');
    edit(
      manifest,
      '  price:\n    total:',
      '  reject:\n    - when: row.total_currency == "CAD"\n      because: no dollars\n  price:\n    total:',
    );
    const there = folderOf('duffel');
    const found = (await compareManifests(there, manifest, there)).find((one) => one.case === 'offers');
    expect(found?.lost).toEqual([
      { id: 'off_return', price: '1544.00 CAD', why: 'MISSING_FIELD: off_return: no dollars' },
    ]);
    expect(found?.changed.map(({ id, fields }) => [id, fields.map(({ path }) => path)])).toEqual([
      ['off_nonstop', ['item.refundable']],
      ['off_nonstop_resold', ['item.refundable']],
      ['off_yen', ['item.refundable']],
    ]);
    const back = (await compareManifests(manifest, there, there)).find((one) => one.case === 'offers');
    expect(back?.gained).toEqual([{ id: 'off_return', price: '1544.00 CAD' }]);
  });
});
