import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RideCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { loadPartners, loadRemote } from '../load.ts';
import { localPartner } from '../testing/rig.ts';
import { loadCases, runCase } from '../workbench/cases.ts';
import { differenceText } from '../workbench/difference.ts';

// The guide's example is what a newcomer copies: its blocks, put together, are a manifest that works.
const root = mkdtempSync(path.join(tmpdir(), 'entrepot-guide-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block ?? '');
const isFile = (block: string) => block.startsWith('# partners/');
const isAccount = (block: string) => block.startsWith('# <config>/partners/');

it('has a file of a partner by address that is accepted', () => {
  const [, block = ''] = blocks.filter(isAccount);
  const directory = path.join(root, 'remote');
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'harbour.yaml'), block);
  const head = { grade: 'B', manifest: '1.0.0', address: 'harbour-adapter:7100', vertical: 'ride' };
  writeFileSync(path.join(directory, 'harbour.certificate.json'), JSON.stringify(head));
  expect(loadRemote(path.join(directory, 'harbour.yaml'))).toMatchObject({
    trafficShare: 0.5,
    token: { file: '/run/secrets/harbour-token' },
  });
});

it('is a partner that loads, asks and maps, in under 150 lines', async () => {
  const manifest = blocks.filter((block) => !isAccount(block) && !isFile(block)).join('');
  mkdirSync(path.join(root, 'adapters/harbour'), { recursive: true });
  mkdirSync(path.join(root, 'config/partners'), { recursive: true });
  writeFileSync(path.join(root, 'adapters/harbour/manifest.yaml'), manifest);
  writeFileSync(path.join(root, 'config/partners/harbour.yaml'), blocks.find(isAccount) ?? '');
  expect(manifest.split('\n').length).toBeLessThan(150);

  const sources = { configDirectory: path.join(root, 'config'), adapterDirectories: [path.join(root, 'adapters')] };
  const partner = localPartner(await loadPartners(sources), 'harbour');
  const point = (latitude: number, longitude: number) => ({ point: { latitude, longitude }, address: '' });
  const value = RideCriteria.fromPartial({ pickup: point(51.5, -0.1), dropoff: point(51.4, -0.4), passengers: 2 });
  const account = { ...partner.account, credential: (name: string) => `${name}-of-test` };
  const now = Date.parse('2027-01-11T09:00:00Z');
  const asked = {
    account,
    criteria: { vertical: { $case: 'ride' as const, value } },
    market: 'GB',
    currency: 'GBP',
    locale: 'en',
    now,
  };
  expect(partner.adapter.ask(asked)).toMatchObject({
    method: 'GET',
    path: '/quotes?from=51.5%2C-0.1&to=51.4%2C-0.4&seats=2',
    headers: { 'x-api-key': 'key-of-test' },
  });

  const context = { ...asked, fetchedAt: now, manifest: partner.manifest };
  const car = {
    sku: 'A',
    fare: { amount: '23.50', iso: 'GBP' },
    label: 'Van',
    class: 'bus',
    seats: '8',
    eta_seconds: 240,
    electric: true,
  };
  const answer = {
    operators: [{ id: 'op', name: 'Op', cars: [car, { sku: 'B', fare: { amount: 9 } }] }, { id: 'none' }],
  };
  const result = partner.adapter.read(answer, context);
  if ('failure' in result) throw new Error(result.detail);
  const [first, second] = result.rows;
  expect(result.rows).toHaveLength(2);
  expect(partner.adapter.price(first, context)).toMatchObject({
    currency: 'GBP',
    totalMinor: 2350,
    basis: TaxBasis.INCLUDED,
  });
  expect(() => partner.adapter.price(second, context)).toThrow(/currency/);
  const columns = Object.entries(partner.adapter.columns).map(([name, read]) => [name, read(first, context)]);
  expect(Object.fromEntries(columns)).toMatchObject({
    product_code: 'op/A',
    ride_class: 'MINIBUS',
    capacity: 8,
    pickup_eta_minutes: 4,
    propulsion: 'ELECTRIC',
  });
});

it.each(['harbour-tools', 'harbour-shop'])('%s hands its inventory over, and its case holds', async (name) => {
  for (const block of blocks.filter(isFile)) {
    const file = path.join(root, block.slice(2, block.indexOf('\n')));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, block);
  }
  const cases = loadCases(path.join(root, 'partners', name));
  expect(cases).toHaveLength(1);
  for (const one of cases) expect((await runCase(one)).differences.map(differenceText)).toEqual([]);
});
