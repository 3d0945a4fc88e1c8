import {
  ProductEventKind,
  type SplitProduct,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { noChanges } from '../changes.ts';
import type { EventBatch } from '../events.ts';
import type { ProductRow } from '../products.ts';
import type { ReviewRow } from '../reviews.ts';
import {
  checkEtag,
  findProducts,
  keysByName,
  keysOfProducts,
  namesOf,
  type PlacedKey,
  personSays,
  sendTo,
  settledReviews,
  splitId,
} from './parts.ts';
import type { Author, DecisionTools, Outcome } from './transaction.ts';

/** Gives keys of a product one of their own. */
export async function split(
  { productId, keys: names, etag }: SplitProduct,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  const { rows, catalogue } = await findProducts([{ id: productId, field: 'split.productId' }], tools, tx);
  const [product] = rows;
  checkEtag(product!, etag);
  const keys = await keysByName(catalogue, names, 'split.keys', tx);
  keys.forEach((key, index) => {
    if (key.productId !== product!.product_id) {
      throw invalidField(`split.keys[${index}]`, `is no key of ${product!.product_id} but of ${key.productId}`);
    }
  });
  const all = await keysOfProducts(catalogue.vertical, [product!.product_id], tx);
  if (keys.filter(({ state }) => state !== null).length === all.length) {
    throw invalidField('split.keys', 'are all keys of the product; at least one has to stay');
  }
  return splitOff(catalogue, product!, keys, author, tools, tx, { eventId: batch.version, at: batch.at });
}

/** As {@link split}, of keys that may all leave. */
export async function splitOff(
  catalogue: Catalogue,
  product: ProductRow,
  keys: readonly PlacedKey[],
  { author, reason }: Author,
  { products, formerIds }: DecisionTools,
  tx: Store,
  { eventId, at, review }: { eventId: number; at: Date; review?: ReviewRow },
): Promise<Outcome> {
  const from = product.product_id;
  let id = '';
  let exists = true;
  // The same keys leave for the same id; a product of that id that is one of its own is another one's by now.
  for (let attempt = 0; id === '' || (exists && !formerIds.has(id)); attempt++) {
    id = splitId(from, keys, attempt);
    exists = (await products.rows([id], tx)).has(id);
  }
  const sent = sendTo(keys, id, personSays(author, reason));
  const standing = { decidedBy: author, decidedAt: at.getTime(), eventId };
  const reviews = await settledReviews(catalogue, sent, { merged: false, review, standing }, tx);
  return {
    catalogue,
    kind: ProductEventKind.SPLIT,
    productId: from,
    otherProductIds: [id],
    keys: namesOf(keys),
    made: exists ? undefined : { productId: id, title: titleOf(catalogue, keys) ?? product.title },
    changes: {
      ...noChanges,
      ...sent,
      // Where the split is taken back, the id that was given out leads to where its keys are.
      formerIds: [{ id, before: exists ? formerIds.follow(id) : from, after: null }],
      apart: formerIds.isPair(from, id) ? [] : [{ one: from, other: id, before: false, after: true }],
      reviews,
    },
  };
}

/** What a person calls what keys lead to: the title of the first record among theirs. */
function titleOf({ memory }: Catalogue, keys: readonly PlacedKey[]): string | undefined {
  for (const { partner, key } of keys) {
    const known = memory?.key(partner, key);
    const record = memory?.record(partner, key) ?? known?.records.values().next().value;
    const title = record?.prepared.record.attributes[memory!.vertical.title];
    if (typeof title === 'string') return title;
  }
  return undefined;
}
