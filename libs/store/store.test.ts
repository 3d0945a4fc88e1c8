import { afterEach, describe, expect, it } from 'vitest';
import { type Migration, openStore, type Store } from './index.ts';

const migrations: Migration[] = [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }];

const stores: Store[] = [];

async function open(options: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
  const store = await openStore({ migrations, schema: 'notes', ...options });
  stores.push(store);
  return store;
}

afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

describe('in memory', () => {
  it('reads what it wrote, in the types that are documented', async () => {
    const store = await open();
    await store.query('INSERT INTO notes VALUES ($1, $2)', [2 ** 40, 'a']);
    const rows = await store.query(
      "SELECT id, text, 1.50::numeric AS price, ARRAY['x','y'] AS list, '{\"a\":1}'::jsonb AS json FROM notes WHERE text = ANY($1)",
      [['a', 'b']],
    );
    expect(rows).toEqual([{ id: 2 ** 40, text: 'a', price: '1.50', list: ['x', 'y'], json: { a: 1 } }]);
  });

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

  it('undoes a transaction that throws, and nothing else', async () => {
    const store = await open();
    await store.query("INSERT INTO notes VALUES (1, 'kept')");
    const failing = store.transaction(async (tx) => {
      await tx.query("INSERT INTO notes VALUES (2, 'undone')");
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(store.query("INSERT INTO notes VALUES (1, 'again')")).rejects.toThrow('duplicate key');
    expect(await store.query('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
  });

  it('undoes an inner transaction by itself', async () => {
    const store = await open();
    await store.transaction(async (tx) => {
      await tx.query("INSERT INTO notes VALUES (1, 'outer')");
      await tx
        .transaction(async (inner) => {
          await inner.query("INSERT INTO notes VALUES (2, 'inner')");
          await inner.query("INSERT INTO notes VALUES (1, 'conflict')");
        })
        .catch(() => {});
      await tx.transaction((inner) => inner.query("INSERT INTO notes VALUES (3, 'second')"));
    });
    expect(await store.query('SELECT text FROM notes ORDER BY id')).toEqual([{ text: 'outer' }, { text: 'second' }]);
  });

  it('runs transactions one after the other', async () => {
    const store = await open();
    await store.query("INSERT INTO notes VALUES (1, '0')");
    await Promise.all(
      Array.from({ length: 20 }, () =>
        store.transaction(async (tx) => {
          const [row] = await tx.query<{ text: string }>('SELECT text FROM notes');
          await new Promise((resolve) => setImmediate(resolve));
          await tx.query('UPDATE notes SET text = $1', [String(Number(row!.text) + 1)]);
        }),
      ),
    );
    expect(await store.query('SELECT text FROM notes')).toEqual([{ text: '20' }]);
  });

  it('refuses what would wait for itself, and what comes too late', async () => {
    const store = await open();
    await expect(store.transaction(() => store.query('SELECT 1'))).rejects.toThrow('use its tx');
    let kept: Store | undefined;
    await store.transaction(async (tx) => {
      kept = tx;
    });
    await expect(kept!.query('SELECT 1')).rejects.toThrow('the transaction is over');
    await store.close();
    await expect(store.query('SELECT 1')).rejects.toThrow('closed');
  });
});
