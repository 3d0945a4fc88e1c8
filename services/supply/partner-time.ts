import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { nothingLeftOver } from './budget/spending.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { cancelled, PartnerFailure } from './failure.ts';

/**
 * Does the work while holding one of a partner's places, which is waited for until the deadline. Throws PartnerFailure.
 *
 * @param background nobody waits for it: without a free place it is not done
 */
export async function holdingPlace<T>(
  limit: ConcurrencyLimit,
  deadline: number,
  signal: AbortSignal,
  work: () => Promise<T>,
  background = false,
): Promise<T> {
  if (!limit.tryEnter()) {
    if (background) throw nothingLeftOver(`its ${limit.limit} calls at once are taken`);
    const entered = await limit.enter(deadline - LEAST_TIME_MS, signal);
    if (entered === 'cancelled') throw cancelled();
    if (entered === 'too_late') {
      throw new PartnerFailure({
        failure: FailureKind.TIMEOUT,
        detail: `waited for one of its ${limit.limit} calls at once until the time was over; see its concurrency`,
      });
    }
  }
  try {
    return await work();
  } finally {
    limit.leave();
  }
}

/** A call that has waited does not begin with less time than this: nobody could answer it. */
export const LEAST_TIME_MS = 10;

/**
 * When a partner's time is over, epoch ms. Of the caller's, a twentieth, 5 to 100 ms, is kept back for the way up.
 *
 * @param given when the time is over that the caller gives this partner, epoch ms
 */
export function deadlineOf(timeoutMs: number, callers: number | undefined, now: number, given?: number): number {
  const own = Math.min(now + timeoutMs, given ?? Number.POSITIVE_INFINITY);
  if (callers === undefined) return own;
  const margin = Math.min(100, Math.max(5, (callers - now) / 20));
  return Math.min(own, callers - margin);
}
