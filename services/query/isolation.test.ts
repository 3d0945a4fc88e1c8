import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ConversionStatus, PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import { MemoryState } from '../../libs/shared/index.ts';
import { cutOff } from './testing/cut-off.ts';
import { all, finalOf, flightSearch, type Rig, startRig, watchRequest } from './testing/rig.ts';
import { outcomeOf } from './testing/rows.ts';

const owner = { client: 'shop' };
const stranger = { client: 'rival' };
const operator = { client: 'desk' };
const clients = 'clients: { desk: { sees: all } }';

interface Found {
  readonly searchId: string;
  readonly offerId: string;
  readonly pageToken: string;
  readonly cursor: string;
  readonly clickId: string;
}

/** What the shop found, and holds tokens of. */
async function found(rig: Rig): Promise<Found> {
  const answered = finalOf(rig, { pageSize: 1 }, owner);
  const search = await rig.supply.next();
  search.plan(['a']);
  search.answer('a', [{ total: 100 }, { total: 200 }]);
  const { searchId, page, cursor } = await answered;
  const offerId = page!.offerIds[0]!;
  const { clickId } = await rig.query.handoff({ offerId, clientReference: '' }, owner);
  return { searchId, offerId, pageToken: page!.nextPageToken, cursor, clickId };
}

/** Every way to use what somebody was given, by name. */
function uses(
  query: Rig['query'],
  { searchId, offerId, pageToken, cursor, clickId }: Found,
  as: { readonly client: string } | undefined,
): Readonly<Record<string, () => Promise<unknown>>> {
  const options = PageOptions.fromPartial({ orderBy: 'price desc' });
  const report = { clickId, status: ConversionStatus.BOOKED, amount: undefined, partnerReference: '' };
  return {
    'a page': () => query.getPage({ readMask: undefined, searchId, pageToken: '', options: undefined }, as),
    'the next page': () => query.getPage({ readMask: undefined, searchId, pageToken, options: undefined }, as),
    'another look': () => query.getPage({ readMask: undefined, searchId, pageToken: '', options }, as),
    'watching it': () => all(query.watchSearch(watchRequest({ searchId }), as)),
    resuming: () => all(query.watchSearch(watchRequest({ searchId, cursor }), as)),
    'its explanation': () => query.explainSearch({ searchId, productId: '' }, as),
    'an offer': () => query.getOffer({ offerId, readMask: undefined }, as),
    'an offer of no such mask': () => query.getOffer({ offerId, readMask: ['nothing'] }, as),
    'verifying an offer': () => query.verify({ offerId }, as),
    'handing an offer off': () => query.handoff({ offerId, clientReference: '' }, as),
    'explaining an offer': () => query.explain({ offerId }, as),
    'reporting a conversion': () => query.reportConversion(report, as),
  };
}

/** How a use is refused, as a client is told of it. */
async function refusal(use: () => Promise<unknown>): Promise<object> {
  try {
    await use();
  } catch (error) {
    const { reason, message, violations, metadata, retryAfterMs } = toEntrepotError(error);
    return { reason, message, violations, metadata, retryAfterMs };
  }
  throw new Error('it was allowed');
}

/** As long as the real ones, and of nobody. */
const nothing: Found = {
  searchId: '0123456789abcdef',
  offerId: '0123456789abcdef-01-0000',
  pageToken: 'x',
  cursor: 'x',
  clickId: 'c-none',
};

async function isRefusedAsIfItWasNotThere(query: Rig['query'], mine: Found): Promise<void> {
  const attempts = uses(query, mine, stranger);
  const inVain = uses(query, nothing, stranger);
  for (const [name, attempt] of Object.entries(attempts)) {
    expect({ name, ...(await refusal(attempt)) }).toEqual({ name, ...(await refusal(inVain[name]!)) });
  }
}

describe('what one client found', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig('minUpdateIntervalMs: 0', [], clients);
  });
  afterEach(() => rig.close());

  test('is to another client as if it was not there, whatever it holds of it', async () => {
    const mine = await found(rig);
    await isRefusedAsIfItWasNotThere(rig.query, mine);
    for (const [name, use] of Object.entries(uses(rig.query, mine, owner))) {
      if (name !== 'an offer of no such mask') await use();
    }
  });

  test('is seen by a client that is configured to see all', async () => {
    const mine = await found(rig);
    for (const [name, use] of Object.entries(uses(rig.query, mine, operator))) {
      if (name !== 'an offer of no such mask') await use();
    }
  });

  test('is not kept alive by another client', async () => {
    const small = await startRig('{ hold: { searches: 2 } }');
    const one = await found(small);
    const other = await found(small);
    await refusal(uses(small.query, one, stranger)['a page']!);
    await found(small);
    expect(await refusal(uses(small.query, one, owner)['a page']!)).toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
    await uses(small.query, other, owner)['a page']!();
    await small.close();
  });

  test('has ids of its own: equal searches of two clients are two, and so is what is asked for them', async () => {
    const answers = [owner, stranger].map((as) => finalOf(rig, {}, as));
    for (const total of [100, 200]) {
      const search = await rig.supply.next();
      search.plan(['a']);
      search.answer('a', [{ total }], { reusableMs: 60_000 });
    }
    const ids = (await Promise.all(answers)).map(({ searchId }) => searchId);
    // Held answers are given again to the client that asked for them alone.
    for (const as of [owner, stranger]) ids.push((await finalOf(rig, {}, as)).searchId);
    expect(new Set(ids).size).toBe(4);
    expect(rig.supply.searches.map(({ context }) => context.client)).toEqual(['shop', 'rival']);
  });
});

