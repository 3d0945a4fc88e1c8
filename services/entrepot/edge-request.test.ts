import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { EntrepotProblem } from '../../libs/client/index.ts';
import { clientOf, problemText } from './edge-request.ts';

const asked: (string | undefined)[] = [];
const edge = createServer((request, response) => {
  asked.push(request.headers.authorization);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(edge.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  asked.length = 0;
});
afterAll(() => {
  edge.closeAllConnections();
  edge.close();
});

it('asks with the key that is named, else with the one of the environment, else with none', async () => {
  vi.stubEnv('ENTREPOT_KEY', 'of-the-environment');
  await clientOf(url, { key: 'named' }).call('GetCaller', {});
  await clientOf(url, {}).call('GetCaller', {});
  await clientOf(url, { key: '' }).call('GetCaller', {});
  vi.stubEnv('ENTREPOT_KEY', undefined);
  await clientOf(url, {}).call('GetCaller', {});
  expect(asked).toEqual(['Bearer named', 'Bearer of-the-environment', undefined, undefined]);
});

it('says where credentials go when they are what is missing, and nothing more of other problems', () => {
  const missing = new EntrepotProblem({ reason: 'CREDENTIALS_MISSING', detail: 'Say who you are.' });
  expect(problemText(missing)).toBe('Say who you are.\nHere it goes with --key, or in ENTREPOT_KEY.');
  expect(problemText(new EntrepotProblem({ reason: 'OFFER_NOT_FOUND', detail: 'Gone.' }))).toBe('Gone.');
});
