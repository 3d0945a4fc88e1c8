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
    // What is counted tells of another price by itself.
    edit(join(folder, 'fixtures/offer-request.json'), '"duration": "PT1H40M"', '"duration": "PT1H45M"');
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

describe('a verification and a hand-off in a case', () => {
  it('tell what is sent, what it costs then, and where the link leads', async () => {
    const folder = copy('actions');
    const file = join(folder, 'cases/verify.yaml');
    edit(join(folder, 'manifest.yaml'), 'path: /air/offers/{row.id}', 'path: /nonsense/{row.id}');
    edit(join(folder, 'manifest.yaml'), '.replace("{click}", url_encode(click))', '.replace("{click}", "broken")');
    expect((await runCase(loadCase(file))).differences.map(differenceText)).toEqual([
      'verify.requests[0]: expected "GET /air/offers/off_nonstop", got "GET /nonsense/off_nonstop"',
      'handoff.url: expected https://shop.example/off_nonstop?ref=click-1, got https://shop.example/off_nonstop?ref=broken',
    ]);
  });

  it('are the same, dearer, otherwise, gone, or failed', async () => {
    const folder = copy('outcomes');
    const file = join(folder, 'cases/verify.yaml');
    const cassette = join(folder, 'cassettes/verify.yaml');
    const verified = async () => (await runCase(loadCase(file))).actual.verify;
    expect(await verified()).toMatchObject({ outcome: 'PRICE_CHANGED', price: { total: '91.45' } });
    edit(cassette, '"total_amount": "91.45"', '"total_amount": "89.45"');
    expect(await verified()).toMatchObject({ outcome: 'SAME', price: { total: '89.45' } });
    edit(cassette, '"fare_brand_name": "', '"fare_brand_name": "Other ');
    expect(await verified()).toMatchObject({
      outcome: 'CHANGED',
      changes: { 'item.fareBrand': expect.stringContaining('Other ') },
    });
    edit(cassette, 'status: 200', 'status: 503');
    expect(await verified()).toMatchObject({ outcome: 'FAILED', failure: 'SERVER_ERROR' });
    edit(cassette, 'status: 503', 'status: 429');
    expect(await verified()).toMatchObject({ outcome: 'RATE_LIMITED', failure: 'RATE_LIMIT' });
    writeFileSync(cassette, 'exchanges: []\n');
    expect(await verified()).toMatchObject({ outcome: 'FAILED', failure: 'CONNECTION' });
    expect((await runCase(loadCase(join(folder, 'cases/sold-out.yaml')))).actual.verify?.outcome).toBe('SOLD_OUT');
  });

  it('take their answers from the same cassette where they have none of their own', async () => {
    const folder = copy('same');
    const file = join(folder, 'cases/verify.yaml');
    const own = readFileSync(join(folder, 'cassettes/verify.yaml'), 'utf8');
    edit(file, ', cassette: ../cassettes/verify.yaml', '');
    const cassette = join(folder, 'cassettes/offers.yaml');
    const list = own.slice(own.indexOf('exchanges:')).replace('exchanges:', 'verify:');
    writeFileSync(cassette, readFileSync(cassette, 'utf8') + list);
    expect((await runCase(loadCase(file))).differences).toEqual([]);
    // What the search is given does not grow by them.
    expect((await runCase(loadCase(join(folder, 'cases/offers.yaml')))).differences).toEqual([]);
  });

  it('need an offer of the search, and an expectation', async () => {
    const folder = copy('offerless');
    const file = join(folder, 'cases/verify.yaml');
    const text = readFileSync(file, 'utf8');
    edit(file, 'verify: { offer: off_nonstop', 'verify: { offer: off_other');
    const found = (await runCase(loadCase(file))).differences.map(differenceText);
    expect(found).toContain('verify.offer: expected off_other, got "the search makes no such offer"');
    const bare = `${text.slice(0, text.indexOf('expect:'))}expect:\n  outcome: OK\n`;
    writeFileSync(file, bare);
    expect((await runCase(loadCase(file))).differences.map(({ path }) => path)).toEqual([
      'expect.verify',
      'expect.handoff',
    ]);
  });
});

describe('a case by hand', () => {
  it('needs no cassette where nothing is sent', async () => {
    const folder = copy('nothing');
    const file = join(folder, 'cases/nowhere.yaml');
    const head = 'kind: supplemental\nnow: 2027-01-11T09:00:05Z\nmarket: GB\ncurrency: GBP\n';
    writeFileSync(file, `${head}criteria: { stay: { place: LIS } }\nexpect:\n`);
    const result = await runCase(loadCase(file));
    expect(result.actual).toMatchObject({ outcome: 'UNSUPPORTED_CRITERIA', requests: [] });
    writeFileSync(file, updatedText(result));
    expect((await runCase(loadCase(file))).differences).toEqual([]);
  });

  it('without an expectation fails, however little it says, until it is written', async () => {
    const folder = copy('begun');
    const file = join(folder, 'cases/empty.yaml');
    const text = readFileSync(file, 'utf8');
    for (const expectation of ['', 'expect:\n', 'expect: {}\n']) {
      writeFileSync(file, text.slice(0, text.indexOf('expect:')) + expectation);
      const result = await runCase(loadCase(file));
      expect(result.differences.map(({ path }) => path)).toEqual(['expect']);
      writeFileSync(file, updatedText(result));
      expect((await runCase(loadCase(file))).differences).toEqual([]);
    }
  });

  it('is refused for criteria that do not exist, and all that is wrong with all cases is said at once', () => {
    const folder = copy('wrong');
    edit(join(folder, 'cases/empty.yaml'), 'adults: 1', 'adult: 1');
    edit(join(folder, 'cases/offers.yaml'), 'kind: exemplary', 'kind: typical');
    expect(() => loadCases(folder)).toThrow(
      /empty\.yaml:\d+:\d+: flight\.adult: There is no such field[\s\S]*offers\.yaml:\d+:\d+: /,
    );
  });

  it('has a language', () => {
    const folder = copy('language');
    const file = join(folder, 'cases/empty.yaml');
    edit(file, 'criteria:', 'locale: de-AT\ncriteria:');
    expect(loadCase(file).asked.locale).toBe('de-AT');
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
