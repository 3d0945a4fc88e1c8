import {
  type ListReviewsRequest,
  type ListReviewsResponse,
  type Review,
  ReviewKind,
  ReviewState,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { FormerIds } from './former-ids.ts';
import { pageSizeOf } from './pages.ts';
import { type ReviewRow, reviewNotFound, toReview } from './reviews.ts';
import { invalidToken, openToken, sealToken } from './tokens.ts';

/** A page of reviews, the least sure first. Throws EntrepotError INVALID_FIELD, INVALID_TOKEN. */
export async function listReviews(
  { vertical, state: asked, kind, pageSize, pageToken }: ListReviewsRequest,
  catalogues: ReadonlyMap<string, Catalogue>,
  formerIds: FormerIds,
  store: Store,
): Promise<ListReviewsResponse> {
  const size = pageSizeOf(pageSize, 20, 200);
  const state = asked === ReviewState.UNSPECIFIED ? ReviewState.OPEN : asked;
  if (!(Object.values(ReviewState) as number[]).includes(state))
    throw invalidField('state', `is ${state}; there is none`);
  if (!(Object.values(ReviewKind) as number[]).includes(kind)) throw invalidField('kind', `is ${kind}; there is none`);
  const listed = "state = $1 AND ($2::text = '' OR vertical = $2::text) AND ($3::int = 0 OR kind = $3::int)";
  const asks = [state, vertical, kind];
  const after = pageToken === '' ? undefined : readToken(pageToken, asks);
  const rows = await store.query<ReviewRow>(
    `SELECT * FROM reviews WHERE ${listed} AND (doubt, review_id) > ($4::double precision, $5::text)
     ORDER BY doubt, review_id LIMIT ${size + 1}`,
    [...asks, after?.doubt ?? -1, after?.id ?? ''],
  );
  const [total] = await store.query<{ size: number }>(
    `SELECT count(*)::int AS size FROM reviews WHERE ${listed}`,
    asks,
  );
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    reviews: page.map((row) => reviewNow(row, catalogues, formerIds)),
    nextPageToken:
      rows.length > size && last !== undefined
        ? sealToken('reviews', [JSON.stringify(asks), last.doubt, last.review_id])
        : '',
    totalSize: total!.size,
  };
}

/** One review, however it stands. Throws EntrepotError REVIEW_NOT_FOUND. */
export async function getReview(
  reviewId: string,
  catalogues: ReadonlyMap<string, Catalogue>,
  formerIds: FormerIds,
  store: Store,
): Promise<Review> {
  const [row] = await store.query<ReviewRow>('SELECT * FROM reviews WHERE review_id = $1', [reviewId]);
  if (row === undefined) throw reviewNotFound(reviewId);
  return reviewNow(row, catalogues, formerIds);
}

/** A review with the products that its sides lead to now. */
function reviewNow(row: ReviewRow, catalogues: ReadonlyMap<string, Catalogue>, formerIds: FormerIds): Review {
  return toReview(row, (side) => {
    const now = catalogues.get(side.vertical)?.productOf(side.partner, side.key);
    // What was asked about stays what it was once it is decided.
    return row.state === ReviewState.OPEN && now !== undefined && side.productId !== row.left_product_id
      ? now
      : formerIds.follow(side.productId);
  });
}

function readToken(token: string, asks: readonly unknown[]): { doubt: number; id: string } {
  const [of, doubt, id] = openToken<[string, number, string]>(
    token,
    'reviews',
    ['string', 'number', 'string'],
    'pageToken',
  );
  if (of !== JSON.stringify(asks)) {
    const say = 'belongs to another vertical, state or kind; send what the page before was asked with';
    throw invalidToken('pageToken', say);
  }
  return { doubt, id };
}
