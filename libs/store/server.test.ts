import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { EntrepotError } from '../errors/index.ts';
import { type Migration, notify, openStore, type SharedStore, type StoreOptions } from './index.ts';
import { conforms } from './testing/conformance.ts';
import { describeWithPostgres, type PostgresServer, startPostgres } from './testing/postgres-server.ts';

const migrations: Migration[] = [{ id: '1', sql: 'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)' }];

describeWithPostgres('on a server', () => {
  let server: PostgresServer;
  let schemas = 0;
  const stores: SharedStore[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(() => server?.close());

  function fresh(): { readonly url: string; readonly schema: string } {
    return { url: server.url, schema: `notes_${++schemas}` };
  }

  async function open(options: Partial<StoreOptions> = {}): Promise<SharedStore> {
    const store = await openStore({ migrations, ...fresh(), ...options });
    stores.push(store);
    return store;
  }

  /** What a promise was refused with. */
  async function refusal(work: Promise<unknown>): Promise<EntrepotError> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(EntrepotError);
    return error as EntrepotError;
  }

  conforms('on a server', () => ({ fresh }));

  it('readers run beside each other', async () => {
    const store = await open();
    const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Each waits until the other is in.
    await Promise.all([
      store.transaction(
        async (tx) => {
          await tx.query('SELECT 1');
          one.resolve();
          await two.promise;
        },
        { readOnly: true },
      ),
      store.transaction(
        async (tx) => {
          await tx.query('SELECT 1');
          two.resolve();
          await one.promise;
        },
        { readOnly: true },
      ),
    ]);
  });

  it('a server that ends and comes back costs what was under way, as UNREACHABLE, and nothing else', async () => {
    const store = await open({ patience: { connectMs: 2_000 } });
    await store.query("INSERT INTO notes VALUES (1, 'kept')");
    const entered = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const underWay = refusal(
      store.transaction(async (tx) => {
        await tx.query("INSERT INTO notes VALUES (2, 'undone')");
        entered.resolve();
        await ended.promise;
        await tx.query('SELECT 1');
      }),
    );
    const held = Promise.withResolvers<void>();
    const inSection = store.exclusively('s', async (signal) => {
      held.resolve();
      await once(signal, 'abort');
      return signal.reason as unknown;
    });
    await Promise.all([entered.promise, held.promise]);
    await server.kill();
    ended.resolve();
    expect(await underWay).toMatchObject({ reason: 'UNREACHABLE', metadata: { service: 'database' } });
    expect(await inSection).toMatchObject({ reason: 'UNREACHABLE' });
    expect(await refusal(store.query('SELECT 1'))).toMatchObject({ reason: 'UNREACHABLE' });
    expect(await refusal(store.exclusively('s', async () => 1))).toMatchObject({ reason: 'UNREACHABLE' });
    expect(await refusal(store.listen('c', () => {}))).toMatchObject({ reason: 'UNREACHABLE' });
    await server.restart();
    expect(await store.query('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
    expect(await store.exclusively('s', async () => 'free')).toBe('free');
  });

  it('listeners hear again after the connection was lost, and are told that they may have missed something', async () => {
    const [store, other] = [await open(), await open({ schema: `notes_${schemas}` })];
    const heard: (string | undefined)[] = [];
    let wake = (): void => {};
    await store.listen('changes', (text) => {
      heard.push(text);
      wake();
    });
    const until = async (count: number): Promise<void> => {
      while (heard.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    await notify(other, 'changes', 'before');
    await until(1);
    await server.restart();
    await until(2);
    await notify(other, 'changes', 'after');
    await until(3);
    expect(heard).toEqual(['before', undefined, 'after']);
  });

  it('a server that answers nothing is not waited for longer than said', async () => {
    const store = await open({ patience: { statementMs: 300, connectMs: 300 } });
    server.pause();
    try {
      expect(await refusal(store.query('SELECT 1'))).toMatchObject({
        reason: 'UNREACHABLE',
        message: expect.stringContaining('no answer within 300 ms'),
      });
      expect(await refusal(store.query('SELECT 1'))).toMatchObject({ reason: 'UNREACHABLE' });
    } finally {
      server.resume();
    }
    expect(await store.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('a process that hangs in a transaction does not hold the turn for good', async () => {
    const schema = `notes_${++schemas}`;
    const [hanging, other] = [await open({ schema, patience: { statementMs: 400 } }), await open({ schema })];
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const late = refusal(
      hanging.transaction(async (tx) => {
        await tx.query("INSERT INTO notes VALUES (1, 'late')");
        entered.resolve();
        await release.promise;
      }),
    );
    await entered.promise;
    await other.transaction((tx) => tx.query("INSERT INTO notes VALUES (1, 'in time')"));
    release.resolve();
    expect(await late).toMatchObject({ reason: 'UNREACHABLE' });
    expect(await other.query('SELECT text FROM notes')).toEqual([{ text: 'in time' }]);
  });

  it('a killed process gives up its turn and its section, and what it acknowledged is there', async () => {
    const schema = `notes_${++schemas}`;
    const child = fork(path.join(import.meta.dirname, 'writer.fixture.ts'), [server.url, schema], { execArgv: [] });
    let acknowledged = 0;
    child.on('message', (id) => {
      acknowledged = Number(id);
    });
    while (acknowledged < 40) await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await open({ schema });
    await store.exclusively('writing', async () => {
      const [row] = await store.query<{ last: number }>('SELECT max(id) AS last FROM notes');
      expect(row!.last).toBeGreaterThanOrEqual(acknowledged);
    });
  });

  it('a store that is closed lets nobody wait', async () => {
    const schema = `notes_${++schemas}`;
    const [holder, waiting] = [await open({ schema }), await open({ schema })];
    const [entered, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = holder.exclusively('s', () => {
      entered.resolve();
      return done.promise;
    });
    await entered.promise;
    const refused = refusal(waiting.exclusively('s', async () => 1));
    // It waits once the server says so.
    for (;;) {
      const [row] = await holder.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
      if (row !== undefined) break;
    }
    await waiting.close();
    expect(await refused).toMatchObject({ reason: 'UNREACHABLE' });
    done.resolve();
    await held;
  });

  it('never tells the password', async () => {
    const { password } = server;
    const encoded = encodeURIComponent(password);
    const wrong = server.url.replace(encoded, 'other-secret');
    const closedPort = server.url.replace(/:\d+\/postgres$/, ':1/postgres');
    const places = [
      wrong,
      closedPort,
      `${server.url}-none`,
      server.url.replace('postgres:', 'mysql:'),
      `postgres://u:${encoded}@`,
    ];
    for (const url of places) {
      const error = await openStore({ url, schema: 'x', migrations, patience: { connectMs: 300 } }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(Error);
      for (const text of [
        inspect(error, { depth: 10, showHidden: true }),
        JSON.stringify(error),
        (error as Error).message,
      ]) {
        for (const secret of [password, encoded, 'other-secret']) expect(text).not.toContain(secret);
      }
    }
  });

  it('says where the server is that cannot be reached', async () => {
    const url = server.url.replace(/:\d+\/postgres$/, ':1/postgres');
    const error = await refusal(openStore({ url, schema: 'x', migrations, patience: { connectMs: 300 } }));
    expect(error).toMatchObject({ reason: 'UNREACHABLE', message: expect.stringContaining('127.0.0.1:1/postgres') });
  });
});
