import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { logger } from '../telemetry/index.ts';
import { channelName, type Engine, NamedTurns, type Purpose, type Session, Turns } from './engine.ts';
import { parseServerAddress } from './server-address.ts';
import { type ConnectionOptions, newPool, parameter } from './server-connection.ts';
import { isConnectionLoss, serverError, unknownOutcome, unreachable } from './server-errors.ts';
import { ServerListener } from './server-listener.ts';

/** How patient a store is with its server. */
export interface ServerPatience {
  /** Longest wait for the answer to a statement, ms. Default 60,000. */
  readonly statementMs?: number;
  /** Longest wait for a connection, ms. Default 10,000. */
  readonly connectMs?: number;
  /** How often the connection that hears notices is tried, ms. Default 30,000. */
  readonly pingMs?: number;
}

/** Connections of a store for statements and transactions. */
const MOST_CONNECTIONS = 5;
/** Sections that one store is in or waits for at once. */
const MOST_SECTIONS = 5;
/** A turn is waited for while others have theirs, each of which may take as long as its statements. */
const TURN_STATEMENTS = 2;
/** Of a server that is not there yet when a store is opened. */
const RETRY_MS = 250;

const log = logger('store');

/**
 * Opens a schema on a PostgreSQL server. One that is starting is waited for.
 *
 * @throws EntrepotError UNREACHABLE; TypeError for what is no address
 */
export async function openServer(schema: string, url: string, patience: ServerPatience = {}): Promise<Engine> {
  const { statementMs = 60_000, connectMs = 10_000, pingMs = 30_000 } = patience;
  const address = parseServerAddress(url);
  const options: ConnectionOptions = { address, schema, connectMs, idleTransactionMs: statementMs };
  const pool = newPool(options, MOST_CONNECTIONS);
  try {
    await greet(pool, address.shown, connectMs);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return new Server(options, pool, statementMs, pingMs);
}

async function greet(pool: pg.Pool, server: string, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  for (let first = true; ; first = false) {
    try {
      (await pool.connect()).release();
      return;
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() + RETRY_MS > until) throw serverError(error, server);
      if (first) log.warn({ server, reason: (error as Error).message }, 'the database does not answer yet');
      await sleep(RETRY_MS);
    }
  }
}

class Server implements Engine {
  readonly turns = {};
  readonly #options: ConnectionOptions;
  readonly #pool: pg.Pool;
  readonly #statementMs: number;
  readonly #listener: ServerListener;
  /** Of this process, so that transactions that wait for their turn hold no connection. */
  readonly #writers = new Turns();
  readonly #sections = new NamedTurns();
  readonly #sectionPool: pg.Pool;
  readonly #waiting = new Set<pg.PoolClient>();

  constructor(options: ConnectionOptions, pool: pg.Pool, statementMs: number, pingMs: number) {
    this.#options = options;
    this.#pool = pool;
    this.#statementMs = statementMs;
    this.#listener = new ServerListener(options, pingMs);
    this.#sectionPool = newPool(options, MOST_SECTIONS);
  }

  query<R>(sql: string, parameters?: readonly unknown[]): Promise<R[]> {
    return this.#using(this.#pool, async (client) => (await this.#run<R>(client, sql, parameters)).rows);
  }

  begin(purpose: Purpose): string {
    const turn = lockKey(this.#options.schema);
    return purpose === 'reading'
      ? `BEGIN READ ONLY; SELECT pg_advisory_xact_lock_shared(${turn})`
      : `BEGIN; SELECT pg_advisory_xact_lock(${turn})`;
  }

  connected<T>(purpose: Purpose, work: (session: Session) => Promise<T>): Promise<T> {
    const run = (): Promise<T> =>
      this.#using(this.#pool, (client) => {
        // Statements of one transaction may be given at once; the driver takes one at a time.
        const turns = new Turns();
        const patience = purpose === 'migrating' ? Number.POSITIVE_INFINITY : this.#statementMs;
        return work({
          query: (sql, parameters) =>
            turns.take(async () => (await this.#run(client, sql, parameters, patience)).rows as never),
          exec: (sql) =>
            turns.take(async () => {
              await this.#run(client, sql, undefined, sql.startsWith('BEGIN') ? patience * TURN_STATEMENTS : patience);
            }),
        });
      });
    return purpose === 'reading' ? run() : this.#writers.take(run);
  }

  section<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { schema, address } = this.#options;
    const key = lockKey(`${schema}/${name}`);
    return this.#sections.take(name, () =>
      this.#using(this.#sectionPool, async (client) => {
        const lost = new AbortController();
        const ended = (): void =>
          lost.abort(unreachable(`the database at ${address.shown}`, `the section "${name}" is not held any more`));
        client.once('end', ended);
        try {
          this.#waiting.add(client);
          try {
            await this.#run(client, `SELECT pg_advisory_lock(${key})`, undefined, Number.POSITIVE_INFINITY);
          } finally {
            this.#waiting.delete(client);
          }
          const result = await work(lost.signal);
          await this.#run(client, `SELECT pg_advisory_unlock(${key})`).catch(() => {});
          return result;
        } catch (error) {
          // Whatever it is that went wrong: the lock goes with its session.
          await client.query(`SELECT pg_advisory_unlock(${key})`).catch(() => {});
          throw error;
        } finally {
          client.off('end', ended);
        }
      }),
    );
  }

  listen(channel: string, listener: Parameters<Engine['listen']>[1]): Promise<() => Promise<void>> {
    return this.#listener.listen(channelName(this.#options.schema, channel), listener);
  }

  async release(): Promise<void> {
    await this.#listener.close();
    // What waits for a section that others hold would wait on.
    for (const client of this.#waiting) void (client as unknown as pg.Client).end().catch(() => {});
    await this.#writers.over();
    await Promise.all([this.#pool.end(), this.#sectionPool.end()]);
  }

  /** Takes a connection for a piece of work; one that was lost, or has not ended its transaction, is thrown away. */
  async #using<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => {
      throw serverError(error, this.#options.address.shown);
    });
    let broken = false;
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    client.once('end', onError);
    try {
      return await work(client);
    } finally {
      client.off('error', onError);
      client.off('end', onError);
      client.release(broken || client.getTransactionStatus() !== 'I');
    }
  }

  async #run<R>(
    client: pg.ClientBase,
    sql: string,
    parameters?: readonly unknown[],
    patienceMs: number = this.#statementMs,
  ): Promise<{ readonly rows: R[] }> {
    const { shown } = this.#options.address;
    let late = false;
    const timer = Number.isFinite(patienceMs)
      ? setTimeout(() => {
          late = true;
          // Ended while a statement waits for its answer, a connection is torn down, and the statement fails.
          void (client as pg.Client).end().catch(() => {});
        }, patienceMs)
      : undefined;
    try {
      const { rows } =
        parameters === undefined || parameters.length === 0
          ? await client.query(sql)
          : await client.query(sql, parameters.map(parameter));
      return { rows: rows as R[] };
    } catch (error) {
      if (isConnectionLoss(error) && sql === 'COMMIT') throw unknownOutcome(error, shown);
      if (late) throw unreachable(`the database at ${shown}`, `no answer within ${patienceMs} ms`, error);
      throw serverError(error, shown);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The key of an advisory lock: 63 bits of the name's digest. */
function lockKey(name: string): bigint {
  const digest = hash('sha256', `entrepot/${name}`, 'buffer');
  return digest.readBigUInt64BE() >> 1n;
}
