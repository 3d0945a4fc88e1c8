import type { Store } from '../../../libs/store/index.ts';
import { FeedLoad } from './feed-load.ts';
import { PushLog } from './push-log.ts';
import { addShelf, tableOf } from './schema.ts';
import type { Lookup } from './types.ts';

/** What is known of a partner's inventory. */
export interface InventoryState {
  /** Rows that can be found. */
  readonly rows: number;
  /** Rows of the last file that could not be read. */
  readonly unreadable: number;
  /** Bytes of the last file, decompressed. */
  readonly bytes: number;
  /** How long the last file took, ms. */
  readonly durationMs: number;
  /** Of the last file, for asking whether it has changed. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Digest of the manifest by which rows are indexed. */
  readonly manifest: string;
  /** When something came last, if only the news that nothing has changed; epoch ms. */
  readonly receivedAt: number | undefined;
  /** When rows changed last, epoch ms. */
  readonly changedAt: number | undefined;
  /** When something was refused or broke last, epoch ms; undefined once something has come since. */
  readonly failedAt: number | undefined;
  /** What went wrong then. */
  readonly failure: string;
}

interface StateRow {
  readonly shelf: number | null;
  readonly manifest: string;
  readonly row_count: number;
  readonly unreadable: number;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly etag: string | null;
  readonly last_modified: string | null;
  readonly received_at: Date | null;
  readonly changed_at: Date | null;
  readonly failed_at: Date | null;
  readonly failure: string;
}

/** Noted instead of a number of rows that changes with every message: it is counted when it is asked for. */
const COUNTED = -1;

const readOnly = { readOnly: true };

/** The rows that partners have handed over, in a store of the schema `inventoryStore`. */
export class Inventory {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The rows that are looked for, as the text of an answer: `{"rows": […], "<collection>": […]}`, each as it came.
   * Undefined where the partner has handed nothing over yet.
   */
  async find(partner: string, lookup: Lookup): Promise<string | undefined> {
    return this.#store.transaction(async (tx) => {
      const shelf = await shelfOf(partner, tx);
      if (shelf === undefined) return undefined;
      const table = tableOf(shelf);
      const found = await select(table, lookup, tx);
      const parts = [`"rows":${listOf(found)}`];
      for (const { collection, linksOf } of lookup.beside) {
        const links = new Set(
          found.flatMap((row) => (linksOf === undefined ? row.links : linksOf(JSON.parse(row.row)))),
        );
        const sql = `SELECT row FROM ${table} WHERE collection = $1 AND links && $2 AND links <> '{}' AND row IS NOT NULL ORDER BY key`;
        const beside = links.size === 0 ? [] : await tx.query<{ row: string }>(sql, [collection, [...links]]);
        parts.push(`${JSON.stringify(collection)}:${listOf(beside)}`);
      }
      return `{${parts.join(',')}}`;
    }, readOnly);
  }

  /** What is known of a partner; undefined where nothing has ever come. */
  async state(partner: string): Promise<InventoryState | undefined> {
    return this.#store.transaction(async (tx) => {
      const [row] = await tx.query<StateRow>('SELECT * FROM partners WHERE partner = $1', [partner]);
      if (row === undefined) return undefined;
      if (row.shelf === null || row.row_count !== COUNTED) return stateOf(row, row.row_count);
      const sql = `SELECT count(*)::int AS rows FROM ${tableOf(row.shelf)} WHERE collection = '' AND row IS NOT NULL`;
      const [counted] = await tx.query<{ rows: number }>(sql);
      return stateOf(row, counted!.rows);
    }, readOnly);
  }

  /** Begins to read a partner's feed. What an earlier attempt left behind is cleared away. */
  load(partner: string): Promise<FeedLoad> {
    return FeedLoad.begin(this.#store, partner);
  }

  /** The partner says that its file is what it was. */
  async unchanged(partner: string, durationMs: number): Promise<void> {
    await this.#store.query(
      "UPDATE partners SET received_at = now(), duration_ms = $2, failed_at = NULL, failure = '' WHERE partner = $1",
      [partner, durationMs],
    );
  }

  /** Notes that something was refused or broke. */
  async failed(partner: string, failure: string): Promise<void> {
    await this.#store.query(
      `INSERT INTO partners (partner, failed_at, failure) VALUES ($1, now(), $2)
       ON CONFLICT (partner) DO UPDATE SET failed_at = now(), failure = excluded.failure`,
      [partner, failure],
    );
  }

  /** The messages of a partner that pushes; makes its shelf where there is none. */
  async pushes(partner: string): Promise<PushLog> {
    const shelf = await this.#store.transaction(async (tx) => {
      const known = await shelfOf(partner, tx);
      if (known !== undefined) return known;
      const made = await addShelf(partner, tx);
      await tx.query(
        `INSERT INTO partners (partner, shelf, row_count) VALUES ($1, $2, ${COUNTED})
         ON CONFLICT (partner) DO UPDATE SET shelf = excluded.shelf, row_count = excluded.row_count`,
        [partner, made],
      );
      return made;
    });
    return new PushLog(this.#store, partner, tableOf(shelf));
  }

  /** Closes the store. */
  close(): Promise<void> {
    return this.#store.close();
  }
}

async function shelfOf(partner: string, tx: Store): Promise<number | undefined> {
  const [row] = await tx.query<{ shelf: number | null }>('SELECT shelf FROM partners WHERE partner = $1', [partner]);
  return row?.shelf ?? undefined;
}

interface Found {
  readonly row: string;
  readonly links: string[];
}

/** Written for what is asked alone, so that each question is planned with its index. */
async function select(table: string, lookup: Lookup, tx: Store): Promise<Found[]> {
  const { words, keys, only, limit } = lookup;
  const parameters: unknown[] = [];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ["collection = ''", 'row IS NOT NULL'];
  let order = 'key';
  if (only !== undefined) conditions.push(`key = ${parameter(only)}`);
  if (keys !== undefined) conditions.push(`keys && ${parameter(keys)}::text[]`, "keys <> '{}'");
  if (words !== undefined) {
    const query = `plainto_tsquery('simple', ${parameter(words)})`;
    conditions.push(`words @@ ${query}`);
    // Titles that say little else come first.
    order = `ts_rank(words, ${query}, 1) DESC, key`;
  }
  const where = conditions.join(' AND ');
  const sql = `SELECT row, links FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ${parameter(limit)}`;
  return tx.query<Found>(sql, parameters);
}

function listOf(rows: readonly { readonly row: string }[]): string {
  return `[${rows.map(({ row }) => row).join(',')}]`;
}

function stateOf(row: StateRow, rows: number): InventoryState {
  return {
    rows,
    unreadable: row.unreadable,
    bytes: Number(row.bytes),
    durationMs: row.duration_ms,
    etag: row.etag ?? undefined,
    lastModified: row.last_modified ?? undefined,
    manifest: row.manifest,
    receivedAt: row.received_at?.getTime(),
    changedAt: row.changed_at?.getTime(),
    failedAt: row.failed_at?.getTime(),
    failure: row.failure,
  };
}
