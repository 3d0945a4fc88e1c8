// One whole search by every protocol with generated clients: the stream to its end, page 2, an offer, why it costs that, and a
// refusal whose reason is the one that REST tells. And one with an EventSource, which knows nothing of us.
import type { DescService } from '@bufbuild/protobuf';
import { ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { EventSource } from 'eventsource';
import { ErrorInfo } from 'nice-grpc-error-details';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueryClient } from '../../../libs/contracts/client.ts';
import { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { descriptors } from '../../../libs/vertical/index.ts';
import {
  daysAhead,
  flightSearch,
  type OfferJson,
  type OutcomeJson,
  type PageJson,
  type ProblemJson,
  type Rig,
  startRig,
} from '../../support/fused-rig.ts';

let rig: Rig;
const closers: (() => Promise<void>)[] = [];
beforeAll(async () => {
  rig = await startRig({ grpcAddress: '127.0.0.1:0' });
});
afterAll(async () => {
  for (const close of closers) await close();
  await rig?.close();
});

interface Update {
  readonly searchId: string;
  readonly complete: boolean;
  readonly upserts: readonly { readonly offerId: string }[];
  readonly page?: { readonly offerIds: readonly string[]; readonly nextPageToken: string } | undefined;
}
interface Page {
  readonly offers: readonly { readonly offerId: string }[];
}
interface Refused {
  readonly reason: string;
  readonly message: string;
}

/** What the test does, in one protocol. */
interface Client {
  search(market: string): AsyncIterable<{ readonly update?: Update | undefined }>;
  getPage(searchId: string, pageToken: string): Promise<{ readonly page?: Page | undefined }>;
  getOffer(offerId: string): Promise<{ readonly offer?: { readonly offerId: string } | undefined }>;
  explain(offerId: string): Promise<object>;
  refusedWith(thrown: unknown): Refused;
}

const flight = { origin: 'LHR', destination: 'JFK', departureDate: daysAhead(60), adults: 1 };
const asked = { currency: 'GBP', pageSize: 5, orderBy: 'price' };

type Loose = Record<string, (request: object) => never>;

function overConnect(make: (baseUrl: string) => Transport): () => Client {
  return () => {
    const service = descriptors().getService('entrepot.query.v1.QueryService') as DescService;
    const client = createClient(service, make(rig.edgeUrl)) as unknown as Loose;
    return {
      search: (market) => client.search!({ ...asked, market, vertical: { case: 'flight', value: flight } }),
      getPage: (searchId, pageToken) => client.getPage!({ searchId, pageToken }),
      getOffer: (offerId) => client.getOffer!({ offerId }),
      explain: (offerId) => client.explain!({ offerId }),
      refusedWith: (thrown) => {
        const { rawMessage, details } = ConnectError.from(thrown);
        const info = details.find((one) => 'type' in one && one.type === 'google.rpc.ErrorInfo');
        if (info === undefined || !('type' in info)) throw thrown;
        return { reason: ErrorInfo.decode(info.value).reason, message: rawMessage };
      },
    };
  };
}

function overGrpc(): Client {
  const { client, close } = createQueryClient(rig.grpcAddress ?? '');
  closers.push(close);
  return {
    search: (market) =>
      client.search(SearchRequest.fromPartial({ ...asked, market, vertical: { $case: 'flight', value: flight } })),
    getPage: (searchId, pageToken) => client.getPage({ readMask: undefined, searchId, pageToken, options: undefined }),
    getOffer: (offerId) => client.getOffer({ offerId, readMask: undefined }),
    explain: (offerId) => client.explain({ offerId }),
    refusedWith: (thrown) => {
      if (!(thrown instanceof EntrepotError)) throw thrown;
      return { reason: thrown.reason, message: thrown.message };
    },
  };
}

describe.each<[string, () => Client]>([
  ['Connect, binary', overConnect((baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true }))],
  ['Connect, JSON', overConnect((baseUrl) => createConnectTransport({ baseUrl }))],
  ['gRPC-Web', overConnect((baseUrl) => createGrpcWebTransport({ baseUrl }))],
  ['gRPC', overGrpc],
])('by %s', (_, make) => {
  it('runs a whole search', async () => {
    const client = make();
    const found = new Set<string>();
    let last: Update | undefined;
    let page: Update['page'];
    for await (const { update } of client.search('GB')) {
      for (const { offerId } of update?.upserts ?? []) found.add(offerId);
      page = update?.page ?? page;
      last = update;
    }
    expect(last?.complete).toBe(true);
    expect(page?.offerIds).toHaveLength(5);
    for (const id of page?.offerIds ?? []) expect(found).toContain(id);
    const second = (await client.getPage(last?.searchId ?? '', page?.nextPageToken ?? '')).page;
    expect(second?.offers).toHaveLength(5);
    expect(second?.offers.some(({ offerId }) => page?.offerIds.includes(offerId))).toBe(false);
    const id = second?.offers[0]?.offerId ?? '';
    expect((await client.getOffer(id)).offer?.offerId).toBe(id);
    expect(await client.explain(id)).toMatchObject({ ledger: expect.arrayContaining([expect.anything()]) });
  });

  it('is refused with the reason and the words that REST tells', async () => {
    const client = make();
    const { body } = await rig.call<ProblemJson>('POST', '/v1/searches', flightSearch({ market: 'nowhere' }));
    const refused = await (async () => {
      for await (const _ of client.search('nowhere')) throw new Error('It was answered.');
      throw new Error('It was not refused.');
    })().catch((thrown: unknown) => client.refusedWith(thrown));
    expect(refused).toEqual({ reason: body.reason, message: body.detail });
    expect(refused.reason).toBe('INVALID_FIELD');
  });
});

