import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ConversionStatus, PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { MemoryState } from '../../libs/shared/index.ts';
import { ClientView } from './testing/client-view.ts';
import { type CutOff, cutOff } from './testing/cut-off.ts';
import { finalOf, flightSearch, type Rig, reader, startRig, watchRequest } from './testing/rig.ts';

let shared: MemoryState;
let cuts: CutOff[];
let rig: Rig;

beforeEach(async () => {
  shared = new MemoryState();
  cuts = [cutOff(shared), cutOff(shared)];
  rig = await startRig(
    '{ minUpdateIntervalMs: 0, takeOverMs: 300 }',
    cuts.map(({ state }) => state),
  );
});
afterEach(async () => {
  await rig.close();
  await shared.close();
});

const rows = (count: number, from = 100): { total: number }[] =>
  Array.from({ length: count }, (_, at) => ({ total: from + at }));

describe('another replica', () => {
  test('has every page, offer and explanation of a complete search', async () => {
    const found = finalOf(rig, { pageSize: 2 });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', rows(3));
    search.answer('b', rows(2, 90));
    const update = await found;
    const other = rig.replicas[1]!;
    const { searchId } = update;
    const { page } = await other.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(page?.offers.map(({ offerId }) => offerId)).toEqual(update.page?.offerIds);
    expect(page).toMatchObject({ complete: true, totalSize: 5, outcomes: [{ partner: 'a' }, { partner: 'b' }] });
    const offerId = update.page!.offerIds[0]!;
    expect((await other.getOffer({ offerId, readMask: undefined })).offer).toEqual(update.upserts[0]);
    const explained = await other.explain({ offerId });
    expect(explained).toMatchObject({ source: { partner: 'b', row: 0 }, rank: { position: 1, totalSize: 5 } });
    const own = await rig.query.explainSearch({ searchId, productId: '' });
    expect(own.partners.map(({ offers }) => offers)).toEqual([3, 2]);
    expect((await other.explainSearch({ searchId, productId: '' })).partners).toEqual(own.partners);
  });

  test('cuts the next page of the order that a token names, whatever has come since', async () => {
    const updates = reader(rig.query.search(flightSearch({ pageSize: 2 })));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', rows(5));
    const first = await updates.until(({ page }) => page?.totalSize === 5);
    search.answer('b', rows(4, 50));
    await updates.rest();
    const ids: string[] = [...first.page!.offerIds];
    for (let pageToken = first.page!.nextPageToken; pageToken !== ''; ) {
      const { page } = await rig.replicas[1]!.getPage({
        readMask: undefined,
        searchId: first.searchId,
        pageToken,
        options: undefined,
      });
      ids.push(...page!.offers.map(({ offerId }) => offerId));
      pageToken = page!.nextPageToken;
    }
    expect(ids).toHaveLength(5);
    expect(new Set(ids.map((id) => id.split('-')[1])).size).toBe(1);
  });

  test('cuts the next page of another look too', async () => {
    const found = finalOf(rig, { pageSize: 2 });
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', rows(5));
    const { searchId } = await found;
    const options = PageOptions.fromPartial({ orderBy: 'price desc', pageSize: 3 });
    const { page } = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options });
    const next = await rig.replicas[1]!.getPage({
      readMask: undefined,
      searchId,
      pageToken: page!.nextPageToken,
      options: undefined,
    });
    expect(next.page?.offers.map(({ price }) => price?.total?.amount)).toEqual(['1.01', '1.00']);
  });

  test('follows a search that runs elsewhere', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', rows(2));
    const { searchId } = await updates.until(({ upserts }) => upserts.length > 0);
    const view = new ClientView();
    const others = reader(rig.replicas[1]!.watchSearch(watchRequest({ searchId })));
    await others.until((update) => view.apply(update).offers.size === 2);
    search.answer('b', rows(1, 50));
    await others.until((update) => view.apply(update).complete);
    expect([...view.offers.keys()]).toHaveLength(3);
    expect(rig.supply.searches).toHaveLength(1);
  });

  test('knows what was verified elsewhere', async () => {
    const found = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', rows(2));
    const { page, searchId } = await found;
    const [offerId] = page!.offerIds;
    const { offer } = await rig.replicas[1]!.verify({ offerId: offerId! });
    const again = await rig.query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(again.page?.offers.find((one) => one.offerId === offerId)?.price).toEqual(offer?.price);
  });

  test('does not know a search that nobody has', async () => {
    const missing = rig.replicas[1]!.getPage({
      readMask: undefined,
      searchId: '0123456789abcdef',
      pageToken: '',
      options: undefined,
    });
    await expect(missing).rejects.toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
  });
});

