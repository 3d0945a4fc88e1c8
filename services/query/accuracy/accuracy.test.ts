import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OutcomeStatus, type PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { AccuracyAction, Grouping, type SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { OfferHandle } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { MemoryState } from '../../../libs/shared/index.ts';
import type { FakeSearch } from '../testing/fake-supply.ts';
import { finalOf, type Rig, startRig } from '../testing/rig.ts';
import { batchOf, madeOf, outcomeOf, type TestRow } from '../testing/rows.ts';

const start = Date.now();
vi.setConfig({ testTimeout: 60_000 });
/** Retries until it holds: nothing but the clock of the test decides what that is. */
const eventually = (holds: () => void | Promise<void>) => vi.waitFor(holds, { timeout: 20_000, interval: 5 });
/** Everything that is shown is asked again at once, and ten checks are enough. */
const yaml = JSON.stringify({
  sample: { share: 1, perMinute: 10_000, atOnce: 100, delaySeconds: 0, jitterSeconds: 0 },
  // Whatever of a search has been checked when partners are judged, those before count with it: no such mix comes to another verdict.
  policy: { leastChecks: 10, lastChecks: 10, margin: 0.1 },
  probe: { share: 0.5, offers: 20 },
});
const everybody = ['a', 'b'];

let rig: Rig;
let now: number;
let chance: number;
/** Rows of each answer of a search, by its digest. */
let sent: Map<string, readonly TestRow[]>;
/** What a partner asks for a row when it is asked again. */
let answers: (handle: OfferHandle, row: TestRow) => TestRow;

beforeEach(async () => {
  now = start;
  chance = 0;
  sent = new Map();
  answers = (_, row) => row;
  const options = { now: () => now, random: () => chance, everyMs: 2 };
  rig = await startRig('minUpdateIntervalMs: 0', [], '{}', { yaml, options });
  rig.supply.verify = (handle) => {
    const row = sent.get(`${handle.partner} ${handle.answer}`)?.[handle.row];
    if (row === undefined) throw new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'not held' });
    const again = `again-${handle.answer}-${handle.row}`;
    const said = answers(handle, row);
    sent.set(`${handle.partner} ${again}`, [said]);
    return { batch: batchOf(handle.partner, again, [said]), offer: madeOf({ ...handle, answer: again, row: 0 }) };
  };
});
afterEach(async () => {
  await rig.close();
  // The rigs of a file share a database.
  for (const table of ['accuracy_checks', 'accuracy_standings', 'mismatches'])
    await rig.clicks.query(`DELETE FROM ${table}`);
});

let searches = 0;

/** A search whose partners send ten offers each, each of a product of its own. */
async function search(
  changes: Parameters<typeof finalOf>[1] = {},
): Promise<{ update: SearchUpdate; asked: FakeSearch; partners: string[] }> {
  // No two searches share what was found.
  const flight = { origin: 'LHR', destination: 'JFK', departureDate: dayAhead(40), adults: 1 + (searches++ % 9) };
  const answered = finalOf(rig, { vertical: { $case: 'flight', value: flight }, grouping: Grouping.OFFER, ...changes });
  const asked = await rig.supply.next();
  const partners = everybody.filter((name) => !asked.start.except.includes(name));
  asked.plan(
    partners,
    everybody.filter((name) => !partners.includes(name)).map((name) => skipped(name)),
  );
  for (const partner of partners) {
    const rows = Array.from({ length: 10 }, (_, at) => ({
      total: 10_000 + 2 * at + (partner === 'a' ? 0 : 1),
      stops: 1,
      product: `${partner}${at}`,
    }));
    sent.set(`${partner} ${partner}0`, rows);
    asked.answer(partner, rows);
  }
  const update = await answered;
  return { update, asked, partners };
}

function skipped(partner: string): PartnerOutcome {
  return { ...outcomeOf(partner, 0, OutcomeStatus.SUSPENDED), detail: 'left out of this search' };
}
const dayAhead = (days: number) => Temporal.Now.plainDateISO('UTC').add({ days }).toString();

const listed = async () => (await rig.query.listAccuracy({ partner: '' })).accuracies;
const standingOf = async (partner: string) =>
  (await rig.query.listAccuracy({ partner })).standings.find(({ market }) => market === 'GB');
