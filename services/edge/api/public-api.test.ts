import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import type { Identity } from '../../../libs/clients/index.ts';
import {
  Delivery,
  SearchRequest,
  SearchUpdate,
  WatchSearchRequest,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { Admission } from '../../../libs/mesh/index.ts';
import type { Caller } from './caller.ts';
import { admitted, permitted, withinMarkets } from './gates.ts';
import { publicMethods, requireMethod } from './method.ts';
import { type Backend, type Gate, PublicApi } from './public-api.ts';

const query = 'entrepot.query.v1.QueryService';
const search = requireMethod(`${query}/Search`);
const getOffer = requireMethod(`${query}/GetOffer`);

const caller = (identity: Partial<Identity> = {}): Caller => ({
  identity: {
    client: 'shop',
    permissions: new Set([Permission.SEARCH]),
    markets: undefined,
    partners: undefined,
    views: undefined,
    budget: undefined,
    streams: undefined,
    origins: [],
    development: false,
    ...identity,
  },
  protocol: 'rest',
  timeoutMs: 1_000,
  signal: new AbortController().signal,
  trace: ROOT_CONTEXT,
  requestId: 'r1',
});

const apiWith = (functions: Record<string, unknown>, gates: readonly Gate[] = []): PublicApi =>
  new PublicApi(new Map([[query, functions as Backend]]), gates);

const refusal = async (promise: Promise<unknown>): Promise<EntrepotError> =>
  promise.then(
    () => expect.unreachable('It was let through.'),
    (error) => error as EntrepotError,
  );

test('every public method says how it is reached and what it asks for, each under a path of its own', () => {
  const methods = [...publicMethods().values()];
  expect(methods.length).toBeGreaterThan(20);
  const paths = methods.map(({ http }) => `${http.verb} ${http.path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(new Set(paths).size).toBe(paths.length);
  for (const { input, output, http, errors, fullName } of methods) {
    for (const name of http.pathFields) {
      expect(input.fields.find((field) => field.name === name)?.scalar, `${fullName} ${name}`).toBe(9);
    }
    if (http.responseBody !== undefined) expect(output.fields.map(({ name }) => name)).toContain(http.responseBody);
    expect(errors).not.toContain(undefined);
  }
});

test('what the platform keeps for its own services is not public', () => {
  expect(publicMethods().has('entrepot.supply.v1.SupplyService/Search')).toBe(false);
  expect(publicMethods().has('entrepot.normalization.v1.NormalizationService/Resolve')).toBe(false);
});

test('calls on behalf of the client, with its deadline', async () => {
  const asked: unknown[] = [];
  const api = apiWith({ getOffer: async (...both: unknown[]) => asked.push(...both) && { offer: undefined } });
  await api.unary(getOffer, { offerId: 'o1' }, caller());
  expect(asked).toEqual([{ offerId: 'o1' }, expect.objectContaining({ client: 'shop', timeoutMs: 1_000 })]);
});

test('a service that is not there is a method that is not offered', async () => {
  const error = await refusal(new PublicApi(new Map(), []).unary(getOffer, {}, caller()));
  expect(error.reason).toBe('UNKNOWN_METHOD');
});

test('gates are passed in order and told of the end in the opposite one, also where a later one refuses', async () => {
  const told: string[] = [];
  const gate =
    (name: string): Gate =>
    () => {
      told.push(`in ${name}`);
      return (error) => told.push(`out ${name} ${error?.reason}`);
    };
  const refuse: Gate = () => {
    throw new EntrepotError({ reason: 'QUOTA_SPENT', message: 'No points are left.' });
  };
  const backend = { getOffer: async () => ({}) };
  await apiWith(backend, [gate('a'), gate('b')]).unary(getOffer, {}, caller());
  expect(told.splice(0)).toEqual(['in a', 'in b', 'out b undefined', 'out a undefined']);
  expect((await refusal(apiWith(backend, [gate('a'), refuse]).unary(getOffer, {}, caller()))).reason).toBe(
    'QUOTA_SPENT',
  );
  expect(told).toEqual(['in a', 'out a QUOTA_SPENT']);
});

test('a stream that is left early, or fails, is told of once', async () => {
  const ends: (string | undefined)[] = [];
  const gate: Gate = () => (error) => ends.push(error?.reason);
  const backend = {
    search: async function* () {
      yield { update: SearchUpdate.fromPartial({ revision: 1 }) };
      throw new EntrepotError({ reason: 'PRICING_UNAVAILABLE', message: 'Pricing is down.' });
    },
  };
  const api = apiWith(backend, [gate]);
  for await (const _ of api.stream(search, SearchRequest.fromPartial({}), caller())) break;
  await refusal(Array.fromAsync(api.stream(search, SearchRequest.fromPartial({}), caller())));
  expect(ends).toEqual(['CANCELLED', 'PRICING_UNAVAILABLE']);
});

test('a search as a page asks for its end alone', async () => {
  const asked: SearchRequest[] = [];
  const update = SearchUpdate.fromPartial({ searchId: 's1', complete: true, progress: {}, page: { totalSize: 3 } });
  const api = apiWith({
    search: async function* (request: SearchRequest) {
      asked.push(request);
      yield { update };
    },
  });
  const page = await api.searchPage(SearchRequest.fromPartial({ currency: 'GBP' }), caller());
  expect(page).toMatchObject({ searchId: 's1', complete: true, totalSize: 3 });
  expect(asked).toMatchObject([{ currency: 'GBP', delivery: Delivery.FINAL }]);
});

test('a client does only what it is permitted, and is told what it lacks', async () => {
  const replay = requireMethod(`${query}/ReplayMismatch`);
  const api = apiWith({ replayMismatch: async () => ({}) }, [permitted]);
  const error = await refusal(api.unary(replay, {}, caller()));
  expect(error).toMatchObject({ reason: 'NOT_PERMITTED', metadata: { permission: 'PARTNERS_WRITE' } });
  await api.unary(replay, {}, caller({ permissions: new Set([Permission.PARTNERS_WRITE]) }));
});

test('a client searches only in its markets; a market that is missing is for query to refuse', async () => {
  const api = apiWith({ search: async function* () {} }, [withinMarkets]);
  const in_ = (market: string): Promise<unknown> =>
    Array.fromAsync(api.stream(search, SearchRequest.fromPartial({ market }), caller({ markets: new Set(['GB']) })));
  await in_('GB');
  await in_('');
  expect(await refusal(in_('DE'))).toMatchObject({ reason: 'NOT_PERMITTED', metadata: { market: 'DE' } });
});

test('a place is held from the beginning of a call to its end', async () => {
  const admission = new Admission('test', { maxCalls: 1, adaptive: false, maxLoopDelayMs: Number.POSITIVE_INFINITY });
  const { promise, resolve } = Promise.withResolvers<object>();
  const api = apiWith({ getOffer: () => promise }, [admitted(admission)]);
  const first = api.unary(getOffer, {}, caller());
  expect((await refusal(api.unary(getOffer, {}, caller()))).reason).toBe('OVERLOADED');
  resolve({});
  await first;
  await api.unary(getOffer, {}, caller());
  expect(admission.active).toEqual({ call: 0, stream: 0 });
});

test('of those who follow, who resumes is no work, so that all can come at once', async () => {
  const admission = new Admission('edge', { startAtWork: 1 });
  const waiting = Promise.withResolvers<void>();
  const api = apiWith(
    {
      watchSearch: async function* () {
        await waiting.promise;
        yield { update: SearchUpdate.fromPartial({ complete: true }) };
      },
    },
    [admitted(admission)],
  );
  const follow = (cursor: string) =>
    api.stream(
      requireMethod(`${query}/WatchSearch`),
      WatchSearchRequest.fromPartial({ searchId: 's', cursor }),
      caller(),
    );
  const all = Array.from({ length: 200 }, () => follow('c1'));
  const read = all.map((stream) => stream.next());
  expect(admission.active.stream).toBe(200);
  expect(admission.atWork).toBe(0);
  const anew = follow('').next();
  expect(admission.atWork).toBe(1);
  waiting.resolve();
  await Promise.all([...read, anew]);
  admission.close();
});
