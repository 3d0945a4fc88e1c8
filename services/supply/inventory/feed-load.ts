import type { Store } from '../../../libs/store/index.ts';
import { addShelf, dropShelf, tableOf } from './schema.ts';
import type { IndexedRow } from './types.ts';

/** What is noted of a file once it is in. */
export interface LoadedFile {
  readonly manifest: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly bytes: number;
  readonly unreadable: number;
  readonly durationMs: number;
}

/** Between values of a list in one text; no value has it. */
const SEPARATOR = '\u001f';
/** Between rows in one text; none has it, since JSON writes it otherwise and keys and words are without. */
const ROW_SEPARATOR = '\u001e';
/** Of PostgreSQL: a key that is there already. */
const UNIQUE_VIOLATION = '23505';

/** A feed on its way in: nothing of it is seen before `commit`. */
export class FeedLoad {
  readonly #store: Store;
  readonly #partner: string;
  readonly #shelf: number;
  /** Whether a key has come twice so far. */
  #repeats = false;

  private constructor(store: Store, partner: string, shelf: number) {
    this.#store = store;
    this.#partner = partner;
    this.#shelf = shelf;
  }

  /** Makes an empty shelf, and takes away what a process that died while it loaded has left behind. */
  static async begin(store: Store, partner: string): Promise<FeedLoad> {
    return store.transaction(async (tx) => {
      const left = await tx.query<{ shelf: number }>(
        `SELECT shelf FROM shelves WHERE partner = $1
         AND shelf NOT IN (SELECT shelf FROM partners WHERE partner = $1 AND shelf IS NOT NULL)`,
        [partner],
      );
      for (const { shelf } of left) await dropShelf(shelf, tx);
      return new FeedLoad(store, partner, await addShelf(partner, tx));
    });
  }

  /**
   * Puts rows on the shelf; of rows with one key the last counts. Few files have any, so that the slower way of putting rows in,
   * which asks for each whether it is there, is taken once one has come.
   */
  async add(rows: readonly IndexedRow[]): Promise<void> {
    const distinct = [...new Map(rows.map((row) => [row.key, row])).values()];
    if (!this.#repeats) {
      try {
        await this.#insert(distinct, '');
        return;
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        this.#repeats = true;
      }
    }
    await this.#insert(
      distinct,
      `ON CONFLICT (collection, key) DO UPDATE
       SET row = excluded.row, words = excluded.words, keys = excluded.keys, links = excluded.links`,
    );
  }

  /** Each column as one text: an array's text is quoted value by value, which costs more than the rest of the way. */
  async #insert(rows: readonly IndexedRow[], conflict: string): Promise<void> {
    const column = (of: (row: IndexedRow) => string): string => rows.map(of).join(ROW_SEPARATOR);
    // A text that is empty splits into nothing, where it is one row's empty value.
    const list = (name: string): string => `string_to_array(coalesce(${name}, ''), $7)`;
    await this.#store.query(
      `INSERT INTO ${tableOf(this.#shelf)} (collection, key, row, words, keys, links)
       SELECT '', key, row, to_tsvector('simple', coalesce(words, '')), ${list('keys')}, ${list('links')}
       FROM unnest(string_to_array($1, $6), string_to_array($2, $6), string_to_array($3, $6),
         string_to_array($4, $6), string_to_array($5, $6)) AS new (key, row, words, keys, links) ${conflict}`,
      [
        column(({ key }) => key),
        column(({ row }) => row),
        column(({ words }) => words),
        column(({ keys }) => keys.join(SEPARATOR)),
        column(({ links }) => links.join(SEPARATOR)),
        ROW_SEPARATOR,
        SEPARATOR,
      ],
    );
  }

  /**
   * Makes the new rows the partner's, all at once.
   *
   * @param accept decides by the number of rows before and now; a text is why not, and then nothing has changed
   * @returns the number of rows, or why they were not accepted
   */
  async commit(
    file: LoadedFile,
    accept: (before: number, now: number) => string | undefined,
  ): Promise<{ readonly rows: number } | { readonly refused: string }> {
    const table = tableOf(this.#shelf);
    const result = await this.#store.transaction(async (tx) => {
      const [counted] = await tx.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
      const { rows } = counted!;
      const [before] = await tx.query<{ shelf: number | null; row_count: number }>(
        'SELECT shelf, row_count FROM partners WHERE partner = $1',
        [this.#partner],
      );
      const reason = accept(before?.row_count ?? 0, rows);
      if (reason !== undefined) return { refused: reason };
      await tx.query(
        `INSERT INTO partners (partner, shelf, manifest, row_count, unreadable, bytes, duration_ms, etag, last_modified, received_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), now())
         ON CONFLICT (partner) DO UPDATE SET
           shelf = excluded.shelf, manifest = excluded.manifest, row_count = excluded.row_count,
           unreadable = excluded.unreadable, bytes = excluded.bytes, duration_ms = excluded.duration_ms,
           etag = excluded.etag, last_modified = excluded.last_modified,
           received_at = now(), changed_at = now(), failed_at = NULL, failure = ''`,
        [
          this.#partner,
          this.#shelf,
          file.manifest,
          rows,
          file.unreadable,
          file.bytes,
          file.durationMs,
          file.etag ?? null,
          file.lastModified ?? null,
        ],
      );
      if (before?.shelf != null) await dropShelf(before.shelf, tx);
      return { rows };
    });
    if ('refused' in result) await this.abandon();
    return result;
  }

  /** Takes the new rows away again. */
  async abandon(): Promise<void> {
    await this.#store.transaction((tx) => dropShelf(this.#shelf, tx));
  }
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
}
