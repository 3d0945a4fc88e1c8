import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changed, folderOf } from '../testing/acme.ts';
import { updatedText } from './case-text.ts';
import { loadCase, runCase } from './cases.ts';
import { cassetteText } from './cassette.ts';
import { recordPartner, type TryRequest, tryPartner } from './try.ts';

const config = mkdtempSync(join(tmpdir(), 'entrepot-try-'));
const ride = { id: 'r1', name: 'Ride', kind: 'A', seats: 4, price: '10.00', currency: 'GBP' };
const sent: string[] = [];
const server = createServer((request, response) => {
  sent.push(`${request.method} ${request.url}`);
  response.setHeader('content-type', 'application/json');
  const found = request.url === '/v1/rides' ? { rides: [ride] } : { ride: { ...ride, price: '11.00' } };
  response.end(JSON.stringify(found));
});

const manifest = changed(['token: row.id', `url: '"https://x.test/" + row.id + "?ref=" + url_encode(click)'`]);
const criteria = {
  ride: {
    pickup: { point: { latitude: 51.5, longitude: -0.1 } },
    dropoff: { point: { latitude: 51.6, longitude: 0 } },
    passengers: 1,
  },
};
const request: TryRequest = {
  configDirectory: config,
  market: 'GB',
  currency: 'GBP',
  verify: true,
  handoff: true,
  criteriaOf: () => criteria,
};

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  mkdirSync(join(config, 'partners'));
  process.env.ACME_TRY_TOKEN = 'secret-token';
  writeFileSync(
    join(config, 'partners/acme.yaml'),
    `adapter: acme\nendpoint: http://127.0.0.1:${port}/v1\ncredentials: { token: { env: ACME_TRY_TOKEN } }\n`,
  );
});

afterAll(() => {
  server.close();
  rmSync(config, { recursive: true });
});

it('searches a folder outside by its path, asks for an offer again, and hands it off', async () => {
  sent.length = 0;
  const tried = await tryPartner(folderOf(manifest), request);
  expect(tried.outcome).toMatchObject({ status: 'OK', kept: 1 });
  expect(tried.verified).toEqual({
    offer: 'r1',
    detail: '',
    result: {
      outcome: 'PRICE_CHANGED',
      price: { total: '11.00', currency: 'GBP', basis: 'INCLUDED' },
      requests: ['GET /v1/rides/r1'],
    },
  });
  expect(tried.handedOff).toMatchObject({ offer: 'r1', result: { url: 'https://x.test/r1?ref=recorded-click' } });
  expect(sent).toEqual(['GET /v1/rides', 'GET /v1/rides/r1']);
  expect(JSON.stringify(tried)).not.toContain('secret-token');
});

it('records both, with a case that replays them', async () => {
  const folder = folderOf(manifest);
  const recorded = await recordPartner(folder, request);
  expect(recorded.cassette.exchanges).toHaveLength(1);
  expect(recorded.cassette.verify).toHaveLength(1);
  expect(recorded.cassette.verify?.[0]?.request?.path).toBe('/rides/r1');
  const write = (file: string, text: string): string => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  };
  write('cassettes/live.yaml', cassetteText(recorded.cassette));
  const file = write('cases/live.yaml', recorded.caseText('../cassettes/live.yaml'));
  writeFileSync(file, updatedText(await runCase(loadCase(file))));
  expect(readFileSync(file, 'utf8')).toContain('outcome: PRICE_CHANGED');
  const { differences, actual } = await runCase(loadCase(file));
  expect(differences).toEqual([]);
  expect(actual.handoff).toEqual({ url: 'https://x.test/r1?ref=recorded-click' });
});

it('refuses criteria that do not exist, naming them', async () => {
  const wrong = { ride: { ...criteria.ride, passenger: 2 } };
  await expect(tryPartner(folderOf(manifest), { ...request, criteriaOf: () => wrong })).rejects.toThrow(
    'ride.passenger: There is no such field',
  );
});

it('names the account that a folder lacks by the name of the folder', async () => {
  const folder = folderOf(manifest);
  await expect(tryPartner(folder, { ...request, configDirectory: '/nowhere' })).rejects.toThrow(
    '/nowhere/partners/acme.yaml: no account of "acme"',
  );
});
