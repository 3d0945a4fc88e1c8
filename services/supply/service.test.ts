import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readColumns, readInt64s, readPrices } from '../../libs/columns/index.ts';
import { OutcomeStatus, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchRequest, SearchResponse } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { handlesOf, only, type Rig, row, said, search, start, startRig } from './testing/rig.ts';

let partner: PartnerServer;
let rig: Rig;

beforeEach(async () => {
  partner = await startPartner((_, response) => json(response, { rows: [row(1), row(2)] }));
});
afterEach(async () => {
  await rig.close();
  await partner.close();
});

describe('search', () => {
  it('says the plan first, then columns with prices and lifetimes, then an outcome for each partner', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: `${partner.url}/base/` } });
    const before = Date.now();
    const { plan, batches, outcome } = await search(rig);
    expect(plan).toEqual({ asked: ['one'], skipped: [], applied: [], unshared: [] });
    expect(partner.asked).toEqual(['/base/search?from=2031-05-01&place=PAR&currency=EUR']);
    expect(batches).toHaveLength(1);
    const [batch] = batches;
    const columns = readColumns(batch!.columns!);
    // The property's code is for identity alone, and stays here.
    expect([...columns.keys()].sort()).toEqual(['property_name', 'star_rating']);
    expect(columns.get('property_name')!.get(1)).toBe('Hotel 2');
    const prices = readPrices(batch!.prices!);
    expect([prices.total(0), prices.currency(0), prices.basis(0)]).toEqual([10_000, 'EUR', TaxBasis.INCLUDED]);
    const lifetime = readInt64s(batch!.expiresAt).get(0) - batch!.fetchedAt!.epochMilliseconds;
    expect(lifetime).toBe(600_000);
    expect(batch!.fetchedAt!.epochMilliseconds).toBeGreaterThanOrEqual(before);
    expect(outcome('one')).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 2, offersKept: 2, requests: 1 });
  });

  it('refuses a filter that is none of the vertical, and asks nobody', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    await expect(search(rig, start({ filter: 'stops <= 1' }))).rejects.toMatchObject({
      reason: 'INVALID_FILTER',
      violations: [{ field: 'filter' }],
    });
    expect(partner.asked).toEqual([]);
    // What no partner declares is nobody's but the caller's.
    expect((await search(rig, start({ filter: 'star_rating >= 4.0' }))).plan.applied).toEqual([]);
  });

  it('explains why a partner is not asked', async () => {
    const endpoint = partner.url;
    rig = await startRig({
      off: { adapter: 'plain', endpoint, enabled: false },
      abroad: { adapter: 'plain', endpoint, markets: ['FR', 'DE'] },
      small: { adapter: 'plain', endpoint },
      keyless: { adapter: 'plain', endpoint, options: { signed: true } },
      open: { adapter: 'plain', endpoint },
    });
    const request = start();
    const { plan } = await search(rig, request);
    expect(plan.asked.sort()).toEqual(['open', 'small']);
    expect(Object.fromEntries(plan.skipped.map(({ partner: name, status }) => [name, status]))).toEqual({
      abroad: OutcomeStatus.NOT_PERMITTED,
      keyless: OutcomeStatus.FAILED,
      off: OutcomeStatus.SUSPENDED,
    });
    expect(plan.skipped.find(({ partner: name }) => name === 'keyless')!.detail).toContain('credential "key"');

    const stay = request.criteria!.vertical!;
    const rooms = Array.from({ length: 4 }, () => ({ adults: 1, childAges: [] }));
    const many = { vertical: { ...stay, value: { ...stay.value, rooms } } } as typeof request.criteria;
    const unsupported = await search(rig, start({ criteria: many, partners: ['open'] }));
    expect(unsupported.plan.skipped[0]).toMatchObject({
      status: OutcomeStatus.UNSUPPORTED_CRITERIA,
      detail: 'it takes at most 3 rooms',
    });
  });

  it('asks nobody whom the client may not see, and tells nothing else of them', async () => {
    const endpoint = partner.url;
    rig = await startRig({
      one: { adapter: 'plain', endpoint },
      off: { adapter: 'plain', endpoint, enabled: false },
      other: { adapter: 'plain', endpoint },
    });
    const notSeen = { status: OutcomeStatus.NOT_PERMITTED, detail: 'the client is not configured to see it' };
    const { plan } = await search(rig, start({ permitted: { partners: ['one', 'long gone'] } }));
    expect(plan.asked).toEqual(['one']);
    expect(plan.skipped.sort((a, b) => (a.partner < b.partner ? -1 : 1))).toMatchObject([
      { partner: 'off', ...notSeen },
      { partner: 'other', ...notSeen },
    ]);
    const named = await search(rig, start({ partners: ['other'], permitted: { partners: ['one'] } }));
    expect(named.plan).toMatchObject({ asked: [], skipped: [{ partner: 'other', ...notSeen }] });
    expect((await search(rig, start({ permitted: { partners: [] } }))).plan.asked).toEqual([]);
  });

  it('refuses what is wrong whoever is asked, with the fields', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const wrong = search(rig, start({ market: 'Britain', currency: 'XXQ', partners: ['one', 'two'] }));
    await expect(wrong).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'market' }, { field: 'currency' }, { field: 'partners[1]' }],
    });
    await expect(search(rig, start({ criteria: undefined }))).rejects.toMatchObject({
      violations: [{ field: 'criteria' }],
    });
    await expect(search(rig, start({ criteria: { vertical: undefined } }))).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
    });
  });

  it('refuses criteria that no adapter can read instead of breaking', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const request = start();
    const stay = request.criteria!.vertical!;
    const broken = { vertical: { ...stay, value: { ...stay.value, checkIn: 'soon' } } } as typeof request.criteria;
    await expect(search(rig, start({ criteria: broken }))).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'criteria.stay' }],
    });
    expect(partner.asked).toEqual([]);
  });

  it('follows pages up to the limit and says that there were more', async () => {
    partner.handler = (request, response) => {
      const page = Number(/p=(\d+)/.exec(request.url!)?.[1] ?? 1);
      json(response, { rows: [row(page)], next: `/search?p=${page + 1}` });
    };
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const { outcome, batches } = await search(rig);
    expect(outcome('one')).toMatchObject({ status: OutcomeStatus.PARTIAL, offersKept: 3, requests: 3 });
    expect(outcome('one').detail).toContain('maxPages');
    expect(new Set(batches.map(({ answer }) => answer)).size).toBe(3);
  });

  it("says PARTIAL with the partner's own warning, and EMPTY where there is nothing", async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    partner.handler = (_, response) => json(response, { rows: [row(1)], warning: 'two hotels did not answer' });
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      detail: 'it warns: two hotels did not answer',
    });
    partner.handler = (_, response) => json(response, { rows: [] });
    expect((await search(rig)).outcome('one')).toMatchObject({ status: OutcomeStatus.EMPTY, rowsReceived: 0 });
  });

  it('sends batches of at most 200 rows whose positions lead back to the answer', async () => {
    const rows = Array.from({ length: 450 }, (_, i) => row(i, { amount: i % 3 === 0 ? '-1.00' : `${i}.00` }));
    partner.handler = (_, response) => json(response, { rows });
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const { batches } = await search(rig);
    expect(batches.map(({ columns }) => columns!.rowCount)).toEqual([200, 100]);
    const handles = batches.flatMap(handlesOf);
    expect(handles.map((handle) => handle.row)).toEqual(rows.flatMap((_, i) => (i % 3 === 0 ? [] : [i])));
  });

  it('drops rows that are the same offer on any page, and keeps the same attributes at another price', async () => {
    partner.handler = (request, response) =>
      request.url === '/p2'
        ? json(response, { rows: [row(9, { hotel: 'H1', name: 'Hotel 1' }), row(2)] })
        : json(response, { rows: [row(1), row(1), row(1, { amount: '90.00' })], next: '/p2' });
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const outcome = (await search(rig)).outcome('one');
    expect(outcome).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 5, offersKept: 3 });
    expect(outcome.rejections).toMatchObject([{ reason: RejectionReason.DUPLICATE, count: 2 }]);
  });

  it('retries once when a kept-alive connection is closed under it', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    await search(rig);
    const answer = partner.handler;
    partner.handler = (request) => {
      partner.handler = answer;
      request.socket.destroy();
    };
    expect((await search(rig)).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, requests: 2 });
  });

  it('never has more calls under way than the partner takes, and nobody waits beyond the deadline', async () => {
    let active = 0;
    let most = 0;
    partner.handler = (_, response) => {
      most = Math.max(most, ++active);
      response.on('close', () => active--);
    };
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url, concurrency: 2, shareInFlight: false } });
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, async () => (await search(rig, start(), { timeoutMs: 400 })).outcome('one')),
    );
    expect(most).toBe(2);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill(OutcomeStatus.TIMED_OUT));
  });

  it('aborts the requests to partners when the caller cancels', async () => {
    partner.handler = () => {};
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const abort = new AbortController();
    const stream = rig.client.search(only(start()), { signal: abort.signal });
    await stream.next();
    while (partner.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    await expect(Array.fromAsync(stream)).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(await partner.aborted).toMatch('/search');
  });

  it('aborts the requests to partners when the caller stops reading', async () => {
    partner.handler = () => {};
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const stream = rig.client.search(only(start()));
    await stream.next();
    while (partner.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await stream.return?.();
    expect(await partner.aborted).toMatch('/search');
  });

  it('sends the trace to a partner only where its configuration says so', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    await search(rig);
    expect(partner.headers[0]).not.toHaveProperty('traceparent');
    expect(partner.headers[0]!['accept-encoding']).toContain('gzip');
  });
});

