import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Decimal } from '../../../libs/money/index.ts';
import { FoldedView, messagesOf, type UpdateJson, viewOf } from '../../support/follow.ts';
import {
  daysAhead,
  flightSearch,
  flightSellers,
  type MoneyJson,
  type OfferJson,
  type PageJson,
  type ProblemJson,
  type Rig,
  startRig,
  staySearch,
  staySellers,
} from '../../support/fused-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.close());
beforeEach(async () => {
  for (const seller of [...flightSellers, ...staySellers]) await rig.scenario(seller, {});
});

const amounts = (page: PageJson): number[] => (page.offers ?? []).map((offer) => Number(offer.price.total.amount));
const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);
const partnersOn = (page: PageJson): Set<string> =>
  new Set((page.offers ?? []).flatMap((offer) => [offer, ...(offer.otherOffers ?? [])].map(({ partner }) => partner)));
const page = async (searchId: string, query: Record<string, string> = {}): Promise<PageJson> => {
  const { status, body } = await rig.call<PageJson>('GET', `/v1/searches/${searchId}?${new URLSearchParams(query)}`);
  expect(status).toBe(200);
  return body;
};
const timesAsked = async (): Promise<number[]> =>
  Promise.all([...flightSellers, ...staySellers].map(async (seller) => (await rig.asked(seller)).requests));

