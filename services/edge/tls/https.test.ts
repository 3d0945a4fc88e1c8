import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { connect as plain } from 'node:net';
import { join } from 'node:path';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { EdgeServiceDefinition } from '../../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import { connect } from '../../../libs/mesh/index.ts';
import { LiveCertificates } from '../../../libs/tls/index.ts';
import { Authority, hasOpenssl, type Issued } from '../../../libs/tls/testing.ts';
import { edgeWith } from '../connect/test-edge.ts';
import type { Edge } from '../server.ts';

const log = { info: () => {}, error: () => {} } as never;

describe.skipIf(!hasOpenssl())('an edge with a certificate', () => {
  let authority: Authority;
  let first: Issued;
  let second: Issued;
  let live: LiveCertificates;
  let edge: Edge;
  let port: number;
  const at = { cert: '', key: '' };

  beforeAll(() => {
    authority = new Authority();
    first = authority.issue('first', 'localhost', '127.0.0.1');
    second = authority.issue('second', 'localhost', '127.0.0.1');
    at.cert = join(authority.directory, 'live.pem');
    at.key = join(authority.directory, 'live.key');
  });
  afterAll(() => authority.remove());
  afterEach(async () => {
    await edge.close();
    live.close();
  });

  async function start(): Promise<void> {
    replace(first);
    live = new LiveCertificates(at, { log });
    edge = await edgeWith({}, { tls: live, grpcAddress: '127.0.0.1:0' });
    port = Number(new URL(edge.url).port);
  }
  function replace({ cert, key }: Issued): void {
    copyFileSync(cert, at.cert);
    copyFileSync(key, at.key);
  }
  const ca = (): Buffer => readFileSync(authority.ca);

  async function shake(options: object = {}): Promise<TLSSocket> {
    const socket = tlsConnect({ host: '127.0.0.1', port, servername: 'localhost', ca: ca(), ...options });
    await once(socket, 'secureConnect');
    return socket;
  }
  function nameOf(socket: TLSSocket): string {
    return String(socket.getPeerCertificate().subject.CN);
  }
  function ask(agent: Agent): Promise<[number | undefined, string | undefined]> {
    return new Promise((resolve, reject) => {
      const request = get({ agent, host: '127.0.0.1', port, path: '/healthz' }, (answer) => {
        answer.resume().once('end', () => resolve([answer.statusCode, answer.headers['strict-transport-security']]));
      });
      request.once('error', reject);
    });
  }

  it('answers by TLS, and tells browsers to keep to it', async () => {
    await start();
    expect(edge.url).toMatch(/^https:/);
    expect(await ask(new Agent({ ca: ca(), servername: 'localhost' }))).toEqual([200, 'max-age=31536000']);
  });

  it('takes TLS 1.2 and 1.3, nothing older, and speaks HTTP/1.1', async () => {
    await start();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await shake({ minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
      expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, 'http/1.1']);
      socket.destroy();
    }
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(shake(old)).rejects.toThrow(/protocol|version|alert/i);
  });

  it('gives nothing to plain text', async () => {
    await start();
    const socket = plain(port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    let read = '';
    socket.on('data', (bytes) => {
      read += bytes.toString('latin1');
    });
    socket.on('error', () => {});
    await once(socket, 'close');
    expect(read).not.toContain('HTTP/');
  });

  it('answers WebSockets', async () => {
    await start();
    const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/stream`, ['entrepot.v1'], { ca: ca() });
    await Promise.race([once(socket, 'open'), once(socket, 'error').then(([error]) => Promise.reject(error))]);
    socket.terminate();
  });

  it('answers gRPC with the same certificate', async () => {
    await start();
    const options = { channel: { credentials: credentials.createSsl(ca()), serverName: 'localhost' } };
    const { client, close } = connect(EdgeServiceDefinition, { address: edge.grpcAddress ?? '' }, options);
    try {
      expect(await client.getCaller({})).toMatchObject({ client: 'public' });
    } finally {
      await close();
    }
  });

  it('meets new connections with a replaced certificate on both ports, and keeps those that are open', async () => {
    await start();
    const agent = new Agent({ ca: ca(), servername: 'localhost', keepAlive: true, maxSockets: 1 });
    const open = await shake();
    expect((await ask(agent))[0]).toBe(200);
    replace(second);
    expect(live.reload()).toBe(true);
    for (const to of [port, Number(edge.grpcAddress?.split(':')[1])]) {
      const fresh = await shake({ port: to, ALPNProtocols: [to === port ? 'http/1.1' : 'h2'] });
      expect(nameOf(fresh)).toBe('second');
      fresh.destroy();
    }
    expect(nameOf(open)).toBe('first');
    open.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    expect(String((await once(open, 'data'))[0])).toContain('200 OK');
    open.destroy();
    agent.destroy();
  });

  it('keeps the certificate that it has where the new one cannot be used', async () => {
    await start();
    copyFileSync(second.cert, at.cert);
    expect(live.reload()).toBe(false);
    const socket = await shake();
    expect(nameOf(socket)).toBe('first');
    socket.destroy();
  });
});
