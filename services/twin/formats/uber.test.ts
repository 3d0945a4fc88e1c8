import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { kindsOf, testNow } from '../testing.ts';
import { askJson, differences, startPartners } from '../testing-partners.ts';

let twin: Twin;
let clock: { now: number };
beforeAll(async () => {
  ({ twin, clock } = await startPartners());
});
afterAll(() => twin.close());
beforeEach(() => {
  clock.now = testNow;
  twin.setScenario('uber', {});
});

const way = { start_latitude: 48.8566, start_longitude: 2.3522, end_latitude: 48.89, end_longitude: 2.24 };
const at = { latitude: 48.8566, longitude: 2.3522 };
interface Price {
  readonly product_id: string;
  readonly display_name: string;
  readonly estimate: string;
  readonly low_estimate: number | null;
  readonly high_estimate: number | null;
  readonly currency_code: string | null;
  readonly surge_multiplier?: number;
  readonly duration: number;
}
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string>>;
}
interface Conflict {
  readonly meta: { readonly surge_confirmation?: { readonly surge_confirmation_id: string } };
  readonly errors: readonly { readonly status: number; readonly code: string }[];
}

function ask<T>(where: string, query: object = {}, authorization = 'Token twin') {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, `${value}`]));
  return askJson<T>(`${twin.url}/uber/v1.2/${where}?${text}`, { headers: { authorization } });
}
function post<T>(where: string, body: object, version = 'v1.2') {
  return askJson<T>(`${twin.url}/uber/${version}/${where}`, {
    method: 'POST',
    headers: { authorization: 'Token twin', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
const prices = async () => (await ask<{ prices: Price[] }>('estimates/price', way)).body.prices;
const surging = async () => {
  for (let i = 0; i < 144; i++, clock.now += 600_000) {
    const found = (await prices()).find((each) => (each.surge_multiplier ?? 1) > 1);
    const free = await ask<{ times: { product_id: string }[] }>('estimates/time', way);
    if (found !== undefined && free.body.times.some((each) => each.product_id === found.product_id)) return found;
  }
  throw new Error('no surge in a day');
};

describe('estimates', () => {
  it('are whole units from and to, or nothing where the meter runs', async () => {
    const all = await prices();
    const metered = all.filter(({ estimate }) => estimate === 'Metered');
    expect(metered.length).toBeGreaterThan(0);
    expect(metered.length).toBeLessThan(all.length);
    for (const { low_estimate: low, high_estimate: high, currency_code: currency, estimate, duration } of all) {
      expect(duration % 60).toBe(0);
      if (estimate === 'Metered') expect([low, high, currency]).toEqual([null, null, null]);
      else {
        expect(Number.isInteger(low) && Number.isInteger(high) && low! <= high!).toBe(true);
        expect([currency, estimate[0]]).toEqual(['EUR', '€']);
      }
    }
  });

  it('say in words now and then something else than the bounds', async () => {
    const seen: Price[] = [];
    for (const [latitude, longitude] of [
      [48.85, 2.35],
      [51.5, -0.12],
      [40.7, -74],
      [52.5, 13.4],
      [41.9, 12.5],
      [40.4, -3.7],
    ] as const) {
      const query = {
        start_latitude: latitude,
        start_longitude: longitude,
        end_latitude: latitude + 0.05,
        end_longitude: longitude,
      };
      seen.push(...(await ask<{ prices: Price[] }>('estimates/price', query)).body.prices);
    }
    expect(seen.some((each) => /^\D+\d+\.\d\d$/.test(each.estimate))).toBe(true);
    const ranged = seen.filter(({ estimate }) => /-\d+$/.test(estimate));
    const high = (each: Price) => Number(each.estimate.split('-')[1]);
    expect(ranged.some((each) => high(each) < each.high_estimate!)).toBe(true);
    expect(ranged.some((each) => high(each) === each.high_estimate)).toBe(true);
    expect(new Set(seen.map((each) => each.currency_code))).toEqual(new Set(['EUR', 'GBP', 'USD', null]));
  });

  it('of times are seconds, for the same products', async () => {
    const { times } = (await ask<{ times: { product_id: string; estimate: number }[] }>('estimates/time', way)).body;
    const ids = new Set((await prices()).map((each) => each.product_id));
    expect(times.length).toBeGreaterThan(2);
    for (const { product_id: id, estimate } of times) {
      expect(ids).toContain(id);
      expect(estimate).toBeGreaterThanOrEqual(60);
    }
    const one = await ask<{ times: unknown[] }>('estimates/time', { ...way, product_id: times[0]!.product_id });
    expect(one.body.times).toHaveLength(1);
  });

  it('have products, each of them to be asked for, and none in the sea', async () => {
    const { products } = (await ask<{ products: { product_id: string; capacity: number }[] }>('products', at)).body;
    expect(products.map((each) => each.product_id)).toEqual((await prices()).map((each) => each.product_id));
    for (const product of products) expect((await ask(`products/${product.product_id}`)).body).toEqual(product);
    expect((await ask<{ products: [] }>('products', { latitude: 0, longitude: -30 })).body).toEqual({ products: [] });
  });
});

describe('access', () => {
  it('is given for the server token and for an OAuth token while it lasts', async () => {
    const token = (secret: string) =>
      askJson<{ access_token: string; token_type: string }>(`${twin.url}/uber/oauth/v2/token`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'a', client_secret: secret, grant_type: 'client_credentials' }),
      });
    const { body } = await token('twin');
    expect(body.token_type).toBe('Bearer');
    expect((await ask('products', at, `Bearer ${body.access_token}`)).status).toBe(200);
    clock.now += 7_200_000;
    expect((await ask<Failure>('products', at, `Bearer ${body.access_token}`)).body.code).toBe('unauthorized');
    expect((await token('no')).status).toBe(401);
    for (const wrong of ['', 'Token no', 'Bearer x']) expect((await ask('products', at, wrong)).status).toBe(401);
  });
});

describe('requests', () => {
  it('need a surge to be agreed to, and no longer than it lasts', async () => {
    const { product_id } = await surging();
    const refused = await post<Conflict>('requests', { ...way, product_id });
    expect([refused.status, refused.body.errors[0]]).toEqual([
      409,
      expect.objectContaining({ status: 409, code: 'surge' }),
    ]);
    const { surge_confirmation_id } = refused.body.meta.surge_confirmation!;
    const estimate = await post<{ price: { surge_confirmation_id: string } }>(
      'requests/estimate',
      { ...way, product_id },
      'v1',
    );
    expect(estimate.body.price.surge_confirmation_id).toBe(surge_confirmation_id);
    const taken = await post<{ status: string }>('requests', { ...way, product_id, surge_confirmation_id });
    expect([taken.status, taken.body.status]).toEqual([202, 'processing']);
    expect((await post('requests', { ...way, product_id, surge_confirmation_id: '00000000' })).status).toBe(409);
  });

  it('find drivers gone and prices changed as the scenario says', async () => {
    const { product_id } = (await prices()).find((each) => each.display_name === 'RideX')!;
    const value = async () =>
      (await post<{ price: { high_estimate: number } }>('requests/estimate', { ...way, product_id }, 'v1')).body.price;
    const before = (await value()).high_estimate;
    twin.setScenario('uber', { priceChangeShare: 1, priceChange: 0.5 });
    expect((await value()).high_estimate).toBeGreaterThan(before * 1.3);
    twin.setScenario('uber', { soldOutShare: 1 });
    const gone = await post<Conflict>('requests', { ...way, product_id });
    expect([gone.status, gone.body.errors[0]!.code]).toEqual([409, 'no_drivers_available']);
  });

  it('for estimates again find products gone and bounds moved, in the same way as often as they are asked', async () => {
    // A trip of its own: the others have been asked for.
    const trip = { ...way, end_latitude: way.end_latitude + 0.01 };
    const estimates = async () => (await ask<{ prices: Price[] }>('estimates/price', trip)).body.prices;
    twin.setScenario('uber', { priceChangeShare: 1, priceChange: 0.5 });
    const before = await estimates();
    const after = await estimates();
    expect(await estimates()).toEqual(after);
    const high = (all: Price[]) => all.flatMap(({ high_estimate }) => high_estimate ?? []);
    expect(high(before).length).toBeGreaterThan(2);
    for (const [at, bound] of high(after).entries()) expect(bound).toBeGreaterThan(high(before)[at]! * 1.3);
    twin.setScenario('uber', { soldOutShare: 0.5 });
    const left = (await estimates()).map(({ product_id }) => product_id);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(before.length);
    const products = (await ask<{ products: { product_id: string }[] }>('products', at)).body.products;
    expect(products).toHaveLength(before.length);
    clock.now += 600_000;
    expect(await estimates()).toHaveLength(before.length);
    clock.now -= 600_000;
  });

  it('that are wrong are refused in the partner’s way', async () => {
    const missing = await ask<Failure>('estimates/price', { start_latitude: 1, start_longitude: 200 });
    expect([missing.status, missing.body.code]).toEqual([422, 'validation_failed']);
    expect(Object.keys(missing.body.fields!)).toEqual(['start_longitude', 'end_latitude', 'end_longitude']);
    expect((await ask<Failure>('estimates/price', { ...way, end_latitude: 45 })).body.code).toBe('distance_exceeded');
    expect((await ask<Failure>('products/00000000-0000-4000-9000-000000000000')).status).toBe(404);
    expect((await ask<Failure>('tea')).body.code).toBe('not_found');
  });
});

describe('a scenario', () => {
  it('limits the rate with headers, fails, doubles and breaks rows', async () => {
    twin.setScenario('uber', { rateLimitShare: 1 });
    const limited = await ask<Failure>('products', at);
    expect([limited.status, limited.body.code]).toEqual([429, 'rate_limited']);
    expect(Number(limited.headers.get('x-rate-limit-reset'))).toBe(testNow / 1000 + 30);
    twin.setScenario('uber', {});
    const before = await prices();
    expect(await prices()).toEqual(before);
    twin.setScenario('uber', { duplicateShare: 1 });
    expect(await prices()).toHaveLength(before.length * 2);
    twin.setScenario('uber', { brokenRowShare: 1, brokenRows: ['missingCurrency'] });
    for (const price of await prices()) expect(price.currency_code).toBeUndefined();
  });
});

const folder = path.resolve('../shared/partner-samples/rides/uber');

describe.skipIf(!existsSync(folder))('beside the samples (skipped where ../shared/partner-samples is absent)', () => {
  const sample = (file: string) => kindsOf(JSON.parse(readFileSync(path.join(folder, `${file}.json`), 'utf8')));

  it('has every field of theirs', async () => {
    const { product_id } = await surging();
    const body = { ...way, product_id };
    const cases: [string, unknown][] = [
      ['estimates-price-recorded', (await ask('estimates/price', way)).body],
      ['price', (await ask('estimates/price', way)).body],
      ['product', (await ask('products', at)).body],
      ['productDetail', (await ask(`products/${product_id}`)).body],
      ['time', (await ask('estimates/time', way)).body],
      ['requestEstimate', (await post('requests/estimate', body, 'v1')).body],
      ['requests-409-surge', (await post('requests', body)).body],
    ];
    for (const [file, ours] of cases) expect(differences(sample(file), kindsOf(ours)), file).toEqual([]);
    const { meta } = (await post<Conflict>('requests', body)).body;
    const taken = await post('requests', { ...body, ...meta.surge_confirmation });
    expect(differences(sample('requestCreate'), kindsOf(taken.body))).toEqual([]);
    twin.setScenario('uber', { rateLimitShare: 1 });
    expect((await ask('products', at)).body).toEqual(
      JSON.parse(readFileSync(path.join(folder, 'error-429.json'), 'utf8')),
    );
  });
});
