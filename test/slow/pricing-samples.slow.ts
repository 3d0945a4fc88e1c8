// Searches whose pricing inputs are kept on disk, and other rules tried on them by the command, as a rules repository's CI does.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readPricingSamples } from '../../services/query/service.ts';
import { run } from '../end-to-end/cli/command.ts';
import { flightSearch, startRig, staySearch } from '../support/fused-rig.ts';

// Each command is a process that loads the services.
vi.setConfig({ testTimeout: 60_000 });

const config = join(import.meta.dirname, '../../deploy/config');
const directory = mkdtempSync(join(tmpdir(), 'entrepot-samples-'));
const samples = join(directory, 'samples');
const candidate = join(directory, 'candidate');
const found = new Map<string, number>();

beforeAll(async () => {
  const rig = await startRig({ pricingSamples: { directory: samples, bytes: 64_000_000, share: 1 } });
  for (const [name, request] of [
    ['flight', flightSearch({ orderBy: 'best' })],
    ['stay', staySearch({ market: 'DE', currency: 'EUR' })],
  ] as const) {
    const { progress } = await rig.search(request);
    found.set(name, progress.offers ?? 0);
  }
  await rig.close();
  mkdirSync(candidate);
  const rules = readFileSync(join(config, 'pricing/rules.yaml'), 'utf8').split('\nexamples:')[0]!;
  writeFileSync(join(candidate, 'rules.yaml'), rules.replace('percentage: "6.0"', 'percentage: "7.0"'));
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const simulate = (...args: string[]) =>
  run(['pricing', 'simulate', '--rules', candidate, '--baseline', config, '--samples', samples, ...args]);

test('a search leaves what it had priced, every row of it', async () => {
  const recorded = await Array.fromAsync(readPricingSamples(samples));
  const rows = recorded.map(({ view, rows }) => [
    view?.context?.vertical,
    rows.reduce((sum, { inputs }) => sum + (inputs?.columns?.rowCount ?? 0), 0),
  ]);
  expect(new Map(rows as [string, number][])).toEqual(found);
  expect(recorded.map(({ orderBy }) => orderBy)).toEqual(['best', '']);
});

test('other rules are tried on it: who moves, by which rule, and within which limits', async () => {
  const picture = join(directory, 'out.svg');
  const { code, stdout, stderr } = await simulate('--json', '--picture', picture, '--max-change', '2%');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const simulation = JSON.parse(stdout);
  expect(simulation).toMatchObject({ samples: 2, skipped: {}, violations: [] });
  expect(simulation.total).toMatchObject({ rows: found.get('flight')! + found.get('stay')!, lost: 0, gained: 0 });
  expect(simulation.total.moved).toBe(found.get('stay'));
  expect(simulation.markets).toMatchObject([
    { name: 'DE', moved: found.get('stay') },
    { name: 'GB', moved: 0 },
  ]);
  expect(simulation.rules[0]).toMatchObject({ name: 'stays-margin', effectBefore: expect.closeTo(0.06, 4) });
  expect(simulation.total.marginAfter).toBeGreaterThan(simulation.total.marginBefore);
  expect(readFileSync(picture, 'utf8')).toContain('</svg>');
});

test('a limit that is not kept ends it with 1 and the reason', async () => {
  const { code, stdout, stderr } = await simulate('--max-moved', '10%', '--max-change', '0.5%');
  expect(code).toBe(1);
  expect(stdout).toContain('stays-margin');
  expect(stderr).toMatch(/✗ a price changes by 0\.\d\d %; --max-change is 0\.50 %/);
  expect(stderr).toMatch(/✗ \d+\.\d\d % of the rows change; --max-moved is 10\.00 %/);
});

test('where nothing is recorded, or rules do not hold, it says what to do', async () => {
  const none = await run(['pricing', 'simulate', '--rules', candidate, '--samples', join(directory, 'none')]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('entrepot pricing sample --directory');
  writeFileSync(join(candidate, 'rules.yaml'), 'rules: [{ name: a, description: A, when: stop == 0, apply: {} }]\n');
  const wrong = await simulate();
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/candidate\/rules\.yaml:1:\d+: /);
  expect(readdirSync(samples)).toHaveLength(1);
});

test('rows are quoted from a directory, as text or for scripts', async () => {
  const file = join(directory, 'rows.ndjson');
  const row = { partner: 'duffel', total: '100.00', currency: 'GBP', taxBasis: 'INCLUDED' };
  const rows = [{ ...row, attributes: { stops: 0, cabin: 'ECONOMY' } }, row, { ...row, partner: 'b', currency: 'TND' }];
  writeFileSync(file, rows.map((one) => JSON.stringify(one)).join('\n'));
  const quote = ['pricing', 'quote', '--file', file, '--config', config, '--vertical', 'flight', '--currency', 'gbp'];
  const { code, stdout, stderr } = await run([...quote, '--market', 'gb', '--json', '--ledgers']);
  expect([code, stderr]).toEqual([0, '']);
  const quoted = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(quoted).toMatchObject([
    {
      line: 1,
      total: '101.48',
      ledger: expect.arrayContaining([expect.objectContaining({ source: 'flights-margin' })]),
    },
    { line: 2, total: '102.50' },
    { line: 3, partner: 'b', reason: 'NO_RATE' },
  ]);
  const text = await run([...quote, '--market', 'gb']);
  expect(text.stdout).toContain('2 of 3 rows have a price.');
  const refused = await run([...quote, '--market', 'Britain']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('must be an ISO 3166-1 alpha-2 code');
});
