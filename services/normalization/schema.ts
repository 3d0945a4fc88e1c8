import { hash } from 'node:crypto';
import type { Migration, Store, StoreOptions } from '../../libs/store/index.ts';
import { contentMigration } from './content/index.ts';
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
  contentMigration,
];

/** Schema and migrations of the catalogue, for openStore. */
export const normalizationStore: Pick<StoreOptions, 'schema' | 'migrations'> = { schema: 'normalization', migrations };

/** An opaque id that depends on the content alone: the prefix, then 16 letters and digits (95 bits of a SHA-256). */
export function productIdOf(prefix: string, content: string): string {
  const digest = hash('sha256', content, 'base64url').slice(0, 16);
  return prefix + digest.replaceAll('-', 'a').replaceAll('_', 'b');
}

/** Rows a statement: few enough that other work gets its turn between two of them. */
const chunk = 250;

/** Calls `work` with at most 250 values at a time. */
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

/** Adds products that there are not yet. */
export async function addProducts(vertical: string, products: readonly NewProduct[], tx: Store): Promise<void> {
  await inChunks(products, async (part) => {
    await tx.query(
      `INSERT INTO products (product_id, vertical, content, ends_on)
       SELECT id, $1, content, nullif(ends_on, '')::date
       FROM unnest($2::text[], $3::text[], $4::text[]) AS new (id, content, ends_on)`,
      [
        vertical,
        part.map(({ productId }) => productId),
        part.map(({ content }) => content),
        part.map(({ endsOn }) => endsOn),
      ],
    );
  });
}
