import { afterEach, describe, expect, it } from 'vitest';
import { type Migration, notify, openStore, type SharedStore, type Store, type StoreOptions } from '../index.ts';

const migrations: Migration[] = [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }];

/** Where stores are opened. */
export interface Place {
  /** A place that no test has used, in which several stores can be opened, as parts of one process or as processes. */
  fresh(): Pick<StoreOptions, 'url' | 'memory'> & { readonly schema: string };
}

/** What holds of every store, wherever it is kept. */
export function conforms(name: string, place: () => Place): void {
  const stores: Store[] = [];
  let here: ReturnType<Place['fresh']> | undefined;

  async function open(options: Partial<StoreOptions> = {}): Promise<SharedStore> {
    here ??= place().fresh();
    const store = await openStore({ migrations, ...here, ...options });
    stores.push(store);
    return store;
  }

  afterEach(async () => {
    here = undefined;
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  describe(name, () => {
    it('reads what it wrote, in the types that are documented', async () => {
      const store = await open();
      await store.query('INSERT INTO notes VALUES ($1, $2)', [2 ** 40, 'a']);
      const rows = await store.query(
        "SELECT id, text, 1.50::numeric AS price, ARRAY['x','y'] AS list, '{\"a\":1}'::jsonb AS json FROM notes WHERE text = ANY($1)",
        [['a', 'b']],
      );
      expect(rows).toEqual([{ id: 2 ** 40, text: 'a', price: '1.50', list: ['x', 'y'], json: { a: 1 } }]);
    });

    it('gives every type of a row alike, alone and in arrays', async () => {
      const store = await open();
      const [row] = await store.query(
        `SELECT 9007199254740993::bigint AS big, -7::bigint AS small, 7::smallint AS short, 0.1::float8 AS double, true AS yes,
           NULL::text AS none, '2026-03-29T01:30:00.123Z'::timestamptz AS moment, '2026-03-29'::date AS day,
           '\\x00ff'::bytea AS bytes, '[1,{"a":null}]'::json AS json, '1 day'::interval AS span,
           ARRAY[1,9007199254740993]::bigint[] AS bigs, ARRAY[1.50,NULL]::numeric[] AS prices, ARRAY[true,false] AS flags,
           ARRAY['2026-03-29T01:30:00Z'::timestamptz] AS moments, ARRAY[0.5,2]::float8[] AS doubles,
           ARRAY['a,"b"\\{','', NULL] AS texts, '{}'::text[] AS empty, ARRAY[ARRAY[1,2],ARRAY[3,4]] AS grid,
           ARRAY['{"a":1}'::jsonb] AS documents, now()::text AS said`,
      );
      const { said, ...others } = row as { said: string };
      expect(others).toEqual({
        big: 9007199254740993n,
        small: -7,
        short: 7,
        double: 0.1,
        yes: true,
        none: null,
        moment: new Date('2026-03-29T01:30:00.123Z'),
        day: new Date('2026-03-29T00:00:00Z'),
        bytes: new Uint8Array([0, 255]),
        json: [1, { a: null }],
        span: '1 day',
        bigs: [1, 9007199254740993n],
        prices: ['1.50', null],
        flags: [true, false],
        moments: [new Date('2026-03-29T01:30:00Z')],
        doubles: [0.5, 2],
        texts: ['a,"b"\\{', '', null],
        empty: [],
        grid: [
          [1, 2],
          [3, 4],
        ],
        documents: [{ a: 1 }],
      });
      // Times are written in UTC wherever the machine stands.
      expect(said).toMatch(/\+00$/);
    });

    it('takes every type of a parameter alike, alone and in arrays', async () => {
      const store = await open();
      const moment = new Date('2026-07-01T12:00:00.250Z');
      const odd = ['a,b', '"', '\\', '{}', '', 'NULL', 'é\u001e'];
      const [row] = await store.query(
        `SELECT $1::bigint AS number, $2::text AS text, $3::boolean AS yes, $4::timestamptz AS moment, $5::bytea AS bytes,
           $6::text AS none, $7::text[] AS texts, $8::bigint[] AS numbers, $9::double precision[] AS doubles,
           $10::jsonb AS json, $11::numeric AS price, $12::bigint AS big, $13::timestamptz[] AS moments, $14::smallint[] AS shorts`,
        [
          5,
          'x',
          false,
          moment,
          new Uint8Array([1, 2]),
          null,
          odd,
          [1, 2 ** 41],
          [0.1, -1e21],
          JSON.stringify([{ a: 1 }]),
          '0.10',
          9007199254740993n,
          [moment],
          [1, 2],
        ],
      );
      expect(row).toEqual({
        number: 5,
        text: 'x',
        yes: false,
        moment,
        bytes: new Uint8Array([1, 2]),
        none: null,
        texts: odd,
        numbers: [1, 2 ** 41],
        doubles: [0.1, -1e21],
        json: [{ a: 1 }],
        price: '0.10',
        big: 9007199254740993n,
        moments: [moment],
        shorts: [1, 2],
      });
    });

    it('refuses a text with U+0000 as what the caller should not have sent, alone and within a transaction', async () => {
      const store = await open();
      const reason = 'INVALID_FIELD';
      await expect(store.query('SELECT $1::text', ['a\0'])).rejects.toMatchObject({ reason });
      await expect(store.query('SELECT $1::text[]', [['a\0']])).rejects.toMatchObject({ reason });
      const within = store.transaction((tx) => tx.query('SELECT $1::text', ['a\0']));
      await expect(within).rejects.toMatchObject({ reason });
    });

    it('undoes a transaction that throws, and nothing else', async () => {
      const store = await open();
      await store.query("INSERT INTO notes VALUES (1, 'kept')");
      const failing = store.transaction(async (tx) => {
        await tx.query("INSERT INTO notes VALUES (2, 'undone')");
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await expect(store.query("INSERT INTO notes VALUES (1, 'again')")).rejects.toMatchObject({
        message: expect.stringContaining('duplicate key'),
        code: '23505',
      });
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

    it('never says that a transaction is done of which a statement has failed', async () => {
      const store = await open();
      const swallowing = store.transaction(async (tx) => {
        await tx.query("INSERT INTO notes VALUES (1, 'lost')");
        await tx.query('SELECT no_such_function()').catch(() => {});
      });
      await expect(swallowing).rejects.toThrow('no_such_function');
      expect(await store.query('SELECT * FROM notes')).toEqual([]);
    });

    it('runs transactions one after the other, those of other parts or processes included', async () => {
      const [a, b] = await Promise.all([open(), open()]);
      await a.query("INSERT INTO notes VALUES (1, '0')");
      await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 === 0 ? a : b).transaction(async (tx) => {
            const [row] = await tx.query<{ text: string }>('SELECT text FROM notes');
            await new Promise((resolve) => setImmediate(resolve));
            await tx.query('UPDATE notes SET text = $1', [String(Number(row!.text) + 1)]);
          }),
        ),
      );
      expect(await a.query('SELECT text FROM notes')).toEqual([{ text: '20' }]);
    });

    it('takes statements of a transaction that are given at once', async () => {
      const store = await open();
      await store.transaction(async (tx) => {
        await Promise.all([1, 2, 3].map((id) => tx.query('INSERT INTO notes VALUES ($1, $2)', [id, 'x'])));
      });
      expect(await store.query('SELECT count(*)::int AS n FROM notes')).toEqual([{ n: 3 }]);
    });

    it('refuses to write where a transaction said that it reads', async () => {
      const store = await open();
      await store.query("INSERT INTO notes VALUES (1, 'a')");
      const options = { readOnly: true };
      expect(await store.transaction((tx) => tx.query('SELECT text FROM notes'), options)).toEqual([{ text: 'a' }]);
      const writing = store.transaction((tx) => tx.query('DELETE FROM notes'), options);
      await expect(writing).rejects.toMatchObject({ code: '25006' });
    });

    it('refuses what would wait for itself, and what comes too late', async () => {
      const store = await open();
      await expect(store.transaction(() => store.query('SELECT 1'))).rejects.toThrow('use its tx');
      await expect(store.transaction(() => store.exclusively('a', async () => 1))).rejects.toThrow('use its tx');
      let kept: Store | undefined;
      await store.transaction(async (tx) => {
        kept = tx;
      });
      await expect(kept!.query('SELECT 1')).rejects.toThrow('the transaction is over');
      await store.close();
      await expect(store.query('SELECT 1')).rejects.toThrow('closed');
    });

    it('migrates once where several start at once, and refuses what a newer version migrated', async () => {
      const first = place().fresh();
      const more = [...migrations, { id: '2', sql: "INSERT INTO notes VALUES (7, 'by migration')" }];
      const all = await Promise.all(Array.from({ length: 4 }, () => open({ ...first, migrations: more })));
      for (const store of all) expect(await store.query('SELECT id FROM notes')).toEqual([{ id: 7 }]);
      await expect(open({ ...first })).rejects.toThrow('newer version (2)');
    });

    it('applies no migration when one fails, and says which', async () => {
      const first = place().fresh();
      const held = await open({ ...first, schema: `${first.schema}_other` });
      const broken = [...migrations, { id: 'bad', sql: 'CREATE TABLE other (id bigint); SELECT no_such_function()' }];
      const reason = `migration bad of schema ${first.schema} failed`;
      await expect(open({ ...first, migrations: broken })).rejects.toThrow(reason);
      expect(await held.query('SELECT FROM pg_namespace WHERE nspname = $1', [first.schema])).toEqual([]);
      expect(await (await open({ ...first })).query('SELECT * FROM notes')).toEqual([]);
    });

    it('keeps schemas apart, whatever they are called', async () => {
      const { schema, ...where } = place().fresh();
      const [a, b] = await Promise.all([open({ ...where, schema }), open({ ...where, schema: `${schema}"; -- ` })]);
      await Promise.all([a.query("INSERT INTO notes VALUES (1, 'a')"), b.query("INSERT INTO notes VALUES (1, 'b')")]);
      const texts = await Promise.all([a, b, a, b].map((store) => store.query('SELECT text FROM notes')));
      expect(texts.flat()).toEqual([{ text: 'a' }, { text: 'b' }, { text: 'a' }, { text: 'b' }]);
    });
  });

  describe(`sections: ${name}`, () => {
    it('let one in at a time by name, also from elsewhere, and use the store meanwhile', async () => {
      const [a, b] = await Promise.all([open(), open()]);
      let inside = 0;
      let most = 0;
      await Promise.all(
        [a, b, a, b, a, b].map((store, id) =>
          store.exclusively('one', async (signal) => {
            most = Math.max(most, ++inside);
            await store.transaction((tx) => tx.query('INSERT INTO notes VALUES ($1, $2)', [id, 'x']));
            await store.query('SELECT 1');
            inside--;
            expect(signal.aborted).toBe(false);
          }),
        ),
      );
      expect(most).toBe(1);
      expect(await a.query('SELECT count(*)::int AS n FROM notes')).toEqual([{ n: 6 }]);
    });

    it('of different names do not wait for each other; one that failed is free', async () => {
      const [a, b] = await Promise.all([open(), open()]);
      const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      // Each waits until the other is in.
      await Promise.all([
        a.exclusively('x', () => {
          one.resolve();
          return two.promise;
        }),
        b.exclusively('y', () => {
          two.resolve();
          return one.promise;
        }),
      ]);
      await expect(a.exclusively('x', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(await b.exclusively('x', async () => 'free')).toBe('free');
    });

    it('do not go into each other', async () => {
      const store = await open();
      await expect(store.exclusively('x', () => store.exclusively('y', async () => 1))).rejects.toThrow('section');
    });
  });

  describe(`notices: ${name}`, () => {
    /** What a channel says, to be waited for. */
    async function ear(
      store: SharedStore,
      channel: string,
    ): Promise<{ next(): Promise<string>; end(): Promise<void> }> {
      const heard: (string | undefined)[] = [];
      let wake = (): void => {};
      const end = await store.listen(channel, (text) => {
        heard.push(text);
        wake();
      });
      const next = async (): Promise<string> => {
        while (heard.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return heard.shift() ?? 'missed';
      };
      return { next, end };
    }

    it('are heard by all who listen, in order, and by nobody else', async () => {
      const [a, b] = await Promise.all([open(), open()]);
      const [one, two, other] = [await ear(a, 'changes'), await ear(b, 'changes'), await ear(b, 'others')];
      await notify(a, 'changes', '1');
      await notify(b, 'changes', '2');
      await notify(a, 'others', '3');
      expect([await one.next(), await one.next()]).toEqual(['1', '2']);
      expect([await two.next(), await two.next()]).toEqual(['1', '2']);
      expect(await other.next()).toBe('3');
      await one.end();
      await one.end();
      await notify(a, 'changes', '4');
      expect(await two.next()).toBe('4');
    });

    it('of a transaction are heard once it is committed, and not at all when it is undone', async () => {
      const [a, b] = await Promise.all([open(), open()]);
      const { next } = await ear(b, 'changes');
      const undone = a.transaction(async (tx) => {
        await notify(tx, 'changes', 'undone');
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
      await a.transaction(async (tx) => {
        await tx.query("INSERT INTO notes VALUES (1, 'seen')");
        await notify(tx, 'changes', 'done');
      });
      expect(await next()).toBe('done');
      expect(await b.query('SELECT text FROM notes')).toEqual([{ text: 'seen' }]);
    });

    it('may make a listener use the store, and do no harm where it fails', async () => {
      const store = await open();
      const read = Promise.withResolvers<unknown>();
      await store.listen('changes', () => {
        throw new Error('a defect');
      });
      await store.listen('changes', () => store.query('SELECT text FROM notes').then(read.resolve, read.reject));
      await store.transaction(async (tx) => {
        await tx.query("INSERT INTO notes VALUES (1, 'a')");
        await notify(tx, 'changes', '');
      });
      expect(await read.promise).toEqual([{ text: 'a' }]);
    });

    it('stay in their schema, and are short', async () => {
      const { schema, ...where } = place().fresh();
      const [a, b] = [await open({ ...where, schema }), await open({ ...where, schema: `${schema}_b` })];
      const [one, two] = [await ear(a, 'changes'), await ear(b, 'changes')];
      await notify(a, 'changes', 'for a');
      await notify(b, 'changes', 'é'.repeat(3_999));
      expect(await one.next()).toBe('for a');
      expect(await two.next()).toBe('é'.repeat(3_999));
      await expect(notify(a, 'changes', 'é'.repeat(4_000))).rejects.toThrow('7,999 bytes');
      await expect(a.listen('x'.repeat(63), () => {})).rejects.toThrow('is no channel');
    });
  });
}
