import { LRUCache } from 'lru-cache';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { FanOut } from './fan-out.ts';

/** Fan-outs that can be found by their question. */
const mostFanOuts = 10_000;

/** Not asked for a reason that may be over in a moment. */
const passing: ReadonlySet<OutcomeStatus> = new Set([OutcomeStatus.RATE_LIMITED, OutcomeStatus.BUDGET_SPENT]);

/**
 * Fan-outs by their question, so that equal searches share one: while it is under way, where they began at about the same time, and
 * once it is complete for as long as every partner lets its answer be given again.
 */
export class FanOuts {
  readonly #byQuestion = new LRUCache<string, FanOut>({ max: mostFanOuts });

  /** Others may share it from now on. */
  add(fanOut: FanOut): void {
    this.#byQuestion.set(fanOut.question.key, fanOut);
  }

  /** Nobody looks at it any more. */
  drop(fanOut: FanOut): void {
    if (this.#byQuestion.peek(fanOut.question.key) === fanOut) this.#byQuestion.delete(fanOut.question.key);
  }

  /**
   * A fan-out that answers a question; undefined where there is none. One whose plan is not known yet is not, so that nobody is given
   * what is good for another alone; `maybe` waits for it.
   * @param deadline when the search wants to be complete, epoch ms
   */
  find(question: string, deadline: number): FanOut | 'maybe' | undefined {
    const fanOut = this.#byQuestion.get(question);
    if (fanOut === undefined) return undefined;
    if (fanOut.failure !== undefined || fanOut.findings.unshared) {
      this.#byQuestion.delete(question);
      return undefined;
    }
    if (fanOut.complete) {
      if (Date.now() < reusableUntil(fanOut)) return fanOut;
      this.#byQuestion.delete(question);
      return undefined;
    }
    // Who has much more or less time than the first is not served by what the first waits for.
    if (Math.abs(fanOut.startedAt + fanOut.totalMs - deadline) > fanOut.totalMs / 10) return undefined;
    return fanOut.findings.outcomes.planned ? fanOut : 'maybe';
  }

  /** Resolves when it is known whether a fan-out that may answer a question does. */
  async maybe(question: string): Promise<void> {
    await this.#byQuestion.peek(question)?.planned;
  }
}

/** Until when what a complete fan-out found may be given again, epoch ms; 0 for not at all. */
function reusableUntil({ findings, completedAt }: FanOut): number {
  let reusableMs = Number.POSITIVE_INFINITY;
  for (const { partner, status, reusableMs: own, retryAfterMs } of findings.ended) {
    if (findings.set.partners.includes(partner)) reusableMs = Math.min(reusableMs, own);
    else if (passing.has(status) || retryAfterMs !== undefined) return 0;
  }
  return reusableMs > 0 && Number.isFinite(reusableMs) ? completedAt + reusableMs : 0;
}
