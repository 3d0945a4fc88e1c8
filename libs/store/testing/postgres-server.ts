import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';

/** A PostgreSQL server of its own, on loopback, in a temporary folder. */
export interface PostgresServer {
  /** With user, password and database. */
  readonly url: string;
  /** What the url has for a password. */
  readonly password: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what it kept. */
  restart(): Promise<void>;
  /** It takes connections, and answers nothing until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

const folder = findPrograms();

/** Tests with a server of their own: skipped where the programs are absent, but not in CI. */
export function describeWithPostgres(name: string, tests: () => void): void {
  if (folder === undefined && process.env.CI) throw new Error('PostgreSQL is not installed');
  describe.skipIf(folder === undefined)(`${name} (skipped where PostgreSQL is not installed)`, tests);
}

/** Where initdb and postgres are: the newest of Debian's, else the PATH's. */
function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => path.join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.find((one) => existsSync(path.join(one, 'initdb')) && existsSync(path.join(one, 'postgres')));
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian makes for it. */
function identity(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

/** Starts a server on a free port. */
export async function startPostgres(): Promise<PostgresServer> {
  if (folder === undefined) throw new Error('PostgreSQL is not installed');
  const own = identity();
  const home = mkdtempSync(path.join(tmpdir(), 'entrepot-postgres-'));
  const password = `p:w@/${Math.random().toString(36).slice(2)}`;
  const passwordFile = path.join(home, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  if (own.uid !== undefined) {
    chmodSync(home, 0o700);
    chownSync(passwordFile, own.uid, own.gid!);
    chownSync(home, own.uid, own.gid!);
  }
  const data = path.join(home, 'data');
  const made = spawnSync(
    path.join(folder, 'initdb'),
    ['-D', data, '-U', 'entrepot', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C', '-N'],
    { ...own, cwd: home, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb ended:\n${made.stdout}${made.stderr}`);
  const port = await freePort();
  let running = await start(home, data, port, own);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await gone;
  };
  /** Of the server and each of its sessions. */
  const toAll = (signal: NodeJS.Signals): void => {
    const { pid } = running;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const one of [pid!, ...children.map(Number)]) process.kill(one, signal);
  };
  return {
    url: `postgres://entrepot:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    password,
    kill: () => end('SIGQUIT'),
    restart: async () => {
      await end('SIGQUIT');
      running = await start(home, data, port, own);
    },
    pause: () => toAll('SIGSTOP'),
    resume: () => toAll('SIGCONT'),
    close: async () => {
      await end('SIGQUIT');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function start(
  home: string,
  data: string,
  port: number,
  own: { readonly uid?: number; readonly gid?: number },
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: home,
    // Tests end servers, never machines.
    fsync: 'off',
    max_connections: 60,
    shared_buffers: '16MB',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(path.join(folder!, 'postgres'), ['-D', data, ...options], {
    ...own,
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 100_000) said += chunk;
    if (/ready to accept connections/i.test(said)) resolve();
  });
  child.once('error', reject);
  child.once('exit', () => reject(new Error(`postgres ended:\n${said}`)));
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
