import {
  ProductEventKind,
  type ReviewAnswer,
  ReviewKind,
  ReviewState,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../../libs/store/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { type Changes, noChanges } from '../changes.ts';
import type { EventBatch } from '../events.ts';
import type { Attributes } from '../record-vertical.ts';
import { type ReviewRow, reviewNotFound } from '../reviews.ts';
import { mergeInto } from './merge.ts';
import { conflict, decidedReview, findProducts, keysByName } from './parts.ts';
import { splitOff } from './split.ts';
import type { Author, DecisionTools, Outcome } from './transaction.ts';

/** Does what a review asks for, either way. */
export async function answerReview(
  { reviewId, same }: ReviewAnswer,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  const [review] = await tx.query<ReviewRow>('SELECT * FROM reviews WHERE review_id = $1', [reviewId]);
  if (review === undefined) throw reviewNotFound(reviewId);
  if (review.state !== ReviewState.OPEN) {
    throw conflict(`the review was decided by ${review.decided_by}`, { decidedBy: review.decided_by });
  }
  const catalogue = tools.catalogues.get(review.vertical)!;
  const { formerIds } = tools;
  const sideNow = (side: 'left' | 'right'): string =>
    review.kind === ReviewKind.KEY_CHANGED && side === 'left'
      ? formerIds.follow(review.left_product_id)
      : (catalogue.productOf(review[`${side}_partner`], review[`${side}_key`]) ??
        formerIds.follow(review[`${side}_product_id`]));
  const [left, right] = [sideNow('left'), sideNow('right')];
  const at = { eventId: batch.version, at: batch.at, review };
  const standing = { decidedBy: author.author, decidedAt: batch.at.getTime(), eventId: batch.version };
  if (left !== right) {
    const { rows } = await findProducts(
      [
        { id: left, field: 'review' },
        { id: right, field: 'review' },
      ],
      tools,
      tx,
    );
    if (same) return mergeInto(catalogue, rows[0]!.product_id, [rows[1]!.product_id], author, tx, at);
    const [one, other] = [left, right].sort() as [string, string];
    return {
      catalogue,
      kind: ProductEventKind.KEPT_APART,
      productId: left,
      otherProductIds: [right],
      keys: [],
      changes: {
        ...noChanges,
        apart: formerIds.isPair(one, other) ? [] : [{ one, other, before: false, after: true }],
        reviews: [decidedReview(review, { ...standing, state: ReviewState.DIFFERENT })],
      },
    };
  }
  if (review.kind !== ReviewKind.KEY_CHANGED) {
    throw conflict('both sides of the review are one product by now', { productId: left });
  }
  const name = { partner: review.left_partner, key: review.left_key };
  const says = JSON.parse(review.right_attributes) as Attributes;
  const renewed = renewedRecord(catalogue, name, says);
  if (same) {
    const decided = { ...standing, eventId: null, state: ReviewState.SAME };
    return {
      catalogue,
      kind: undefined,
      productId: left,
      otherProductIds: [],
      keys: [],
      changes: { ...noChanges, records: renewed, reviews: [decidedReview(review, decided)] },
    };
  }
  const { rows } = await findProducts([{ id: left, field: 'review' }], tools, tx);
  const keys = await keysByName(catalogue, [name], 'review', tx);
  const outcome = await splitOff(catalogue, rows[0]!, keys, author, tools, tx, at);
  const title = says[catalogue.memory?.vertical.title ?? ''];
  return {
    ...outcome,
    made: outcome.made && { ...outcome.made, title: typeof title === 'string' ? title : outcome.made.title },
    changes: {
      ...outcome.changes,
      records: renewed.map((one) => ({ ...one, after: { ...one.after, sharedKey: '' } })),
    },
  };
}

/** The record of a key with what its partner says now. */
function renewedRecord(
  { memory }: Catalogue,
  { partner, key }: { partner: string; key: string },
  attributes: Attributes,
): Changes['records'] {
  const record = memory?.record(partner, key);
  if (record === undefined) return [];
  const sharedKey = record.lead.partner === '' ? record.lead.key : '';
  const before = { attributes: record.prepared.record.attributes, sharedKey };
  return [{ partner, key, before, after: { attributes, sharedKey } }];
}
