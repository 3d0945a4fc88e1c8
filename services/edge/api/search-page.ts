import type { SearchPage, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';

/** The snapshot that a search ends with as a page. */
export function pageOf(last: SearchUpdate): SearchPage {
  const byId = new Map(last.upserts.map((offer) => [offer.offerId, offer]));
  return {
    searchId: last.searchId,
    revision: last.revision,
    complete: last.complete,
    offers: (last.page?.offerIds ?? []).flatMap((id) => byId.get(id) ?? []),
    nextPageToken: last.page?.nextPageToken ?? '',
    totalSize: last.page?.totalSize ?? 0,
    outcomes: last.outcomes,
    progress: last.progress,
    facets: last.facets,
    cursor: last.cursor,
    currency: last.upserts[0]?.price?.total?.currencyCode ?? '',
    askedAgain: undefined,
  };
}
