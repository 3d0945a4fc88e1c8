import type { Migration, Store, StoreOptions } from '../../../libs/store/index.ts';

/**
 * A partner's rows lie on a shelf, a table of their own. A feed is put on a new shelf and the partner is then pointed to it:
 * the change is seen as a whole, what the file lacks is gone, and the old rows go with their table instead of leaving holes
 * that somebody has to clean up.
 */
const migrations: readonly Migration[] = [
  {
    id: '0001-inventory',
    sql: `
      CREATE TABLE shelves (
        shelf serial PRIMARY KEY,
        partner text COLLATE "C" NOT NULL
      );
      CREATE TABLE partners (
        partner text COLLATE "C" PRIMARY KEY,
        shelf integer REFERENCES shelves,
        manifest text NOT NULL DEFAULT '',
        row_count integer NOT NULL DEFAULT 0,
        unreadable integer NOT NULL DEFAULT 0,
        bytes bigint NOT NULL DEFAULT 0,
        duration_ms integer NOT NULL DEFAULT 0,
        etag text,
        last_modified text,
        received_at timestamptz,
        changed_at timestamptz,
        failed_at timestamptz,
        failure text NOT NULL DEFAULT ''
      );
      CREATE TABLE push_events (
        partner text COLLATE "C" NOT NULL,
        event text COLLATE "C" NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (partner, event)
      );
      CREATE INDEX push_events_by_time ON push_events (partner, received_at);
      CREATE TABLE push_syncs (
        partner text COLLATE "C" NOT NULL,
        collection text COLLATE "C" NOT NULL,
        sync text COLLATE "C" NOT NULL,
        version bigint NOT NULL,
        expected integer NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (partner, collection, sync)
      );
    `,
  },
  {
    // A full sync that is over stays known as long as deletions do: what is older and was no part of it may still come.
    id: '0002-settled-syncs',
    sql: 'ALTER TABLE push_syncs ADD COLUMN settled boolean NOT NULL DEFAULT false;',
  },
];

/** Schema and migrations of what partners hand over, for openStore. */
export const inventoryStore: Pick<StoreOptions, 'schema' | 'migrations'> = { schema: 'inventory', migrations };

/**
 * Rows without keys or links are in no index of them: most rows have one kind alone. Who looks for either says that there are some
 * (`AND keys <> '{}'`), so that the index is used.
 *
 * A row that was deleted stays without its content, so that an older message does not bring it back.
 */
const shelfSql = (table: string): readonly string[] => [
  `CREATE TABLE ${table} (
     collection text COLLATE "C" NOT NULL,
     key text COLLATE "C" NOT NULL,
     row text,
     words tsvector NOT NULL,
     keys text[] COLLATE "C" NOT NULL,
     links text[] COLLATE "C" NOT NULL,
     version bigint,
     sync text COLLATE "C",
     updated_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (collection, key)
   )`,
  `CREATE INDEX ${table}_words ON ${table} USING gin (words)`,
  `CREATE INDEX ${table}_keys ON ${table} USING gin (keys) WHERE keys <> '{}'`,
  `CREATE INDEX ${table}_links ON ${table} USING gin (links) WHERE links <> '{}'`,
];

/** The table of a shelf. */
export function tableOf(shelf: number): string {
  return `shelf_${shelf}`;
}

/** Makes a shelf for a partner. */
export async function addShelf(partner: string, tx: Store): Promise<number> {
  const [made] = await tx.query<{ shelf: number }>('INSERT INTO shelves (partner) VALUES ($1) RETURNING shelf', [
    partner,
  ]);
  const { shelf } = made!;
  for (const sql of shelfSql(tableOf(shelf))) await tx.query(sql);
  return shelf;
}

/** Takes a shelf away with all its rows. No partner may point to it. */
export async function dropShelf(shelf: number, tx: Store): Promise<void> {
  await tx.query(`DROP TABLE IF EXISTS ${tableOf(shelf)}`);
  await tx.query('DELETE FROM shelves WHERE shelf = $1', [shelf]);
}
