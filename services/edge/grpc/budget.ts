import type { AnswerMetadata } from '../../../libs/mesh/index.ts';
import { rateLimitHeaders } from '../access/budget/rate-limit-headers.ts';
import type { Caller } from '../api/caller.ts';

/** Says in an answer's metadata what is left of the caller's budget, where it has one: as the headers of HTTP do. */
export function tellBudget({ budget }: Caller, answer: AnswerMetadata | undefined): void {
  if (budget === undefined || answer === undefined) return;
  for (const [name, value] of Object.entries(rateLimitHeaders(budget))) {
    answer.header.set(name, value);
    answer.trailer.set(name, value);
  }
}
