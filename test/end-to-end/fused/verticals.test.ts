// Goods and rides through everything, by partners whose adapters lie outside the platform; rides with prices that are ranges.
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Fused, startFused } from '../../../services/entrepot/fused.ts';
import type { MoneyJson } from '../../support/fused-rig.ts';
import { run } from '../cli/command.ts';
import type { CabQuote } from './adapters/cab/adapter.ts';
import type { ShopItem } from './adapters/shop/adapter.ts';

/** What each partner has, by its name. */
const goods: Readonly<Record<string, readonly ShopItem[]>> = {
  'shop-one': [
    {
      sku: 'A1',
      title: 'DeWalt DCD796 drill',
      brand: 'DeWalt',
      ean: '5035048651353',
      part: 'DCD796N',
      state: 'NEW',
      price: '99.00',
      currency: 'GBP',
      ship: '4.99',
      days: 3,
    },
    {
      sku: 'A2',
      title: 'Stabilo point 88',
      brand: 'Stabilo',
      ean: '4006381333931',
      state: 'NEW',
      price: '1.20',
      currency: 'GBP',
    },
    {
      sku: 'A3',
      title: 'Some drill',
      brand: 'Unbranded',
      ean: '5035048651350',
      part: 'Does not apply',
      state: 'USED',
      price: '10.00',
      currency: 'GBP',
    },
  ],
  'shop-two': [
    {
      sku: 'B1',
      title: 'Drill 18V, refurbished',
      brand: 'DEWALT',
      part: 'dcd-796-n',
      state: 'REFURBISHED_GOOD',
      price: '80.00',
      currency: 'EUR',
      ship: '0.00',
      days: 1,
    },
    { sku: 'B2', title: 'Fineliner', ean: '04006381333931', state: 'NEW', price: '1.00', currency: 'GBP', ship: '0' },
    {
      sku: 'B3',
      title: 'Another drill',
      brand: 'Unbranded',
      ean: '5035048651350',
      part: 'Does not apply',
      state: 'USED',
      price: '11.00',
      currency: 'GBP',
    },
  ],
};
const rides: Readonly<Record<string, readonly CabQuote[]>> = {
  'cab-one': [
    { id: 'x', name: 'X', kind: 'STANDARD', seats: 4, eta: 4, currency: 'GBP', low: '13.00', high: '15.00' },
    {
      id: 'van',
      name: 'Van',
      kind: 'VAN',
      seats: 7,
      fuel: 'ELECTRIC',
      eta: 9,
      currency: 'EUR',
      low: '20.00',
      high: '25.00',
    },
    { id: 'black', name: 'Black cab', kind: 'TAXI', seats: 5, eta: 2, currency: 'GBP', perKm: '1.80' },
  ],
  'cab-two': [
    { id: 'saloon', name: 'Saloon', kind: 'STANDARD', seats: 4, eta: 6, currency: 'GBP', low: '14.00' },
    { id: 'mystery', name: 'Mystery', kind: 'ECONOMY', eta: 12, currency: 'GBP', low: '9.00', high: '21.00' },
  ],
};

interface OfferJson {
  readonly offerId: string;
  readonly productId: string;
  readonly productProvisional?: boolean;
  readonly partner: string;
  readonly item: { readonly good?: Record<string, unknown>; readonly ride?: Record<string, unknown> };
  readonly price: {
    readonly total: MoneyJson;
    readonly totalMax?: MoneyJson;
    readonly partnerTotal: MoneyJson;
    readonly partnerTotalMax?: MoneyJson;
  };
  readonly otherOffers?: readonly {
    readonly partner: string;
    readonly total: MoneyJson;
    readonly totalMax?: MoneyJson;
  }[];
}
interface PageJson {
  readonly searchId: string;
  readonly offers: readonly OfferJson[];
  readonly totalSize: number;
  readonly outcomes: readonly { readonly partner: string; readonly rejections?: readonly unknown[] }[];
  readonly facets: readonly { readonly attribute: string; readonly values?: readonly { readonly value: string }[] }[];
}

let fused: Fused;
let partners: Server;
let directory: string;
const asked: string[] = [];