describe('when the replica that runs a search dies', () => {
  test('a client that resumes elsewhere loses nothing, and who had not answered is asked again', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b', 'c']);
    search.answer('a', rows(2));
    search.batch('b', rows(1, 90));
    const view = new ClientView();
    await updates.until((update) => view.apply(update).offers.size === 3);
    cuts[0]!.cut();

    const resumed = reader(
      rig.replicas[1]!.watchSearch(watchRequest({ searchId: view.searchId, cursor: view.cursor })),
    );
    const again = await rig.supply.next();
    expect([...again.start.partners].sort()).toEqual(['b', 'c']);
    again.plan(['b', 'c']);
    again.answer('b', rows(1, 90));
    again.answer('c', rows(1, 80));
    await resumed.until((update) => view.apply(update).complete);
    expect([...view.offers.keys()]).toHaveLength(4);
    expect([...view.outcomes.values()].map(({ status }) => status)).toEqual([
      OutcomeStatus.OK,
      OutcomeStatus.OK,
      OutcomeStatus.OK,
    ]);
  });

  test('who had not answered is asked once more where supply refuses, with many others, to ask again', async () => {
    const updates = reader(rig.query.search(flightSearch()));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).cursor !== '');
    cuts[0]!.cut();
    const { searchId, cursor } = view;
    const resumed = reader(rig.replicas[1]!.watchSearch(watchRequest({ searchId, cursor })));
    const refused = await rig.supply.next();
    refused.fail(new EntrepotError({ reason: 'OVERLOADED', message: 'not now', retryAfterMs: 10 }));
    const again = await rig.supply.next();
    expect([...again.start.partners].sort()).toEqual(['a', 'b']);
    again.plan(['a', 'b']);
    again.answer('a', rows(2));
    again.answer('b', rows(1));
    await resumed.until((update) => view.apply(update).complete);
    expect(view.offers.size).toBe(3);
    expect([...view.outcomes.values()].map(({ status }) => status)).toEqual([OutcomeStatus.OK, OutcomeStatus.OK]);
  });

  test('a search that was complete is the same elsewhere', async () => {
    const found = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', rows(3));
    const { searchId, page } = await found;
    cuts[0]!.cut();
    const other = await rig.replicas[1]!.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined });
    expect(other.page?.offers.map(({ offerId }) => offerId)).toEqual(page?.offerIds);
    expect(rig.supply.searches).toHaveLength(1);
  });
});

test('a replica that is stopped leaves its searches to the others at once', async () => {
  const updates = reader(rig.query.search(flightSearch()));
  const search = await rig.supply.next();
  search.plan(['a', 'b']);
  search.answer('a', rows(2));
  const view = new ClientView();
  await updates.until((update) => view.apply(update).offers.size === 2);
  await rig.stop(0);
  const resumed = reader(rig.replicas[1]!.watchSearch(watchRequest({ searchId: view.searchId, cursor: view.cursor })));
  const again = await rig.supply.next();
  again.plan(['b']);
  again.answer('b', rows(1, 50));
  await resumed.until((update) => view.apply(update).complete);
  expect([...view.offers.keys()]).toHaveLength(3);
});

describe('a click', () => {
  const handedOff = async (): Promise<string> => {
    const found = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', rows(1));
    const { page } = await found;
    return (await rig.query.handoff({ offerId: page!.offerIds[0]!, clientReference: 'basket 7' })).clickId;
  };
  const report = (clickId: string, status: ConversionStatus, partnerReference = 'PNR') => ({
    clickId,
    status,
    amount: undefined,
    partnerReference,
  });

  test('may be reported to any replica, one after the other, and each knows what the others were told', async () => {
    const clickId = await handedOff();
    const [one, other] = rig.replicas;
    const booked = await other!.reportConversion(report(clickId, ConversionStatus.BOOKED));
    expect(booked.click).toMatchObject({ clickId, partner: 'a', clientReference: 'basket 7' });
    const again = await one!.reportConversion(report(clickId, ConversionStatus.BOOKED));
    expect(again).toEqual(booked);
    const otherwise = one!.reportConversion(report(clickId, ConversionStatus.BOOKED, 'another'));
    await expect(otherwise).rejects.toMatchObject({ reason: 'CONFLICT' });
    const cancelled = await other!.reportConversion(report(clickId, ConversionStatus.CANCELLED));
    expect(cancelled.click?.conversion).toBe(ConversionStatus.CANCELLED);
  });

  test('that two replicas are told of at once takes effect once', async () => {
    const clickId = await handedOff();
    const told = await Promise.allSettled(
      rig.replicas.map((replica, at) =>
        replica.reportConversion(report(clickId, ConversionStatus.BOOKED, `PNR ${at}`)),
      ),
    );
    expect(told.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('is known to the replica that recorded it while the shared state is away, and to no other', async () => {
    const clickId = await handedOff();
    for (const { cut } of cuts) cut();
    const booked = await rig.query.reportConversion(report(clickId, ConversionStatus.BOOKED));
    expect(booked.click?.conversion).toBe(ConversionStatus.BOOKED);
  });

  test('that nobody recorded is none', async () => {
    const unknown = rig.replicas[1]!.reportConversion(report('c-none', ConversionStatus.BOOKED));
    await expect(unknown).rejects.toMatchObject({ reason: 'CLICK_NOT_FOUND' });
  });
});
