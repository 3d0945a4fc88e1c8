import type { ProductKey } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import type { ProductToDescribe } from './catalogue.ts';
import { inChunks } from './schema.ts';

/** The keys that lead to products, as they are stored: of every vertical that needs no table of its own for them. */

/** A key to add. */
export interface NewKey extends ProductKey {
  readonly productId: string;
}

/** A stored key's product. */
export interface FoundKey {
  readonly partner: string;
  readonly key: string;
  readonly productId: string;
  /** Some key of the product begins with the text that was asked about. */
  readonly has: boolean;
}

/** The products of those of the keys that are stored. */
export async function knownProducts(
  vertical: string,
  keys: readonly { readonly partner: string; readonly key: string }[],
  beginning: string,
  tx: Store,
): Promise<FoundKey[]> {
  if (keys.length === 0) return [];
  const rows = await tx.query<{ partner: string; key: string; product_id: string; has: boolean }>(
    `SELECT partner, key, product_id,
       EXISTS (SELECT FROM product_keys other WHERE other.product_id = product_keys.product_id AND other.partner = '' AND starts_with(other.key, $4)) AS has
     FROM product_keys JOIN unnest($2::text[], $3::text[]) AS asked (partner, key) USING (partner, key)
     WHERE vertical = $1`,
    [vertical, keys.map(({ partner }) => partner), keys.map(({ key }) => key), beginning],
  );
  return rows.map(({ partner, key, product_id, has }) => ({ partner, key, productId: product_id, has }));
}

/** Adds keys that there are not yet; their products are there. */
export async function addKeys(vertical: string, keys: readonly NewKey[], tx: Store): Promise<void> {
  await inChunks(keys, async (part) => {
    await tx.query(
      `INSERT INTO product_keys (vertical, partner, key, product_id, rule, confidence, evidence)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::smallint[], $6::double precision[], $7::text[])`,
      [
        vertical,
        part.map(({ partner }) => partner),
        part.map(({ key }) => key),
        part.map(({ productId }) => productId),
        part.map(({ rule }) => rule),
        part.map(({ confidence }) => confidence),
        part.map(({ evidence }) => evidence),
      ],
    );
  });
}

/** The stored keys of products, in their order. */
export async function describeByKeys(products: readonly ProductToDescribe[], tx: Store): Promise<ProductKey[][]> {
  const ids = products.map(({ productId }) => productId);
  const rows = await tx.query<ProductKey & { product_id: string }>(
    `SELECT product_id, partner, key, rule, confidence, evidence FROM product_keys WHERE product_id = ANY($1::text[])
     ORDER BY partner, key`,
    [ids],
  );
  const byProduct = new Map<string, ProductKey[]>(ids.map((id) => [id, []]));
  for (const { product_id, ...key } of rows) byProduct.get(product_id)!.push(key);
  return ids.map((id) => byProduct.get(id)!);
}
