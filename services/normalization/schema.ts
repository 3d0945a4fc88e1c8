import { hash } from 'node:crypto';
import type { Migration, Store, StoreOptions } from '../../libs/store/index.ts';
import { contentMigration } from './content/index.ts';
import type { EventBatch } from './events.ts';
import type { NewProduct } from './identity.ts';

/** Collation C: keys are compared byte by byte, for equality alone. */
const migrations: readonly Migration[] = [
  {
    id: '0001-products',
    sql: `
      CREATE TABLE products (
        product_id text COLLATE "C" PRIMARY KEY,
        vertical text NOT NULL,
        content text NOT NULL,
        ends_on date,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE flight_segments (
        key text COLLATE "C" PRIMARY KEY,
        segment text COLLATE "C" NOT NULL,
        numbered boolean NOT NULL,
        departs_on date NOT NULL
      );
      CREATE INDEX flight_segments_by_segment ON flight_segments (segment);
      CREATE TABLE product_keys (
        vertical text COLLATE "C" NOT NULL,
        partner text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
        rule smallint NOT NULL,
        confidence double precision NOT NULL,
        evidence text NOT NULL,
        PRIMARY KEY (vertical, partner, key)
      );
      CREATE INDEX product_keys_by_product ON product_keys (product_id);
      CREATE TABLE stay_properties (
        partner text COLLATE "C" NOT NULL,
        code text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
        name text NOT NULL,
        zone text NOT NULL,
        latitude double precision NOT NULL,
        longitude double precision NOT NULL,
        cell integer NOT NULL,
        PRIMARY KEY (partner, code)
      );
      CREATE INDEX stay_properties_by_cell ON stay_properties (cell);
    `,
  },
  {
    // Everything that happens to products is kept, and what partners say of them is remembered whole. Times are kept to the
    // millisecond, as programs here know them.
    id: '0002-memory',
    sql: `
      ALTER TABLE products ALTER COLUMN created_at TYPE timestamptz(3);
      ALTER TABLE products ADD COLUMN title text COLLATE "C" NOT NULL DEFAULT '';
      ALTER TABLE products ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT now();
      ALTER TABLE products ADD COLUMN version bigint NOT NULL DEFAULT 0;
      UPDATE products SET updated_at = created_at, title = CASE vertical
        WHEN 'flight' THEN regexp_replace(
          replace(replace(replace(content, ' / ', chr(1)), ' ', ', '), chr(1), ' / '),
          '([A-Z0-9]{2,3})\\|([^| ]*)\\|([0-9-]{10})\\|([A-Z]{3})\\|([A-Z]{3})[^ ,]*', '\\1\\2 \\4-\\5 \\3', 'g')
        ELSE left(content, 300) END;
      CREATE INDEX products_by_creation ON products (vertical, created_at, product_id);
      CREATE INDEX products_by_update ON products (vertical, updated_at, product_id);
      CREATE INDEX products_by_title ON products (vertical, title, product_id);
      CREATE TABLE former_ids (
        former_id text COLLATE "C" PRIMARY KEY,
        product_id text COLLATE "C" NOT NULL
      );
      CREATE TABLE kept_apart (
        one_id text COLLATE "C" NOT NULL,
        other_id text COLLATE "C" NOT NULL,
        PRIMARY KEY (one_id, other_id)
      );
      CREATE TABLE records (
        vertical text COLLATE "C" NOT NULL,
        partner text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        shared_key text COLLATE "C" NOT NULL,
        attributes text NOT NULL,
        turn bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (vertical, partner, key)
      );
      CREATE INDEX records_by_turn ON records (turn);
      CREATE TABLE turns (turn bigint NOT NULL);
      INSERT INTO turns VALUES (0);
      CREATE INDEX records_by_shared_key ON records (vertical, shared_key) WHERE shared_key <> '';
      INSERT INTO records (vertical, partner, key, shared_key, attributes)
        SELECT 'stay', partner, code, '', json_strip_nulls(json_build_object(
          'property_name', name, 'zone', nullif(zone, ''), 'latitude', latitude, 'longitude', longitude))::text
        FROM stay_properties;
      INSERT INTO records (vertical, partner, key, shared_key, attributes)
        SELECT vertical, partner, key, '', json_build_object(
          CASE vertical WHEN 'stay' THEN 'property_name' ELSE 'title' END, content)::text
        FROM product_keys JOIN products USING (product_id, vertical)
        WHERE vertical IN ('stay', 'good') AND partner <> ''
        ON CONFLICT DO NOTHING;
      DROP TABLE stay_properties;
      CREATE TABLE events (
        event_id bigint PRIMARY KEY,
        kind smallint NOT NULL,
        vertical text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL,
        other_product_ids text NOT NULL,
        keys text NOT NULL,
        author text NOT NULL,
        version text NOT NULL,
        evidence text NOT NULL,
        happened_at timestamptz(3) NOT NULL,
        undoes bigint,
        changes text
      );
      CREATE INDEX events_by_product ON events (product_id, event_id);
      CREATE INDEX decisions_by_id ON events (event_id) WHERE kind > 2;
      CREATE TABLE event_entities (
        entity text COLLATE "C" NOT NULL,
        event_id bigint NOT NULL,
        PRIMARY KEY (entity, event_id)
      );
      CREATE TABLE undone_events (
        event_id bigint PRIMARY KEY,
        undone_by bigint NOT NULL
      );
      CREATE TABLE reviews (
        review_id text COLLATE "C" PRIMARY KEY,
        kind smallint NOT NULL,
        vertical text COLLATE "C" NOT NULL,
        left_partner text COLLATE "C" NOT NULL,
        left_key text COLLATE "C" NOT NULL,
        left_product_id text COLLATE "C" NOT NULL,
        left_attributes text NOT NULL,
        right_partner text COLLATE "C" NOT NULL,
        right_key text COLLATE "C" NOT NULL,
        right_product_id text COLLATE "C" NOT NULL,
        right_attributes text NOT NULL,
        probability double precision NOT NULL,
        doubt double precision NOT NULL,
        evidence text NOT NULL,
        matcher_version text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        state smallint NOT NULL,
        decided_by text NOT NULL DEFAULT '',
        decided_at timestamptz(3),
        event_id bigint
      );
      CREATE INDEX reviews_by_left ON reviews (left_partner, left_key);
      CREATE INDEX reviews_by_right ON reviews (right_partner, right_key);
      CREATE INDEX reviews_by_doubt ON reviews (state, doubt, review_id);
    `,
  },
  contentMigration,
];

