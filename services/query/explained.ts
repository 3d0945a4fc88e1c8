import type { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Progress } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { Ordering } from './ordering.ts';
import type { ResultSet } from './result-set.ts';
import type { Search } from './search.ts';

/** What a search tells of itself when it is explained. */
export interface Explained {
  readonly id: string;
  readonly vertical: Vertical;
  readonly criteria: Criteria;
  readonly market: string;
  readonly client: string;
  /** The client's tier; empty where clients have none. */
  readonly tier: string;
  readonly startedAt: Temporal.Instant;
  /** The time that it had, in milliseconds. */
  readonly timeMs: number;
  /** For a person: why it completed; empty while it runs. */
  readonly completedBecause: string;
  /** Other searches that shared its fan-out. */
  readonly sharedBy: number;
  readonly set: ResultSet;
  /** Its own order as it is now. */
  readonly ordering: Ordering;
  /** Of a complete search the time that it took, not that since it began. */
  readonly progress: Progress;
  readonly outcomes: readonly PartnerOutcome[];
  /** Undefined until pricing has said. */
  readonly pricingView: PricingView | undefined;
  /** The 95th percentile of what a partner took for searches like this one, in milliseconds; undefined where nothing is known. */
  readonly expectedMs: (partner: string) => number | undefined;
}

/** What partners took before: the 95th percentile in milliseconds, by market and kind of criteria; undefined where nothing is known. */
export type ExpectedMs = (partner: string, market: string, criteria: Criteria) => number | undefined;

/** What a search that is held tells of itself. */
export function explainedOf(search: Search, expectedMs: ExpectedMs): Explained {
  const { id, request, asker, set } = search;
  const { vertical, criteria, market } = request;
  const ordering = search.ordering(request.view);
  const progress = search.progress(ordering);
  return {
    id,
    vertical,
    criteria,
    market,
    client: asker.client,
    tier: '',
    startedAt: Temporal.Instant.fromEpochMilliseconds(search.beganAt),
    timeMs: search.timeMs,
    completedBecause: search.completedBecause,
    sharedBy: 0,
    set,
    ordering,
    progress: { ...progress, elapsedMs: search.tookMs ?? progress.elapsedMs },
    outcomes: search.outcomes,
    pricingView: search.pricingView,
    expectedMs: (partner) => expectedMs(partner, market, criteria),
  };
}
