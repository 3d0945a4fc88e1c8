import type { IdentityRule, ProductKey } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
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
  /** Some key of the product was attached by the rule that was asked about. */
  readonly hasRule: boolean;
}

/** The products of those of the keys that are stored. */
export async function knownProducts(
  vertical: string,
  keys: readonly { readonly partner: string; readonly key: string }[],
  rule: IdentityRule,
  tx: Store,
): Promise<FoundKey[]> {
  if (keys.length === 0) return [];
  const rows = await tx.query<{ partner: string; key: string; product_id: string; has_rule: boolean }>(
    `SELECT partner, key, product_id,
       EXISTS (SELECT FROM product_keys other WHERE other.product_id = product_keys.product_id AND other.rule = $4) AS has_rule
     FROM product_keys JOIN unnest($2::text[], $3::text[]) AS asked (partner, key) USING (partner, key)
     WHERE vertical = $1`,
    [vertical, keys.map(({ partner }) => partner), keys.map(({ key }) => key), rule],
  );
  return rows.map(({ partner, key, product_id, has_rule }) => ({
    partner,
    key,
    productId: product_id,
    hasRule: has_rule,
  }));
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

/** A product's title, which is its content, and its keys. */
export async function describeByKeys(
  productId: string,
  content: string,
  tx: Store,
): Promise<{ title: string; keys: ProductKey[] }> {
  const keys = await tx.query<ProductKey>(
    'SELECT partner, key, rule, confidence, evidence FROM product_keys WHERE product_id = $1 ORDER BY partner, key',
    [productId],
  );
  return { title: content, keys };
}
