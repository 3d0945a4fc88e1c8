// Whose turn it is in the queue.
import type { Review } from '../../../../libs/client/index.ts';

/** The review that comes behind another in a list, from the beginning again after the last; undefined where there is none. */
export function nextAfter(id: string, listed: readonly Review[], passed: ReadonlySet<string>): string | undefined {
  const at = listed.findIndex(({ reviewId }) => reviewId === id);
  const inTurn = [...listed.slice(at + 1), ...listed.slice(0, Math.max(at, 0))];
  return inTurn.find(({ reviewId = '' }) => reviewId !== id && !passed.has(reviewId))?.reviewId;
}
