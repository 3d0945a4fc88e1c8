import { afterEach, describe, expect, it } from 'vitest';
import type { OfferHandle } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { missing } from '../offers.ts';
import { RemoteConnections } from '../remote/connections.ts';
import {
  batch,
  hotels,
  inFuture,
  madeHotel,
  outcome,
  plan,
  type RemoteBehaviour,
  startRemote,
} from '../testing/remote.ts';
import { start } from '../testing/rig.ts';
import { contractChecks, readCase } from './certify-contract.ts';
import { callerOf } from './certify-remote.ts';
import { Conversation } from './fault-server.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

const held = ({ answer, row }: OfferHandle): boolean => answer === 'answer-1' && row <= 2;
const expired = (): never => {
  throw new EntrepotError({ reason: 'OFFER_EXPIRED', message: 'no such row' });
};
const broken = (): never => {
  throw new TypeError('nobody thought of it');
};
/** A remote that keeps to the contract. */
const good: Partial<RemoteBehaviour> = {
  offers: async ({ handles }) => handles.map((handle) => (held(handle) ? madeHotel(handle.row) : missing())),
  verify: async (handle) =>
    held(handle) ? { offer: madeHotel(handle.row), batch: hotels(handle.partner, [handle.row]) } : expired(),
  handoff: async ({ handle }) =>
    held(handle!) ? { target: { $case: 'token', value: 't' }, expiresAt: inFuture() } : expired(),
};

/** Names of the checks that fail, and of those that could not be tried. */
async function failed(changes: Partial<RemoteBehaviour>): Promise<Record<string, string[]>> {
  const remote = await startRemote({ ...good, ...changes });
  const remotes = new RemoteConnections();
  closing.push(remotes, remote);
  const listen = { host: '127.0.0.1', port: 0 };
  const caller = callerOf(remotes, { partner: 'far', address: remote.address, listen }, 'stay');
  const { criteria, market, currency, locale } = start();
  const read = await readCase(caller, 'one', { criteria: criteria!, market, currency, locale, now: Date.now() });
  const checks = await contractChecks(caller, [read], { read, converse: () => new Conversation([]) });
  const names = (wanted: string) => checks.filter(({ result }) => result === wanted).map(({ name }) => name);
  return { failed: names('failed'), untried: names('not applicable') };
}

const sending = (change: (rows: ReturnType<typeof hotels>) => ReturnType<typeof hotels>): Partial<RemoteBehaviour> => ({
  async *search({ partners: [name = ''] }) {
    yield plan(name);
    yield batch(change(hotels(name, [1, 2])));
    yield outcome(name);
  },
});

describe('what can be seen of the contract from outside', () => {
  it('holds for an adapter that keeps to it; what asks no partner has no connection to close', async () => {
    expect(await failed({})).toEqual({ failed: [], untried: ['the deadline of a verification ends its connection'] });
  });

  it('holds where an adapter says of a row that it is sold, or that its partner does not answer', async () => {
    const saying = (reason: 'OFFER_SOLD_OUT' | 'PARTNER_UNAVAILABLE') => async (handle: OfferHandle) => {
      if (!held(handle)) return expired();
      throw new EntrepotError({ reason, message: 'so it is' });
    };
    for (const reason of ['OFFER_SOLD_OUT', 'PARTNER_UNAVAILABLE'] as const) {
      const handoff: RemoteBehaviour['handoff'] = ({ handle }) => saying(reason)(handle!) as never;
      expect((await failed({ verify: saying(reason), handoff })).failed).toEqual([]);
    }
  });

  it.each<[string, Partial<RemoteBehaviour>, string]>([
    [
      'a batch before the plan',
      {
        async *search({ partners: [name = ''] }) {
          yield batch(hotels(name, [1]));
          yield outcome(name);
        },
      },
      'messages come in order and hold what they promise',
    ],
    [
      'a stream without an outcome',
      {
        search: async function* ({ partners }) {
          yield plan(partners[0]!);
        },
      },
      'messages come in order and hold what they promise',
    ],
    [
      'rows without a currency',
      sending((rows) => ({ ...rows, prices: { ...rows.prices!, currencies: ['XXZ'] } })),
      'every row that it sends can be an offer',
    ],
    [
      'rows that name no version',
      sending((rows) => ({ ...rows, manifest: '' })),
      'batches name the version that made them',
    ],
    [
      'no whole offers',
      { offers: async ({ handles }) => handles.map(missing) },
      'GetOffers makes every row into a whole offer, in order',
    ],
    [
      'whole offers at another price',
      {
        offers: async ({ handles }) =>
          handles.map((handle) =>
            held(handle) ? madeHotel(1, { partnerTotal: { currencyCode: 'EUR', amount: '99.00' } }) : missing(),
          ),
      },
      'a whole offer costs what its row does',
    ],
    [
      'offers for handles that nobody gave out',
      { offers: async ({ handles }) => handles.map(({ row }) => madeHotel(row)) },
      'a row that it does not hold is missing, or OFFER_EXPIRED',
    ],
    [
      'a crash over a handle',
      { verify: async (handle) => (held(handle) ? good.verify!(handle) : broken()) },
      'a row that it does not hold is missing, or OFFER_EXPIRED',
    ],
    [
      'a crash of a verification',
      { verify: async (handle) => (held(handle) ? broken() : expired()) },
      'a verification gives the row as it is now, or says why not',
    ],
    [
      'a verification without its row',
      { verify: async (handle) => (held(handle) ? { offer: madeHotel(1), batch: undefined } : expired()) },
      'a verification gives the row as it is now, or says why not',
    ],
    [
      'a link that is none',
      {
        handoff: async ({ handle }) =>
          held(handle!) ? { target: { $case: 'url', value: 'javascript:1' }, expiresAt: inFuture() } : expired(),
      },
      'a hand-off gives a link or a token, also where the click comes again, or says why not',
    ],
  ])('fails for %s', async (_what, changes, name) => {
    expect((await failed(changes)).failed).toEqual([name]);
  });
});
