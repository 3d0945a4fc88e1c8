import { LRUCache } from 'lru-cache';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { FanOut } from './fan-out.ts';
import type { Asker } from './fan-out-tools.ts';

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
   * @param deadline of the search, epoch ms
   */
  find(question: string, asker: Asker, deadline: number): FanOut | 'maybe' | undefined {
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
    if (!suits(fanOut, asker, deadline)) return undefined;
    return fanOut.findings.outcomes.planned ? fanOut : 'maybe';
  }

  /** Resolves when it is known whether a fan-out that may answer a question does. */
  async maybe(question: string): Promise<void> {
    await this.#byQuestion.peek(question)?.planned;
  }
}

/**
 * Whether what a fan-out under way waits for suits a search: it is complete before the search's own deadline and not long before it,
 * and waits for late partners as the search would.
 */
function suits({ asker: first, startedAt, totalMs, marginMs }: FanOut, asker: Asker, deadline: number): boolean {
  if ((first.deadline === undefined) !== (asker.deadline === undefined)) return false;
  const spare = deadline - (startedAt + totalMs);
  return spare >= -marginMs / 2 && spare <= totalMs / 10;
}

/** Until when what a complete fan-out found may be given again, epoch ms; 0 for not at all. */
function reusableUntil({ findings: { ended, outcomes } }: FanOut): number {
  // Partners that were not asked stand first.
  const skipped = ended.slice(0, ended.length - outcomes.done);
  const passes = skipped.some(({ status, retryAfterMs }) => passing.has(status) || retryAfterMs !== undefined);
  return passes ? 0 : outcomes.reusableUntil;
}