describe('identity', () => {
  it('is provisional at first, resolved on the same stream, and remembered', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const first = await search(rig);
    const [batch] = first.batches;
    expect(batch!.products!.dictionary.every((id) => id.startsWith('~'))).toBe(true);
    expect([...batch!.provisional]).toEqual([0b11]);
    const resolved = first.messages.flatMap(({ message }) => (message?.$case === 'identities' ? [message.value] : []));
    expect(resolved).toEqual([
      {
        changes: [
          { provisionalProductId: batch!.products!.dictionary[0], productId: 'product-H1' },
          { provisionalProductId: batch!.products!.dictionary[1], productId: 'product-H2' },
        ],
        unavailable: false,
      },
    ]);
    const second = await search(rig);
    expect(second.batches[0]!.products!.dictionary).toEqual(['product-H1', 'product-H2']);
    expect([...second.batches[0]!.provisional]).toEqual([0]);
    expect(rig.normalization.calls).toHaveLength(1);
  });

  it('is asked for in one call at a time, which carries what all searches brought meanwhile', async () => {
    rig = await startRig({
      one: { adapter: 'plain', endpoint: partner.url, shareInFlight: false },
      two: { adapter: 'plain', endpoint: partner.url, shareInFlight: false },
    });
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    rig.normalization.gate = () => opened;
    const first = search(rig, start({ partners: ['one'] }));
    while (rig.normalization.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const others = [search(rig, start({ partners: ['two'] })), search(rig, start({ partners: ['two'] })), search(rig)];
    while (partner.asked.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rig.normalization.calls).toHaveLength(1);
    open();
    for (const result of [await first, ...(await Promise.all(others))]) {
      const changes = result.messages.flatMap(({ message }) =>
        message?.$case === 'identities' ? message.value.changes.map(({ productId }) => productId) : [],
      );
      expect(new Set(changes)).toEqual(new Set(['product-H1', 'product-H2']));
    }
    expect(rig.normalization.calls).toHaveLength(2);
  });

  it('that cannot be asked for leaves products provisional, says so, and is asked for again next time', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    rig.normalization.gate = () => Promise.reject(new Error('down'));
    const result = await search(rig);
    expect(result.outcome('one').status).toBe(OutcomeStatus.OK);
    const resolved = result.messages.flatMap(({ message }) => (message?.$case === 'identities' ? [message.value] : []));
    expect(resolved).toEqual([{ changes: [], unavailable: true }]);
    rig.normalization.gate = async () => {};
    await search(rig);
    expect(rig.normalization.calls).toHaveLength(2);
  });
});

