import type { Store } from '../../../libs/store/index.ts';
import type { Change, Indexer } from './types.ts';

/** What became of a message. */
export interface Applied {
  /** Its event had come before: nothing was looked at. */
  readonly duplicate: boolean;
  /** Rows put in or replaced. */
  readonly written: number;
  /** Rows deleted. */
  readonly deleted: number;
  /** Changes that were older than what is there. */
  readonly stale: number;
}

type Upsert = Extract<Change, { op: 'upsert' }>;
type Deletion = Extract<Change, { op: 'delete' }>;
type Clearance = Extract<Change, { op: 'clear' }>;
type Completion = Extract<Change, { op: 'complete' }>;

const SEPARATOR = '\u001f';
/** Rows indexed anew at a time. */
const CHUNK = 500;

/**
 * The rows of a partner that pushes. A message takes effect as a whole or not at all, once however often it comes, and never
 * over something newer: versions are the partner's own, and what was deleted stays known with the version of its deletion.
 */
export class PushLog {
  readonly #store: Store;
  readonly #partner: string;
  readonly #table: string;

  constructor(store: Store, partner: string, table: string) {
    this.#store = store;
    this.#partner = partner;
    this.#table = table;
  }

  /** @param event the partner's id of the message; undefined where it has none: then versions alone tell old from new */
  apply(event: string | undefined, changes: readonly Change[]): Promise<Applied> {
    return this.#store.transaction(async (tx) => {
      if (event !== undefined) {
        const [first] = await tx.query(
          'INSERT INTO push_events (partner, event) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event',
          [this.#partner, event],
        );
        if (first === undefined) return { duplicate: true, written: 0, deleted: 0, stale: 0 };
      }
      let written = 0;
      let deleted = 0;
      let stale = 0;
      for (const change of changes) {
        if (change.op === 'complete') await this.#expect(change, tx);
        else if (change.op === 'clear') deleted += await this.#clear(change, tx);
        else if (change.op === 'upsert' ? await this.#upsert(change, tx) : await this.#delete(change, tx)) {
          if (change.op === 'upsert') written++;
          else deleted++;
        } else stale++;
      }
      const syncs = new Set(changes.flatMap((change) => ('sync' in change ? [change.sync!] : [])));
      if (syncs.size > 0) deleted += await this.#settle([...syncs], tx);
      await tx.query(
        `UPDATE partners SET received_at = now(), failed_at = NULL, failure = '',
           changed_at = CASE WHEN $2 THEN now() ELSE changed_at END
         WHERE partner = $1`,
        [this.#partner, written + deleted > 0],
      );
      return { duplicate: false, written, deleted, stale };
    });
  }

