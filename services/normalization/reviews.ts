import { hash } from 'node:crypto';
import {
  type MatchEvidence,
  type Review,
  ReviewKind,
  type ReviewSide,
  ReviewState,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { eventIdOf } from './events.ts';
import type { Decision } from './matching/index.ts';
import type { Attributes } from './record-vertical.ts';
import { inChunks } from './schema.ts';

/** A record as a review shows it. */
export interface NewSide {
  readonly partner: string;
  readonly key: string;
  readonly productId: string;
  readonly attributes: Attributes;
}

/** A question for a person. */
export interface NewReview {
  readonly kind: ReviewKind;
  readonly vertical: string;
  readonly left: NewSide;
  readonly right: NewSide;
  readonly decision: Decision;
  readonly matcherVersion: string;
}

/** A review as it is stored. */
export interface ReviewRow {
  readonly review_id: string;
  readonly kind: ReviewKind;
  readonly vertical: string;
  readonly left_partner: string;
  readonly left_key: string;
  readonly left_product_id: string;
  readonly left_attributes: string;
  readonly right_partner: string;
  readonly right_key: string;
  readonly right_product_id: string;
  readonly right_attributes: string;
  readonly probability: number;
  readonly doubt: number;
  readonly evidence: string;
  readonly matcher_version: string;
  readonly created_at: Date;
  readonly state: ReviewState;
  readonly decided_by: string;
  readonly decided_at: Date | null;
  readonly event_id: number | null;
}

/** The same question has the same id, so that it is asked once, whatever the answer was. */
function reviewIdOf({ kind, vertical, left, right }: NewReview): string {
  const sides =
    kind === ReviewKind.KEY_CHANGED
      ? [left.partner, left.key, JSON.stringify(right.attributes)]
      : [`${left.partner}\n${left.key}`, `${right.partner}\n${right.key}`].sort();
  return `rv_${hash('sha256', JSON.stringify([kind, vertical, ...sides]), 'hex').slice(0, 20)}`;
}

/** Asks questions that were not asked before, and returns how many that are. */
export async function addReviews(reviews: readonly NewReview[], at: Date, tx: Store): Promise<number> {
  let added = 0;
  await inChunks(reviews, async (part) => {
    const rows = await tx.query(
      `INSERT INTO reviews (review_id, kind, vertical, left_partner, left_key, left_product_id, left_attributes,
         right_partner, right_key, right_product_id, right_attributes, probability, doubt, evidence, matcher_version,
         created_at, state)
       SELECT id, kind, vertical, lp, lk, li, la, rp, rk, ri, ra, probability, abs(probability - 0.5), evidence, version,
         $15, ${ReviewState.OPEN}
       FROM unnest($1::text[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::text[], $10::text[], $11::text[], $12::double precision[], $13::text[], $14::text[])
         AS new (id, kind, vertical, lp, lk, li, la, rp, rk, ri, ra, probability, evidence, version)
       ON CONFLICT (review_id) DO NOTHING RETURNING 1`,
      [
        part.map(reviewIdOf),
        part.map(({ kind }) => kind),
        part.map(({ vertical }) => vertical),
        part.map(({ left }) => left.partner),
        part.map(({ left }) => left.key),
        part.map(({ left }) => left.productId),
        part.map(({ left }) => JSON.stringify(left.attributes)),
        part.map(({ right }) => right.partner),
        part.map(({ right }) => right.key),
        part.map(({ right }) => right.productId),
        part.map(({ right }) => JSON.stringify(right.attributes)),
        part.map(({ decision }) => decision.probability),
        part.map(({ decision }) => JSON.stringify(decision.evidence)),
        part.map(({ matcherVersion }) => matcherVersion),
        at,
      ],
    );
    added += rows.length;
  });
  return added;
}

/** A stored review as the contract has it. `productNow` tells where a side's key leads now. */
export function toReview(row: ReviewRow, productNow: (side: SideName) => string): Review {
  const side = (which: 'left' | 'right'): ReviewSide => {
    const partner = row[`${which}_partner`];
    const key = row[`${which}_key`];
    const attributes = Object.entries(JSON.parse(row[`${which}_attributes`]) as Attributes);
    return {
      productId: productNow({ vertical: row.vertical, partner, key, productId: row[`${which}_product_id`] }),
      partner,
      key,
      attributes: Object.fromEntries(attributes.map(([name, value]) => [name, String(value)])),
    };
  };
  return {
    reviewId: row.review_id,
    kind: row.kind,
    vertical: row.vertical,
    left: side('left'),
    right: side('right'),
    probability: row.probability,
    evidence: JSON.parse(row.evidence) as MatchEvidence[],
    state: row.state,
    createdAt: Temporal.Instant.fromEpochMilliseconds(row.created_at.getTime()),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at === null ? undefined : Temporal.Instant.fromEpochMilliseconds(row.decided_at.getTime()),
    eventId: row.event_id === null ? '' : eventIdOf(row.event_id),
    matcherVersion: row.matcher_version,
  };
}

/** REVIEW_NOT_FOUND. */
export function reviewNotFound(id: string): EntrepotError {
  return new EntrepotError({
    reason: 'REVIEW_NOT_FOUND',
    message: `there is no review ${JSON.stringify(id.slice(0, 80))}`,
  });
}

/** A side of a review, with the product that it was asked about. */
export interface SideName {
  readonly vertical: string;
  readonly partner: string;
  readonly key: string;
  readonly productId: string;
}