describe('what one client found, at another replica', () => {
  let shared: MemoryState;
  let rig: Rig;
  let cut: () => void;
  beforeEach(async () => {
    shared = new MemoryState();
    const ways = [cutOff(shared), cutOff(shared)];
    cut = () => {
      for (const way of ways) way.cut();
    };
    rig = await startRig(
      'minUpdateIntervalMs: 0',
      ways.map(({ state }) => state),
      clients,
    );
  });
  afterEach(async () => {
    await rig.close();
    await shared.close();
  });

  test('is to another client as if it was not there, before and after its own client used it', async () => {
    const mine = await found(rig);
    const other = rig.replicas[1]!;
    await isRefusedAsIfItWasNotThere(other, mine);
    await uses(other, mine, owner)['a page']!();
    await isRefusedAsIfItWasNotThere(other, mine);
    await uses(other, mine, operator)['an offer']!();
  });

  test('is found by its own client while another one tries it', async () => {
    const mine = await found(rig);
    const other = rig.replicas[1]!;
    const [refused, page] = await Promise.allSettled([
      uses(other, mine, stranger)['a page']!(),
      uses(other, mine, owner)['a page']!(),
    ]);
    expect([refused?.status, page?.status]).toEqual(['rejected', 'fulfilled']);
  });

  test('fails for another client as what is not there does while nothing can be looked up', async () => {
    const mine = await found(rig);
    cut();
    await isRefusedAsIfItWasNotThere(rig.query, mine);
    await uses(rig.query, mine, owner)['reporting a conversion']!();
  });
});

test('a search goes on under the id of its own client alone', async () => {
  const rig = await startRig();
  const updates = rig.query.search(flightSearch(), owner);
  const first = updates.next();
  (await rig.supply.next()).plan(['a']);
  const { value } = await first;
  const watch = all(rig.query.watchSearch(watchRequest({ searchId: value.update.searchId }), stranger));
  await expect(watch).rejects.toMatchObject({ reason: 'SEARCH_NOT_FOUND' });
  await updates.return?.();
  await rig.close();
});

describe('a client that may see some partners', () => {
  const some = 'clients: { shop: { partners: [a, b] }, rival: { partners: [b] } }';
  const permittedIn = (rig: Rig): (string[] | undefined)[] =>
    rig.supply.searches.map(({ start }) => start.permitted?.partners);

  test('has them alone asked, and is told of the others that they are not for it', async () => {
    const rig = await startRig(undefined, [], some);
    const answered = finalOf(rig, { partners: ['a', 'c'] }, owner);
    const search = await rig.supply.next();
    expect(search.start).toMatchObject({ partners: ['a', 'c'], permitted: { partners: ['a', 'b'] } });
    search.plan(['a'], [outcomeOf('c', 0, OutcomeStatus.NOT_PERMITTED)]);
    search.answer('a', [{}]);
    const { outcomes, searchId } = await answered;
    expect(outcomes.map(({ partner, status }) => [partner, status])).toEqual([
      ['c', OutcomeStatus.NOT_PERMITTED],
      ['a', OutcomeStatus.OK],
    ]);
    const { partners } = await rig.query.explainSearch({ searchId, productId: '' }, owner);
    expect(partners.map(({ reason }) => reason)).toEqual([
      '',
      expect.stringMatching(/^It was not asked: .* may not see/),
    ]);
    await rig.close();
  });

  test('shares nothing with who may see others, and nothing with itself once it may', async () => {
    const rig = await startRig('minUpdateIntervalMs: 0', [], some);
    const searched = async (as: { readonly client: string }): Promise<void> => {
      const asked = rig.supply.searches.length;
      const answered = finalOf(rig, {}, as);
      await new Promise(setImmediate);
      if (rig.supply.searches.length > asked) {
        const search = await rig.supply.next();
        search.plan(['b']);
        search.answer('b', [{}], { reusableMs: 60_000 });
      }
      await answered;
    };
    for (const as of [owner, stranger, operator, owner, stranger, operator]) await searched(as);
    expect(permittedIn(rig)).toEqual([['a', 'b'], ['b'], undefined]);
    rig.configure('clients.yaml', 'clients: { shop: { partners: [c] } }');
    await vi.waitFor(async () => {
      await searched(owner);
      expect(permittedIn(rig).at(-1)).toEqual(['c']);
    });
    await rig.close();
  });
});
