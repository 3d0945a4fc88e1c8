import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from './connect.ts';
import { collect, EchoDefinition, failure } from './test-service.ts';

interface Running {
  readonly child: ChildProcess;
  readonly address: string;
  readonly output: () => string;
}

const children = new Set<ChildProcess>();
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

function launch(address: string, env: Record<string, string> = {}, extra: string[] = []) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'test-main.ts'), address, ...extra], {
    env: { ...process.env, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  const ready = Promise.withResolvers<string>();
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const match = /^echo ready on (\S+)$/m.exec(output);
    if (match?.[1] !== undefined) ready.resolve(match[1]);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { child, ready: ready.promise, output: () => output };
}

async function start(address = '127.0.0.1:0', env: Record<string, string> = {}): Promise<Running> {
  const { child, ready, output } = launch(address, env);
  return { child, address: await ready, output };
}

function clientOf(address: string) {
  const { client, close } = connect(EchoDefinition, { address });
  closers.push(close);
  return client;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a service in its own process', () => {
  it('says when it is ready, finishes accepted calls on SIGTERM, closes and exits with 0', async () => {
    const running = await start();
    const client = clientOf(running.address);
    await client.say({ text: 'warm', count: 0 });
    // The stream's first message proves that the server has accepted; the slow call is sent on the same connection.
    const slow = client.say({ text: 'slow', count: 300 });
    await collect(client.count({ text: 'x', count: 1 }));
    running.child.kill('SIGTERM');
    expect(await slow).toEqual({ text: 'slow', count: 300 });
    const [code] = await once(running.child, 'exit');
    expect(code).toBe(0);
    expect(running.output()).toBe(`echo ready on ${running.address}\nclosed\n`);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'exits within 2 s of %s when idle, with a client connected',
    async (signal) => {
      const running = await start();
      await clientOf(running.address).say({ text: 'x', count: 0 });
      const started = performance.now();
      running.child.kill(signal);
      expect(await once(running.child, 'exit')).toEqual([0, null]);
      expect(performance.now() - started).toBeLessThan(2_000);
    },
  );

  it('is reached again by the same client after it was killed and restarted', async () => {
    const running = await start();
    const client = clientOf(running.address);
    await client.say({ text: 'before', count: 0 });
    const cut = failure(client.say({ text: 'cut', count: 60_000 }, { timeoutMs: 4_000 }));
    await collect(client.count({ text: 'x', count: 1 }));
    running.child.kill('SIGKILL');
    await once(running.child, 'exit');
    expect(await cut).toMatchObject({ reason: 'UNREACHABLE', code: 14 });
    await start(running.address);
    // At most 300 ms pass between two attempts to connect, and retries bridge more.
    const deadline = Date.now() + 5_000;
    let answer: unknown;
    while (answer === undefined && Date.now() < deadline) {
      answer = await client.say({ text: 'after', count: 0 }).catch(() => undefined);
    }
    expect(answer).toEqual({ text: 'after', count: 0 });
  });

  it('exits with 1 and the reason where it cannot start', async () => {
    const { child, output } = launch('127.0.0.1:0', {}, ['fail']);
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(output()).toContain('no configuration');
    const taken = await start();
    const second = launch(taken.address);
    expect(await once(second.child, 'exit')).toEqual([1, null]);
    expect(second.output()).toContain('EADDRINUSE');
  });

  it('serves its metrics where the standard variable says', async () => {
    const port = await freePort();
    const running = await start('127.0.0.1:0', { OTEL_EXPORTER_PROMETHEUS_PORT: `${port}` });
    await clientOf(running.address).say({ text: 'x', count: 0 });
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('rpc_server_call_duration_count');
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
  });
});
