import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MeshClient } from '../../libs/mesh/index.ts';
import { Currencies } from './currencies.ts';
import { Findings } from './findings.ts';
import type { Journals } from './journal.ts';
import { type Ordering, orderingOf } from './ordering.ts';
import { viewOf } from './pages.ts';
import type { Search } from './search.ts';
import type { PageToken } from './tokens.ts';
import type { View } from './view.ts';

/** Orders that another process fixed, or that are no longer kept: made again from the journal, as they were. */
export class PastOrderings {
  readonly #journals: Journals;
  readonly #pricing: MeshClient<PricingServiceDefinition>;
  readonly #timeoutMs: number;

  /** @param timeoutMs for pricing, where the order is in another currency than the search's */
  constructor(journals: Journals, pricing: MeshClient<PricingServiceDefinition>, timeoutMs: number) {
    this.#journals = journals;
    this.#pricing = pricing;
    this.#timeoutMs = timeoutMs;
  }

  /** Page tokens are given out for this look: other processes are to know it. */
  async remember(search: Search, { key, asked }: View): Promise<void> {
    await this.#journals.putView(search.id, key, PageOptions.fromPartial({ ...asked, facets: [...asked.facets] }));
  }

  /** The order that a token names; undefined where it cannot be made any more. */
  async again(search: Search, { view: viewKey, moment }: PageToken): Promise<Ordering | undefined> {
    const view = await this.#view(search, viewKey);
    const entries = await this.#journals.of(search.fanOut.id).first(moment.position);
    if (view === undefined || entries.length < moment.position) return undefined;
    const { prepared } = search.fanOut.question;
    const findings = new Findings(prepared.vertical, prepared.currency, 0, () => {}, search.set.outlierPolicy);
    for (const entry of entries) findings.replay(entry);
    const { set } = findings;
    if (moment.swept > 0) set.sweep(moment.swept);
    const { market, currency, vertical, experimentKey } = prepared;
    const context = { vertical: vertical.name, currency, market, client: search.asker.client, experimentKey };
    const currencies = new Currencies(set, this.#pricing, () => ({ context, view: findings.view }), this.#timeoutMs);
    const caller = { trace: ROOT_CONTEXT, client: search.asker.client };
    const ordering = await currencies.in(view.currency, caller, (prices) =>
      inRowsOf(search, set, orderingOf(set, view, moment, findings.complete, prices)),
    );
    search.keepOrdering(ordering);
    return ordering;
  }

  async #view(search: Search, key: string): Promise<View | undefined> {
    if (search.request.view.key === key) return search.request.view;
    const options = await this.#journals.view(search.id, key);
    return options && viewOf(search, options);
  }
}

/** The order by the numbers that its rows have in the search's own set. What products they are of is what is known of them now. */
function inRowsOf({ set }: Search, made: Findings['set'], ordering: Ordering): Ordering {
  const translate = (row: number): number => {
    const place = made.placeOf(row);
    const own = set.find(place.partner, place.row);
    if (own === undefined)
      throw new RangeError(`row ${place.row} of partner ${place.partner} is in the journal, but not here`);
    return own;
  };
  return {
    ...ordering,
    heads: ordering.heads.map(translate),
    others: ordering.others.map(translate),
    products: set.products.view,
  };
}
