import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ceilings, isInShare, readCertificate } from './certificate.ts';
import { digestOfFolder } from './folder-digest.ts';
import { adapterFolders, checkPartners, loadPartners, shippedAdapters } from './load.ts';
import { planSearch } from './plan.ts';
import { start, testAdapters, writePartners } from './testing/rig.ts';
import { digestOfCases, loadCases } from './workbench/cases.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'entrepot-certificate-'));
const made: string[] = [scratch];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true });
});

/** The adapter of the made-up format with a certificate of a grade, and an account at an endpoint. */
async function problems(certificate: object | string | undefined, account: string): Promise<string[]> {
  const directory = mkdtempSync(path.join(scratch, 'adapters-'));
  const folder = path.join(directory, 'plain');
  cpSync(path.join(testAdapters, 'plain'), folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'map.ts'),
    `export { map } from ${JSON.stringify(path.join(testAdapters, 'plain/map.ts'))};\n`,
  );
  if (certificate !== undefined) {
    const head =
      typeof certificate === 'string'
        ? certificate
        : JSON.stringify({ manifest: digestOfFolder(folder), ...certificate });
    writeFileSync(path.join(folder, 'certificate.json'), head);
  }
  const config = writePartners({ one: `adapter: plain\n${account}` });
  made.push(config);
  const found = await checkPartners(config, [directory]);
  return found.map(({ file, line, reason }) => `${path.basename(file)}:${line} ${reason}`);
}

const real = 'endpoint: https://api.partner-of-ours.com\n';

describe("an account's share of the traffic", () => {
  it.each(Object.entries(ceilings))('of an adapter with grade %s goes up to %d', async (grade, ceiling) => {
    expect(await problems({ grade }, `${real}trafficShare: ${ceiling}\n`)).toEqual([]);
    if (ceiling === 1) return;
    const [problem] = await problems({ grade }, `${real}trafficShare: ${ceiling + 0.01}\n`);
    expect(problem).toBe(
      `one.yaml:3 trafficShare ${ceiling + 0.01} is above ${ceiling}: adapter "plain" has grade ${grade}`,
    );
  });

  it('without a certificate, with a stale one, or with one that is none, is small', async () => {
    const stale = { grade: 'A', manifest: 'another' };
    for (const certificate of [undefined, stale, 'no JSON', '{"grade":"S","manifest":"x"}']) {
      expect(await problems(certificate, `${real}trafficShare: 0.01\n`)).toEqual([]);
      const [problem] = await problems(certificate, `${real}trafficShare: 0.02\n`);
      expect(problem).toContain('one.yaml:3 trafficShare 0.02 is above 0.01');
      expect(problem).toContain('`entrepot partner certify plain`');
    }
    expect((await problems(stale, real))[0]).toMatch(
      /trafficShare 1 is above 0\.01: .* of another state of its folder \(another, now /,
    );
  });

  it.each([
    'http://127.0.0.1:7010/x',
    'http://localhost:1',
    'http://[::1]:1',
    'https://api.x.example',
    'http://partner.test',
  ])('is whole where nobody is: %s', async (endpoint) =>
    expect(await problems(undefined, `endpoint: ${endpoint}\n`)).toEqual([]),
  );

  it('is whole at the twin, wherever it listens', async () => {
    const config = writePartners({
      one: `adapter: plain\nendpoint: \${ENTREPOT_TWIN_URL:-http://127.0.0.1:7010}/one\n`,
    });
    made.push(config);
    const sources = { configDirectory: config, adapterDirectories: [testAdapters] };
    await expect(loadPartners({ ...sources, twinUrl: 'http://twin:7010' })).resolves.toHaveProperty('size', 1);
  });

  it('takes that share of searches, the same ones whoever decides', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.string(), (share, id) => {
        expect(isInShare(share, 'duffel', id)).toBe(isInShare(share, 'duffel', id));
        if (isInShare(share, 'duffel', id)) expect(isInShare(1, 'duffel', id)).toBe(true);
        expect(isInShare(0, 'duffel', id)).toBe(false);
      }),
    );
    const taken = Array.from({ length: 20_000 }, (_, at) => isInShare(0.1, 'duffel', `search-${at}`)).filter(
      Boolean,
    ).length;
    expect(taken).toBeGreaterThan(1_800);
    expect(taken).toBeLessThan(2_200);
  });

  it('leaves the other searches without it, saying so', async () => {
    const config = writePartners({ one: 'adapter: plain\nendpoint: http://127.0.0.1:1\ntrafficShare: 0.5\n' });
    made.push(config);
    const partners = await loadPartners({ configDirectory: config, adapterDirectories: [testAdapters] });
    const plans = Array.from({ length: 200 }, (_, at) => planSearch(partners, start({ searchId: `s${at}` }), 0));
    const skipped = plans.flatMap((plan) => plan.skipped);
    expect(skipped.length).toBeGreaterThan(50);
    expect(plans.filter(({ calls }) => calls.length === 1).length).toBe(200 - skipped.length);
    expect(skipped[0]).toMatchObject({
      status: OutcomeStatus.SUSPENDED,
      detail: 'not asked in this search: its trafficShare is 50 % of searches',
    });
  });
});

describe('a shipped folder with golden cases', () => {
  const trial = path.join(import.meta.dirname, 'kit/trial');
  const certified = adapterFolders([shippedAdapters, trial]).filter((folder) => loadCases(folder).length > 0);

  it('is each of those that are asked', () => {
    const names = certified.map((folder) => path.basename(folder));
    for (const name of [
      'amadeus',
      'duffel',
      'ebay-browse',
      'hotelbeds',
      'karhoo',
      'stayharbor',
      'travelport',
      'uber',
    ]) {
      expect(names).toContain(name);
    }
  });

  it.each(certified.map((folder) => [path.basename(folder), folder]))(
    '%s has a certificate of grade A, of the folder and the cases as they are; `npm run certify` renews it',
    (_, folder) => {
      const certificate = readCertificate(folder);
      expect(certificate).toMatchObject({ grade: 'A', manifest: digestOfFolder(folder) });
      expect(certificate).toHaveProperty('cases', digestOfCases(loadCases(folder)));
    },
  );
});
