import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryLockedError, lockDirectory, type Migration, openStore, type Store } from './index.ts';

const migrations: Migration[] = [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }];

// Each of these makes or opens a database on the disk, most of them several: seconds, so they are tried in CI's slow part.

let directory: string;
const stores: Store[] = [];
const children: ReturnType<typeof fork>[] = [];

async function open(options: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
  const store = await openStore({ migrations, schema: 'notes', ...options });
  stores.push(store);
  return store;
}

/** Another process that opens the directory and writes rows 1, 2, 3, … telling of each that was acknowledged. */
function writer(): { process: ReturnType<typeof fork>; acknowledged: number[]; ready: Promise<unknown> } {
  const child = fork(path.join(import.meta.dirname, 'writer.fixture.ts'), [directory], { execArgv: [] });
  children.push(child);
  const acknowledged: number[] = [];
  child.on('message', (message) => {
    if (typeof message === 'number') acknowledged.push(message);
  });
  return { process: child, acknowledged, ready: once(child, 'message') };
}

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'store-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(directory, { recursive: true, force: true });
});

describe('in a directory', () => {
  it('keeps what it was given', async () => {
    const first = await open({ directory });
    await first.query("INSERT INTO notes VALUES (1, 'kept')");
    await first.close();
    const second = await open({ directory });
    expect(await second.query('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
  });

  it('is shared by the schemas of one process, each with its own names', async () => {
    const [a, b] = await Promise.all([open({ directory, schema: 'a' }), open({ directory, schema: 'b"; --' })]);
    await Promise.all([a.query("INSERT INTO notes VALUES (1, 'a')"), b.query("INSERT INTO notes VALUES (1, 'b')")]);
    const texts = await Promise.all([a, b, a, b].map((store) => store.query('SELECT text FROM notes')));
    expect(texts.flat()).toEqual([{ text: 'a' }, { text: 'b' }, { text: 'a' }, { text: 'b' }]);
    await a.close();
    expect(await b.query('SELECT text FROM notes')).toEqual([{ text: 'b' }]);
  });

  it('can be opened again while it is being closed', async () => {
    const first = await open({ directory });
    const closing = first.close();
    const second = await open({ directory });
    await closing;
    expect(await second.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('applies each migration once, in order', async () => {
    await (await open({ directory })).close();
    const more = [...migrations, { id: '2', sql: "INSERT INTO notes VALUES (7, 'by migration')" }];
    await (await open({ directory, migrations: more })).close();
    const store = await open({ directory, migrations: more });
    expect(await store.query('SELECT id FROM notes')).toEqual([{ id: 7 }]);
  });

  it('applies none when one fails, and says which', async () => {
    const broken = [...migrations, { id: 'bad', sql: 'CREATE TABLE other (id bigint); SELECT no_such_function()' }];
    await expect(open({ directory, migrations: broken })).rejects.toThrow('migration bad of schema notes failed');
    const store = await open({ directory });
    expect(await store.query('SELECT count(*)::int AS n FROM notes')).toEqual([{ n: 0 }]);
  });

  it('refuses data that a newer version migrated', async () => {
    await (await open({ directory, migrations: [...migrations, { id: '2', sql: 'SELECT 1' }] })).close();
    await expect(open({ directory })).rejects.toThrow('newer version (2)');
  });
});

describe('the lock', () => {
  it('refuses a directory that another process has open, naming it', async () => {
    const other = writer();
    await other.ready;
    const refused = await open({ directory }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DirectoryLockedError);
    expect((refused as DirectoryLockedError).holder.pid).toBe(other.process.pid);
    expect((refused as DirectoryLockedError).message).toContain(`process ${other.process.pid}`);
  });

  it('is free again after release, and refuses a second holder in the same process', () => {
    const lock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(DirectoryLockedError);
    lock.release();
    lock.release();
    lockDirectory(directory).release();
  });

  it('ends with a killed process, and every acknowledged row is there', async () => {
    let highest = 0;
    for (let round = 0; round < 3; round++) {
      const other = writer();
      await other.ready;
      const enough = other.acknowledged.length + 40;
      while (other.acknowledged.length < enough) await once(other.process, 'message');
      other.process.kill('SIGKILL');
      await once(other.process, 'exit');
      const store = await open({ directory });
      const rows = await store.query<{ id: number }>('SELECT id FROM notes ORDER BY id');
      const ids = new Set(rows.map(({ id }) => id));
      expect(other.acknowledged.filter((id) => !ids.has(id))).toEqual([]);
      expect(rows.length).toBeGreaterThan(highest);
      highest = rows.length;
      await store.close();
    }
  }, 60_000);

  it('leaves nothing half made when the process dies while making a database', async () => {
    const child = fork(path.join(import.meta.dirname, 'writer.fixture.ts'), [directory], { execArgv: [] });
    while (!existsSync(path.join(directory, 'postgres.draft'))) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await open({ directory });
    expect(await store.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
