// What is one product and what is known of it, as the edge tells it, with the pretend partners.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  flightSearch,
  type OfferJson,
  type PageJson,
  type Rig,
  startRig,
  staySearch,
} from '../../support/fused-rig.ts';

interface SourcedJson {
  readonly value: string;
  readonly sources: readonly { readonly partner: string; readonly key: string; readonly seenAt: string }[];
}

/** An offer with the fields that are looked at here. */
interface KnownOffer extends OfferJson {
  readonly item: {
    readonly stay?: OfferJson['item']['stay'] & {
      readonly board?: string;
      readonly roomName: string;
      readonly roomClass?: string;
      readonly beds?: readonly string[];
      readonly roomKey?: string;
      readonly freeCancellation?: boolean;
      readonly ratePlan?: string;
    };
    readonly flight?: OfferJson['item']['flight'] & { readonly fareBrand?: string; readonly checkedBags?: number };
  };
  readonly content?: {
    readonly names?: readonly SourcedJson[];
    readonly position?: { readonly sources: readonly { readonly partner: string }[] };
    readonly starRating?: { readonly value: number };
  };
}

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.close());

/** Every offer of a search whose products are settled, page by page. */
async function everyOffer(request: object): Promise<{ searchId: string; offers: KnownOffer[] }> {
  // Products that nobody knows yet are settled a moment after it.
  await rig.search(request);
  let page = await rig.search({ ...request, grouping: 'GROUPING_OFFER', pageSize: 100 });
  const offers = [...((page.offers ?? []) as KnownOffer[])];
  while (page.nextPageToken !== undefined) {
    const query = new URLSearchParams({ pageToken: page.nextPageToken });
    ({ body: page } = await rig.call<typeof page>('GET', `/v1/searches/${page.searchId}?${query}`));
    offers.push(...((page.offers ?? []) as KnownOffer[]));
  }
  return { searchId: page.searchId, offers };
}

describe('a property', () => {
  test('comes with what every partner says of it, each field with those who say so', async () => {
    await rig.search(staySearch());
    const partnersOf = ({ content }: KnownOffer) => new Set(content?.position?.sources.map(({ partner }) => partner));
    // A page waits for content but for a moment; what comes later is on the next.
    const known = await vi.waitFor(
      async () => {
        const { offers = [] } = await rig.search(staySearch({ pageSize: 100 }));
        expect((offers as KnownOffer[]).filter(({ content }) => content === undefined)).toEqual([]);
        expect((offers as KnownOffer[]).some((offer) => partnersOf(offer).size > 1)).toBe(true);
        return offers as KnownOffer[];
      },
      { timeout: 15_000, interval: 100 },
    );
    for (const { content } of known) {
      expect(content?.names).toHaveLength(1);
      expect(content?.position?.sources.length).toBeGreaterThan(0);
    }
    const without = await rig.search(staySearch({ readMask: 'item,price' }));
    expect((without.offers as KnownOffer[]).every(({ content }) => content === undefined)).toBe(true);
  });

  test('never has two boards, rooms or terms under one key, nor loses an offer to another', async () => {
    const { offers } = await everyOffer(staySearch());
    const sold = ({ item: { stay } }: KnownOffer) =>
      [stay?.board, stay?.roomClass, stay?.beds?.join(), stay?.freeCancellation ?? false].join(' ');
    let keyed = 0;
    for (const own of Map.groupBy(offers, ({ productId }) => productId).values()) {
      for (const [key, same] of Map.groupBy(own, ({ item: { stay } }) => stay?.roomKey ?? '')) {
        if (key === '') continue;
        keyed += same.length;
        expect(new Set(same.map(sold)).size, key).toBe(1);
      }
    }
    expect(keyed).toBeGreaterThan(10);
    const properties = [...Map.groupBy(offers, ({ productId }) => productId).values()];
    expect(properties.some((own) => new Set(own.map(({ item: { stay } }) => stay?.board)).size > 2)).toBe(true);
    expect(new Set(offers.map(({ offerId }) => offerId)).size).toBe(offers.length);
    // What a partner sells at one property under its own words is one offer each.
    const wording = offers.map(({ partner, item: { stay }, price }) =>
      [partner, stay?.propertyCode, stay?.roomName, stay?.board, stay?.ratePlan, price.partnerTotal.amount].join('|'),
    );
    expect(new Set(wording).size).toBe(offers.length);
  });
});

test('fares of one itinerary stay offers of their own, by brand and by bags', async () => {
  const { searchId, offers } = await everyOffer(flightSearch());
  const itineraries = [...Map.groupBy(offers, ({ productId }) => productId).values()];
  const fares = (own: readonly KnownOffer[]) =>
    new Set(own.map(({ item: { flight } }) => `${flight?.fareBrand} ${flight?.checkedBags}`));
  const branded = itineraries.filter((own) => fares(own).size > 1);
  expect(branded.length).toBeGreaterThan(0);
  // Grouped by product each of them is still there, beside the best.
  const query = new URLSearchParams({ grouping: 'GROUPING_PRODUCT', pageSize: '100' });
  const { body: grouped } = await rig.call<PageJson>('GET', `/v1/searches/${searchId}?${query}`);
  const beside = new Map(grouped.offers?.map((offer) => [offer.productId, 1 + (offer.otherOffers?.length ?? 0)]));
  const shown = branded.filter(([first]) => beside.has(first!.productId));
  expect(shown.length).toBeGreaterThan(0);
  for (const own of shown) expect(beside.get(own[0]!.productId)).toBe(own.length);
});
