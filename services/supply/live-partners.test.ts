import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FlightCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { LivePartners } from './live-partners.ts';
import { localPartner } from './testing/rig.ts';

const manifest = (path: string) => `
name: tiny
title: Tiny
vertical: flight
format: json
defaults: { timeoutMs: 1000, maxPages: 1, maxBodyBytes: 2048, concurrency: 1, lifetimeSeconds: 60 }
search: { path: ${path} }
rows: body.offers
mapping:
  id: row.id
  price: { total: row.total, currency: row.currency }
  item: {}
verify: { request: { path: "/offers/{row.id}" } }
handoff: { token: row.id }
`;
const account = 'adapter: tiny\nendpoint: https://tiny.example\n';

let root: string;
let live: LivePartners | undefined;
const write = (file: string, text: string) => writeFileSync(path.join(root, file), text);
const sources = () => ({
  configDirectory: path.join(root, 'config'),
  adapterDirectories: [path.join(root, 'adapters')],
});
const open = async () => {
  live = await LivePartners.open(sources(), { debounceMs: 20 });
  return live;
};

/** The path that a partner is asked at now. */
function asked(partners: LivePartners, name = 'one'): string | undefined {
  if (!partners.partners.has(name)) return undefined;
  const partner = localPartner(partners.partners, name);
  const request = partner.adapter.ask({
    account: partner.account,
    criteria: { vertical: { $case: 'flight', value: FlightCriteria.fromPartial({}) } },
    market: 'GB',
    currency: 'GBP',
    locale: 'en',
    now: 0,
  });
  return 'path' in request ? request.path : request.unsupported;
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'entrepot-live-'));
  mkdirSync(path.join(root, 'config/partners'), { recursive: true });
  mkdirSync(path.join(root, 'adapters/tiny'), { recursive: true });
  write('adapters/tiny/manifest.yaml', manifest('/a'));
  write('config/partners/one.yaml', account);
});
afterEach(async () => {
  await live?.close();
  live = undefined;
  rmSync(root, { recursive: true, force: true });
});

it('takes a changed manifest from the next search on, and keeps what it was for the one that runs', async () => {
  const partners = await open();
  const before = partners.partners;
  write('adapters/tiny/manifest.yaml', manifest('/b'));
  await vi.waitFor(() => expect(asked(partners)).toBe('/b'), { timeout: 10_000 });
  expect(before.get('one')).not.toBe(partners.partners.get('one'));
});

it('takes new accounts in and lets removed ones go', async () => {
  const partners = await open();
  write('config/partners/two.yaml', account);
  await vi.waitFor(() => expect(asked(partners, 'two')).toBe('/a'), { timeout: 10_000 });
  rmSync(path.join(root, 'config/partners/one.yaml'));
  await vi.waitFor(() => expect([...partners.partners.keys()]).toEqual(['two']), { timeout: 10_000 });
});

it('refuses a bad folder with its place, keeps its last good state, and lets the other partners change', async () => {
  write('config/partners/two.yaml', account);
  const partners = await open();
  const one = partners.partners.get('one');
  write('config/partners/one.yaml', `${account}optoins: {}\n`);
  write('config/partners/two.yaml', `${account}markets: [GB]\n`);
  await vi.waitFor(() => expect(partners.partners.get('two')?.markets).toEqual(['GB']), { timeout: 10_000 });
  expect(partners.partners.get('one')).toBe(one);
  expect(partners.refused.get('one')).toMatchObject([{ line: 3, reason: expect.stringContaining('optoins') }]);

  write('config/partners/one.yaml', account);
  await vi.waitFor(() => expect(partners.refused.size).toBe(0), { timeout: 10_000 });
});

it('keeps what the process knows of a partner that did not change', async () => {
  const partners = await open();
  const { limit, hold } = partners.partners.get('one')!;
  await partners.reload();
  expect(partners.partners.get('one')).toMatchObject({ limit, hold });
  expect(partners.partners.get('one')!.limit).toBe(limit);
});

it('does not start on a bad partner', async () => {
  write('config/partners/one.yaml', 'adapter: none\nendpoint: https://tiny.example\n');
  await expect(LivePartners.open(sources())).rejects.toThrow(/no adapter "none"; there are: tiny/);
});
