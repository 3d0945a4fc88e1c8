import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { kindsOf, testNow } from '../testing.ts';
import { askJson, differences, startPartners } from '../testing-partners.ts';
import { readListId, writeListId } from './karhoo-keys.ts';

let twin: Twin;
let clock: { now: number };
beforeAll(async () => {
  ({ twin, clock } = await startPartners());
});
afterAll(() => twin.close());
beforeEach(() => {
  clock.now = testNow;
  twin.setScenario('karhoo', {});
});

const origin = { latitude: '51.5166', longitude: '-0.1769', display_address: 'Station' };
const destination = { latitude: 51.47, longitude: -0.4543, display_address: 'Airport' };
interface Quote {
  readonly id: string;
  readonly fleet: { readonly id: string; readonly name: string };
  readonly price: { readonly low: number; readonly high: number; readonly currency_code: string };
  readonly quote_type: string;
  readonly vehicle: { readonly class: string; readonly qta: { readonly low_minutes: number } };
}
interface List {
  readonly id: string;
  readonly status: string;
  readonly validity: number;
  readonly quotes: readonly Quote[];
}
interface Failure {
  readonly code: string;
  readonly message: string;
}

const json = { 'content-type': 'application/json' };
const tokens = new Map<string, string>();
function login(seller: string, password = 'twin') {
  return askJson<{ access_token: string; refresh_token: string; expires_in: number }>(
    `${twin.url}/${seller}/v1/auth/token`,
    {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ username: 'a', password }),
    },
  );
}
async function ask<T>(where: string, body?: object, seller = 'karhoo') {
  if (!tokens.has(seller)) tokens.set(seller, (await login(seller)).body.access_token);
  const headers = { ...json, authorization: `Bearer ${tokens.get(seller)}` };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return askJson<T>(`${twin.url}/${seller}/v2/${where}`, init);
}
async function complete(seller = 'karhoo', more: object = {}): Promise<List> {
  const { body } = await ask<List>('quotes/', { origin, destination, ...more }, seller);
  clock.now += 10_000;
  return (await ask<List>(`quotes/${body.id}`, undefined, seller)).body;
}

describe('quotes', () => {
  it('come fleet by fleet, until the list is complete', async () => {
    const created = await ask<List>('quotes/', { origin, destination });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ status: 'PROGRESSING', validity: 300 });
    const counts: number[] = [];
    let before: readonly Quote[] = [];
    for (let second = 0; second <= 10; second++, clock.now += 1000) {
      const { body } = await ask<List>(`quotes/${created.body.id}`);
      expect(body.status).toBe(second < 10 ? 'PROGRESSING' : 'COMPLETED');
      expect(body.validity).toBe(300 - second);
      // What was there stays as it is.
      expect(body.quotes.slice(0, before.length)).toEqual(before);
      before = body.quotes;
      counts.push(before.length);
    }
    expect(counts.at(-1)!).toBeGreaterThan(4);
    expect(new Set(counts).size).toBeGreaterThan(2);
    expect(new Set(before.map(({ id }) => id)).size).toBe(before.length);
    clock.now += 290_000;
    expect((await ask<Failure>(`quotes/${created.body.id}`)).status).toBe(404);
  });

  it('are in minor units: fixed in one figure, estimated in two, metered', async () => {
    const quotes: Quote[] = [];
    for (const [latitude, longitude] of [
      [51.51, -0.12],
      [48.85, 2.35],
      [52.5, 13.4],
      [40.4, -3.7],
    ] as const) {
      const here = { latitude, longitude };
      quotes.push(
        ...(await complete('karhoo', { origin: here, destination: { latitude: latitude + 0.08, longitude } })).quotes,
      );
    }
    expect(new Set(quotes.map((each) => each.quote_type))).toEqual(new Set(['FIXED', 'ESTIMATED', 'METERED']));
    for (const { price, quote_type: type } of quotes) {
      expect(Number.isInteger(price.low) && Number.isInteger(price.high) && price.low > 100).toBe(true);
      if (type === 'FIXED') expect(price.low).toBe(price.high);
      else expect(price.low).toBeLessThan(price.high);
    }
    expect(new Set(quotes.map(({ price }) => price.currency_code))).toEqual(new Set(['GBP', 'EUR']));
  });

  it('are for later where a local time is given', async () => {
    const { quotes } = await complete('karhoo', { local_time_of_pickup: '2026-02-01T09:30' });
    expect(quotes.length).toBeGreaterThan(3);
    for (const { vehicle } of quotes) expect(vehicle.qta.low_minutes).toBe(0);
    const past = await ask<Failure>('quotes/', { origin, destination, local_time_of_pickup: '2025-01-01T09:30' });
    expect([past.status, past.body.code]).toEqual([400, 'K0002']);
  });

  it('are of the same fleets at two sellers, under codes of their own, and taxis of a third’s too', async () => {
    const truths = async (seller: string) => {
      clock.now = testNow;
      const { quotes } = await complete(seller);
      return new Map(quotes.map(({ id }) => [twin.truthOf(seller, id)!.product, id]));
    };
    const [one, two] = [await truths('karhoo'), await truths('karhoo-two')];
    const both = [...one.keys()].filter((product) => two.has(product));
    expect(both.length).toBeGreaterThan(1);
    for (const product of both) expect(one.get(product)!.split(':')[1]).not.toBe(two.get(product)!.split(':')[1]);
    const query = 'start_latitude=51.5166&start_longitude=-0.1769&end_latitude=51.47&end_longitude=-0.4543';
    const uber = await askJson<{ prices: { product_id: string }[] }>(`${twin.url}/uber/v1.2/estimates/price?${query}`, {
      headers: { authorization: 'Token twin' },
    });
    const theirs = uber.body.prices.map(({ product_id }) => twin.truthOf('uber', product_id)!.product);
    expect(theirs.filter((product) => one.has(product)).length).toBeGreaterThan(1);
    expect(twin.truthOf('karhoo', 'x:y')).toBeUndefined();
  });

  it('are verified: the same, dearer or gone', async () => {
    const { quotes } = await complete();
    const verify = (id: string) => ask<Quote & Failure>(`quotes/verify/${encodeURIComponent(id)}`);
    const { id, price } = quotes[0]!;
    expect((await verify(id)).body.price).toEqual(price);
    twin.setScenario('karhoo', { priceChangeShare: 1, priceChange: 0.2 });
    expect((await verify(id)).body.price.high).toBe(Math.round(price.high * 1.2));
    twin.setScenario('karhoo', { soldOutShare: 1 });
    expect((await verify(id)).body.code).toBe('K3003');
  });
});

