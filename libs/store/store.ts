import { AsyncLocalStorage } from 'node:async_hooks';
import { acquireDatabase, type Database, quote } from './database.ts';

/** One step of a schema's history. Never change one that was released; add another. */
export interface Migration {
  /** Unique within the schema, for good: "0001-products". */
  readonly id: string;
  /** Statements, with names unqualified: they are made in the schema. */
  readonly sql: string;
}

/** How a store is opened. */
export interface StoreOptions {
  /** Where it is kept; created where it is missing. Absent: in memory, gone when closed. */
  directory?: string;
  /** Without a directory: stores that are given the same object share one database in memory. */
  memory?: object;
  /** Applied once each, in this order, all or none. */
  migrations: readonly Migration[];
  /** The schema that unqualified names mean; created where it is missing. */
  schema: string;
}

/** Tables of one owner in an embedded PostgreSQL. */
export interface Store {
  /**
   * Runs one statement. Parameters are `$1`, `$2`, …; arrays are PostgreSQL arrays. Rows are objects by column name:
   * bigint as number (bigint beyond ±(2^53 - 1)), numeric as text, timestamptz as Date, jsonb parsed.
   */
  query<R>(sql: string, parameters?: unknown[]): Promise<R[]>;
  /**
   * Runs work that takes effect as a whole, or, when it throws, not at all. Transactions run one after the other. Inside,
   * use `tx` and not the store: the store would wait for the transaction's end, and refuses instead. A transaction
   * within a transaction is undone by itself when it throws.
   */
  transaction<T>(work: (tx: Store) => Promise<T>): Promise<T>;
  /** Waits for the work under way, then closes. The last store of a directory gives the directory free. */
  close(): Promise<void>;
}

/** The transaction that the current code runs in. */
const within = new AsyncLocalStorage<{ readonly database: Database; over: boolean }>();

/**
 * Opens a store. Several schemas of one process may share a directory. What a `query` or `transaction` has acknowledged
 * survives the death of the process, kill -9 included; it is not forced to the disk, so it may not survive the loss of
 * power. The first use of a directory takes longer: a database is made.
 *
 * @throws DirectoryLockedError when another process has the directory open
 * @throws Error when a migration fails; none of them is then applied
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database = await acquireDatabase(options.directory, options.memory);
  try {
    await migrate(database, options);
  } catch (error) {
    await database.release();
    throw error;
  }
  return schemaStore(database, options.schema);
}

function schemaStore(database: Database, schema: string): Store {
  let closed: Promise<void> | undefined;
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed !== undefined) return Promise.reject(new Error(`the store of schema ${schema} is closed`));
    const transaction = within.getStore();
    if (transaction?.database === database && !transaction.over) {
      return Promise.reject(new Error('inside a transaction use its tx; the store itself would wait for its end'));
    }
    return database.exclusive(schema, work);
  };
  return {
    query: (sql, parameters) => exclusive(() => database.query(sql, parameters)),
    transaction: (work) =>
      exclusive(async () => {
        const transaction = { database, over: false };
        try {
          return await within.run(transaction, () => bracket(database, 'BEGIN', 'COMMIT', 'ROLLBACK', work, 1));
        } finally {
          transaction.over = true;
        }
      }),
    close() {
      closed ??= database.release();
      return closed;
    },
  };
}

async function bracket<T>(
  database: Database,
  begin: string,
  commit: string,
  rollback: string,
  work: (tx: Store) => Promise<T>,
  depth: number,
): Promise<T> {
  let over = false;
  const live = <R>(step: () => Promise<R>): Promise<R> =>
    over ? Promise.reject(new Error('the transaction is over')) : step();
  const point = `depth_${depth}`;
  const tx: Store = {
    query: (sql, parameters) => live(() => database.query(sql, parameters)),
    transaction: (inner) =>
      live(() => bracket(database, `SAVEPOINT ${point}`, `RELEASE ${point}`, `ROLLBACK TO ${point}`, inner, depth + 1)),
    close: () => Promise.reject(new Error('a transaction ends with its work; it cannot be closed')),
  };
  await database.exec(begin);
  try {
    const result = await work(tx);
    over = true;
    await database.exec(commit);
    return result;
  } catch (error) {
    over = true;
    await database.exec(rollback);
    throw error;
  }
}

/**
 * Applies the migrations that the schema has not had. One that was applied and is not in the list any more means that
 * an older program meets newer data, and is refused.
 */
async function migrate(database: Database, { schema, migrations }: StoreOptions): Promise<void> {
  await database.exclusive(schema, () =>
    bracket(
      database,
      'BEGIN',
      'COMMIT',
      'ROLLBACK',
      async (tx) => {
        await database.exec(
          `CREATE SCHEMA IF NOT EXISTS ${quote(schema)};
           CREATE TABLE IF NOT EXISTS migrations (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
        );
        const rows = await tx.query<{ id: string }>('SELECT id FROM migrations');
        const applied = new Set(rows.map(({ id }) => id));
        for (const { id, sql } of migrations) {
          if (applied.delete(id)) continue;
          try {
            await database.exec(sql);
          } catch (cause) {
            throw new Error(
              `migration ${id} of schema ${schema} failed: ${cause instanceof Error ? cause.message : cause}`,
              {
                cause,
              },
            );
          }
          await tx.query('INSERT INTO migrations (id) VALUES ($1)', [id]);
        }
        if (applied.size > 0) {
          throw new Error(
            `schema ${schema} was migrated by a newer version (${[...applied].join(', ')}); start that version, or another data directory`,
          );
        }
      },
      1,
    ),
  );
}