const checkedOf = async (partner: string) =>
  (await listed()).filter((one) => one.partner === partner).reduce((sum, { checked }) => sum + checked, 0);
const partnersOf = (update: SearchUpdate) =>
  update.page!.offerIds.map((id) => update.upserts.find(({ offerId }) => offerId === id)!.partner);

/** Lets the loop look, until it has judged as of now. */
async function judged(partner: string, action: AccuracyAction): Promise<void> {
  now += 30_000;
  await eventually(async () => expect((await standingOf(partner))?.action).toBe(action));
}

/** A search in a stretch of time of its own, once every offer of it has been checked: these ten checks of each partner are the latest. */
async function checkedSearch(changes: Parameters<typeof search>[0] = {}): Promise<Awaited<ReturnType<typeof search>>> {
  now += 600_000;
  const before = rig.supply.verifies.length;
  const searched = await search(changes);
  const made = async () => {
    expect(rig.supply.verifies.length - before).toBe(10 * searched.partners.length);
    for (const partner of searched.partners) expect(await checkedOf(partner)).toBe(10);
  };
  await eventually(made);
  return searched;
}

const dearer = (_: OfferHandle, row: TestRow): TestRow => ({ ...row, total: Math.round(row.total! * 1.07) });

describe('what was shown', () => {
  test('is asked again in the background, once, and counted by partner, market and lead time', async () => {
    answers = (handle, row) => (handle.row < 3 && handle.partner === 'a' ? dearer(handle, row) : row);
    const { update } = await search();
    await eventually(async () => expect([await checkedOf('a'), await checkedOf('b')]).toEqual([10, 10]));
    expect(rig.supply.verifies.every(({ background }) => background === true)).toBe(true);
    expect(await listed()).toEqual([
      {
        partner: 'a',
        market: 'GB',
        leadTime: 'to 90 days',
        checked: 10,
        accurate: 7,
        dearer: 3,
        cheaper: 0,
        gone: 0,
        failed: 0,
        accuracy: 0.7,
      },
      {
        partner: 'b',
        market: 'GB',
        leadTime: 'to 90 days',
        checked: 10,
        accurate: 10,
        dearer: 0,
        cheaper: 0,
        gone: 0,
        failed: 0,
        accuracy: 1,
      },
    ]);
    // Looked at again, it is not asked again; what was found to cost more is shown so.
    const { page } = await rig.query.getPage({
      readMask: undefined,
      searchId: update.searchId,
      pageToken: '',
      options: undefined,
    });
    expect(page?.offers.find(({ offerId }) => offerId.endsWith('-00-0000'))?.price?.total?.amount).toBe('107.00');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.supply.verifies).toHaveLength(20);
  });

  test('is not asked again where it was not looked at, and no more of it than the share', async () => {
    await search({ pageSize: 3 });
    await eventually(() => expect(rig.supply.verifies).toHaveLength(3));
    rig.configure('accuracy.yaml', '{ sample: { share: 0, delaySeconds: 0, jitterSeconds: 0 } }');
    await eventually(async () => {
      await search();
      const before = rig.supply.verifies.length;
      await search();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(rig.supply.verifies).toHaveLength(before);
    });
  });

  test('counts as gone where it is, as failed where nobody answers, and not at all where nothing was left over for it', async () => {
    const reasons = ['OFFER_SOLD_OUT', 'PARTNER_UNAVAILABLE', 'OVERLOADED', 'OFFER_EXPIRED'] as const;
    answers = (handle, row) => {
      const reason = handle.partner === 'a' ? reasons[handle.row] : undefined;
      if (reason !== undefined) throw new EntrepotError({ reason, message: 'no' });
      return row;
    };
    const { update } = await search();
    const counts = { checked: 7, accurate: 6, gone: 1, failed: 1 };
    await eventually(async () =>
      expect(await listed()).toMatchObject([
        { partner: 'a', ...counts },
        { partner: 'b', checked: 10 },
      ]),
    );
    // Each was asked once, whatever came of it.
    expect(rig.supply.verifies).toHaveLength(20);
    const { page } = await rig.query.getPage({
      readMask: undefined,
      searchId: update.searchId,
      pageToken: '',
      options: undefined,
    });
    expect(page?.totalSize).toBe(18);
  });
});

