// Searches by chance, as the updates that tell of them.
import fc from 'fast-check';
import type { Offer, PartnerOutcome, SearchUpdate } from '../gen/types.ts';

const ids = Array.from({ length: 8 }, (_, index) => `offer-${index}`);
const partners = ['duffel', 'kiwi', 'travelport'];

const offer: fc.Arbitrary<Offer> = fc.record({
  offerId: fc.constantFrom(...ids),
  partner: fc.constantFrom(...partners),
  price: fc.record({
    total: fc.record({ currencyCode: fc.constant('GBP'), amount: fc.integer({ min: 1 }).map(String) }),
  }),
});
const outcome: fc.Arbitrary<PartnerOutcome> = fc.record({
  partner: fc.constantFrom(...partners),
  status: fc.constantFrom('OUTCOME_STATUS_OK', 'OUTCOME_STATUS_NOT_AWAITED', 'OUTCOME_STATUS_EMPTY'),
  offersKept: fc.nat(),
});
const page = fc.record(
  { offerIds: fc.uniqueArray(fc.constantFrom(...ids)), totalSize: fc.nat(), nextPageToken: fc.string() },
  { requiredKeys: [] },
);
const facet = fc.record({ attribute: fc.constantFrom('stops', 'price'), absent: fc.nat() });

/** One update as JSON tells it: what is empty is left out. No offer is both there and gone. */
const update: fc.Arbitrary<SearchUpdate> = fc
  .record(
    {
      snapshot: fc.constant<true>(true),
      upserts: fc.array(offer, { minLength: 1, maxLength: 4 }),
      retractedOfferIds: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 3 }),
      page,
      outcomes: fc.array(outcome, { minLength: 1, maxLength: 3 }),
      facets: fc.array(facet, { minLength: 1, maxLength: 2 }),
      progress: fc.record({ offers: fc.nat() }, { requiredKeys: [] }),
    },
    { requiredKeys: ['progress'] },
  )
  .map(({ upserts, ...rest }) => {
    const staying = upserts?.filter(({ offerId = '' }) => rest.retractedOfferIds?.includes(offerId) !== true);
    return { ...rest, ...(staying !== undefined && staying.length > 0 && { upserts: staying }) };
  });

/** The updates of a whole search: the last one completes it, and each one's cursor is its place, from 1 on. */
export const updatesByChance: fc.Arbitrary<readonly SearchUpdate[]> = fc
  .array(update, { minLength: 1, maxLength: 12 })
  .map((list) =>
    list.map((one, index) => ({
      searchId: 'search-1',
      revision: index + 1,
      cursor: String(index + 1),
      ...one,
      ...(index === list.length - 1 && { complete: true }),
    })),
  );
