import { FailureKind, OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AnswerStore } from './answers.ts';
import { emptyOutcome, type Page } from './ask.ts';
import { cancelled } from './failure.ts';
import { type Answered, toldOf } from './freshness.ts';
import type { LocalCall } from './plan.ts';
import type { Lead } from './shared-questions.ts';

/** How a question ends that all replicas ask. */

/** Lets the other replicas have what a partner said, once its bodies are where they find them. */
export async function shareEnd(
  lead: Lead,
  answers: Pick<AnswerStore, 'written'>,
  outcome: PartnerOutcome,
  pages: readonly Page[],
  answered: Answered | undefined,
): Promise<void> {
  const written = await Promise.all(pages.map(({ answer }) => answers.written(answer)));
  if (!written.every(Boolean)) return lead.end(undefined, undefined);
  return lead.end(answered, toldOf(outcome, pages));
}

/** The outcome of a part that waited for another replica's answer in vain. */
export function notTold(
  why: 'late' | 'cancelled',
  { partner, context: { filters = [] } }: LocalCall,
  elapsedMs: number,
): PartnerOutcome {
  const common = { latencyMs: Math.round(elapsedMs), appliedFilters: filters.map(({ text }) => text) };
  if (why === 'cancelled') {
    return { ...emptyOutcome(partner.name, OutcomeStatus.CANCELLED, cancelled().detail), ...common };
  }
  const detail = 'another replica of supply was still asking it the same when the time was over';
  return {
    ...emptyOutcome(partner.name, OutcomeStatus.TIMED_OUT, detail),
    ...common,
    failure: FailureKind.TIMEOUT,
  };
}
