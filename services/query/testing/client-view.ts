import type { Offer } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Facet, PageView, Progress, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';

/** What a client holds of a search: updates applied as the contract says. */
export class ClientView {
  readonly offers = new Map<string, Offer>();
  readonly outcomes = new Map<string, PartnerOutcome>();
  page: PageView | undefined;
  facets: readonly Facet[] = [];
  progress: Progress | undefined;
  complete = false;
  cursor = '';
  searchId = '';
  revision = 0;

  apply(update: SearchUpdate): this {
    if (update.snapshot) {
      this.offers.clear();
      this.outcomes.clear();
      this.page = undefined;
      this.facets = [];
    }
    for (const offer of update.upserts) this.offers.set(offer.offerId, offer);
    for (const id of update.retractedOfferIds) this.offers.delete(id);
    for (const outcome of update.outcomes) this.outcomes.set(outcome.partner, outcome);
    if (update.page !== undefined) this.page = update.page;
    if (update.facets.length > 0) this.facets = update.facets;
    this.progress = update.progress;
    this.complete = update.complete;
    this.cursor = update.cursor;
    this.searchId = update.searchId;
    this.revision = update.revision;
    return this;
  }

  /** What a person sees, free of ids that differ between searches and of times. */
  seen(): unknown {
    return {
      page: this.page?.offerIds.map((id) => {
        const offer = this.offers.get(id);
        if (offer === undefined) throw new Error(`offer ${id} is on the page and was never sent`);
        return plain(offer);
      }),
      offers: [...this.offers.values()]
        .sort((a, b) => (a.offerId < b.offerId ? -1 : 1))
        .map((offer) => ({ ...(plain(offer) as object), otherOffers: offer.otherOffers.length })),
      total: this.page?.totalSize,
      outcomes: [...this.outcomes.values()]
        .map((outcome) => [outcome.partner, outcome.status, outcome.offersKept])
        .sort(),
      facets: this.facets,
      counts: { ...this.progress, elapsedMs: 0 },
      complete: this.complete,
    };
  }
}

function plain(offer: Offer): unknown {
  return {
    ...offer,
    offerId: withoutSearch(offer.offerId),
    otherOffers: offer.otherOffers.map((other) => ({ ...other, offerId: withoutSearch(other.offerId) })),
    expiresAt: undefined,
    fetchedAt: undefined,
  };
}

function withoutSearch(id: string): string {
  return id.slice(id.indexOf('-'));
}
