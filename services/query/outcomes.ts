import { CacheUse, type PartnerOutcome, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { UnpricedRow } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { SearchPlan } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
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
  closed: boolean;
}

/**
 * Every partner's part of a search: ends each with exactly one outcome, whatever fails, and not before the prices of
 * its rows are there.
 */
export class Outcomes {
  readonly #startedAt: number;
  readonly #applied: AppliedFilters;
  readonly #parts = new Map<string, Part>();
  readonly #ended: PartnerOutcome[] = [];
  #planned = false;
  #open = 0;

  /**
   * @param startedAt of the search, in milliseconds of performance.now()
   * @param applied what partners apply of the filter
   */
  constructor(startedAt: number, applied: AppliedFilters) {
    this.#startedAt = startedAt;
    this.#applied = applied;
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

  /** The outcomes so far, in the order in which they came; those of partners that were not asked first. */
  get ended(): readonly PartnerOutcome[] {
    return this.#ended;
  }

  /** Takes in who is asked and who is not. */
  plan({ asked, skipped }: SearchPlan): void {
    this.#planned = true;
    this.#ended.push(...skipped);
    for (const partner of asked) {
      if (this.#parts.has(partner)) continue;
      const part = { partner, pending: 0, rows: 0, kept: 0, unpriced: new Map(), reported: undefined, closed: false };
      this.#parts.set(partner, part);
    }
    this.#open = this.#parts.size;
  }

  /** Rows have come from a partner. False when they are of no use: the partner was not asked, or its part is over. */
  received(partner: string, rows: number): boolean {
    const part = this.#parts.get(partner);
    if (part === undefined || part.closed) return false;
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
    if (part === undefined || part.closed) return false;
    part.reported ??= outcome;
    return this.#settle(part);
  }

  /** One partner's rows were of no use. True when its part is over with that. */
  spoil(partner: string, ending: Ending): boolean {
    const part = this.#parts.get(partner);
    if (part === undefined || part.closed) return false;
    part.reported = this.#outcomeOf(part, ending);
    part.pending--;
    return this.#settle(part);
  }

  /** Supply will report nothing more. Parts whose rows wait for prices still wait for them. */
  endUnreported(ending: Ending): void {
    for (const part of this.#parts.values()) {
      if (part.closed) continue;
      part.reported ??= this.#outcomeOf(part, ending);
      this.#settle(part);
    }
  }

  /** Ends every part that is still open, at once. */
  endOpen(choose: (part: { readonly answered: boolean }) => Ending): void {
    for (const part of this.#parts.values()) {
      if (part.closed) continue;
      const ending = choose({ answered: part.reported !== undefined });
      this.#close(part, { ...this.#outcomeOf(part, ending), requests: part.reported?.requests ?? 0 });
    }
  }

  #settle(part: Part): boolean {
    if (part.closed || part.pending > 0 || part.reported === undefined) return false;
    this.#close(part, part.reported);
    return true;
  }

  #close(part: Part, outcome: PartnerOutcome): void {
    part.closed = true;
    this.#open--;
    const exact = outcome.offersKept === part.kept && part.unpriced.size === 0;
    this.#ended.push(exact ? outcome : withPricing(outcome, part));
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
      appliedFilters: this.#applied.textsOf(part.partner),
    };
  }
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
