import { afterEach, describe, expect, it } from 'vitest';
import { readPrices, writeInt64s } from '../../../libs/columns/index.ts';
import { Charge } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { Ride } from '../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import type {
  MadeOffer,
  OfferHandle,
  SearchRequest,
  SearchResponse,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { ChargeTerms, TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { json, startPartner } from '../testing/partner-server.ts';
import { hotels, inFuture, madeHotel, startRemote, type TestRemote } from '../testing/remote.ts';
import { handlesOf, type Rig, row, search, start, startRig } from '../testing/rig.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function remoteOf(...args: Parameters<typeof startRemote>): Promise<TestRemote> {
  const remote = await startRemote(...args);
  closing.push(() => remote.close());
  return remote;
}

async function rigOf(...args: Parameters<typeof startRig>): Promise<Rig> {
  const rig = await startRig(...args);
  closing.push(() => rig.close());
  return rig;
}

const stay = (remote: TestRemote, other: Record<string, unknown> = {}) => ({
  address: remote.address,
  vertical: 'stay',
  ...other,
});

/** The handles of all rows of a search, in order. */
async function handlesIn(rig: Rig): Promise<OfferHandle[]> {
  return (await search(rig)).batches.flatMap(handlesOf);
}

function nameOf({ item }: MadeOffer): string | undefined {
  return item?.vertical?.$case === 'stay' ? item.vertical.value.propertyName : undefined;
}

const charge = (part: Partial<Charge>): Charge =>
  Charge.fromPartial({
    terms: ChargeTerms.INCLUDED,
    partnerAmount: { currencyCode: 'EUR', amount: '1.00' },
    ...part,
  });