  /** Forgets events and deletions that are older than the window: no message of that age comes any more. */
  async forget(windowHours: number): Promise<void> {
    const age = "now() - $1 * interval '1 hour'";
    await this.#store.query(`DELETE FROM push_events WHERE partner = $2 AND received_at < ${age}`, [
      windowHours,
      this.#partner,
    ]);
    await this.#store.query(`DELETE FROM ${this.#table} WHERE row IS NULL AND updated_at < ${age}`, [windowHours]);
    await this.#store.query(`DELETE FROM push_syncs WHERE partner = $2 AND received_at < ${age}`, [
      windowHours,
      this.#partner,
    ]);
    await this.#store.query(`VACUUM ${this.#table}`);
  }

  /** Works out anew by what rows are found, where another manifest did so last. */
  async reindex(manifest: string, indexer: Indexer): Promise<void> {
    const [state] = await this.#store.query<{ manifest: string }>('SELECT manifest FROM partners WHERE partner = $1', [
      this.#partner,
    ]);
    if (state?.manifest === manifest) return;
    for (let after = ''; ; ) {
      const rows = await this.#store.query<{ key: string; row: string; version: number | null }>(
        `SELECT key, row, version FROM ${this.#table}
         WHERE collection = '' AND row IS NOT NULL AND key > $1 ORDER BY key LIMIT ${CHUNK}`,
        [after],
      );
      for (const { key, row } of rows) {
        const indexed = indexer(JSON.parse(row));
        if (indexed === undefined) continue;
        await this.#store.query(
          `UPDATE ${this.#table} SET words = to_tsvector('simple', $2), keys = string_to_array($3, $5), links = string_to_array($4, $5)
           WHERE collection = '' AND key = $1 AND row = $6`,
          [key, indexed.words, indexed.keys.join(SEPARATOR), indexed.links.join(SEPARATOR), SEPARATOR, row],
        );
      }
      if (rows.length < CHUNK) break;
      after = rows.at(-1)!.key;
    }
    await this.#store.query('UPDATE partners SET manifest = $2 WHERE partner = $1', [this.#partner, manifest]);
  }

  /** Answers whether it was newer than what is there. A deletion of the same moment stands. */
  async #upsert({ collection, row, version, sync }: Upsert, tx: Store): Promise<boolean> {
    if (version !== undefined && sync === undefined && (await this.#isSwept(collection, row.key, version, tx))) {
      return false;
    }
    const [changed] = await tx.query(
      `INSERT INTO ${this.#table} AS old (collection, key, row, words, keys, links, version, sync)
       VALUES ($1, $2, $3, to_tsvector('simple', $4), string_to_array($5, $9), string_to_array($6, $9), $7, $8)
       ON CONFLICT (collection, key) DO UPDATE
       SET row = excluded.row, words = excluded.words, keys = excluded.keys, links = excluded.links,
         version = excluded.version, sync = coalesce(excluded.sync, old.sync), updated_at = now()
       WHERE old.version IS NULL OR excluded.version IS NULL OR excluded.version > old.version
         OR (excluded.version = old.version AND old.row IS NOT NULL)
       RETURNING key`,
      [
        collection,
        row.key,
        row.row,
        row.words,
        row.keys.join(SEPARATOR),
        row.links.join(SEPARATOR),
        version ?? null,
        sync ?? null,
        SEPARATOR,
      ],
    );
    if (changed === undefined && sync !== undefined) {
      // Older than what is there, and part of the sync all the same.
      await tx.query(`UPDATE ${this.#table} SET sync = $3 WHERE collection = $1 AND key = $2`, [
        collection,
        row.key,
        sync,
      ]);
    }
    return changed !== undefined;
  }

  /** Whether a full sync that is over lacks the row, and is newer: had it come in time, the row would have been deleted. */
  async #isSwept(collection: string, key: string, version: number, tx: Store): Promise<boolean> {
    const [swept] = await tx.query(
      `SELECT sync FROM push_syncs AS s WHERE partner = $1 AND collection = $2 AND settled AND version > $4 AND NOT EXISTS
         (SELECT 1 FROM ${this.#table} AS t WHERE t.collection = $2 AND t.key = $3 AND t.sync = s.sync)`,
      [this.#partner, collection, key, version],
    );
    return swept !== undefined;
  }

  async #delete({ collection, key, version }: Deletion, tx: Store): Promise<boolean> {
    const [changed] = await tx.query(
      `INSERT INTO ${this.#table} AS old (collection, key, row, words, keys, links, version)
       VALUES ($1, $2, NULL, '', '{}', '{}', $3)
       ON CONFLICT (collection, key) DO UPDATE
       SET row = NULL, words = '', keys = '{}', links = '{}', version = excluded.version, updated_at = now()
       WHERE old.version IS NULL OR excluded.version IS NULL OR excluded.version >= old.version
       RETURNING key`,
      [collection, key, version ?? null],
    );
    return changed !== undefined;
  }

  /** Where there are no versions, nothing has to stay known. */
  async #clear({ collection, link, version }: Clearance, tx: Store): Promise<number> {
    const gone =
      version === undefined
        ? await tx.query(
            `DELETE FROM ${this.#table} WHERE collection = $1 AND links && ARRAY[$2] AND links <> '{}' AND version IS NULL RETURNING key`,
            [collection, link],
          )
        : await tx.query(
            `UPDATE ${this.#table} SET row = NULL, words = '', keys = '{}', links = '{}', version = $3, updated_at = now()
             WHERE collection = $1 AND links && ARRAY[$2] AND links <> '{}' AND (version IS NULL OR version <= $3) RETURNING key`,
            [collection, link, version],
          );
    return gone.length;
  }

  async #expect({ collection, sync, version, count }: Completion, tx: Store): Promise<void> {
    await tx.query(
      `INSERT INTO push_syncs (partner, collection, sync, version, expected) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [this.#partner, collection, sync, version, count ?? 0],
    );
  }

  /** Deletes what a sync does not have, once all of it has come: its end may overtake its parts. The latest stays known. */
  async #settle(syncs: readonly string[], tx: Store): Promise<number> {
    const due = await tx.query<{ collection: string; sync: string; version: number }>(
      `UPDATE push_syncs AS s SET settled = true WHERE partner = $1 AND sync = ANY($2) AND NOT settled
       AND expected <= (SELECT count(*) FROM ${this.#table} AS t WHERE t.collection = s.collection AND t.sync = s.sync)
       RETURNING collection, sync, version`,
      [this.#partner, syncs],
    );
    let deleted = 0;
    for (const { collection, sync, version } of due) {
      const gone = await tx.query(
        `UPDATE ${this.#table} SET row = NULL, words = '', keys = '{}', links = '{}', version = $3, updated_at = now()
         WHERE collection = $1 AND row IS NOT NULL AND sync IS DISTINCT FROM $2 AND (version IS NULL OR version < $3)
         RETURNING key`,
        [collection, sync, version],
      );
      deleted += gone.length;
      await tx.query(
        `DELETE FROM push_syncs AS s WHERE partner = $1 AND collection = $2 AND settled AND EXISTS
           (SELECT 1 FROM push_syncs AS newer WHERE newer.partner = $1 AND newer.collection = $2 AND newer.settled
            AND newer.version > s.version)`,
        [this.#partner, collection],
      );
    }
    return deleted;
  }
}
