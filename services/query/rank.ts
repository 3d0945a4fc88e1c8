import {
  AccuracyAction,
  type RankExplanation,
  type RankFeature,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import { termsOf } from './filter-terms.ts';
import { offerIdOf } from './offers.ts';
import { explainOrder } from './order.ts';
import type { Ordering } from './ordering.ts';
import { behind } from './rank-reason.ts';
import type { Score } from './ranking.ts';
import type { ResultSet } from './result-set.ts';
import { columnsOf } from './set-columns.ts';
import { formattedPrice, time, valueText } from './tell.ts';
import { quarantineDetail } from './told-quarantine.ts';

/** What explaining a place in an order needs. */
export interface RankInput {
  readonly searchId: string;
  readonly vertical: Vertical;
  readonly set: ResultSet;
  /** In the set's own currency. */
  readonly ordering: Ordering;
}

/** An offer's place in an order, what it is ordered by, and why it is not the first. */
export function explainRank(input: RankInput, row: number): RankExplanation {
  const { searchId, set, ordering } = input;
  const entry = entryOf(ordering, row);
  const first = ordering.heads[0];
  const isFirst = first === row;
  const [own, best] = explainOrder(set, ordering, first === undefined || isFirst ? [row] : [row, first]);
  return {
    position: entry === undefined ? 0 : entry + 1,
    totalSize: ordering.heads.length,
    orderBy: orderText(ordering),
    score: own!.score,
    features: featuresOf(own!),
    firstOfferId: first === undefined || isFirst ? '' : offerIdOf(searchId, set, first),
    firstScore: best?.score,
    firstFeatures: best === undefined ? [] : featuresOf(best),
    reason: isFirst ? '' : reasonOf(input, row, entry, own!, best),
  };
}

/** What is ordered by, as a request says it. */
export function orderText({ view: { order, asked } }: Ordering): string {
  return asked.ranking.trim() === '' ? `${order.by}${order.descending ? ' desc' : ''}` : asked.ranking;
}

/** The entry that a row is in, first or beside it; undefined where it is in none. */
export function entryOf({ heads, others, otherStart }: Ordering, row: number): number | undefined {
  const head = heads.indexOf(row);
  if (head >= 0) return head;
  const at = others.indexOf(row);
  if (at < 0) return undefined;
  let entry = 0;
  while (otherStart[entry + 1]! <= at) entry++;
  return entry;
}

/** Why a row that is not in an order is not: in one sentence. */
export function absenceOf({ set, ordering, vertical }: RankInput, row: number): string {
  const judgement = set.judgementOf(row);
  if (judgement?.action === AccuracyAction.HIDDEN)
    return `It is held and not shown, as all offers of its partner: ${judgement.because}.`;
  if (set.isGone(row)) {
    const expiry = set.expiryOf(row);
    return expiry <= Date.now()
      ? `It expired at ${time(expiry)}, when the time was over for which its partner stood by it; search again.`
      : 'It was sold out, or supply no longer holds it; search again.';
  }
  const mistaken = set.quarantined().get(row);
  if (mistaken !== undefined) {
    return `Its price is taken for a mistake: ${quarantineDetail(set, mistaken)}.`;
  }
  const columns = columnsOf(set, set.prices);
  const failing = termsOf(set, ordering.view, vertical, columns).filter(({ fulfilled }) => !fulfilled(row));
  if (failing.length === 0) return 'It has come since the order was made.';
  const said = failing.map(({ text, constraint }) => {
    if (constraint === undefined) return text;
    const { attribute } = constraint;
    const value = valueText(columns(attribute), row, attribute, set.currency);
    return value === undefined
      ? `${text} (it does not say its ${attribute})`
      : `${text} (its ${attribute} is ${value})`;
  });
  return `It does not pass the filter: ${said.join(', and ')}.`;
}

function reasonOf(
  input: RankInput,
  row: number,
  entry: number | undefined,
  own: Score,
  best: Score | undefined,
): string {
  const { set, ordering } = input;
  if (entry === undefined) return absenceOf(input, row);
  const head = ordering.heads[entry]!;
  if (head !== row) {
    const seller = `${set.partnerOf(head)} at ${formattedPrice(set, head)}`;
    return `Another offer of its product is shown before it: ${seller}, ${besides(input, row, head)}.`;
  }
  if (best === undefined) return '';
  const demoted = set.judgementOf(row);
  if (demoted !== undefined && set.judgementOf(ordering.heads[0]!) === undefined) {
    return `Its partner is demoted, and its offers come after those of others: ${demoted.because}.`;
  }
  return behind(input, row, own, best);
}

function besides({ set }: RankInput, row: number, head: number): string {
  const [own, other] = [set.totals[row]!, set.totals[head]!];
  if (own === other) return 'which costs the same';
  const difference = formattedPrice(set, row, Math.abs(own - other));
  return own > other ? `${difference} less` : `which costs ${difference} more and comes first in this order`;
}

function featuresOf({ features }: Score): RankFeature[] {
  return features.map((part) => ({ ...part }));
}