describe('a mismatch', () => {
  test('says what was shown and found, where, and what was sought; it is listed page by page', async () => {
    answers = (_, row) => ({ ...row, total: row.total! + 700, stops: 2 });
    const { update } = await search();
    await eventually(async () => expect([await checkedOf('a'), await checkedOf('b')]).toEqual([10, 10]));
    const first = await rig.query.listMismatches({ partner: 'a', pageSize: 4, pageToken: '' });
    expect(first.mismatches).toHaveLength(4);
    const [one] = first.mismatches;
    const shown = update.upserts.find(({ offerId }) => offerId === one!.offerId)!;
    expect(one).toMatchObject({
      partner: 'a',
      market: 'GB',
      leadTime: 'to 90 days',
      shown: { currencyCode: 'GBP', amount: shown.price!.total!.amount },
      found: { currencyCode: 'GBP' },
      source: { partner: 'a', answer: 'a0', manifest: 'a-manifest' },
      changes: [{ field: 'item.flight.stops', before: '1', after: '2' }],
      criteria: { vertical: { $case: 'flight', value: { origin: 'LHR' } } },
    });
    expect(one!.difference).toBeCloseTo(0.07, 2);
    const second = await rig.query.listMismatches({ partner: 'a', pageSize: 200, pageToken: first.nextPageToken });
    expect(new Set([...first.mismatches, ...second.mismatches].map(({ mismatchId }) => mismatchId)).size).toBe(10);
    expect(second.nextPageToken).toBe('');
    await expect(
      rig.query.listMismatches({ partner: 'b', pageSize: 4, pageToken: first.nextPageToken }),
    ).rejects.toMatchObject({ reason: 'INVALID_TOKEN' });
    await expect(rig.query.listMismatches({ partner: '', pageSize: 201, pageToken: '' })).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
    });
  });

  test('is replayed by the row while that is held, and by another search afterwards', async () => {
    answers = dearer;
    await search({ pageSize: 1 });
    await eventually(async () => expect(await checkedOf('a')).toBe(1));
    const { mismatches } = await rig.query.listMismatches({ partner: 'a', pageSize: 1, pageToken: '' });
    const { mismatchId } = mismatches[0]!;
    expect(await rig.query.replayMismatch({ mismatchId })).toMatchObject({
      now: { currencyCode: 'GBP', amount: '107.00' },
      asShown: false,
      asFound: true,
    });
    // A replay is what somebody waits for.
    expect(rig.supply.verifies.at(-1)?.background).not.toBe(true);
    answers = (_, row) => row;
    expect(await rig.query.replayMismatch({ mismatchId })).toMatchObject({ asShown: true, asFound: false });

    sent.clear();
    const again = async (rows: readonly TestRow[], status: OutcomeStatus = OutcomeStatus.OK) => {
      const replayed = rig.query.replayMismatch({ mismatchId });
      replayed.catch(() => undefined);
      const asked = await rig.supply.next();
      expect(asked.start).toMatchObject({ partners: ['a'], market: 'GB', currency: 'GBP', filter: '' });
      asked.plan(['a']);
      if (rows.length > 0) asked.batch('a', rows);
      asked.outcome('a', rows.length, status, { detail: 'as it is' });
      asked.close();
      return replayed;
    };
    const same = { product: 'a0', stops: 1 };
    expect(
      await again([
        { product: 'x', stops: 1 },
        { ...same, total: 10_700 },
      ]),
    ).toMatchObject({ asFound: true });
    await expect(again([{ ...same, cabin: 'BUSINESS', product: 'y' }])).rejects.toMatchObject({
      reason: 'OFFER_SOLD_OUT',
    });
    await expect(again([], OutcomeStatus.EMPTY)).rejects.toMatchObject({ reason: 'OFFER_SOLD_OUT' });
    await expect(again([], OutcomeStatus.TIMED_OUT)).rejects.toMatchObject({ reason: 'PARTNER_UNAVAILABLE' });
    await expect(again([], OutcomeStatus.BUDGET_SPENT)).rejects.toMatchObject({ reason: 'OVERLOADED' });
    await expect(rig.query.replayMismatch({ mismatchId: 'none' })).rejects.toMatchObject({
      reason: 'MISMATCH_NOT_FOUND',
    });
    now += 90 * 86_400_000;
    await expect(rig.query.replayMismatch({ mismatchId })).rejects.toMatchObject({ reason: 'OFFER_EXPIRED' });
  });
});

