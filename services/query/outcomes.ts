import { CacheUse, type PartnerOutcome, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { UnpricedRow } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PartnerEnd } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import type { SearchPlan } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Judgements } from './accuracy/judgements.ts';
import type { AppliedFilters } from './applied.ts';
import type { Ending } from './endings.ts';
import type { PricedSet, Unpriced } from './priced-set.ts';

/** One partner's part of a search. */
interface Part {
  readonly partner: string;
  /** Batches whose prices have not come back. */
  pending: number;
  rows: number;
  kept: number;
  /** Rows without a price, by reason. */
  readonly unpriced: Map<string, Unpriced>;
  /** What supply says, or what stands in for it. */
  reported: PartnerOutcome | undefined;
  /** Its outcome's place among those that ended; -1 while it has none. */
  place: number;
  /** It has an outcome and may still answer. */
  awaited: boolean;
  /** Until when what supply reported may be given again, epoch ms. */
  reusableUntil: number;
}

/**
 * Every partner's part of a search: ends each with exactly one outcome, whatever fails, and not before the prices of its rows are
 * there. A part that the search did not wait for may end a second time, with what it turned out to be.
 */
export class Outcomes {
  readonly #startedAt: number;
  readonly #applied: AppliedFilters;
  readonly #judgements: Judgements;
  readonly #onEnd: (end: PartnerEnd) => void;
  readonly #parts = new Map<string, Part>();
  readonly #ended: PartnerOutcome[] = [];
  /** The same with what is done about their partners. */
  readonly #told: PartnerOutcome[] = [];
  #planned = false;
  #open = 0;

  /**
   * @param startedAt of the search, in milliseconds of performance.now()
   * @param set knows what partners apply of the filter, and what is done about them
   * @param onEnd told of each part that ends
   */
  constructor(
    startedAt: number,
    { applied, judgements }: { readonly applied: AppliedFilters; readonly judgements: Judgements },
    onEnd: (end: PartnerEnd) => void,
  ) {
    this.#startedAt = startedAt;
    this.#applied = applied;
    this.#judgements = judgements;
    this.#onEnd = onEnd;
  }

  /** The plan has come. */
  get planned(): boolean {
    return this.#planned;
  }

  /** Every partner has its outcome. */
  get complete(): boolean {
    return this.#planned && this.#open === 0;
  }

  /** Partners that are asked. */
  get asked(): number {
    return this.#parts.size;
  }

  /** Of those, partners with an outcome. */
  get done(): number {
    return this.#parts.size - this.#open;
  }

