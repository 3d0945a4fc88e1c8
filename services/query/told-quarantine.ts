import { type PartnerOutcome, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Outlier } from './outliers.ts';
import type { ResultSet } from './result-set.ts';
import { formattedPrice } from './tell.ts';

/** For a person: "5000.00 GBP is about 100 times the 50.10 GBP that 3 other partners ask for the product (the median)". */
export function quarantineDetail(set: ResultSet, { row, magnitude, othersMedian, others }: Outlier): string {
  const times = magnitude >= 0 ? `${10 ** magnitude} times` : `a ${tenths[-magnitude] ?? 'tiny'} part of`;
  const median = formattedPrice(set, row, othersMedian);
  return `${formattedPrice(set, row)} is about ${times} the ${median} that ${others} other partners ask for the product (the median)`;
}

const tenths: Readonly<Record<number, string>> = { 1: 'tenth', 2: 'hundredth', 3: 'thousandth' };

/** Outcomes with the offers that are held but not shown among the rejections. */
export class ToldQuarantine {
  /** The same outcome with the same count is told by the same object, so that who compares sees no change. */
  readonly #told = new WeakMap<PartnerOutcome, { readonly key: string; readonly outcome: PartnerOutcome }>();

  of(set: ResultSet, outcomes: readonly PartnerOutcome[]): readonly PartnerOutcome[] {
    const found = set.quarantined();
    if (found.size === 0) return outcomes;
    const byPartner = Map.groupBy(found.values(), ({ row }) => set.partnerOf(row));
    return outcomes.map((outcome) => {
      const own = byPartner.get(outcome.partner);
      return own === undefined ? outcome : this.#with(set, outcome, own);
    });
  }

  #with(set: ResultSet, outcome: PartnerOutcome, own: readonly Outlier[]): PartnerOutcome {
    const example = quarantineDetail(set, own[0]!);
    const key = `${own.length} ${example}`;
    const known = this.#told.get(outcome);
    if (known?.key === key) return known.outcome;
    const rejection = { reason: RejectionReason.PRICE_OUTLIER, count: own.length, example };
    const told = {
      ...outcome,
      offersKept: Math.max(0, outcome.offersKept - own.length),
      rejections: [...outcome.rejections, rejection],
    };
    this.#told.set(outcome, { key, outcome: told });
    return told;
  }
}