describe('a partner whose prices are too often wrong', () => {
  test('comes after the others in every order, says so, is hidden when it gets worse, and comes back by itself', async () => {
    answers = (handle, row) => (handle.partner === 'a' && handle.row < 2 ? dearer(handle, row) : row);
    await checkedSearch();
    await judged('a', AccuracyAction.DEMOTED);
    expect(await standingOf('a')).toMatchObject({ accuracy: 0.8, floor: 0.85, checked: 10 });
    expect((await standingOf('a'))?.detail).toBe(
      'Demoted: 80 % of 10 prices in GB that were asked again were as shown, and 85 % have to be; as others from 95 % on.',
    );
    // Partners may be judged while checks are still being made.
    const because = '[\\d.]+ % of \\d+ prices in GB that were asked again were as shown, and 85 % have to be';

    for (const orderBy of ['price', 'price desc', 'best']) {
      const demoted = (await checkedSearch({ orderBy })).update;
      expect(partnersOf(demoted)).toEqual([...Array(10).fill('b'), ...Array(10).fill('a')]);
      const prices = demoted.page!.offerIds.map((id) =>
        Number(demoted.upserts.find(({ offerId }) => offerId === id)!.price!.total!.amount),
      );
      const inOrder = (some: number[]) => some.toSorted((x, y) => (orderBy.endsWith('desc') ? y - x : x - y));
      expect([prices.slice(0, 10), prices.slice(10)]).toEqual([
        inOrder(prices.slice(0, 10)),
        inOrder(prices.slice(10)),
      ]);
      for (const offer of demoted.upserts) {
        expect(offer.demotedBecause).toMatch(offer.partner === 'a' ? new RegExp(`^${because}$`) : /^$/);
      }
      expect(demoted.outcomes.find(({ partner }) => partner === 'a')).toMatchObject({
        accuracyAction: 'demoted',
        offersKept: 10,
        detail: expect.stringMatching(`^its offers come after the others: ${because}$`),
      });
      expect(demoted.outcomes.find(({ partner }) => partner === 'b')).toMatchObject({ accuracyAction: '', detail: '' });
    }
    const { update } = await checkedSearch();
    const last = update.page!.offerIds.find((id) => id.includes('-00-'))!;
    const { rank, outcome: told } = await rig.query.explain({ offerId: last });
    expect(rank?.reason).toMatch(
      new RegExp(`^Its partner is demoted, and its offers come after those of others: ${because}\\.$`),
    );
    expect(told?.accuracyAction).toBe('demoted');

    answers = (handle, row) => (handle.partner === 'a' && handle.row < 8 ? dearer(handle, row) : row);
    await checkedSearch();
    await judged('a', AccuracyAction.HIDDEN);
    const { update: hidden } = await checkedSearch();
    expect(partnersOf(hidden)).toEqual(Array(10).fill('b'));
    expect([hidden.page?.totalSize, hidden.progress?.offers, hidden.progress?.products]).toEqual([10, 10, 10]);
    expect(hidden.facets.find(({ attribute }) => attribute === 'partner')?.values).toEqual([
      { value: 'b', count: 10, products: 10 },
    ]);
    const said = hidden.outcomes.find(({ partner }) => partner === 'a');
    expect(said).toMatchObject({ status: OutcomeStatus.OK, accuracyAction: 'hidden', offersKept: 10 });
    expect(said?.detail).toMatch(/^10 offers are held and not shown: [\d.]+ % of \d+ prices in GB .+ 60 % have to be$/);
    const why = await rig.query.explainSearch({ searchId: hidden.searchId, productId: 'a0' });
    expect(why.product?.reason).toMatch(/It is held and not shown, as all offers of its partner: [\d.]+ % of/);
    expect(why.partners.find(({ partner }) => partner === 'a')).toMatchObject({ offers: 10, offersMatching: 0 });
    expect(why.partners.find(({ partner }) => partner === 'a')?.reason).toMatch(
      /^10 offers are held and not shown: .+\.$/,
    );

    // A share of searches alone asks it.
    chance = 0.9;
    const without = await checkedSearch();
    expect(without.asked.start.except).toEqual(['a']);
    expect(without.update.outcomes.find(({ partner }) => partner === 'a')).toMatchObject({
      status: OutcomeStatus.SUSPENDED,
      accuracyAction: 'hidden',
      detail: expect.stringMatching(/^left out of this search; hidden, and asked by a share of searches alone: /),
    });
    chance = 0;

    answers = (handle, row) => (handle.partner === 'a' && handle.row < 2 ? dearer(handle, row) : row);
    await checkedSearch();
    await judged('a', AccuracyAction.DEMOTED);
    answers = (_, row) => row;
    await checkedSearch();
    await judged('a', AccuracyAction.UNSPECIFIED);
    const { update: healed } = await checkedSearch();
    expect(partnersOf(healed)).toEqual(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 'a' : 'b')));
    expect(healed.upserts.every(({ demotedBecause }) => demotedBecause === '')).toBe(true);
    expect(healed.outcomes.every(({ accuracyAction }) => accuracyAction === '')).toBe(true);
  });

  test('is shown beside the others of its product in the same way, and nowhere worse in another market', async () => {
    answers = (handle, row) => (handle.partner === 'a' && handle.row < 2 ? dearer(handle, row) : row);
    await checkedSearch();
    await judged('a', AccuracyAction.DEMOTED);
    const answered = finalOf(rig, { grouping: Grouping.PRODUCT });
    const asked = await rig.supply.next();
    asked.plan(everybody);
    asked.answer('a', [
      { product: 'p', total: 100 },
      { product: 'q', total: 90 },
    ]);
    asked.answer('b', [{ product: 'p', total: 200 }]);
    const { upserts, page } = await answered;
    expect(page?.offerIds.map((id) => id.slice(-7))).toEqual(['01-0000', '00-0001']);
    expect(upserts.find(({ partner }) => partner === 'b')?.otherOffers).toMatchObject([{ partner: 'a' }]);
    const { update } = await search({ market: 'DE' });
    expect(partnersOf(update).slice(0, 2)).toEqual(['a', 'b']);
  });

  test('stays so after a restart, and in the searches that began meanwhile', async () => {
    const { update: before } = await checkedSearch();
    answers = (handle, row) => (handle.partner === 'a' ? dearer(handle, row) : row);
    await checkedSearch();
    await judged('a', AccuracyAction.HIDDEN);
    const { page } = await rig.query.getPage({
      readMask: undefined,
      searchId: before.searchId,
      pageToken: '',
      options: undefined,
    });
    expect(page?.totalSize).toBe(20);
    await rig.close();
    rig = await startRig('minUpdateIntervalMs: 0', [], '{}', {
      yaml,
      options: { now: () => now, random: () => chance, everyMs: 2 },
    });
    await eventually(async () => expect((await standingOf('a'))?.action).toBe(AccuracyAction.HIDDEN));
  });
});