describe('offers', () => {
  it('are made on the search stream while it runs', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const { promise: batchCame, resolve: onBatch } = Promise.withResolvers<SearchResponse>();
    async function* caller(): AsyncGenerator<SearchRequest> {
      yield { message: { $case: 'start', value: start() } };
      const { message } = await batchCame;
      if (message?.$case !== 'batch') throw new Error('no batch');
      const handles = handlesOf(message.value).reverse();
      yield { message: { $case: 'makeOffers', value: { requestId: 7, handles, readMask: undefined } } };
    }
    const messages: SearchResponse[] = [];
    for await (const message of rig.client.search(caller())) {
      messages.push(message);
      if (message.message?.$case === 'batch') onBatch(message);
    }
    const made = said(messages).messages.flatMap(({ message }) => (message?.$case === 'offers' ? [message.value] : []));
    expect(made).toMatchObject([
      {
        requestId: 7,
        offers: [
          {
            missing: false,
            partnerTotal: { currencyCode: 'EUR', amount: '100.00' },
            taxBasis: TaxBasis.INCLUDED,
            item: { vertical: { $case: 'stay', value: { propertyName: 'Hotel 2', rooms: [{ code: '2' }] } } },
          },
          { item: { vertical: { value: { propertyName: 'Hotel 1' } } } },
        ],
      },
    ]);
  });

  it('are made from held answers after the search, also when those have to be parsed again', async () => {
    const options = { answers: { parsedForMs: 20, plainBytes: 0 } };
    const rows = Array.from({ length: 60 }, (_, i) => row(i));
    partner.handler = (_, response) => json(response, { rows });
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } }, options);
    const { batches } = await search(rig);
    const handles = handlesOf(batches[0]!).slice(3, 5);
    const { offers: hot } = await rig.client.getOffers({ handles, readMask: undefined });
    await new Promise((resolve) => setTimeout(resolve, 120));
    const { offers: cold } = await rig.client.getOffers({ handles, readMask: undefined });
    expect(cold).toEqual(hot);
    expect(cold[0]).toMatchObject({ missing: false, item: { vertical: { value: { propertyName: 'Hotel 3' } } } });
  });

  it('leave out what the read mask does not ask for', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const { batches } = await search(rig);
    const handles = handlesOf(batches[0]!);
    const { offers } = await rig.client.getOffers({ handles, readMask: ['property_name'] });
    expect(offers[0]).toMatchObject({ item: { vertical: { value: { propertyName: 'Hotel 1', rooms: [] } } } });
  });

  it('are missing, never guessed, when their answer is not held', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } }, { answers: { budgetBytes: 200 } });
    const { batches } = await search(rig);
    const [handle] = handlesOf(batches[0]!);
    await search(rig);
    const { offers } = await rig.client.getOffers({
      handles: [handle!, { ...handle!, answer: 'made-up' }, { ...handle!, manifest: 'other' }],
      readMask: undefined,
    });
    expect(offers.map(({ missing }) => missing)).toEqual([true, true, true]);
    const many = Array.from({ length: 201 }, () => handle!);
    await expect(rig.client.getOffers({ handles: many, readMask: undefined })).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
    });
  });
});

describe('partners', () => {
  it('are listed by name with what they sell and where', async () => {
    rig = await startRig({
      beta: { adapter: 'plain', endpoint: partner.url, enabled: false },
      alpha: { adapter: 'plain', endpoint: partner.url, markets: ['GB'] },
    });
    const { partners } = await rig.client.listPartners({});
    expect(partners).toMatchObject([
      { name: 'alpha', adapter: 'plain', verticals: ['stay'], markets: ['GB'], enabled: true },
      { name: 'beta', adapter: 'plain', verticals: ['stay'], markets: [], enabled: false },
    ]);
    expect(partners[0]!.manifest).not.toBe(partners[1]!.manifest);
  });
});