beforeAll(async () => {
  partners = createServer((request, response) => {
    const [, partner = '', ...rest] = (request.url ?? '').split('/');
    asked.push(`${partner} ${decodeURIComponent(rest.join('/'))}`);
    const body = partner in goods ? { items: goods[partner] } : { quotes: rides[partner] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await once(partners.listen(0, '127.0.0.1'), 'listening');
  const { port } = partners.address() as AddressInfo;
  directory = mkdtempSync(path.join(tmpdir(), 'verticals-'));
  cpSync(path.join(import.meta.dirname, '../../../deploy/config'), directory, { recursive: true });
  for (const file of readdirSync(path.join(directory, 'partners'))) rmSync(path.join(directory, 'partners', file));
  for (const partner of [...Object.keys(goods), ...Object.keys(rides)]) {
    const text = `adapter: ${partner.slice(0, partner.indexOf('-'))}\nendpoint: http://127.0.0.1:${port}/${partner}\n`;
    writeFileSync(path.join(directory, 'partners', `${partner}.yaml`), text);
  }
  writeFileSync(
    path.join(directory, 'pricing/rules.yaml'),
    'rules:\n  - { name: margin, description: Margin, vertical: ride, apply: { percentage: "10" } }\nexamples: []\n',
  );
  writeFileSync(
    path.join(directory, 'pricing/rates/2026-11-20.yaml'),
    'date: "2026-11-20"\nbase: EUR\nsource: test rates\nindicative: true\nrates: { GBP: "0.80" }\n',
  );
  vi.stubEnv('ENTREPOT_ADAPTERS', path.join(import.meta.dirname, 'adapters'));
  fused = await startFused({ port: 0, inMemory: true, twin: false, configDirectory: directory });
});
afterAll(async () => {
  await fused?.close();
  partners?.close();
  rmSync(directory, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

async function call<Body>(method: string, at: string, body?: unknown): Promise<Body> {
  const response = await fetch(fused.edgeUrl + at, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = (await response.json()) as Body;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** The first decisions of a process come late where the machine is busy. */
const patience = { timeout: 15_000 };

/** Searches until every product is settled, which the first search may be too early for. */
async function search(request: Record<string, unknown>): Promise<PageJson> {
  return vi.waitFor(async () => {
    const page = await call<PageJson>('POST', '/v1/searches', { currency: 'GBP', market: 'GB', ...request });
    expect(page.offers.filter(({ productProvisional }) => productProvisional === true)).toEqual([]);
    return page;
  }, patience);
}

const point = (latitude: number, longitude: number) => ({ point: { latitude, longitude } });
const rideSearch = (changes: Record<string, unknown> = {}) =>
  search({ ride: { pickup: point(51.5, -0.12), dropoff: point(51.47, -0.45), passengers: 2 }, ...changes });
const names = (page: PageJson): unknown[] => page.offers.map(({ item }) => item.ride?.productName ?? item.good?.title);
const amounts = ({ price }: OfferJson): (string | undefined)[] => [price.total.amount, price.totalMax?.amount];

describe('goods', () => {
  const goodSearch = (changes: Record<string, unknown> = {}) =>
    search({ good: { query: 'drill', shipTo: { country: 'GB' } }, ...changes });

  test('of two partners are one product by their GTIN, or by brand and part number, and else their own', async () => {
    const page = await goodSearch();
    const groups = page.offers.map(({ partner, otherOffers }) => [
      partner,
      ...(otherOffers ?? []).map((one) => one.partner),
    ]);
    expect(names(page)).toEqual(['Fineliner', 'Some drill', 'Another drill', 'Drill 18V, refurbished']);
    expect(groups).toEqual([['shop-two', 'shop-one'], ['shop-one'], ['shop-two'], ['shop-two', 'shop-one']]);
    expect(page.offers.at(-1)?.price).toMatchObject({ total: { amount: '64.00' }, partnerTotal: { amount: '80.00' } });
    expect(page.offers.at(-1)?.price.totalMax).toBeUndefined();
    // A wrong check digit is no GTIN, and what says that there is none is no part number.
    expect(page.offers[1]?.item.good).toMatchObject({ mpn: 'Does not apply', condition: 'CONDITION_USED' });
    expect(page.offers[1]?.item.good?.gtin ?? '').toBe('');
  });

  test('are asked for where they are sent, and filtered and counted by their attributes', async () => {
    const page = await goodSearch({ filter: 'condition != "USED" && free_delivery', grouping: 'GROUPING_OFFER' });
    expect(names(page)).toEqual(['Fineliner', 'Drill 18V, refurbished']);
    const conditions = page.facets.find(({ attribute }) => attribute === 'condition');
    expect(conditions?.values?.map(({ value }) => value)).toEqual(['NEW', 'REFURBISHED_GOOD']);
    expect(asked).toContain('shop-one items?q=drill&ean=&to=GB');
  });
});

describe('rides', () => {
  test('are ordered by the upper bound of their price, and say both', async () => {
    const page = await rideSearch({ grouping: 'GROUPING_OFFER' });
    // 10 % margin on each bound: 14.00; 13.00 to 15.00; 20.00 to 25.00 EUR at 0.80; 9.00 to 21.00.
    expect(page.offers.map((offer) => [offer.item.ride?.productName, ...amounts(offer)])).toEqual([
      ['Saloon', '15.40', undefined],
      ['X', '14.30', '16.50'],
      ['Van', '17.60', '22.00'],
      ['Mystery', '9.90', '23.10'],
    ]);
    expect(page.offers[2]?.price).toMatchObject({
      partnerTotal: { amount: '20.00', currencyCode: 'EUR' },
      partnerTotalMax: { amount: '25.00', currencyCode: 'EUR' },
    });
    expect(names(await rideSearch({ grouping: 'GROUPING_OFFER', orderBy: 'price desc' }))).toEqual(
      names(page).toReversed(),
    );
  });

  test('are filtered and then counted by the upper bound', async () => {
    const page = await rideSearch({ grouping: 'GROUPING_OFFER', filter: 'price < 17.0' });
    expect(names(page)).toEqual(['Saloon', 'X']);
    const classes = page.facets.find(({ attribute }) => attribute === 'ride_class');
    expect(classes?.values).toEqual([{ value: 'STANDARD', count: 2, products: 1 }]);
  });

  test('of one class, capacity and propulsion are one product; a ride that does not say them is its own', async () => {
    const page = await rideSearch();
    expect(page.offers.map(({ partner, otherOffers }) => [partner, otherOffers ?? []])).toEqual([
      [
        'cab-two',
        [
          expect.objectContaining({
            partner: 'cab-one',
            total: { amount: '14.30', currencyCode: 'GBP' },
            totalMax: { amount: '16.50', currencyCode: 'GBP' },
          }),
        ],
      ],
      ['cab-one', []],
      ['cab-two', []],
    ]);
  });

  test('by the meter are no offers, and the outcome says so', async () => {
    const page = await rideSearch();
    expect(page.outcomes.find(({ partner }) => partner === 'cab-one')?.rejections).toEqual([
      { reason: 'REJECTION_REASON_METERED', count: 1, example: 'quote black has a tariff, not a price' },
    ]);
  });

  test('explain both bounds, from the partner’s own figures to the shown ones', async () => {
    const page = await rideSearch({ grouping: 'GROUPING_OFFER' });
    const explained = async (at: number) =>
      call<Record<'ledger' | 'ledgerMax', { kind: string; runningTotal: MoneyJson }[]> & Record<string, unknown>>(
        'GET',
        `/v1/offers/${page.offers[at]?.offerId}:explain`,
      );
    const van = await explained(2);
    const steps = (lines: { kind: string; runningTotal: MoneyJson }[]): string[] =>
      lines.map(({ kind, runningTotal }) => `${kind.replace('LEDGER_LINE_KIND_', '')} ${runningTotal.amount}`);
    expect(steps(van.ledger)).toEqual(['PARTNER_TOTAL 20.00', 'CONVERSION 16.00', 'PERCENTAGE 17.60']);
    expect(steps(van.ledgerMax)).toEqual(['PARTNER_TOTAL 25.00', 'CONVERSION 20.00', 'PERCENTAGE 22.00']);
    expect(van).toMatchObject({ total: { amount: '17.60' }, totalMax: { amount: '22.00' } });
    const saloon = await explained(0);
    expect(saloon.ledgerMax ?? []).toEqual([]);
    expect(saloon.totalMax).toBeUndefined();
  });

  test('stay what they are when the partner is asked again, and a click records the bound that counts', async () => {
    const page = await rideSearch({ grouping: 'GROUPING_OFFER' });
    const x = page.offers[1]?.offerId;
    const verified = await call<{ changed?: boolean; offer: OfferJson }>('POST', `/v1/offers/${x}:verify`);
    expect(verified.changed ?? false).toBe(false);
    expect(amounts(verified.offer)).toEqual(['14.30', '16.50']);
    const { clickId } = await call<{ clickId: string }>('POST', `/v1/offers/${x}:handoff`, {});
    const click = await call<{ shownTotal: MoneyJson }>('POST', `/v1/clicks/${clickId}:reportConversion`, {
      status: 'CONVERSION_STATUS_BOOKED',
    });
    expect(click.shownTotal).toEqual({ amount: '16.50', currencyCode: 'GBP' });
  });

  test('whose item nobody wants still have both bounds', async () => {
    const page = await rideSearch({ grouping: 'GROUPING_OFFER', readMask: 'price' });
    expect(page.offers[2]?.price).toMatchObject({
      totalMax: { amount: '22.00' },
      partnerTotalMax: { amount: '25.00' },
    });
  });

  test.each([
    ['no pickup', { dropoff: point(51.47, -0.45), passengers: 1 }, 'ride.pickup.point'],
    ['nobody in it', { pickup: point(51.5, -0.12), dropoff: point(51.47, -0.45) }, 'ride.passengers'],
  ])('with %s are refused', async (_what, ride, field) => {
    const refused = call('POST', '/v1/searches', { ride, currency: 'GBP', market: 'GB' });
    await expect(refused).rejects.toThrow(field);
  });
});

test('a terminal shows goods and rides in tables that suit them, ranges with both bounds', async () => {
  const common = ['--edge', fused.edgeUrl, '--currency', 'GBP'];
  const good = await run(['search', 'good', 'drill', '--ship-to', 'GB', ...common]);
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(good.stdout).toMatch(/price +title +brand +condition +stock/);
  expect(good.stdout).toMatch(
    /64\.00 GBP +Drill 18V, refurbished +DEWALT +refurbished good +in stock +free +1 +shop-two/,
  );
  const ride = await run(['search', 'ride', '51.50,-0.12', 'LHR', '--passengers', '2', '--every-offer', ...common]);
  expect(ride).toMatchObject({ code: 0, stderr: '' });
  expect(ride.stdout).toMatch(/14\.30–16\.50 GBP +X +standard +4 +4 min +estimated +cab-one/);
  expect(ride.stdout).toMatch(/ 15\.40 GBP +Saloon/);
  expect(ride.stdout).toMatch(/1 rejected: metered/);
});