  /** Partners without an outcome. */
  get open(): string[] {
    return [...this.#parts.values()].filter(({ place }) => place < 0).map(({ partner }) => partner);
  }

  /** Partners that were not waited for and may still answer. */
  get awaited(): string[] {
    return [...this.#parts.values()].filter(({ awaited }) => awaited).map(({ partner }) => partner);
  }

  /** The outcomes so far, in the order in which they came first; those of partners that were not asked before them. */
  get ended(): readonly PartnerOutcome[] {
    return this.#told;
  }

  /** Takes in who is asked and who is not. */
  plan({ asked, skipped }: SearchPlan): void {
    this.#planned = true;
    this.#ended.push(...skipped);
    this.#told.push(...skipped.map((outcome) => this.#judgements.told(outcome)));
    for (const partner of asked) {
      if (this.#parts.has(partner)) continue;
      this.#parts.set(partner, {
        partner,
        pending: 0,
        rows: 0,
        kept: 0,
        unpriced: new Map(),
        reported: undefined,
        place: -1,
        awaited: false,
        reusableUntil: 0,
      });
    }
    this.#open = this.#parts.size;
  }

  /** Until when all that partners said may be given again, by the terms of each, epoch ms; 0 where one of them lets nothing be given. */
  get reusableUntil(): number {
    let until = Number.POSITIVE_INFINITY;
    for (const { place, awaited, reusableUntil } of this.#parts.values()) {
      if (place < 0 || awaited || this.#ended[place]!.reusableMs === 0) return 0;
      until = Math.min(until, reusableUntil);
    }
    return Number.isFinite(until) ? until : 0;
  }

  /** Rows of the partner are of use: it was asked, and its part is not over. */
  accepts(partner: string): boolean {
    const part = this.#parts.get(partner);
    return part !== undefined && !isOver(part);
  }

  /** Rows have come from a partner. False when they are of no use: the partner was not asked, or its part is over. */
  received(partner: string, rows: number): boolean {
    const part = this.#parts.get(partner);
    if (part === undefined || isOver(part)) return false;
    part.rows += rows;
    part.pending++;
    return true;
  }

  /** The prices of rows have come back. True when the partner's part is over with that. */
  priced(partner: string, kept: number, unpriced: readonly UnpricedRow[]): boolean {
    const part = this.#parts.get(partner);
    if (part === undefined) return false;
    part.pending--;
    part.kept += kept;
    for (const { reason, detail } of unpriced) {
      const counted = part.unpriced.get(reason);
      if (counted === undefined) part.unpriced.set(reason, { count: 1, example: detail });
      else counted.count++;
    }
    return this.#settle(part);
  }

  /** Supply says how a part ended. True when the part is over with that: its rows all have prices. */
  report(outcome: PartnerOutcome): boolean {
    const part = this.#parts.get(outcome.partner);
    if (part === undefined || isOver(part)) return false;
    if (part.reported === undefined) {
      part.reported = outcome;
      part.reusableUntil = Date.now() + outcome.reusableMs;
    }
    return this.#settle(part);
  }

  /** One partner's rows were of no use. True when its part is over with that. */
  spoil(partner: string, ending: Ending): boolean {
    const part = this.#parts.get(partner);
    if (part === undefined || isOver(part)) return false;
    part.reported = this.#outcomeOf(part, ending);
    part.pending--;
    return this.#settle(part);
  }

  /** Supply will report nothing more. Parts whose rows wait for prices still wait for them. */
  endUnreported(ending: Ending): void {
    for (const part of this.#parts.values()) {
      if (part.reported === undefined) this.#giveUp(part);
      if (part.place >= 0) continue;
      part.reported ??= this.#outcomeOf(part, ending);
      this.#settle(part);
    }
  }

  /**
   * Ends every part that is still open, at once.
   * @param awaited they may still answer, and then end as what they turned out to be
   */
  endOpen(choose: (part: { readonly answered: boolean }) => Ending, awaited = false): void {
    for (const part of this.#parts.values()) {
      if (part.place >= 0) continue;
      const ending = choose({ answered: part.reported !== undefined });
      part.awaited = awaited;
      this.#end(part, { ...this.#outcomeOf(part, ending), requests: part.reported?.requests ?? 0 });
    }
  }

  /** Nobody waits for partners any more that were not waited for. What came of them since stays, and is counted. */
  giveUp(): void {
    for (const part of this.#parts.values()) this.#giveUp(part);
  }

  /** Rows of a partner that is asked again are gone: it starts anew. */
  restart(partner: string): void {
    const part = this.#parts.get(partner);
    if (part === undefined) return;
    part.rows = 0;
    part.kept = 0;
    part.pending = 0;
    part.unpriced.clear();
    part.reported = undefined;
  }

  /** Takes over how a part ended, as another process has written it down. */
  restore({ outcome, awaited }: PartnerEnd): void {
    const part = outcome === undefined ? undefined : this.#parts.get(outcome.partner);
    if (part === undefined) return;
    part.awaited = awaited;
    this.#put(part, outcome!);
  }

  #giveUp(part: Part): void {
    if (!part.awaited) return;
    part.awaited = false;
    const ended = this.#ended[part.place]!;
    const counted = ended.rowsReceived === part.rows && ended.offersKept === part.kept;
    if (!counted) this.#end(part, { ...ended, rowsReceived: part.rows, rejections: [] });
  }

  #settle(part: Part): boolean {
    if (isOver(part) || part.pending > 0 || part.reported === undefined) return false;
    const late = part.place >= 0;
    part.awaited = false;
    this.#end(part, late ? { ...part.reported, late } : part.reported);
    return true;
  }

  #end(part: Part, outcome: PartnerOutcome): void {
    const exact = outcome.offersKept === part.kept && part.unpriced.size === 0;
    const whole = exact ? outcome : withPricing(outcome, part);
    this.#put(part, whole);
    this.#onEnd({ outcome: whole, awaited: part.awaited });
  }

  #put(part: Part, outcome: PartnerOutcome): void {
    if (part.place < 0) {
      part.place = this.#ended.length;
      this.#open--;
    }
    this.#ended[part.place] = outcome;
    this.#told[part.place] = this.#judgements.told(outcome);
  }

  #outcomeOf(part: Part, { status, failure, detail }: Ending): PartnerOutcome {
    return {
      partner: part.partner,
      status,
      failure,
      detail,
      rowsReceived: part.rows,
      offersKept: part.kept,
      rejections: [],
      latencyMs: Math.round(performance.now() - this.#startedAt),
      requests: 0,
      cache: CacheUse.UNSPECIFIED,
      retryAfterMs: undefined,
      cacheAgeMs: undefined,
      late: false,
      hedges: 0,
      timeMs: undefined,
      reusableMs: 0,
      repairs: [],
      accuracyAction: '',
      appliedFilters: this.#applied.textsOf(part.partner),
    };
  }
}

function isOver({ place, awaited }: Part): boolean {
  return place >= 0 && !awaited;
}

/** The outcome with what pricing made of the rows: rows without a price are rejections like any other. */
function withPricing(
  outcome: PartnerOutcome,
  { kept, unpriced }: { readonly kept: number; readonly unpriced: ReadonlyMap<string, Unpriced> },
): PartnerOutcome {
  const rejections = [...outcome.rejections];
  for (const [reason, { count, example }] of unpriced) {
    rejections.push({ reason: reasons.get(reason) ?? RejectionReason.UNPRICEABLE, count, example });
  }
  return { ...outcome, offersKept: kept, rejections };
}

/**
 * Outcomes as they are in another currency: what cannot be priced in it is left out of what was kept, and stands among the rejections.
 * @param partners of the set, in the order of their numbers
 */
export function outcomesIn(
  prices: PricedSet,
  outcomes: readonly PartnerOutcome[],
  partners: readonly string[],
): PartnerOutcome[] {
  return outcomes.map((outcome) => {
    const unpriced = prices.unpricedOf(partners.indexOf(outcome.partner));
    if (unpriced.size === 0) return outcome;
    let lacking = 0;
    for (const { count } of unpriced.values()) lacking += count;
    return withPricing(outcome, { kept: outcome.offersKept - lacking, unpriced });
  });
}

/** Pricing names its reasons as the contract does. */
const reasons: ReadonlyMap<string, RejectionReason> = new Map(Object.entries(RejectionReason));
