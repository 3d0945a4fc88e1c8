import {
  type MergeProducts,
  ProductEventKind,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { noChanges } from '../changes.ts';
import type { EventBatch } from '../events.ts';
import type { ReviewRow } from '../reviews.ts';
import { checkEtag, findProducts, keysOfProducts, namesOf, personSays, sendTo, settledReviews } from './parts.ts';
import type { Author, DecisionTools, Outcome } from './transaction.ts';

const mostMerged = 100;

/** Makes several products one. */
export async function merge(
  { intoProductId, productIds, etag }: MergeProducts,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  if (productIds.length === 0) throw invalidField('merge.productIds', 'is empty; name at least one product');
  if (productIds.length > mostMerged) throw invalidField('merge.productIds', `are more than ${mostMerged}`);
  const asked = productIds.map((id, index) => ({ id, field: `merge.productIds[${index}]` }));
  const { rows, catalogue } = await findProducts(
    [{ id: intoProductId, field: 'merge.intoProductId' }, ...asked],
    tools,
    tx,
  );
  const [into, ...others] = rows;
  checkEtag(into!, etag);
  const seen = new Set([into!.product_id]);
  others.forEach(({ product_id }, index) => {
    if (seen.has(product_id)) throw invalidField(asked[index]!.field, `is ${product_id} already`);
    seen.add(product_id);
  });
  return mergeInto(
    catalogue,
    into!.product_id,
    others.map(({ product_id }) => product_id),
    author,
    tx,
    {
      eventId: batch.version,
      at: batch.at,
    },
  );
}

/** The keys of products go to another one, which their ids lead to from then on. */
export async function mergeInto(
  catalogue: Catalogue,
  into: string,
  others: readonly string[],
  { author, reason }: Author,
  tx: Store,
  { eventId, at, review }: { eventId: number; at: Date; review?: ReviewRow },
): Promise<Outcome> {
  const keys = await keysOfProducts(catalogue.vertical, others, tx);
  const sent = sendTo(keys, into, personSays(author, reason));
  const standing = { decidedBy: author, decidedAt: at.getTime(), eventId };
  const reviews = await settledReviews(catalogue, sent, { merged: true, review, standing }, tx);
  return {
    catalogue,
    kind: ProductEventKind.MERGED,
    productId: into,
    otherProductIds: others,
    keys: namesOf(keys),
    changes: {
      ...noChanges,
      ...sent,
      formerIds: others.map((id) => ({ id, before: null, after: into })),
      reviews,
    },
  };
}