describe('offers of a remote', () => {
  it('are made by it, with its own handles and the read mask', async () => {
    const remote = await remoteOf();
    const rig = await rigOf({ one: stay(remote) });
    const handles = await handlesIn(rig);
    const asked: unknown[] = [];
    remote.offers = async (request) => {
      asked.push(request);
      return request.handles.map(({ row: number }) => madeHotel(number));
    };
    const { offers } = await rig.client.getOffers({ handles: handles.toReversed(), readMask: ['property_name'] });
    expect(offers.map(nameOf)).toEqual(['Hotel 2', 'Hotel 1']);
    expect(offers[0]).toMatchObject({ missing: false, taxBasis: TaxBasis.INCLUDED });
    const own = { partner: 'one', answer: 'answer-1', manifest: 'remote-manifest' };
    expect(asked).toEqual([{ handles: [2, 1].map((n) => ({ ...own, row: n })), readMask: ['property_name'] }]);
  });

  it('are made on the search stream beside those of other remotes and local partners, each by its own', async () => {
    const local = await startPartner((_, response) => json(response, { rows: [row('L')] }));
    closing.push(() => local.close());
    const called = (by: string) => ({
      offers: async ({ handles }: { readonly handles: readonly OfferHandle[] }) =>
        handles.map(({ row: number }) => madeHotel(number, { partnerTotal: { currencyCode: by, amount: '1.00' } })),
    });
    const rig = await rigOf({
      local: { adapter: 'plain', endpoint: local.url },
      francs: stay(await remoteOf(called('CHF'))),
      pounds: stay(await remoteOf(called('GBP'))),
    });
    const wanted = Promise.withResolvers<OfferHandle[]>();
    const requests = async function* (): AsyncGenerator<SearchRequest> {
      yield { message: { $case: 'start', value: start() } };
      const handles = await wanted.promise;
      yield { message: { $case: 'makeOffers', value: { requestId: 7, handles, readMask: undefined } } };
    };
    const handles: OfferHandle[] = [];
    let outcomes = 0;
    let made: MadeOffer[] = [];
    for await (const { message } of rig.client.search(requests()) as AsyncIterable<SearchResponse>) {
      if (message?.$case === 'batch') handles.push(...handlesOf(message.value));
      if (message?.$case === 'outcome' && ++outcomes === 3) wanted.resolve(handles);
      if (message?.$case === 'offers') made = message.value.offers;
    }
    const currencies = { local: 'EUR', francs: 'CHF', pounds: 'GBP' };
    expect(made).toHaveLength(5);
    expect(made.map(({ partnerTotal }) => partnerTotal?.currencyCode)).toEqual(
      handles.map(({ partner }) => currencies[partner as keyof typeof currencies]),
    );
  });

  it('are missing where it breaks, hangs or miscounts, and the others are there all the same', async () => {
    const good = await remoteOf();
    const bad = await remoteOf();
    const rig = await rigOf({ good: stay(good), bad: stay(bad, { timeoutMs: 2_000 }) });
    const handles = (await handlesIn(rig)).sort((a, b) => (a.partner < b.partner ? -1 : 1));
    const broken: TestRemote['offers'][] = [
      async () => {
        throw new EntrepotError({ reason: 'INTERNAL', message: 'oh' });
      },
      () => new Promise(() => {}),
      async () => [madeHotel(1)],
    ];
    for (const offers of broken) {
      bad.offers = offers;
      const { offers: made } = await rig.client.getOffers({ handles, readMask: undefined });
      expect(made.map(({ missing }) => missing)).toEqual([true, true, false, false]);
    }
  });

  const wrong: readonly [string, Partial<MadeOffer>][] = [
    ['no item', { item: undefined }],
    [
      'an item of another vertical',
      { item: { vertical: { $case: 'ride', value: Ride.fromPartial({ productCode: 'x' }) } } },
    ],
    ['no money', { partnerTotal: undefined }],
    ['money of nowhere', { partnerTotal: { currencyCode: 'EUX', amount: '1.00' } }],
    ['too fine an amount', { partnerTotal: { currencyCode: 'JPY', amount: '1.50' } }],
    ['a range upside down', { partnerTotalMax: { currencyCode: 'EUR', amount: '99.00' } }],
    ['no tax basis', { taxBasis: TaxBasis.UNSPECIFIED }],
    ['a charge that changes the price', { charges: [charge({ terms: ChargeTerms.ADDED_LATER })] }],
    ['a charge without terms', { charges: [charge({ terms: ChargeTerms.UNSPECIFIED })] }],
    ['a charge without an amount', { charges: [charge({ partnerAmount: undefined })] }],
    ['no expiry', { expiresAt: undefined }],
    ['an expiry that is past', { expiresAt: Temporal.Now.instant().subtract({ seconds: 1 }) }],
    ['the word that it is missing', { missing: true }],
  ];
  it.each(wrong)('that have %s are missing', async (_, other) => {
    const remote = await remoteOf({
      offers: async ({ handles }) => handles.map(({ row: n }) => madeHotel(n, n === 1 ? other : {})),
    });
    const rig = await rigOf({ one: stay(remote) });
    const { offers } = await rig.client.getOffers({ handles: await handlesIn(rig), readMask: undefined });
    expect(offers.map(({ missing, item }) => [missing, item === undefined])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it('are missing, never guessed, under a handle that leads nowhere', async () => {
    const remote = await remoteOf();
    const other = await remoteOf();
    const rig = await rigOf({ one: stay(remote), two: stay(other) });
    const [handle] = await handlesIn(rig);
    const odd: Partial<OfferHandle>[] = [
      { partner: handle!.partner === 'one' ? 'two' : 'one' },
      { partner: 'nobody' },
      { manifest: 'other' },
      { answer: '[' },
      { answer: '[1,2]' },
      { answer: 'answer-1' },
    ];
    const handles = odd.map((change) => ({ ...handle!, ...change }));
    const { offers } = await rig.client.getOffers({ handles, readMask: undefined });
    expect(offers.map(({ missing }) => missing)).toEqual(odd.map(() => true));
    await expect(rig.client.verifyOffer({ handle: handles[2] })).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
    await expect(rig.client.createHandoff({ handle: handles[3], clickId: 'c' })).rejects.toMatchObject({
      reason: 'OFFER_EXPIRED',
    });
  });
});

describe('a row of a remote that is asked for again', () => {
  it('comes with what it costs now, its identity, and a handle that leads back', async () => {
    const remote = await remoteOf();
    const rig = await rigOf({ one: stay(remote) });
    const [handle] = await handlesIn(rig);
    const dearer = hotels('one', [5], 'verified-1');
    dearer.prices!.totalMinor = writeInt64s([12_345]);
    remote.verify = async () => ({ offer: madeHotel(5), batch: dearer });
    const { offer, batch } = await rig.client.verifyOffer({ handle });
    expect(nameOf(offer!)).toBe('Hotel 5');
    expect(readPrices(batch!.prices!).total(0)).toBe(12_345);
    expect(batch!.products!.dictionary).toEqual(['product-H5']);
    expect(batch!.columns!.columns.map(({ attribute }) => attribute)).not.toContain('property_code');
    let asked: OfferHandle | undefined;
    remote.handoff = async (request) => {
      asked = request.handle;
      return { target: { $case: 'token', value: `t-${request.clickId}` }, expiresAt: inFuture() };
    };
    const way = await rig.client.createHandoff({ handle: handlesOf(batch!)[0], clickId: 'click' });
    expect(way.target).toEqual({ $case: 'token', value: 't-click' });
    expect(asked).toEqual({ partner: 'one', answer: 'verified-1', manifest: 'remote-manifest', row: 5 });
  });

  const errors: readonly [string, EntrepotError, string][] = [
    ['sold out', new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'gone' }), 'OFFER_SOLD_OUT'],
    ['expired', new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'late' }), 'OFFER_EXPIRED'],
    // As a plain gRPC server says it: INTERNAL is what a status without details becomes here.
    [
      'sold out in plain words',
      new EntrepotError({ reason: 'INTERNAL', code: 9, message: 'OFFER_SOLD_OUT: gone' }),
      'OFFER_SOLD_OUT',
    ],
    [
      'expired in plain words',
      new EntrepotError({ reason: 'INTERNAL', code: 9, message: 'OFFER_EXPIRED' }),
      'OFFER_EXPIRED',
    ],
    ['anything else', new EntrepotError({ reason: 'INTERNAL', message: 'oh' }), 'PARTNER_UNAVAILABLE'],
  ];
  it.each(errors)('fails typed: %s', async (_, error, reason) => {
    const remote = await remoteOf({
      verify: async () => {
        throw error;
      },
      handoff: async () => {
        throw error;
      },
    });
    const rig = await rigOf({ one: stay(remote) });
    const [handle] = await handlesIn(rig);
    await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ reason });
    await expect(rig.client.createHandoff({ handle, clickId: 'c' })).rejects.toMatchObject({ reason });
  });

  it('is PARTNER_UNAVAILABLE where the remote hangs, says rubbish, or sends shoppers to no link', async () => {
    const remote = await remoteOf();
    const rig = await rigOf({ one: stay(remote, { timeoutMs: 1_000 }) });
    const [handle] = await handlesIn(rig);
    const unavailable = { reason: 'PARTNER_UNAVAILABLE', metadata: { partner: 'one' } };
    const answers: TestRemote['verify'][] = [
      () => new Promise(() => {}),
      async () => ({ offer: madeHotel(1), batch: undefined }),
      async () => ({ offer: madeHotel(1), batch: hotels('one', [1, 2]) }),
      async () => ({ offer: madeHotel(1), batch: hotels('two', [1]) }),
      async () => ({ offer: undefined, batch: hotels('one', [1]) }),
      async () => ({ offer: madeHotel(1, { taxBasis: 0 }), batch: hotels('one', [1]) }),
    ];
    for (const verify of answers) {
      remote.verify = verify;
      await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject(unavailable);
    }
    const url = (value: string) => ({ target: { $case: 'url' as const, value }, expiresAt: inFuture() });
    const ways: TestRemote['handoff'][] = [
      () => new Promise(() => {}),
      async () => url('javascript:alert(1)'),
      async () => url('/relative'),
      async () => url(''),
      async () => url(`https://x.example/${'x'.repeat(9_000)}`),
      async () => ({ target: undefined, expiresAt: inFuture() }),
      async () => ({ ...url('https://x.example/'), expiresAt: undefined }),
    ];
    for (const handoff of ways) {
      remote.handoff = handoff;
      await expect(rig.client.createHandoff({ handle, clickId: 'c' })).rejects.toMatchObject(unavailable);
    }
  });

  it('is sold out where its row has expired already', async () => {
    const late = hotels('one', [1]);
    late.expiresAt = writeInt64s([Date.now() - 1]);
    const remote = await remoteOf({ verify: async () => ({ offer: madeHotel(1), batch: late }) });
    const rig = await rigOf({ one: stay(remote) });
    const [handle] = await handlesIn(rig);
    await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ reason: 'OFFER_SOLD_OUT' });
  });
});
