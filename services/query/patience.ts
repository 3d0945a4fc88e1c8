import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PartnerTime } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { LearnedLatency } from '../../libs/latency/index.ts';
import type { QueryConfig } from './config.ts';
import type { Question } from './question.ts';

/** How a partner's part ends that says what the partner has. */
export const answered: ReadonlySet<OutcomeStatus> = new Set([
  OutcomeStatus.OK,
  OutcomeStatus.PARTIAL,
  OutcomeStatus.EMPTY,
]);

/** How much one search counts in what a partner is known to bring: the last 20 or so decide. */
const weightOfOne = 0.05;

/**
 * What is known of how partners answer: how long they take, by market and shape of criteria, and how much of a first page is
 * theirs. The deadline of a search is split by it, and whether a partner is worth waiting for is judged by it.
 */
export class Patience {
  readonly #latency: LearnedLatency;
  /** Share of the first page, 0 to 1, by vertical, market and partner. */
  readonly #gains = new Map<string, number>();
  /** Partners that answered searches of a vertical. */
  readonly #partners = new Map<string, Set<string>>();

  constructor(latency = new LearnedLatency()) {
    this.#latency = latency;
  }

  /** The 95th percentile of what a partner takes for such a question, ms; undefined where too little is known. */
  expectedMs({ kind }: Question, partner: string): number | undefined {
    return this.#latency.expect([partner, ...kind], 0.95);
  }

  /** The share of first pages of such a question that is a partner's, 0 to 1; 1 where nothing is known. */
  gain({ prepared }: Question, partner: string): number {
    return this.#gains.get(`${prepared.vertical.name} ${prepared.market} ${partner}`) ?? 1;
  }

  /** Takes in how a partner's part ended. */
  ended({ kind, prepared }: Question, outcome: PartnerOutcome): void {
    const { partner, status, failure, cache, requests, latencyMs, timeMs } = outcome;
    // A held or shared answer says nothing about how long the partner takes.
    if (requests === 0) return;
    const stoodIn = cache === CacheUse.STALE_IF_ERROR;
    if (status === OutcomeStatus.TIMED_OUT || (stoodIn && failure === FailureKind.TIMEOUT)) {
      // It takes longer than it was given, by how much nobody knows: a partner that has become slow is given more by and by.
      if (timeMs !== undefined) this.#latency.record([partner, ...kind], timeMs * 1.5);
      return;
    }
    if (stoodIn || !answered.has(status)) return;
    this.#latency.record([partner, ...kind], latencyMs);
    const known = this.#partners.get(prepared.vertical.name) ?? new Set();
    this.#partners.set(prepared.vertical.name, known.add(partner));
  }

  /**
   * Takes in whose offers are first on the first page of a complete search.
   * @param partners of whom it says something: those that said what they had, so that one that was not awaited is not held to bring
   * nothing
   * @param entries by partner
   */
  shown({ prepared }: Question, partners: readonly string[], entries: ReadonlyMap<string, number>): void {
    let total = 0;
    for (const count of entries.values()) total += count;
    if (total === 0) return;
    for (const partner of partners) {
      const key = `${prepared.vertical.name} ${prepared.market} ${partner}`;
      const share = (entries.get(partner) ?? 0) / total;
      const before = this.#gains.get(key);
      this.#gains.set(key, before === undefined ? share : before + (share - before) * weightOfOne);
    }
  }

  /**
   * How long each partner is given of a search's time: a multiple of what it nearly always takes. A partner that is not
   * named may take all of it.
   * @param totalMs of the search
   */
  timesOf(question: Question, totalMs: number, { factor, leastMs }: QueryConfig['partnerTime']): PartnerTime[] {
    const times: PartnerTime[] = [];
    for (const partner of this.#partners.get(question.prepared.vertical.name) ?? []) {
      const expected = this.expectedMs(question, partner);
      if (expected === undefined) continue;
      const timeMs = Math.ceil(Math.max(leastMs, expected * factor));
      if (timeMs < totalMs) times.push({ partner, timeMs });
    }
    return times;
  }
}