describe('a search', () => {
  test('by the README’s curl answers offers of every partner, cheapest first, in the asked currency', async () => {
    const found = await rig.search(flightSearch({ pageSize: 5, filter: 'stops == 0' }));
    expect(found.complete).toBe(true);
    expect(found.outcomes.map(({ partner, status }) => [partner, status]).sort()).toEqual(
      flightSellers.map((seller) => [seller, 'OUTCOME_STATUS_OK']),
    );
    expect(found.offers).toHaveLength(5);
    expect([...partnersOn(found)].sort()).toEqual(flightSellers);
    expect(amounts(found)).toEqual(sorted(amounts(found)));
    for (const offer of found.offers ?? []) {
      expect(offer.item.flight?.stops).toBe(0);
      expect(offer.item.flight?.slices[0]).toMatchObject({ origin: 'LHR', destination: 'JFK' });
      for (const { currencyCode } of [offer.price.total, ...(offer.otherOffers ?? []).map(({ total }) => total)]) {
        expect(currencyCode).toBe('GBP');
      }
      const others = (offer.otherOffers ?? []).map(({ total }) => Number(total.amount));
      expect([Number(offer.price.total.amount), ...others]).toEqual(
        sorted([Number(offer.price.total.amount), ...others]),
      );
    }
  });

  test('for stays groups what several partners sell of the same property, once identities are known', async () => {
    await rig.search(staySearch());
    const found = await rig.search(staySearch({ pageSize: 100 }));
    expect(found.outcomes.map(({ status }) => status)).toEqual(staySellers.map(() => 'OUTCOME_STATUS_OK'));
    const shared = (found.offers ?? []).filter(
      (offer) => new Set([offer, ...(offer.otherOffers ?? [])].map(({ partner }) => partner)).size >= 2,
    );
    expect(shared.length).toBeGreaterThan(0);
    expect((found.offers ?? []).filter(({ productProvisional }) => productProvisional === true)).toEqual([]);
    // Other partners know the property under codes of their own, so the codes cannot be what brought them together.
    const [offer] = shared;
    const other = offer?.otherOffers?.find(({ partner }) => partner !== offer.partner);
    const { body } = await rig.call<OfferJson>('GET', `/v1/offers/${other?.offerId}`);
    expect(body.productId).toBe(offer?.productId);
    expect(body.item.stay?.propertyCode).not.toBe(offer?.item.stay?.propertyCode);
  });

  test.each(['text/event-stream', 'application/x-ndjson'])(
    'as %s folds to the view of the one document',
    async (accept) => {
      const request = flightSearch({ pageSize: 30 });
      await rig.search(request);
      const response = await fetch(`${rig.edgeUrl}/v1/searches`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(request),
      });
      expect(response.headers.get('content-type')).toContain(accept);
      const folded = new FoldedView();
      const kinds: string[] = [];
      for await (const { kind, data } of messagesOf(response)) {
        kinds.push(kind);
        if (kind !== 'update') continue;
        // At least once is the promise, so twice must do no harm.
        folded.apply(data as UpdateJson);
        folded.apply(data as UpdateJson);
      }
      expect(kinds.pop()).toBe('end');
      expect(new Set(kinds)).toEqual(new Set(['update']));
      expect(folded.complete).toBe(true);
      expect(folded.view).toEqual(viewOf(await page(folded.searchId)));

      const document = await rig.search(request);
      const facts = ({ offers }: FoldedView['view'], searchId: string) =>
        offers.map((offer) => offer && [offer.offerId.replace(searchId, ''), offer.productId, offer.price.total]);
      expect(facts(folded.view, folded.searchId)).toEqual(facts(viewOf(document), document.searchId));
    },
  );

  test('can be followed with every offer, by another look too, without asking any partner for it', async () => {
    const follow = async (path: string, init: RequestInit): Promise<UpdateJson[]> => {
      const accept = { accept: 'application/x-ndjson', 'content-type': 'application/json' };
      const response = await fetch(rig.edgeUrl + path, { ...init, headers: accept });
      expect(response.status).toBe(200);
      const updates: UpdateJson[] = [];
      for await (const { kind, data } of messagesOf(response)) if (kind === 'update') updates.push(data as UpdateJson);
      return updates;
    };
    const offersOf = (updates: readonly UpdateJson[]): Map<string, OfferJson> =>
      new Map(
        updates.flatMap(({ upserts = [] }) => upserts.map((offer): [string, OfferJson] => [offer.offerId, offer])),
      );

    const body = JSON.stringify(flightSearch({ screen: 'SCREEN_ALL' }));
    const updates = await follow('/v1/searches', { method: 'POST', body });
    const last = updates.at(-1);
    expect(last?.complete).toBe(true);
    expect(Math.max(...updates.map(({ upserts = [] }) => upserts.length))).toBeLessThanOrEqual(200);
    const all = offersOf(updates);
    expect(all.size).toBe(last?.progress?.offersMatching);
    const { offers = [], totalSize } = await page(last!.searchId, { grouping: 'GROUPING_OFFER', pageSize: '200' });
    expect(totalSize).toBe(all.size);
    for (const offer of offers) expect(all.get(offer.offerId)?.price).toEqual(offer.price);

    const asked = (await rig.asked('duffel')).requests;
    const direct = new URLSearchParams({ screen: 'SCREEN_ALL', filter: 'stops == 0', currency: 'EUR' });
    const narrowed = offersOf(await follow(`/v1/searches/${last!.searchId}/updates?${direct}`, {}));
    expect(narrowed.size).toBeGreaterThan(0);
    expect(narrowed.size).toBeLessThan(all.size);
    for (const { item, price } of narrowed.values()) {
      expect([item.flight?.stops ?? 0, price.total.currencyCode]).toEqual([0, 'EUR']);
    }
    expect((await rig.asked('duffel')).requests).toBe(asked);
  });

  test('is paged without skipping or repeating anything', async () => {
    const first = await rig.search(flightSearch({ pageSize: 37, grouping: 'GROUPING_OFFER' }));
    const seen: OfferJson[] = [...(first.offers ?? [])];
    let pages = 1;
    for (let token = first.nextPageToken; token !== undefined; pages++) {
      const next = await page(first.searchId, { pageToken: token });
      expect(next.totalSize).toBe(first.totalSize);
      seen.push(...(next.offers ?? []));
      token = next.nextPageToken;
    }
    expect(pages).toBe(Math.ceil((first.totalSize ?? 0) / 37));
    expect(pages).toBeGreaterThan(3);
    expect(new Set(seen.map(({ offerId }) => offerId)).size).toBe(seen.length);
    expect(seen).toHaveLength(first.progress.offers ?? 0);
    const prices = seen.map(({ price }) => Number(price.total.amount));
    expect(prices).toEqual(sorted(prices));
  });

  test('is ordered and filtered anew without asking any partner', async () => {
    const found = await rig.search(flightSearch());
    const before = await timesAsked();
    const long = await page(found.searchId, { orderBy: 'duration_minutes desc', pageSize: '50' });
    const direct = await page(found.searchId, { filter: 'stops == 0 && price < 700.0', grouping: 'GROUPING_OFFER' });
    const best = await page(found.searchId, { orderBy: 'best' });
    expect(await timesAsked()).toEqual(before);
    expect(before.reduce((sum, count) => sum + count)).toBe(flightSellers.length);
    expect(long.totalSize).toBe(found.totalSize);
    expect(long.offers?.[0]?.offerId).not.toBe(found.offers?.[0]?.offerId);
    expect(direct.offers?.length).toBeGreaterThan(0);
    expect(direct.totalSize).toBeLessThan(found.progress.offers ?? 0);
    for (const offer of direct.offers ?? []) {
      expect(offer.item.flight?.stops).toBe(0);
      expect(Number(offer.price.total.amount)).toBeLessThan(700);
    }
    expect(best.offers?.length).toBe(20);
  });

  test('is shown, ordered and filtered in another currency as a search in it is, without asking any partner', async () => {
    // These are asked for no currency, so that both searches get the same of them.
    const partners = ['duffel', 'duffel-leisure'];
    const found = await rig.search(flightSearch({ partners }));
    const before = await timesAsked();
    const look = { filter: 'price < 900.0', ranking: 'price / price_median + 0.1 * double(stops)', pageSize: '50' };
    const inEuro = await page(found.searchId, { ...look, currency: 'EUR' });
    expect(await timesAsked()).toEqual(before);
    const direct = await rig.search(flightSearch({ partners, currency: 'EUR' }));
    const asked = await page(direct.searchId, look);
    const facts = ({ offers = [] }: PageJson) =>
      offers.map(({ productId, partner, price, otherOffers = [] }) => [
        productId,
        partner,
        price.total,
        otherOffers.map(({ total }) => total),
      ]);
    expect(inEuro.currency).toBe('EUR');
    expect(facts(inEuro)).toEqual(facts(asked));
    expect(inEuro.facets).toEqual(asked.facets);
    expect(inEuro.progress.offersMatching).toBe(asked.progress.offersMatching);
    expect(inEuro.offers?.length).toBeGreaterThan(10);
  });

  test.each([
    [
      'return',
      { returnDate: daysAhead(67), adults: 2, childAges: [0, 7] },
      [
        ['LHR', 'JFK', 60],
        ['JFK', 'LHR', 67],
      ],
    ],
    [
      'multi-city',
      {
        origin: '',
        destination: '',
        departureDate: '',
        slices: [
          { origin: 'LHR', destination: 'JFK', departureDate: daysAhead(60) },
          { origin: 'JFK', destination: 'LAX', departureDate: daysAhead(64) },
          { origin: 'LAX', destination: 'LHR', departureDate: daysAhead(70) },
        ],
      },
      [
        ['LHR', 'JFK', 60],
        ['JFK', 'LAX', 64],
        ['LAX', 'LHR', 70],
      ],
    ],
  ] as const)('for a %s trip finds whole trips on their days', async (_name, flight, legs) => {
    const found = await rig.search(flightSearch({}, flight));
    expect(found.outcomes.filter(({ status }) => status === 'OUTCOME_STATUS_OK').length).toBeGreaterThan(0);
    expect(found.outcomes.filter(({ status }) => status === 'OUTCOME_STATUS_FAILED')).toEqual([]);
    expect(found.offers?.length).toBeGreaterThan(0);
    for (const offer of found.offers ?? []) {
      const slices = offer.item.flight?.slices ?? [];
      expect(slices.map(({ origin, destination }) => [origin, destination])).toEqual(
        legs.map(([from, to]) => [from, to]),
      );
      const days = slices.map(({ segments }) => segments[0]?.departure.dateTime.slice(0, 10));
      expect(days).toEqual(legs.map(([, , ahead]) => daysAhead(ahead)));
    }
  });

  test('with children costs more than without', async () => {
    const alone = await rig.search(flightSearch({ partners: ['duffel'], pageSize: 1 }));
    const family = await rig.search(
      flightSearch({ partners: ['duffel'], pageSize: 1 }, { adults: 2, childAges: [1, 9] }),
    );
    expect(amounts(family)[0]).toBeGreaterThan(amounts(alone)[0] ?? Number.POSITIVE_INFINITY);
  });
});

