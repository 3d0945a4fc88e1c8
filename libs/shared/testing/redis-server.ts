import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';

/** A server of Redis or Valkey of its own, on loopback, that keeps nothing. */
export interface RedisServer {
  readonly url: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address, empty. */
  restart(): Promise<void>;
  /** It takes connections, and answers nothing until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

/** Tests with a server of their own: skipped where the program is absent, but not in CI. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (program === undefined && process.env.CI) throw new Error('neither redis-server nor valkey-server is installed');
  describe.skipIf(program === undefined)(`${name} (skipped where redis-server is not installed)`, tests);
}

/** Starts a server on a free port. */
export async function startRedis({ password }: { readonly password?: string } = {}): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-redis-'));
  const port = await freePort();
  let running = await start(folder, port, password);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await gone;
  };
  return {
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL');
      running = await start(folder, port, password);
    },
    pause: () => running.kill('SIGSTOP'),
    resume: () => running.kill('SIGCONT'),
    close: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string, port: number, password: string | undefined): Promise<ChildProcess> {
  if (program === undefined) throw new Error('neither redis-server nor valkey-server is installed');
  const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no'];
  if (password !== undefined) own.push('--requirepass', password);
  const child = spawn(program, own, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
    if (/ready to accept connections/i.test(said)) resolve();
  });
  child.once('error', reject);
  child.once('exit', () => reject(new Error(`${program} ended:\n${said}`)));
  await promise;
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return address.port;
}