describe('access', () => {
  it('is given for a password and for a refresh token, and ends', async () => {
    const { body } = await login('karhoo');
    expect(body.expires_in).toBe(7200);
    expect((await login('karhoo', 'no')).body).toMatchObject({ code: 'K0005' });
    const list = (token: string) =>
      askJson<Failure>(`${twin.url}/karhoo/v2/quotes/x`, { headers: { authorization: `Bearer ${token}` } });
    expect((await list(body.access_token)).status).toBe(404);
    expect((await list(body.refresh_token)).body.code).toBe('K0004');
    clock.now += 7_200_000;
    expect((await list(body.access_token)).body.code).toBe('K0003');
    const again = await askJson<{ access_token: string }>(`${twin.url}/karhoo/v1/auth/refresh`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ refresh_token: body.refresh_token }),
    });
    expect((await list(again.body.access_token)).status).toBe(404);
    expect((await askJson<Failure>(`${twin.url}/karhoo/v2/quotes/x`)).body.code).toBe('K0005');
  });
});

describe('requests that are wrong', () => {
  it('are refused with code and message', async () => {
    const create = async (body: object) => {
      const answer = await ask<Failure>('quotes/', body);
      return [answer.status, answer.body.code];
    };
    expect(await create({ origin })).toEqual([400, 'K0002']);
    expect(await create({ origin, destination: { latitude: 'x', longitude: 0 } })).toEqual([400, 'K0002']);
    expect(await create({ origin, destination: origin })).toEqual([400, 'Q0001']);
    expect(await create({ origin: { latitude: 0, longitude: -30 }, destination })).toEqual([404, 'K3002']);
    expect((await ask<Failure>('tea')).body).toEqual({ code: 'K0001', message: expect.any(String) });
  });
});

describe('a scenario', () => {
  it('limits the rate, doubles and breaks rows', async () => {
    const before = (await complete()).quotes;
    clock.now = testNow;
    twin.setScenario('karhoo', { duplicateShare: 1 });
    expect((await complete()).quotes).toHaveLength(before.length * 2);
    clock.now = testNow;
    twin.setScenario('karhoo', { brokenRowShare: 1, brokenRows: ['negative'] });
    for (const { price } of (await complete()).quotes) expect(price.low).toBeLessThan(0);
    twin.setScenario('karhoo', { rateLimitShare: 1 });
    const limited = await ask<Failure>('quotes/', { origin, destination });
    expect([limited.status, limited.body.code, limited.headers.get('retry-after')]).toEqual([429, 'K0006', '30']);
  });
});

describe('ids of lists', () => {
  it('say what was asked for, and are read by nobody else', () => {
    const degrees = (most: number) => fc.integer({ min: -most * 1e5, max: most * 1e5 }).map((value) => value / 1e5);
    const point = fc.record({ latitude: degrees(90), longitude: degrees(180) });
    const request = fc.record({
      from: point,
      to: point,
      created: fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 }),
      pickUp: fc.option(
        fc.integer({ min: 28_000_000, max: 33_000_000 }).map((minute) => minute * 60_000),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(request, (asked) => {
        const id = writeListId(7, 'a', asked);
        const read = readListId(7, 'a', id)!;
        expect([read.created, read.pickUp]).toEqual([asked.created, asked.pickUp]);
        for (const end of ['from', 'to'] as const) {
          expect(read[end].latitude).toBeCloseTo(asked[end].latitude, 5);
          expect(read[end].longitude).toBeCloseTo(asked[end].longitude, 5);
        }
        expect(readListId(7, 'b', id)).toBeUndefined();
      }),
    );
  });
});

const folder = path.resolve('../shared/partner-samples/rides/karhoo');

describe.skipIf(!existsSync(folder))('beside the samples (skipped where ../shared/partner-samples is absent)', () => {
  const sample = (file: string) =>
    kindsOf(JSON.parse(readFileSync(path.join(folder, file), 'utf8').replace(/,(\s*})/g, '$1')));

  it('has every field of theirs', async () => {
    for (const file of ['Quote-QuotesV2.json', 'QuotesV2-QuotesV2.json']) {
      expect(differences(sample(file), kindsOf(await complete())), file).toEqual([]);
    }
    const created = await ask('quotes/', { origin, destination });
    expect(differences(sample('Quote-QuoteListId.json'), kindsOf(created.body))).toEqual([]);
    expect(differences(sample('User-AuthToken.json'), kindsOf((await login('karhoo')).body))).toEqual([]);
    expect(differences(sample('Error.json'), kindsOf((await ask('tea')).body))).toEqual([]);
  });
});