it('an EventSource runs a whole search by its address, and does not come back once it is over', async () => {
  const url = new URL(`${rig.edgeUrl}/v1/searches:stream`);
  for (const [name, value] of Object.entries(flight)) url.searchParams.set(`flight.${name}`, String(value));
  for (const [name, value] of Object.entries({ ...asked, market: 'GB' })) url.searchParams.set(name, String(value));
  const offers = new Map<string, OfferJson>();
  const outcomes = new Map<string, OutcomeJson>();
  let last:
    | { readonly searchId: string; readonly complete?: boolean; readonly page?: { offerIds: string[] } }
    | undefined;
  let page: readonly string[] = [];
  const said: string[] = [];
  const closed = Promise.withResolvers<number | undefined>();
  const source = new EventSource(url);
  source.addEventListener('update', ({ data }) => {
    const update = JSON.parse(data) as NonNullable<typeof last> & {
      readonly upserts?: readonly OfferJson[];
      readonly outcomes?: readonly OutcomeJson[];
    };
    for (const offer of update.upserts ?? []) offers.set(offer.offerId, offer);
    for (const outcome of update.outcomes ?? []) outcomes.set(outcome.partner, outcome);
    page = update.page?.offerIds ?? page;
    last = update;
  });
  for (const name of ['end', 'problem']) source.addEventListener(name, () => said.push(name));
  source.addEventListener('error', ({ code }) => {
    if (source.readyState === source.CLOSED) closed.resolve(code);
  });
  expect(await closed.promise).toBe(204);
  expect(said).toEqual(['end']);
  expect(last?.complete).toBe(true);
  const { body } = await rig.call<PageJson>('GET', `/v1/searches/${last?.searchId}`);
  expect(page).toEqual(body.offers?.map(({ offerId }) => offerId));
  expect(page.map((id) => offers.get(id)?.price.total)).toEqual(body.offers?.map(({ price }) => price.total));
  const ended = body.outcomes.map(({ partner, status }) => [partner, status]);
  expect([...outcomes.values()].map(({ partner, status }) => [partner, status]).sort()).toEqual(ended.sort());
});
