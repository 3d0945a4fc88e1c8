import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Migration, notify, openStore, type SharedStore, type Store } from './index.ts';
import { conforms } from './testing/conformance.ts';

const migrations: Migration[] = [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }];

const stores: Store[] = [];

async function open(options: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
  const store = await openStore({ migrations, schema: 'notes', ...options });
  stores.push(store);
  return store;
}

afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

/** One database for all of them, which takes a second to make; it is there as long as somebody has it open. */
const memory = {};
let keeper: Store | undefined;
let schemas = 0;
beforeAll(async () => {
  keeper = await openStore({ migrations: [], schema: 'keeper', memory });
});
afterAll(() => keeper?.close());

conforms('in memory', () => ({ fresh: () => ({ memory, schema: `notes_${++schemas}` }) }));

describe('in memory', () => {
  it('keeps two stores apart', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    await a.query("INSERT INTO notes VALUES (1, 'a')");
    expect(await b.query('SELECT * FROM notes')).toEqual([]);
  });

  it('keeps what two stores share until the last of them is closed', async () => {
    const memory = {};
    const [a, b] = await Promise.all([open({ memory }), open({ memory, schema: 'others' })]);
    await a.query("INSERT INTO notes VALUES (1, 'a')");
    expect(await b.query('SELECT * FROM others.notes')).toEqual([]);
    expect(await b.query('SELECT text FROM notes.notes')).toEqual([{ text: 'a' }]);
    await a.close();
    expect(await b.query('SELECT text FROM notes.notes')).toEqual([{ text: 'a' }]);
    await b.close();
    expect(await (await open({ memory })).query('SELECT * FROM notes')).toEqual([]);
  });

  it('lets the process end once it is closed', async () => {
    const module = JSON.stringify(new URL('./index.ts', import.meta.url).href);
    const script = `const { openStore } = await import(${module});
      const store = await openStore({ schema: 'notes', migrations: [] });
      await store.close();
      console.log('closed');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(stdout).toBe('closed\n');
  });

  it('has nothing left for the next of what it held when it was closed: data, schemas, settings, listeners', async () => {
    const told: string[] = [];
    const shared = (): Promise<SharedStore> => openStore({ migrations, schema: 'notes', memory: {} });
    const first = await shared();
    await first.query("INSERT INTO notes VALUES (1, 'a')");
    await first.query("SET statement_timeout = '3s'");
    await first.query('CREATE SCHEMA elsewhere');
    await first.listen('news', () => told.push('first'));
    await first.close();
    const next = await shared();
    stores.push(next);
    const heard = new Promise((resolve) => void next.listen('news', resolve));
    expect(await next.query('SELECT * FROM notes')).toEqual([]);
    expect(await next.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '0' }]);
    expect(await next.query("SELECT 1 FROM pg_namespace WHERE nspname = 'elsewhere'")).toEqual([]);
    await notify(next, 'news', 'of today');
    expect(await heard).toBe('of today');
    expect(told).toEqual([]);
  });
});
