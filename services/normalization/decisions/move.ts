import {
  type MoveKeys,
  ProductEventKind,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import { noChanges } from '../changes.ts';
import type { EventBatch } from '../events.ts';
import { findProducts, keysByName, keysOfProducts, namesOf, personSays, sendTo, settledReviews } from './parts.ts';
import type { Author, DecisionTools, Outcome } from './transaction.ts';

/** Sends keys to another product. */
export async function move(
  { keys: names, toProductId }: MoveKeys,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  const { rows, catalogue } = await findProducts([{ id: toProductId, field: 'move.toProductId' }], tools, tx);
  const to = rows[0]!.product_id;
  const keys = await keysByName(catalogue, names, 'move.keys', tx);
  keys.forEach((key, index) => {
    if (key.productId === to) throw invalidField(`move.keys[${index}]`, `is a key of ${to} already`);
  });
  const sources = [...new Set(keys.map(({ productId }) => productId))];
  const left = await keysOfProducts(catalogue.vertical, sources, tx);
  const leaving = new Set(keys.filter(({ state }) => state !== null).map(({ partner, key }) => `${partner}\n${key}`));
  const staying = new Set(
    left.filter(({ partner, key }) => !leaving.has(`${partner}\n${key}`)).map((one) => one.productId),
  );
  const sent = sendTo(keys, to, personSays(author.author, author.reason));
  const standing = { decidedBy: author.author, decidedAt: batch.at.getTime(), eventId: batch.version };
  return {
    catalogue,
    kind: ProductEventKind.MOVED,
    productId: to,
    otherProductIds: sources,
    keys: namesOf(keys),
    changes: {
      ...noChanges,
      ...sent,
      // A product that no key leads to any more is what its keys went to.
      formerIds: sources.filter((id) => !staying.has(id)).map((id) => ({ id, before: null, after: to })),
      reviews: await settledReviews(catalogue, sent, { merged: false, standing }, tx),
    },
  };
}
