import type {
  ExplainSearchResponse,
  FilterTerm,
  PartnerExplanation,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Explained } from './explained.ts';
import { type Term, termsOf } from './filter-terms.ts';
import { type PartnerPart, partnerReason } from './partner-reason.ts';
import { explainProduct } from './product-explanation.ts';
import { orderText } from './rank.ts';
import { columnsOf } from './set-columns.ts';

/**
 * How a search went. Nothing is asked of anybody: it is what is held.
 * @param productId a product that somebody misses; empty for none
 */
export function explainSearch(search: Explained, productId: string): ExplainSearchResponse {
  const { set, ordering, vertical } = search;
  const terms = termsOf(set, ordering.view, vertical, columnsOf(set, set.prices));
  return {
    searchId: search.id,
    criteria: search.criteria,
    market: search.market,
    currency: set.currency,
    client: search.client,
    tier: search.tier,
    startedAt: search.startedAt,
    progress: search.progress,
    completedBecause: search.completedBecause,
    timeMs: Math.round(search.timeMs),
    filter: filterTerms(search, terms),
    orderBy: orderText(ordering),
    partners: explainPartners(search, terms),
    pricing: search.pricingView,
    product: productId === '' ? undefined : explainProduct(search, productId),
    sharedBy: search.sharedBy,
  };
}

function filterTerms({ set }: Explained, terms: readonly Term[]): FilterTerm[] {
  const live = set.liveRows();
  return terms.map(({ text, constraint, fulfilled }) => ({
    text,
    appliedByPartners: constraint === undefined ? [] : set.applied.appliedBy(constraint),
    removedHere: live.reduce((count, row) => count + (fulfilled(row) ? 0 : 1), 0),
  }));
}

/** What is held of one partner. */
interface Tally {
  offers: number;
  matching: number;
  onFirstPage: number;
  gone: number;
  readonly answers: Set<string>;
  manifest: string;
  /** Held offers that do not fulfil each condition. */
  readonly removed: number[];
}

function explainPartners(search: Explained, terms: readonly Term[]): PartnerExplanation[] {
  const { set, outcomes, expectedMs } = search;
  const tallies = tally(search, terms);
  const ended = new Map(outcomes.map((outcome) => [outcome.partner, outcome]));
  const names = [...new Set([...set.partners, ...ended.keys()])].sort();
  return names.map((partner) => {
    const { answers, manifest, removed, ...counts } = tallies.get(partner) ?? noTally(terms.length);
    const most = Math.max(0, ...removed);
    const part: PartnerPart = {
      ...counts,
      outcome: ended.get(partner),
      expectedMs: expectedMs(partner),
      strictest: most === 0 ? undefined : { text: terms[removed.indexOf(most)]!.text, removed: most },
    };
    return {
      partner,
      outcome: part.outcome,
      expectedMs: part.expectedMs,
      offers: part.offers,
      offersMatching: part.matching,
      onFirstPage: part.onFirstPage,
      answers: [...answers],
      manifest,
      reason: partnerReason(part),
    };
  });
}

/** Goes through the rows once. */
function tally({ set, ordering }: Explained, terms: readonly Term[]): Map<string, Tally> {
  const tallies = new Map(set.partners.map((partner) => [partner, noTally(terms.length)]));
  const { codes } = set.partnerColumn();
  const of = (row: number): Tally => tallies.get(set.partners[codes[row]!]!)!;
  for (let row = 0; row < set.rowCount; row++) {
    const partner = of(row);
    const { answer, manifest } = set.sourceOf(row);
    partner.answers.add(answer);
    partner.manifest = manifest;
    // A row that was verified has another in its place.
    if (set.isGone(row) && set.current(row) === row) partner.gone++;
  }
  for (const row of set.liveRows()) {
    const partner = of(row);
    partner.offers++;
    for (const [at, { fulfilled }] of terms.entries()) if (!fulfilled(row)) partner.removed[at]!++;
  }
  for (const row of [...ordering.heads, ...ordering.others]) of(row).matching++;
  for (const row of ordering.heads.subarray(0, ordering.view.pageSize)) of(row).onFirstPage++;
  return tallies;
}

function noTally(terms: number): Tally {
  return {
    offers: 0,
    matching: 0,
    onFirstPage: 0,
    gone: 0,
    answers: new Set(),
    manifest: '',
    removed: new Array<number>(terms).fill(0),
  };
}
