// A partner in Python, configured by its address alone: searched, opened, verified, handed off, killed and restarted.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Fused, startFused } from '../../services/entrepot/fused.ts';
import { Certificates, hasOpenssl } from '../../services/supply/testing/certificates.ts';
import { generateStubs, hasPython, python } from '../support/python.ts';

const root = join(import.meta.dirname, '../..');
const ready = hasPython();

interface OfferJson {
  readonly offerId: string;
  readonly partner: string;
  readonly productProvisional?: boolean;
  readonly item: { readonly ride: Readonly<Record<string, unknown>> };
  readonly price: { readonly partnerTotal: { readonly currencyCode: string; readonly amount: string } };
}
interface OutcomeJson {
  readonly partner: string;
  readonly status: string;
  readonly failure?: string;
  readonly detail?: string;
  readonly offersKept?: number;
  readonly rejections?: readonly { readonly reason: string; readonly count: number }[];
}
interface PageJson {
  readonly offers: readonly OfferJson[];
  readonly outcomes: readonly OutcomeJson[];
}

/** A partner that is asked over HTTP, beside it. */
const cab = `
name: cab
title: Cab
owner: tests
vertical: ride
format: json
defaults: { timeoutMs: 4000, maxPages: 1, maxBodyBytes: 65536, concurrency: 10, lifetimeSeconds: 300 }
taxBasis: { "*": { basis: INCLUDED, citation: made up for tests } }
search: { path: /quotes }
rows: body.quotes
mapping:
  id: row.id
  price: { total: row.fare, currency: row.currency }
  item:
    product_code: row.id
    product_name: row.name
    capacity: int(row.seats)
    pickup_eta_minutes: int(row.eta)
    price_kind: '"FIXED"'
verify: { request: { path: /quotes }, single: true }
handoff: { token: row.id }
`;

/** Seconds between the adapter's two batches. */
const PAUSE = 1;
let directory = '';
/** Its certificate and token, where the machine can make the one. */
const encrypts = hasOpenssl();
let adapter: ChildProcess;
let port = 0;
let local: Server;
let fused: Fused;

