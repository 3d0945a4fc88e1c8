// What partners quote of secrets stands nowhere that people look: in no outcome, no error, no log, no span.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { InMemorySpanExporter, startTelemetry } from '../../libs/telemetry/index.ts';
import { json, startPartner } from '../../services/supply/testing/partner-server.ts';
import { outcome, plan, startRemote } from '../../services/supply/testing/remote.ts';
import { handlesOf, search, startRig } from '../../services/supply/testing/rig.ts';

// Loggers are made when their modules are loaded, so where they write to is said before.
const lines = await vi.hoisted(async () => {
  const written: string[] = [];
  const { redirectLogs } = await import('../../libs/telemetry/logger.ts');
  redirectLogs({ write: (line: string) => void written.push(line) });
  return written;
});
const exporter = new InMemorySpanExporter();
const telemetry = startTelemetry({ service: 'test', spanExporter: exporter });
const folder = mkdtempSync(join(tmpdir(), 'entrepot-secrets-'));
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
  vi.unstubAllEnvs();
  lines.length = 0;
  exporter.reset();
});
afterAll(async () => {
  await telemetry.shutdown();
  rmSync(folder, { recursive: true });
});

/** All that is told of calls to partners beside their answers. */
function told(said: readonly unknown[]): string {
  // The remote of the tests shares the process: what its server says of itself is its own affair.
  const ours = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.CLIENT);
  const spans = ours.map(({ name, status, attributes, events }) => [name, status, attributes, events]);
  return JSON.stringify([said, lines, spans]);
}

const manifest = `
name: talker
title: Talker
vertical: stay
format: json
defaults: { timeoutMs: 4000, maxPages: 1, maxBodyBytes: 65536, concurrency: 4, lifetimeSeconds: 600 }
failures:
  stated: has(body.error)
  kind: body.error.kind
  detail: body.error.kind + " " + body.error.text
credentials: { secret: secret of the account }
auth:
  session:
    request: { path: /login, body: { secret: credentials.secret } }
    token: body.token
    headers: { x-session: token }
search: { path: "/s/{token}" }
rows: body.rows
mapping:
  id: row.id
  price: { total: row.amount, currency: '"EUR"', basis: '"INCLUDED"' }
  item: { property_code: row.id }
verify: { request: { path: "/rows/{row.id}", query: { sid: token } }, single: true }
handoff: { token: row.id }
`;

it('of a login and its token', async () => {
  const [token, secret] = ['tok+1/=&"a"', 'hush&"quoted"<hush>'];
  vi.stubEnv('TALKER_SECRET', secret);
  mkdirSync(join(folder, 'talker'));
  writeFileSync(join(folder, 'talker/manifest.yaml'), manifest);
  let answer: { readonly status?: number; readonly body: unknown } = { body: { rows: [{ id: 'a', amount: '10.00' }] } };
  const partner = await startPartner((request, response) =>
    request.url === '/login' ? json(response, { token, ttl: 600 }) : json(response, answer.body, answer.status),
  );
  const account = { adapter: 'talker', endpoint: partner.url, credentials: { secret: { env: 'TALKER_SECRET' } } };
  const rig = await startRig({ one: account }, { adapterDirectories: [folder] });
  closing.push(rig, partner);
  const { batches } = await search(rig);
  const said: unknown[] = [await rig.client.explainOffer({ handle: handlesOf(batches[0]!)[0], productId: '' })];
  for (const status of [200, 500]) {
    const text = `${token} ${secret} ${encodeURIComponent(token)}`;
    answer = { status, body: { error: { kind: 'SERVER_ERROR', text } } };
    said.push((await search(rig)).outcome('one'));
    const verifying = rig.client.verifyOffer({ handle: handlesOf(batches[0]!)[0] });
    said.push(await verifying.catch((error: Error) => error.message));
  }
  answer = { body: { rows: [{ id: `row ${token}`, amount: '-1' }] } };
  said.push((await search(rig)).outcome('one'));
  const text = told(said);
  expect(text).toContain('GET http://127.0.0.1:');
  expect(text).toContain('/s/redacted');
  expect(text).toContain('SERVER_ERROR redacted redacted redacted');
  expect(text).toContain('row redacted');
  expect(lines.length).toBeGreaterThan(3);
  for (const form of [token, JSON.stringify(token).slice(1, -1), encodeURIComponent(token), 'hush', 'tok+1']) {
    expect(text).not.toContain(form);
  }
});

it('of the token of a partner by address', async () => {
  vi.stubEnv('FAR_TOKEN', 'hush-hush-token');
  const quoting = (): never => {
    throw new EntrepotError({ reason: 'PARTNER_UNAVAILABLE', message: 'no: hush-hush-token' });
  };
  const far = await startRemote();
  const rig = await startRig({ far: { address: far.address, vertical: 'stay', token: { env: 'FAR_TOKEN' } } });
  closing.push(rig, far);
  const [handle] = handlesOf((await search(rig)).batches[0]!);
  far.verify = async () => quoting();
  far.offers = async () => quoting();
  const said: unknown[] = [await rig.client.verifyOffer({ handle }).catch((error: Error) => error.message)];
  await rig.client.getOffers({ handles: [handle!], readMask: undefined });
  const quotes = {
    status: OutcomeStatus.FAILED,
    failure: FailureKind.SERVER_ERROR,
    detail: 'is hush-hush-token yours?',
  };
  far.search = async function* ({ partners }) {
    yield plan(partners[0]!);
    yield outcome(partners[0]!, quotes);
  };
  said.push((await search(rig)).outcome('far'));
  far.search = async function* () {
    yield plan('hush-hush-token');
  };
  said.push((await search(rig)).outcome('far'));
  far.search = async function* ({ partners }) {
    yield plan(partners[0]!);
    quoting();
  };
  said.push((await search(rig)).outcome('far'));
  const text = told(said);
  expect(text).toContain('is redacted yours?');
  expect(text).toContain('no: redacted');
  expect(lines.length).toBeGreaterThan(2);
  expect(text).not.toContain('hush');
});
