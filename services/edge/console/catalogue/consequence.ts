// What each answer to a review will do, before it is given.
import type { Product, Review } from '../../../../libs/client/index.ts';
import { nameOf } from './compare.ts';

/** What follows of each answer. */
export interface Consequences {
  readonly same: string;
  readonly different: string;
}

/** The products of both sides as they are now; absent while they are not known. */
export interface SidesNow {
  readonly left: Product | undefined;
  readonly right: Product | undefined;
}

/** What follows of answering a review. */
export function consequencesOf(review: Review, now: SidesNow): Consequences {
  const { left, right, kind } = review;
  const key = `${left?.partner} ${left?.key}`;
  if (kind === 'REVIEW_KIND_KEY_CHANGED' && left?.productId === right?.productId) {
    return {
      same: `${key} goes on leading to “${titleOf(now.left, nameOf(left))}”. What it says now is remembered; no product changes.`,
      different: `${key} leaves “${titleOf(now.left, nameOf(left))}” and becomes a product of its own: “${nameOf(right)}”.`,
    };
  }
  const listings = listingsOf(now);
  return {
    same:
      listings === undefined
        ? `“${nameOf(right)}” becomes part of “${titleOf(now.left, nameOf(left))}”.`
        : `${listings} listings will stand together as “${titleOf(now.left, nameOf(left))}”.`,
    different:
      kind === 'REVIEW_KIND_KEY_CHANGED'
        ? 'They stay two products, and each key leads where it leads now.'
        : 'They stay two products, and the matcher does not ask again.',
  };
}

const titleOf = (product: Product | undefined, otherwise: string): string => product?.title ?? otherwise;

/** How many listings of partners lead to either product; undefined while that is not known. */
function listingsOf({ left, right }: SidesNow): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  const keys = [...(left.keys ?? []), ...(left.productId === right.productId ? [] : (right.keys ?? []))];
  return keys.filter(({ partner = '' }) => partner !== '').length;
}