/** Schema and migrations of the catalogue, for openStore. */
export const normalizationStore: Pick<StoreOptions, 'schema' | 'migrations'> = { schema: 'normalization', migrations };

/** An opaque id that depends on the content alone: the prefix, then 16 letters and digits (95 bits of a SHA-256). */
export function productIdOf(prefix: string, content: string): string {
  const digest = hash('sha256', content, 'base64url').slice(0, 16);
  return prefix + digest.replaceAll('-', 'a').replaceAll('_', 'b');
}

/** A transaction in which something happens to products, with the events that it makes. */
export interface Writing {
  readonly tx: Store;
  readonly events: EventBatch;
}

/** Rows a statement: few enough that other work gets its turn between two of them. */
const chunk = 500;

/** Calls `work` with at most 500 values at a time. */
export async function inChunks<T>(values: readonly T[], work: (part: readonly T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < values.length; start += chunk) await work(values.slice(start, start + chunk));
}

/** Those of the ids that are products. */
export async function existingProducts(ids: readonly string[], tx: Store): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.query<{ product_id: string }>('SELECT product_id FROM products WHERE product_id = ANY($1)', [
    ids,
  ]);
  return new Set(rows.map(({ product_id }) => product_id));
}

/** Most characters of a title. */
export const longestTitle = 300;

/** Adds products that there are not yet; `version` is that of the call's first event. */
export async function addProducts(
  vertical: string,
  products: readonly NewProduct[],
  { tx, events }: Writing,
): Promise<void> {
  await inChunks(products, async (part) => {
    await tx.query(
      `INSERT INTO products (product_id, vertical, content, title, ends_on, created_at, updated_at, version)
       SELECT id, $1, content, title, nullif(ends_on, '')::date, $6, $6, $7::bigint
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS new (id, content, title, ends_on)`,
      [
        vertical,
        part.map(({ productId }) => productId),
        part.map(({ content }) => content),
        part.map(({ title }) => title.slice(0, longestTitle)),
        part.map(({ endsOn }) => endsOn),
        events.at,
        events.version,
      ],
    );
  });
}

/** Products that changed in a transaction: they have another version from then on. */
export async function touchProducts(ids: readonly string[], { tx, events }: Writing): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('UPDATE products SET updated_at = $2, version = $3::bigint WHERE product_id = ANY($1::text[])', [
    ids,
    events.at,
    events.version,
  ]);
}
