import { AsyncLocalStorage } from 'node:async_hooks';
import { EntrepotError } from '../errors/index.ts';
import { openEmbedded } from './embedded.ts';
import { type Engine, type Purpose, quote, type Session } from './engine.ts';
import type { ServerPatience } from './server.ts';

/** One step of a schema's history. Never change one that was released; add another. */
export interface Migration {
  /** Unique within the schema, for good: "0001-products". */
  readonly id: string;
  /** Statements, with names unqualified: they are made in the schema. */
  readonly sql: string;
}

/** How a store is opened. */
export interface StoreOptions {
  /** A PostgreSQL server: `postgres://user:password@host:5432/database`, for processes that share what is kept. */
  url?: string;
  /** Without a url: where the embedded PostgreSQL is kept; created where it is missing. Absent: in memory, gone when closed. */
  directory?: string;
  /** Without a directory: stores that are given the same object share one database in memory. */
  memory?: object;
  /** Applied once each, in this order, all or none; also where several processes start at once. */
  migrations: readonly Migration[];
  /** The schema that unqualified names mean; created where it is missing. */
  schema: string;
  /** How long a server is waited for. */
  patience?: ServerPatience;
}

/** How a transaction is run. */
export interface TransactionOptions {
  /**
   * It reads alone, which is checked: on a server such transactions run beside each other, though never beside one that writes.
   * Default false.
   */
  readonly readOnly?: boolean;
}

/** Tables of one owner in PostgreSQL, embedded or on a server. */
export interface Store {
  /**
   * Runs one statement. Parameters are `$1`, `$2`, …: texts, numbers, booleans, Dates, Uint8Arrays, null, arrays of them for
   * PostgreSQL arrays, and JSON as its text. Rows are objects by column name: bigint as number (bigint beyond ±(2^53 - 1)),
   * numeric as text, timestamptz as Date, jsonb parsed, arrays as arrays. Throws the database's error, with `code` (SQLSTATE), or
   * EntrepotError UNREACHABLE where a server cannot be reached or the connection was lost: the statement may then have taken effect.
   */
  query<R>(sql: string, parameters?: unknown[]): Promise<R[]>;
  /**
   * Runs work that takes effect as a whole, or, when it throws, not at all. Transactions of a schema run one after the other, those
   * of other processes on the same server included. Inside, use `tx` and not the store: the store would wait for the
   * transaction's end, and refuses instead. A transaction within a transaction is undone by itself when it throws; a statement that
   * failed outside of one fails the whole. Throws what `query` does; UNREACHABLE with metadata "outcome" "unknown" where the
   * connection was lost while it was being committed.
   */
  transaction<T>(work: (tx: Store) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Waits for the work under way, then closes. The last store of a directory gives the directory free. Whoever waits for a section
   * that another process is in gets UNREACHABLE.
   */
  close(): Promise<void>;
}

/** A store with what processes need that share it. On the embedded PostgreSQL they are parts of one process. */
export interface SharedStore extends Store {
  /**
   * Runs work that no other part or process does at the same time under this name in this schema; the others wait. Its statements
   * and transactions are the store's own. The signal is aborted, with EntrepotError UNREACHABLE, when the connection is lost that
   * holds the section: others may then be in it. Sections do not go into each other, nor into a transaction.
   */
  exclusively<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Hears what `notify` says on a channel of this schema, by any part or process, from the moment on that this resolves until the
   * returned function is called. Hears undefined where it may have missed something: the connection was lost and is there again.
   * Throws UNREACHABLE where it cannot begin now; TypeError for a name of 63 bytes or more, the schema's included.
   */
  listen(channel: string, listener: (text: string | undefined) => void): Promise<() => Promise<void>>;
}

/** Bytes of the longest notice that PostgreSQL takes. */
const MOST_NOTICE_BYTES = 7_999;

/**
 * Says a text on a channel of the store's schema. In a transaction it is heard when that is committed, or not at all.
 * Throws TypeError for a text of 8,000 bytes or more: say where to look, and keep what is long in a table.
 */
export async function notify(store: Store, channel: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > MOST_NOTICE_BYTES) throw new TypeError('a notice has at most 7,999 bytes');
  await store.query("SELECT pg_notify(current_schema() || '/' || $1::text, $2)", [channel, text]);
}

/** What the current code runs in. */
const within = new AsyncLocalStorage<{ readonly turns: object; readonly section: boolean; over: boolean }>();

/**
 * Opens a store: on the server of `url`, else embedded. Several schemas of one process may share a directory; several processes may
 * share a server.
 *
 * What a `query` or `transaction` has acknowledged survives the death of the process, kill -9 included. Embedded it is not forced
 * to the disk, so it may not survive the loss of power; a server keeps it as it is configured to. The first use of a directory
 * takes longer: a database is made. A server that does not answer yet is waited for (`patience.connectMs`).
 *
 * @throws DirectoryLockedError when another process has the directory open
 * @throws EntrepotError UNREACHABLE when there is no server
 * @throws TypeError when `url` is none; it is not quoted, for it may hold a password
 * @throws Error when a migration fails; none of them is then applied
 */
export async function openStore(options: StoreOptions): Promise<SharedStore> {
  const { url, schema, patience, ...place } = options;
  // The driver is loaded by those alone who have a server.
  const engine =
    url === undefined
      ? await openEmbedded(schema, place)
      : await (await import('./server.ts')).openServer(schema, url, patience);
  try {
    await migrate(engine, options);
  } catch (error) {
    await engine.release();
    throw error;
  }
  return schemaStore(engine, schema);
}

