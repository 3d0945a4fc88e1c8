import { gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { securityHeaders } from '../../access/security-headers.ts';
import { builtFiles } from './files.ts';
import { consoleRoutes } from './routes.ts';

const limitBytes = 150_000;

function serve(...read: Parameters<typeof consoleRoutes> extends [unknown, ...infer Rest] ? Rest : never) {
  const app = Fastify();
  consoleRoutes(app, ...read);
  return app;
}

describe('the built console', () => {
  test('loads in less than 150 kB, compressed by gzip', async () => {
    const files = [...(await builtFiles()).values()];
    expect(files.length, 'npm run build:console').toBeGreaterThan(2);
    const bytes = files.reduce((sum, { encodings }) => sum + (encodings.gzip ?? encodings.identity).length, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(limitBytes);
  });

  test('has no script or style within its page, which the policy would not run', async () => {
    const answer = await serve().inject('/');
    expect(securityHeaders('/', false)['content-security-policy']).not.toContain('unsafe');
    expect(answer.body).not.toMatch(/<style|<script(?![^>]* src=)|style=/);
  });

  test('is asked for anew each time, its files never again', async () => {
    const app = serve();
    const page = await app.inject('/');
    expect(page.headers['cache-control']).toBe('no-cache');
    const [, script = ''] = /src="(\/console\/assets\/[^"]+\.js)"/.exec(page.body) ?? [];
    const file = await app.inject(script);
    expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(file.headers['content-type']).toMatch(/^text\/javascript/);
    const unchanged = await app.inject({ url: '/', headers: { 'if-none-match': String(page.headers.etag) } });
    expect(unchanged.statusCode).toBe(304);
  });

  test('comes compressed as the browser can read it', async () => {
    const app = serve();
    const plain = await app.inject('/');
    const gzip = await app.inject({ url: '/', headers: { 'accept-encoding': 'gzip, deflate' } });
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(plain.body);
    const best = await app.inject({ url: '/', headers: { 'accept-encoding': 'gzip, br' } });
    expect(best.headers['content-encoding']).toBe('br');
    const refused = await app.inject({ url: '/', headers: { 'accept-encoding': 'br;q=0' } });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });
});

test('without a build the page says how to make one, and is there once it is made', async () => {
  let built: Awaited<ReturnType<typeof builtFiles>> = new Map();
  const app = serve(async () => built);
  const missing = await app.inject('/');
  expect(missing.statusCode).toBe(503);
  expect(missing.body).toContain('npm run build:console');
  built = new Map([
    ['index.html', { type: 'text/html', immutable: false, encodings: { identity: Buffer.from('<p>built</p>') } }],
  ]);
  expect((await app.inject('/')).body).toBe('<p>built</p>');
});
