// A partner changes its answers: the search goes on, somebody is told, and what shows it is ready to commit.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { certify, loadCases, runCase, updatedText, writeCertificate } from '../../services/supply/workbench/index.ts';
import { run } from '../end-to-end/cli/command.ts';
import { flightSearch, type Rig, startRig } from '../support/fused-rig.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'entrepot-drift-'));
const adapters = join(scratch, 'adapters');
const folder = join(adapters, 'duffel');
const config = join(scratch, 'config');
const data = join(scratch, 'data');
const found = join(data, 'drift/duffel');
const env = { ENTREPOT_ADAPTERS: adapters, ENTREPOT_CONFIG: config, ENTREPOT_DATA: data };
let rig: Rig;

beforeAll(async () => {
  const isTest = /\.test\.ts$/;
  cpSync(join(root, 'services/supply/partners/duffel'), folder, {
    recursive: true,
    filter: (one) => !isTest.test(one),
  });
  cpSync(join(root, 'deploy/config'), config, { recursive: true });
  for (const file of readdirSync(join(config, 'partners'))) {
    if (file !== 'duffel.yaml') rmSync(join(config, 'partners', file));
  }
  vi.stubEnv('ENTREPOT_ADAPTERS', adapters);
  rig = await startRig({
    configDirectory: config,
    ingressAddress: '127.0.0.1:0',
    drift: { intervalMs: 0, directory: join(data, 'drift') },
  });
});
afterAll(async () => {
  await rig?.close();
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

/** Samples of a metric whose lines have all of these. */
async function metric(name: string, ...labels: readonly string[]): Promise<number> {
  const text = await (await fetch(`${rig.edgeUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce(
      (sum, line) =>
        sum +
        Number(
          line
            .slice(line.lastIndexOf('}') + 1)
            .trim()
            .split(' ')[0],
        ),
      0,
    );
}

const alarms = () => metric('entrepot_supply_drift_fields', 'partner="duffel"', 'alarm="true"');
const samples = () => metric('entrepot_supply_drift_samples_total', 'partner="duffel"');

/** A search, looked at for drift. */
async function search(changes = {}) {
  const before = await samples();
  const page = await rig.search(flightSearch({}, changes));
  await vi.waitFor(async () => expect(await samples()).toBe(before + 1));
  return page;
}

test('answers as they were certified are no alarm, whatever comes and goes in them', async () => {
  for (const [origin, destination] of [
    ['LHR', 'JFK'],
    ['MAD', 'BER'],
    ['CDG', 'NRT'],
    ['LIS', 'FCO'],
  ]) {
    const { outcomes } = await search({ origin, destination });
    expect(outcomes[0]).toMatchObject({ partner: 'duffel', status: 'OUTCOME_STATUS_OK' });
  }
  expect(await alarms()).toBe(0);
  expect(existsSync(found)).toBe(false);
});

const patience = { timeout: 120_000 };

test(
  'a mapped field with another type is told once, and shown by a case that fails until the manifest is mended',
  patience,
  async () => {
    await rig.scenario('duffel', { driftShare: 1, drift: [{ change: 'retyped', field: 'offers.total_amount' }] });
    const page = await search();
    expect(page.complete).toBe(true);
    await vi.waitFor(() => expect(existsSync(join(found, 'cases'))).toBe(true));
    expect(await alarms()).toBe(1);
    await search({ origin: 'MAD', destination: 'BER' });
    expect(await metric('entrepot_supply_drift_alarms_total', 'kind="retyped"')).toBe(1);
    const [name, ...others] = readdirSync(join(found, 'cases'));
    expect(others).toEqual([]);

    const cassette = readFileSync(join(found, 'cassettes', name!), 'utf8');
    expect(cassette.match(/"total_amount"/g)).toHaveLength(1);
    expect(cassette).toContain('authorization: redacted');

    const adopted = await run(['partner', 'drift', 'duffel', '--adopt'], env);
    expect(adopted.stdout).toContain('data.offers[].total_amount was string, is number');
    expect(readdirSync(join(found, 'cases'))).toEqual([]);

    const test = () => Promise.all(loadCases(folder).map((one) => runCase(one)));
    const broken = (await test()).filter(({ differences }) => differences.length > 0);
    expect(broken).toMatchObject([
      {
        case: { name: name!.replace('.yaml', '') },
        differences: [{ path: 'answers.search.data.offers[].total_amount', expected: 'string', actual: 'number' }],
      },
    ]);

    const manifest = join(folder, 'manifest.yaml');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace(/row\.total_amount/g, 'string(row.total_amount)'));
    const mended = await runCase(broken[0]!.case);
    writeFileSync(mended.case.file, updatedText(mended));
    expect((await test()).flatMap(({ differences }) => differences)).toEqual([]);
    expect(readFileSync(mended.case.file, 'utf8')).toContain('data.offers[].total_amount: number');
    writeCertificate(await certify(folder));
    // From the reload on, answers are held against the new baseline.
    const before = await samples();
    await vi.waitFor(
      async () => {
        await rig.search(flightSearch());
        expect(await samples()).toBeGreaterThan(before);
      },
      { timeout: 5_000, interval: 250 },
    );
    expect(await alarms()).toBe(0);
  },
);