test('another replica shows a search as it was judged when it began', async () => {
  const shared = new MemoryState();
  const options = { now: () => now, random: () => chance, everyMs: 2 };
  const replicas = await startRig('minUpdateIntervalMs: 0', [shared, shared], '{}', { yaml, options });
  try {
    await replicas.clicks.query(`INSERT INTO accuracy_standings VALUES ('a/GB', 'demoted', ${start}, ${start})`);
    now += 60_000;
    const standing = async () => (await replicas.query.listAccuracy({ partner: 'a' })).standings[0]?.action;
    await eventually(async () => expect(await standing()).toBe(AccuracyAction.DEMOTED));
    const answered = finalOf(replicas, { grouping: Grouping.OFFER });
    const asked = await replicas.supply.next();
    asked.plan(everybody);
    asked.answer('a', [{ total: 100 }]);
    asked.answer('b', [{ total: 200 }]);
    const { searchId, page } = await answered;
    const other = await replicas.replicas[1]!.getPage({
      readMask: undefined,
      searchId,
      pageToken: '',
      options: undefined,
    });
    expect(other.page?.offers.map(({ offerId }) => offerId)).toEqual(page?.offerIds);
    expect(other.page?.offers.map(({ demotedBecause }) => demotedBecause === '')).toEqual([true, false]);
    expect(other.page?.outcomes.find(({ partner }) => partner === 'a')?.accuracyAction).toBe('demoted');
  } finally {
    await replicas.close();
    await shared.close();
  }
});
