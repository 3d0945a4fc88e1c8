import type { AnswerMetadata } from '../../../libs/mesh/index.ts';
import type { Caller } from '../api/caller.ts';

/** Says in an answer's metadata what is left of the caller's budget, where it has one: as the RateLimit headers of HTTP do. */
export function tellBudget({ budget }: Caller, answer: AnswerMetadata | undefined): void {
  if (budget === undefined || answer === undefined) return;
  const { capacity, left, refillPerSecond } = budget;
  const window = Math.ceil(capacity / refillPerSecond);
  for (const metadata of [answer.header, answer.trailer]) {
    metadata.set('ratelimit-policy', `"points";q=${capacity};w=${window}`);
    metadata.set('ratelimit', `"points";r=${Math.floor(left)};t=${Math.ceil((capacity - left) / refillPerSecond)}`);
  }
}