function schemaStore(engine: Engine, schema: string): SharedStore {
  const { turns } = engine;
  let closed: Promise<void> | undefined;
  const refused = (): Error | undefined => {
    if (closed !== undefined) return new Error(`the store of schema ${schema} is closed`);
    const around = within.getStore();
    if (around?.turns === turns && !around.over && !around.section) {
      return new Error('inside a transaction use its tx; the store itself would wait for its end');
    }
    return undefined;
  };
  const unlessRefused = async <T>(work: () => Promise<T>): Promise<T> => {
    const reason = refused();
    if (reason !== undefined) throw reason;
    try {
      return await work();
    } catch (error) {
      throw isNoText(error) ? noText(error) : error;
    }
  };
  const inside = async <T>(section: boolean, work: () => Promise<T>): Promise<T> => {
    const around = { turns, section, over: false };
    try {
      return await within.run(around, work);
    } finally {
      around.over = true;
    }
  };
  return {
    query: (sql, parameters) => unlessRefused(() => engine.query(sql, parameters)),
    transaction: (work, { readOnly = false } = {}) =>
      unlessRefused(() => {
        const purpose = readOnly ? 'reading' : 'writing';
        return engine.connected(purpose, (session) => inside(false, () => begun(engine, session, purpose, work)));
      }),
    exclusively: (name, work) =>
      unlessRefused(() => {
        const around = within.getStore();
        if (around?.turns === turns && !around.over) {
          throw new Error(
            'a section does not go into another: two that go the other way round would wait for each other',
          );
        }
        return engine.section(name, (signal) => inside(true, () => work(signal)));
      }),
    listen: (channel, listener) => unlessRefused(() => engine.listen(channel, listener)),
    close() {
      closed ??= engine.release();
      return closed;
    },
  };
}

/** What PostgreSQL says of a text with U+0000, the one character that it does not take. */
function isNoText(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '22021';
}

function noText(cause: unknown): EntrepotError {
  const message = 'A text holds the character U+0000, which nothing that is stored can have; leave it out.';
  return new EntrepotError({ reason: 'INVALID_FIELD', message, cause });
}

/** A transaction on a connection that nobody else has. */
function begun<T>(engine: Engine, session: Session, purpose: Purpose, work: (tx: Store) => Promise<T>): Promise<T> {
  return bracket(session, engine.begin(purpose), 'COMMIT', 'ROLLBACK', work, 1);
}

async function bracket<T>(
  session: Session,
  begin: string,
  commit: string,
  rollback: string,
  work: (tx: Store) => Promise<T>,
  depth: number,
): Promise<T> {
  let over = false;
  // After it PostgreSQL undoes the whole, and answers a COMMIT all the same.
  let failed: { readonly error: unknown } | undefined;
  const live = <R>(step: () => Promise<R>): Promise<R> =>
    over ? Promise.reject(new Error('the transaction is over')) : step();
  const point = `depth_${depth}`;
  const tx: Store = {
    query: (sql, parameters) =>
      live(async () => {
        try {
          return await session.query(sql, parameters);
        } catch (error) {
          failed ??= { error };
          throw error;
        }
      }),
    transaction: (inner) =>
      live(() => bracket(session, `SAVEPOINT ${point}`, `RELEASE ${point}`, `ROLLBACK TO ${point}`, inner, depth + 1)),
    close: () => Promise.reject(new Error('a transaction ends with its work; it cannot be closed')),
  };
  await session.exec(begin);
  try {
    const result = await work(tx);
    over = true;
    if (failed !== undefined) throw failed.error;
    await session.exec(commit);
    return result;
  } catch (error) {
    over = true;
    // Where that fails too, the connection is gone and the transaction with it; why it came to that is what matters.
    await session.exec(rollback).catch(() => {});
    throw error;
  }
}

/**
 * Applies the migrations that the schema has not had. One that was applied and is not in the list any more means that
 * an older program meets newer data, and is refused.
 */
async function migrate(engine: Engine, { schema, migrations }: StoreOptions): Promise<void> {
  await engine.connected('migrating', (session) =>
    // In the schema's turn, so that of processes that start together one migrates and the others find it done.
    begun(engine, session, 'migrating', async (tx) => {
      // Whoever may not create schemas may use one that is there.
      const [there] = await tx.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
      if (there === undefined) await session.exec(`CREATE SCHEMA ${quote(schema)}`);
      await session.exec(
        'CREATE TABLE IF NOT EXISTS migrations (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
      );
      const rows = await tx.query<{ id: string }>('SELECT id FROM migrations');
      const applied = new Set(rows.map(({ id }) => id));
      for (const { id, sql } of migrations) {
        if (applied.delete(id)) continue;
        try {
          await session.exec(sql);
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : cause;
          throw new Error(`migration ${id} of schema ${schema} failed: ${reason}`, { cause });
        }
        await tx.query('INSERT INTO migrations (id) VALUES ($1)', [id]);
      }
      if (applied.size > 0) {
        throw new Error(
          `schema ${schema} was migrated by a newer version (${[...applied].join(', ')}); start that version, or another data directory or database`,
        );
      }
    }),
  );
}
