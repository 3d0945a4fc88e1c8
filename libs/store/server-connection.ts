import { types as embedded } from '@electric-sql/pglite';
import pg from 'pg';
import { quote } from './engine.ts';
import type { ServerAddress } from './server-address.ts';

const { builtins: types } = pg.types;

/** Types of arrays with the type of their elements: those that a server has from the start. */
const arrays: ReadonlyMap<number, number> = new Map([
  [1000, types.BOOL],
  [1001, types.BYTEA],
  [1002, types.CHAR],
  [1003, types.TEXT],
  [1005, types.INT2],
  [1007, types.INT4],
  [1009, types.TEXT],
  [1014, types.BPCHAR],
  [1015, types.VARCHAR],
  [1016, types.INT8],
  [1021, types.FLOAT4],
  [1022, types.FLOAT8],
  [1028, types.OID],
  [1115, types.TIMESTAMP],
  [1182, types.DATE],
  [1185, types.TIMESTAMPTZ],
  [1231, types.NUMERIC],
  [199, types.JSON],
  [2951, types.UUID],
  [3807, types.JSONB],
]);

const asText = (text: string): string => text;

/** Rows have the types that PGlite gives them, by its own parsers. */
const rowTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => {
    const element = arrays.get(oid);
    const parser = embedded.parsers[element ?? oid] ?? asText;
    if (element !== undefined) return (text: string) => embedded.arrayParser(text, parser, oid);
    return (text: string) => parser(text, oid);
  },
};

/**
 * What every session begins with: names in the schema, the settings of PGlite where results depend on them, and an end of turns
 * and locks within minutes where a machine has vanished.
 */
function greeting(schema: string, idleTransactionMs: number): string {
  return `SET search_path TO ${quote(schema)};
    SET TimeZone TO 'UTC';
    SET DateStyle TO 'ISO, MDY';
    SET IntervalStyle TO 'postgres';
    SET bytea_output TO 'hex';
    SET tcp_keepalives_idle TO 30;
    SET tcp_keepalives_interval TO 10;
    SET tcp_keepalives_count TO 3;
    SET idle_in_transaction_session_timeout TO ${idleTransactionMs}`;
}

/** How connections are made. */
export interface ConnectionOptions {
  readonly address: ServerAddress;
  readonly schema: string;
  /** How long to wait for a connection, ms. */
  readonly connectMs: number;
  /** How long a transaction may wait for its process before the server ends it, ms: one that hangs must not hold its turn for good. */
  readonly idleTransactionMs: number;
}

/** The driver's options of one connection. */
function clientConfig({ address, schema, connectMs }: ConnectionOptions): pg.ClientConfig {
  return {
    connectionString: address.url,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    application_name: `entrepot/${schema}`,
    types: rowTypes,
  };
}

/** A pool of connections, each greeted. An idle connection that is lost is none of anybody's business: another is made. */
export function newPool(options: ConnectionOptions, most: number): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(options),
    max: most,
    idleTimeoutMillis: 30_000,
    onConnect: (client) => client.query(greeting(options.schema, options.idleTransactionMs)),
  });
  pool.on('error', () => {});
  return pool;
}

/** One connection, made and greeted. */
export async function connectAlone(options: ConnectionOptions): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(options));
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(greeting(options.schema, options.idleTransactionMs));
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** A parameter as PostgreSQL reads it whatever its type: dates in UTC, where the driver would write the machine's time. */
export function parameter(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(parameter);
  return value;
}
