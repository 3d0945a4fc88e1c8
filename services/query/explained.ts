import type { Clients } from '../../libs/clients/index.ts';
import type { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Progress } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { Ordering } from './ordering.ts';
import type { Patience } from './patience.ts';
import type { ResultSet } from './result-set.ts';
import type { Search } from './search.ts';

/** What a search tells of itself when it is explained. */
export interface Explained {
  readonly id: string;
  readonly vertical: Vertical;
  readonly criteria: Criteria;
  readonly market: string;
  readonly client: string;
  /** The client's tier. */
  readonly tier: string;
  readonly startedAt: Temporal.Instant;
  /** The time that it had, in milliseconds. */
  readonly timeMs: number;
  /** For a person: why it completed; empty while it runs. */
  readonly completedBecause: string;
  /** Other searches that it answered, or that looked at what it found. */
  readonly sharedBy: number;
  readonly set: ResultSet;
  /** Its own order as it is now. */
  readonly ordering: Ordering;
  readonly progress: Progress;
  readonly outcomes: readonly PartnerOutcome[];
  /** Undefined until pricing has said. */
  readonly pricingView: PricingView | undefined;
  /** The 95th percentile of what a partner took for searches like this one, in milliseconds; undefined where nothing is known. */
  readonly expectedMs: (partner: string) => number | undefined;
}

/** What a search that is held tells of itself. */
export function explainedOf(search: Search, patience: Patience, clients: Clients): Explained {
  const { id, request, fanOut, set } = search;
  const { vertical, criteria, market } = request;
  const { client } = fanOut.asker;
  const ordering = search.ordering(request.view);
  return {
    id,
    vertical,
    criteria,
    market,
    client,
    tier: clients.tierOf(client).name,
    startedAt: Temporal.Instant.fromEpochMilliseconds(fanOut.startedAt),
    timeMs: fanOut.totalMs,
    completedBecause: fanOut.findings.completedBecause,
    sharedBy: search.shared + Math.max(0, fanOut.lookers - 1),
    set,
    ordering,
    progress: search.progress(ordering),
    outcomes: search.outcomes,
    pricingView: search.pricingView,
    expectedMs: (partner) => patience.expectedMs(fanOut.question, partner),
  };
}