/** Starts the adapter; answers the port that it listens on. */
async function startAdapter(at: number): Promise<number> {
  adapter = spawn(python, ['test/python/adapter.py', `127.0.0.1:${at}`], {
    cwd: root,
    env: {
      ...process.env,
      PYTHONPATH: join(directory, 'stubs'),
      PYTHONDONTWRITEBYTECODE: '1',
      ADAPTER_PAUSE: `${PAUSE}`,
      ADAPTER_TOKEN_FILE: join(directory, 'token'),
      ...(encrypts && {
        ADAPTER_TLS_CERTIFICATE: join(directory, 'harbour.pem'),
        ADAPTER_TLS_KEY: join(directory, 'harbour.key'),
        ADAPTER_TLS_CLIENTS: join(directory, 'root.pem'),
      }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: adapter.stdout! })) {
    const match = /^listening on (\d+)$/.exec(line);
    if (match !== null) return Number(match[1]);
  }
  throw new Error('The adapter did not start.');
}

async function killAdapter(): Promise<void> {
  const gone = once(adapter, 'exit');
  adapter.kill('SIGKILL');
  await gone;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'entrepot-remote-'));
  if (!ready) return;
  generateStubs(join(directory, 'stubs'));
  writeFileSync(join(directory, 'token'), 'first-token\n');
  if (encrypts) {
    const certificates = new Certificates(directory);
    certificates.root('root');
    certificates.signed('harbour', 'root', 'localhost');
    certificates.signed('us', 'root', 'supply');
  }
  port = await startAdapter(0);
  local = createServer((_, response) => {
    const quotes = [{ id: 'x', name: 'X', seats: 4, eta: 4, currency: 'GBP', fare: '13.00' }];
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ quotes }));
  });
  await once(local.listen(0, '127.0.0.1'), 'listening');
  const config = join(directory, 'config');
  cpSync(join(root, 'deploy/config'), config, { recursive: true });
  for (const file of readdirSync(join(config, 'partners'))) rmSync(join(config, 'partners', file));
  const file = (name: string, text: string) => writeFileSync(join(config, 'partners', `${name}.yaml`), text);
  file('cab-one', `adapter: cab\nendpoint: http://127.0.0.1:${(local.address() as AddressInfo).port}/\n`);
  const pem = (name: string) => `{ file: ${join(directory, name)} }`;
  const tls = `tls: { ca: ${pem('root.pem')}, certificate: ${pem('us.pem')}, key: ${pem('us.key')} }\n`;
  const far = `address: localhost:${port}\nvertical: ride\ntoken: ${pem('token')}\n${encrypts ? tls : ''}`;
  file('harbour', `${far}markets: [GB]\n`);
  file('hasty', `${far}timeoutMs: 700\nmarkets: [FR]\n`);
  mkdirSync(join(directory, 'adapters/cab'), { recursive: true });
  writeFileSync(join(directory, 'adapters/cab/manifest.yaml'), cab);
  vi.stubEnv('ENTREPOT_ADAPTERS', join(directory, 'adapters'));
  fused = await startFused({ port: 0, inMemory: true, twin: false, configDirectory: config });
});
afterAll(async () => {
  await fused?.close();
  local?.close();
  if (adapter?.exitCode === null && adapter.signalCode === null) await killAdapter();
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

async function call(method: string, at: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(fused.edgeUrl + at, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}

async function search(market = 'GB', passengers = 2): Promise<PageJson> {
  const place = (latitude: number, longitude: number) => ({ point: { latitude, longitude } });
  const ride = { pickup: place(51.5, -0.12), dropoff: place(51.47, -0.45), passengers };
  const request = { ride, currency: 'GBP', market, grouping: 'GROUPING_OFFER' };
  const { status, body } = await call('POST', '/v1/searches', request);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as PageJson;
}

function outcome(page: PageJson, partner: string): OutcomeJson | undefined {
  return page.outcomes.find((one) => one.partner === partner);
}

const names = (page: PageJson, partner: string): unknown[] =>
  page.offers.filter((offer) => offer.partner === partner).map(({ item }) => item.ride.productName);

test.skipIf(!ready)('is searched beside a local partner; what it rejected is counted', async () => {
  const page = await search();
  expect(names(page, 'harbour')).toEqual(['Economy', 'Executive', 'Van']);
  expect(names(page, 'cab-one')).toEqual(['X']);
  expect(outcome(page, 'harbour')).toMatchObject({
    status: 'OUTCOME_STATUS_OK',
    offersKept: 3,
    rejections: [{ reason: 'REJECTION_REASON_INVALID_CURRENCY', count: 1 }],
  });
  expect(page.offers.find(({ item }) => item.ride.productName === 'Van')).toMatchObject({
    item: { ride: { rideClass: 'RIDE_CLASS_VAN', capacity: 8, cancellationTerms: expect.stringContaining('Free') } },
    price: { partnerTotal: { currencyCode: 'GBP', amount: '53.00' } },
  });
});

test.skipIf(!ready)('opens, verifies and hands off its offers, and says when one is gone', async () => {
  const page = await search();
  const { offerId } = page.offers.find(({ item }) => item.ride.productName === 'Executive')!;
  const opened = await call('GET', `/v1/offers/${offerId}`);
  expect(opened).toMatchObject({
    status: 200,
    body: { item: { ride: { productCode: 'exec', pickupEtaMinutes: 7 } } },
  });
  const verified = await call('POST', `/v1/offers/${offerId}:verify`, {});
  expect(verified).toMatchObject({
    status: 200,
    body: {
      offer: { offerId, item: { ride: { pickupEtaMinutes: 6 } } },
      changed: true,
      changes: [{ field: 'item.ride.pickup_eta_minutes', before: '7', after: '6' }],
    },
  });
  const way = await call('POST', `/v1/offers/${offerId}:handoff`, {});
  const { clickId, url } = way.body as { clickId: string; url: string };
  expect(way.status).toBe(200);
  expect(url).toMatch(/^https:\/\/harbour\.example\/book\/[0-9a-f]{32}\/exec\?click=/);
  expect(url.endsWith(clickId)).toBe(true);
  // There was one such car.
  expect((await call('POST', `/v1/offers/${offerId}:verify`, {})).body).toMatchObject({ reason: 'OFFER_SOLD_OUT' });
  expect(names(await search(), 'harbour')).toEqual(['Economy', 'Van']);
});

test.skipIf(!ready)('says what it cannot do, and what it did not manage in its time', async () => {
  expect(outcome(await search('GB', 12), 'harbour')).toMatchObject({
    status: 'OUTCOME_STATUS_UNSUPPORTED_CRITERIA',
    detail: expect.stringContaining('12 passengers'),
  });
  const page = await search('FR');
  expect(outcome(page, 'hasty')).toMatchObject({
    status: 'OUTCOME_STATUS_PARTIAL',
    failure: 'FAILURE_KIND_TIMEOUT',
    detail: expect.stringContaining('the rest of the fleet'),
  });
  expect(names(page, 'hasty')).toEqual(['Economy']);
});

test.skipIf(!ready)(
  'takes a token that was rotated on both sides, without a restart, and refuses another',
  async () => {
    writeFileSync(join(directory, 'token'), 'second-token\n');
    expect(names(await search(), 'harbour')).toContain('Economy');
    const file = join(directory, 'config/partners/stranger.yaml');
    const text = readFileSync(join(directory, 'config/partners/harbour.yaml'), 'utf8');
    writeFileSync(join(directory, 'other-token'), 'guessed\n');
    writeFileSync(file, text.replace('/token }', '/other-token }'));
    await vi.waitFor(async () => {
      const refused = outcome(await search(), 'stranger');
      expect(refused).toMatchObject({ status: 'OUTCOME_STATUS_FAILED', failure: 'FAILURE_KIND_AUTHENTICATION' });
    }, 20_000);
    rmSync(file);
  },
);

test.skipIf(!ready)('is killed in the middle of a search, harms nobody, and is found again', async () => {
  const searching = search();
  await new Promise((resolve) => setTimeout(resolve, (PAUSE * 1_000) / 2));
  await killAdapter();
  const page = await searching;
  expect(outcome(page, 'harbour')).toMatchObject({
    status: 'OUTCOME_STATUS_PARTIAL',
    failure: 'FAILURE_KIND_CONNECTION',
  });
  expect(outcome(page, 'cab-one')).toMatchObject({ status: 'OUTCOME_STATUS_OK', offersKept: 1 });
  expect(names(page, 'cab-one')).toEqual(['X']);
  const down = await search();
  expect(outcome(down, 'harbour')).toMatchObject({
    status: 'OUTCOME_STATUS_FAILED',
    failure: 'FAILURE_KIND_CONNECTION',
  });
  expect(outcome(down, 'cab-one')).toMatchObject({ status: 'OUTCOME_STATUS_OK' });
  expect(await startAdapter(port)).toBe(port);
  await vi.waitFor(
    async () => expect(names(await search(), 'harbour')).toEqual(['Economy', 'Executive', 'Van']),
    20_000,
  );
});