interface Explained {
  readonly ledger: readonly { readonly kind: string; readonly amount: MoneyJson; readonly runningTotal: MoneyJson }[];
  readonly total: MoneyJson;
  readonly source: { readonly partner: string; readonly productId: string };
}
interface Verified {
  readonly offer: OfferJson;
  readonly changed?: boolean;
  readonly changes?: readonly { readonly field: string; readonly before: string; readonly after: string }[];
}
interface HandedOff {
  readonly clickId: string;
  readonly url?: string;
  readonly token?: string;
}

describe('an offer', () => {
  test.each([...flightSellers, ...staySellers])(
    'of %s can be read whole and its price replayed line by line',
    async (seller) => {
      const request = staySellers.includes(seller) ? staySearch : flightSearch;
      const found = await rig.search(request({ partners: [seller], pageSize: 8, currency: 'USD' }));
      expect(found.offers).toHaveLength(8);
      for (const shown of found.offers ?? []) {
        const { status, body: offer } = await rig.call<OfferJson>('GET', `/v1/offers/${shown.offerId}`);
        const { otherOffers, ...own } = shown;
        expect([status, offer]).toEqual([200, own]);
        const { body } = await rig.call<Explained>('GET', `/v1/offers/${shown.offerId}:explain`);
        expect(body.source).toMatchObject({ partner: seller, productId: shown.productId });
        expect(body.total).toEqual(shown.price.total);
        expect(body.ledger[0]?.amount).toEqual(shown.price.partnerTotal);
        expect(body.ledger.at(-1)?.runningTotal).toEqual(shown.price.total);
        let running = Decimal.fromMinor(0, 0);
        let currency = body.ledger[0]?.amount.currencyCode;
        for (const { kind, amount, runningTotal } of body.ledger) {
          const exact = Decimal.parse(amount.amount);
          if (exact === undefined) throw new Error(`${amount.amount} is no amount`);
          if (kind === 'LEDGER_LINE_KIND_CONVERSION') [running, currency] = [exact, amount.currencyCode];
          else running = running.plus(exact);
          expect(amount.currencyCode).toBe(currency);
          expect(runningTotal).toEqual({ currencyCode: currency, amount: expect.any(String) });
          expect(Decimal.parse(runningTotal.amount)?.compare(running)).toBe(0);
        }
        expect(currency).toBe('USD');
      }
    },
  );

  test.each([...flightSellers, ...staySellers])(
    'of %s that is as it was verifies as unchanged, a dearer one says so',
    async (seller) => {
      const request = staySellers.includes(seller) ? staySearch : flightSearch;
      const found = await rig.search(request({ partners: [seller], pageSize: 1 }));
      const [shown] = found.offers ?? [];
      const verify = () => rig.call<Verified>('POST', `/v1/offers/${shown?.offerId}:verify`);
      const same = await verify();
      expect([same.status, same.body.changed ?? false, same.body.changes ?? []]).toEqual([200, false, []]);
      expect(same.body.offer.price.total).toEqual(shown?.price.total);

      await rig.scenario(seller, { priceChangeShare: 1, priceChange: 0.07 });
      const dearer = await verify();
      expect([dearer.status, dearer.body.changed]).toEqual([200, true]);
      expect(dearer.body.offer.offerId).toBe(shown?.offerId);
      const change = dearer.body.changes?.find(({ field }) => field === 'price.total');
      expect(change?.before).toContain(shown?.price.total.amount);
      expect(change?.after).toContain(dearer.body.offer.price.total.amount);
      expect(Number(dearer.body.offer.price.total.amount)).toBeGreaterThan(Number(shown?.price.total.amount));
      const { body: held } = await rig.call<OfferJson>('GET', `/v1/offers/${shown?.offerId}`);
      expect(held.price).toEqual(dearer.body.offer.price);
      const { body: why } = await rig.call<Explained>('GET', `/v1/offers/${shown?.offerId}:explain`);
      expect(why.ledger.at(-1)?.runningTotal).toEqual(held.price.total);
    },
  );

  test.each([...flightSellers, ...staySellers])('of %s that is sold out is gone', async (seller) => {
    const request = staySellers.includes(seller) ? staySearch : flightSearch;
    const found = await rig.search(request({ partners: [seller], pageSize: 1 }));
    await rig.scenario(seller, { soldOutShare: 1 });
    const id = found.offers?.[0]?.offerId;
    const { status, body } = await rig.call<ProblemJson>('POST', `/v1/offers/${id}:verify`);
    expect([status, body.reason]).toEqual([410, 'OFFER_SOLD_OUT']);
  });

  test.each([...flightSellers, ...staySellers])(
    'of %s is handed off with a way on, and its conversion comes back once',
    async (seller) => {
      const request = staySellers.includes(seller) ? staySearch : flightSearch;
      const [shown] = (await rig.search(request({ partners: [seller], pageSize: 1 }))).offers ?? [];
      const { status, body } = await rig.call<HandedOff>('POST', `/v1/offers/${shown?.offerId}:handoff`, {
        clientReference: 'basket 7',
      });
      expect(status).toBe(200);
      expect(body.clickId).not.toBe('');
      expect((body.url ?? body.token ?? '').length).toBeGreaterThan(0);

      const report = (amount: string) =>
        rig.call<Record<string, unknown>>('POST', `/v1/clicks/${body.clickId}:reportConversion`, {
          status: 'CONVERSION_STATUS_BOOKED',
          amount: { currencyCode: 'GBP', amount },
          partnerReference: 'R1',
        });
      const first = await report('100.00');
      expect(first.status).toBe(200);
      expect(first.body).toMatchObject({
        clickId: body.clickId,
        offerId: shown?.offerId,
        partner: seller,
        shownTotal: shown?.price.total,
        clientReference: 'basket 7',
        conversion: 'CONVERSION_STATUS_BOOKED',
      });
      expect((await report('100.00')).body).toEqual(first.body);
      const other = await report('101.00');
      expect([other.status, other.body.reason]).toEqual([409, 'CONFLICT']);
    },
  );
});
