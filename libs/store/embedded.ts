import { existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Channels } from './channels.ts';
import { channelName, type Engine, NamedTurns, quote, Turns } from './engine.ts';
import { giveBack, takeDatabase } from './in-memory.ts';
import { lockDirectory } from './lock.ts';
import { createDatabase } from './template.ts';

/** One embedded PostgreSQL, used by one caller at a time. */
interface Database {
  query<R>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
  exec(sql: string): Promise<void>;
  /** Runs work that nothing else comes between, in the order of the calls, with unqualified names in the schema. */
  exclusive<T>(schema: string, work: () => Promise<T>): Promise<T>;
  readonly sections: NamedTurns;
  readonly channels: Channels;
  /** Gives up one use; the last one waits for the work under way, then closes. */
  release(): Promise<void>;
}

/** The default of 128 MB is taken in full by every database, and gains nothing where the system caches files as well. */
const settings = ['shared_buffers = 16MB', 'max_wal_size = 64MB'];

/** How long statements may keep the event loop busy between two turns of it. */
const turnMs = 4;

/** Databases in directories that this process has open, so that several schemas share one. */
const open = new Map<string, { uses: number; database: Promise<Database> }>();

/** Those that are being closed; their directory must be free before it is opened again. */
const closing = new Map<string, Promise<void>>();

/** Databases in memory that several stores share, by what they share. */
const shared = new WeakMap<object, { uses: number; database: Promise<Database> }>();

/**
 * Opens a schema of the embedded PostgreSQL of a directory, or of one in memory: a new one, or the one of `memory`.
 *
 * @throws DirectoryLockedError when another process has the directory open
 */
export async function openEmbedded(
  schema: string,
  { directory, memory }: { readonly directory?: string; readonly memory?: object },
): Promise<Engine> {
  const database = await acquire(directory, memory);
  // Statements, transactions and sections of one process wait for each other: it alone has the database open.
  return {
    turns: database,
    query: (sql, parameters) => database.exclusive(schema, () => database.query(sql, parameters)),
    begin: (purpose) => (purpose === 'reading' ? 'BEGIN READ ONLY' : 'BEGIN'),
    connected: (_, work) => database.exclusive(schema, () => work(database)),
    section: (name, work) => database.sections.take(`${schema}/${name}`, () => work(new AbortController().signal)),
    async listen(channel, listener) {
      const name = channelName(schema, channel);
      await database.exclusive(schema, () => database.exec(`LISTEN ${quote(name)}`));
      const end = database.channels.add(name, listener);
      return async () => end();
    },
    release: () => database.release(),
  };
}

/** Each call is one use. */
async function acquire(directory: string | undefined, memory: object = {}): Promise<Database> {
  if (directory === undefined) {
    const known = shared.get(memory);
    if (known !== undefined) {
      known.uses++;
      return known.database;
    }
    const database = inMemory(() => {
      const entry = shared.get(memory);
      if (entry === undefined || --entry.uses > 0) return false;
      return shared.delete(memory);
    });
    shared.set(memory, { uses: 1, database });
    database.catch(() => shared.delete(memory));
    return database;
  }
  mkdirSync(directory, { recursive: true });
  const key = realpathSync(directory);
  while (closing.has(key)) await closing.get(key);
  const known = open.get(key);
  if (known !== undefined) {
    known.uses++;
    return known.database;
  }
  const database = openDirectory(key, (close) => {
    const entry = open.get(key);
    if (entry === undefined || --entry.uses > 0) return Promise.resolve();
    open.delete(key);
    const closed = close().finally(() => closing.delete(key));
    closing.set(key, closed);
    return closed;
  });
  open.set(key, { uses: 1, database });
  database.catch(() => open.delete(key));
  return database;
}

async function inMemory(isLast: () => boolean): Promise<Database> {
  const engine = await takeDatabase({ postgresqlconf: settings });
  return handle(engine, async (deaf) => {
    if (!isLast()) return;
    deaf();
    await giveBack(engine);
  });
}

async function openDirectory(
  directory: string,
  release: (close: () => Promise<void>) => Promise<void>,
): Promise<Database> {
  const lock = lockDirectory(directory);
  try {
    const dataDir = path.join(directory, 'postgres');
    const draft = path.join(directory, 'postgres.draft');
    if (!existsSync(path.join(dataDir, 'PG_VERSION'))) {
      // Made aside and then renamed: a process that dies while making it leaves nothing that looks finished.
      rmSync(draft, { recursive: true, force: true });
      await (await createDatabase({ dataDir: draft, postgresqlconf: settings })).close();
      renameSync(draft, dataDir);
    }
    const engine = await PGlite.create({ dataDir, postgresqlconf: settings });
    return handle(engine, () => release(() => engine.close().finally(() => lock.release())));
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** @param release called at the end of each use, with what ends telling the database's notifications */
function handle(engine: PGlite, release: (deaf: () => void) => Promise<void>): Database {
  const turns = new Turns();
  const channels = new Channels();
  const deaf = engine.onNotification((channel, text) => channels.tell(channel, text));
  let current = 'public';
  let busyMs = 0;
  // PostgreSQL computes on this thread: after a few milliseconds of it, whatever else waits gets its turn.
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busyMs > turnMs) {
      busyMs = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const start = performance.now();
    try {
      return await work();
    } finally {
      busyMs += performance.now() - start;
    }
  };
  return {
    query: async <R>(sql: string, parameters: readonly unknown[] = []) =>
      (await timed(() => engine.query<R>(sql, [...parameters]))).rows,
    exec: async (sql) => {
      await timed(() => engine.exec(sql));
    },
    exclusive(schema, work) {
      return turns.take(async () => {
        if (schema !== current) {
          await engine.exec(`SET search_path TO ${quote(schema)}`);
          current = schema;
        }
        return work();
      });
    },
    sections: new NamedTurns(),
    channels,
    async release() {
      await turns.over();
      await release(deaf);
    },
  };
}
