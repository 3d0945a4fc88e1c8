import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MeshTlsSettings } from '../config/index.ts';
import { type EntrepotError, toEntrepotError } from '../errors/index.ts';
import { redirectLogs } from '../telemetry/index.ts';
import { Authority, hasOpenssl, type Issued } from '../tls/testing.ts';
import { connect } from './connect.ts';
import { serve } from './serve.ts';
import { meshService } from './service.ts';
import { EchoDefinition, echo, failure as failureOf, type Note } from './test-service.ts';
import { channelOf, type MeshTls, makeMeshTls } from './tls.ts';

const note: Note = { text: 'x', count: 1 };
/** Nobody has to come back here, so a failed call is told at once. */
const retry = { maxAttempts: 1 };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function made(files: Issued, mutual: boolean, serverName?: string): MeshTls {
  const settings: MeshTlsSettings = { mutual, files, serverName };
  const tls = makeMeshTls(settings);
  if (tls === undefined) throw new Error('There is no TLS.');
  closers.push(() => tls.certificates.close());
  return tls;
}

async function start(tls: MeshTls, host = '127.0.0.1'): Promise<string> {
  const services = [meshService(EchoDefinition, echo)];
  const server = await serve({
    name: 'echo',
    services,
    at: { address: `${host}:0` },
    grpc: { credentials: tls.server },
  });
  closers.push(() => server.close());
  return server.address;
}

/** What a call failed with. */
async function failure(call: Promise<unknown>): Promise<EntrepotError> {
  return toEntrepotError(await failureOf(call));
}

function call(address: string, tls?: MeshTls) {
  const channel = tls && channelOf(tls, address);
  const { client, close } = connect(
    EchoDefinition,
    { address },
    { retry, timeoutMs: 5_000, ...(channel && { channel }) },
  );
  closers.push(close);
  return client.say(note);
}

describe.skipIf(!hasOpenssl())('a mesh with certificates', () => {
  let authority: Authority;
  let other: Authority;
  let one: Issued;
  let two: Issued;
  let stranger: Issued;
  beforeAll(() => {
    redirectLogs({ write: () => {} }, 'silent');
    authority = new Authority();
    other = new Authority();
    one = authority.issue('one', 'localhost', '127.0.0.1');
    two = authority.issue('two', 'entrepot.mesh');
    stranger = other.issue('stranger', 'localhost', '127.0.0.1');
  });
  afterAll(() => {
    authority.remove();
    other.remove();
  });

  it('answers who shows a certificate of its authority', async () => {
    expect(await call(await start(made(one, true)), made(two, true))).toEqual(note);
  });

  it('refuses who shows none, or one of another authority, and names the cause', async () => {
    const address = await start(made(one, true));
    const without = await failure(call(address, made(one, false)));
    expect(without).toMatchObject({ reason: 'UNREACHABLE' });
    expect(without.message).toMatch(/certificate required|closed|reset/i);
    const wrong = await failure(call(address, made({ ...stranger, ca: authority.ca }, true)));
    expect(wrong).toMatchObject({ reason: 'UNREACHABLE' });
  });

  it('does not call who is of another authority, and says why', async () => {
    const address = await start(made(stranger, false));
    const error = await failure(call(address, made(one, false)));
    expect(error).toMatchObject({ reason: 'UNREACHABLE' });
    expect(error.message).toMatch(/unable to (verify|get)|self.signed/i);
  });

  it('gives nothing to plain text', async () => {
    const error = await failure(call(await start(made(one, false))));
    expect(error).toMatchObject({ reason: 'UNREACHABLE' });
  });

  it('asks callers for none where only servers have to show who they are', async () => {
    expect(await call(await start(made(one, false)), made(two, false))).toEqual(note);
  });

  it('holds a server at a static address to the name that is set for it', async () => {
    const address = `static:${await start(made(two, true))}`;
    expect(await call(address, made(one, true, 'entrepot.mesh'))).toEqual(note);
    const error = await failure(call(address, made(one, true, 'another.mesh')));
    expect(error).toMatchObject({ reason: 'UNREACHABLE' });
    expect(error.message).toContain('another.mesh');
  });

  it('meets new connections with replaced certificates, and keeps those that are open', async () => {
    const live = {
      cert: join(authority.directory, 'l.pem'),
      key: join(authority.directory, 'l.key'),
      ca: authority.ca,
    };
    copyFileSync(one.cert, live.cert);
    copyFileSync(one.key, live.key);
    const server = made(live, false);
    const address = await start(server);
    const caller = made(two, false);
    const open = connect(EchoDefinition, { address }, { retry, channel: channelOf(caller, address) });
    closers.push(open.close);
    expect(await open.client.say(note)).toEqual(note);
    copyFileSync(stranger.cert, live.cert);
    copyFileSync(stranger.key, live.key);
    expect(server.certificates.reload()).toBe(true);
    expect(await open.client.say(note)).toEqual(note);
    // Whoever does not know the new authority is told so; whoever does is answered.
    expect((await failure(call(address, made({ ...two }, false)))).reason).toBe('UNREACHABLE');
    expect(await call(address, made({ ...one, ca: stranger.ca }, false))).toEqual(note);
  });
});
