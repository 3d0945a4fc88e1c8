import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { rideCriteria } from '../../testing/acme.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

const adapter = await adapterOf('uber');
const criteria = rideCriteria({
  pickup: { point: { latitude: 48.8566, longitude: 2.3522 }, address: 'Hôtel de Ville' },
  dropoff: { point: { latitude: 48.8462, longitude: 2.3464 } },
  passengers: 2,
});
const context = answerContext('uber', criteria, '2027-01-11T09:00:00Z');
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

/** Goes through a search's requests as supply does, and returns the last answer with its context. */
function searched() {
  const first = adapter.ask(context);
  if ('unsupported' in first) throw new Error(first.unsupported);
  const paths = [first.path];
  let at = { ...context, progress: first.progress! };
  for (const step of ['products', 'times']) {
    const result = adapter.read(fixture(step), at);
    if ('failure' in result) throw new Error(result.detail);
    expect(result).toMatchObject({ rows: [], intermediate: true });
    paths.push(result.next!.path);
    at = { ...context, progress: result.next!.progress! };
  }
  const result = adapter.read(fixture('prices'), at);
  if ('failure' in result) throw new Error(result.detail);
  return { paths, at, ...result };
}

describe('a search', () => {
  const { paths, at, rows, ...last } = searched();
  const offers = rows.map((row) => offerOf(adapter, row, at));
  const columnsOf = (id: string) => offers.find(({ columns }) => columns?.product_code === id)?.columns;
  const priceOf = (index: number) => offers[index]?.price;

  it('asks for products, times and prices, one after the other, and is then complete', () => {
    expect(paths).toEqual([
      '/v1.2/products?latitude=48.8566&longitude=2.3522',
      '/v1.2/estimates/time?start_latitude=48.8566&start_longitude=2.3522',
      '/v1.2/estimates/price?start_latitude=48.8566&start_longitude=2.3522&end_latitude=48.8462&end_longitude=2.3464&seat_count=2',
    ]);
    expect(last).not.toHaveProperty('next');
    expect(rows).toHaveLength(9);
  });

  it('has ranges in whole units of the currency, by its minor digits', () => {
    const common = { taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED };
    expect(priceOf(0)).toEqual({ currency: 'EUR', totalMinor: 1100, totalMaxMinor: 1400, ...common });
    // The words say 9, the bound says 10.
    expect(priceOf(1)).toEqual({ currency: 'EUR', totalMinor: 800, totalMaxMinor: 1000, ...common });
    expect(priceOf(5)).toEqual({ currency: 'JPY', totalMinor: 2400, totalMaxMinor: 3100, ...common });
  });

  it('takes the exact amount of the words where bounds are the same and mean the same', () => {
    expect(priceOf(2)).toMatchObject({ totalMinor: 3060 });
    expect(priceOf(2)).not.toHaveProperty('totalMaxMinor');
    // Words that mean something else are none.
    expect(priceOf(6)).toMatchObject({ totalMinor: 2000 });
  });

  it('rejects tariffs in any language, too few seats, no currency, and bounds that go backwards', () => {
    expect(offers.map(({ rejection }) => rejection?.reason)).toEqual([
      undefined,
      undefined,
      undefined,
      RejectionReason.METERED,
      RejectionReason.MISSING_FIELD,
      undefined,
      undefined,
      RejectionReason.INVALID_CURRENCY,
      undefined,
    ]);
    expect(offers[4]?.rejection?.example).toBe('p-moto: too few seats');
    // Whether a range is one, supply checks for every partner.
    expect(priceOf(8)).toMatchObject({ totalMinor: 1200, totalMaxMinor: 900 });
  });

  it('joins how many fit in and when it can be there', () => {
    expect(columnsOf('p-x')).toEqual({
      product_code: 'p-x',
      product_name: 'uberX, hier',
      operator_name: 'Uber',
      ride_class: 'STANDARD',
      capacity: 4,
      pickup_eta_minutes: 5,
      duration_minutes: 18,
      distance_km: 5 * 1.609344,
      surge_multiplier: 1.4,
      price_kind: 'ESTIMATED',
      shared: false,
    });
    expect(columnsOf('p-pool')).toMatchObject({ ride_class: 'SHARED', shared: true, capacity: 2 });
    // No car is free: nothing is said of when.
    expect(columnsOf('p-pool')?.pickup_eta_minutes).toBeUndefined();
    expect(columnsOf('p-black')).toMatchObject({ ride_class: 'EXECUTIVE', pickup_eta_minutes: 10 });
    expect(columnsOf('p-yen')?.ride_class).toBeUndefined();
  });

  it('lives for two minutes', () => {
    expect(offers[0]?.expiresAt).toBe(at.fetchedAt + 120_000);
  });

  it('asks again for prices, keeping what the steps gave', () => {
    const [before] = rows;
    const request = adapter.verify(before!, at);
    expect(request.path).toBe(paths[2]);
    const answer = { ...at, progress: request.progress! };
    const said = adapter.readVerified(fixture('prices'), answer, before!);
    if (!('row' in said)) throw new Error('not found');
    expect(offerOf(adapter, said.row, answer).columns).toMatchObject({ product_code: 'p-x', capacity: 4 });
    expect(adapter.rowOfVerified(fixture('prices'), answer).values).toEqual(said.row.values);
  });

  it('no longer has what is no longer among the prices', () => {
    const answer = { ...at, progress: adapter.verify(rows[0]!, at).progress! };
    expect(adapter.readVerified({ prices: [] }, answer, rows[0]!)).toHaveProperty('gone');
  });

  it("leads on to Uber's app with both ends of the ride", () => {
    expect(adapter.handoff(rows[0]!, at, 'c1')).toEqual({
      url:
        'https://m.uber.com/ul/?action=setPickup&product_id=p-x&pickup[latitude]=48.8566&pickup[longitude]=2.3522' +
        '&pickup[formatted_address]=H%C3%B4tel%20de%20Ville&dropoff[latitude]=48.8462&dropoff[longitude]=2.3464',
    });
  });

  it('is malformed where a step does not give its list', () => {
    expect(adapter.read({}, { ...context, progress: { ...at.progress, step: 0, taken: {} } })).toEqual({
      failure: FailureKind.MALFORMED,
      detail: 'step 1 gave no "products"',
    });
  });
});

describe('what cannot be asked for', () => {
  it.each([
    [{ pickupAt: '2027-02-01T10:00' }, 'it estimates rides that start now'],
    [{ passengers: 7 }, 'it has no vehicle for more than 6 passengers'],
  ])('%j is said', (changes, because) => {
    const asked = adapter.ask(answerContext('uber', rideCriteria(changes), '2027-01-11T09:00:00Z'));
    expect(asked).toEqual({ unsupported: because });
  });

  it('has no seat count beyond the two that a shared ride can have', () => {
    const at = { ...context, criteria: rideCriteria({ passengers: 3 }), progress: searchedProgress() };
    const result = adapter.read(fixture('times'), at);
    expect('next' in result && result.next?.path).not.toContain('seat_count');
  });

  function searchedProgress() {
    return { step: 1, page: 1, offset: 0, polls: 0, taken: { products: [] } };
  }
});

describe('an error of Uber', () => {
  it.each([
    [429, { code: 'rate_limited', message: 'Exceeded rate limit' }, FailureKind.RATE_LIMIT],
    [401, { code: 'unauthorized', message: 'Invalid OAuth 2.0 credentials provided.' }, FailureKind.AUTHENTICATION],
    [422, { code: 'validation_failed', message: 'Invalid request' }, FailureKind.REQUEST_REFUSED],
    [
      500,
      { code: 'internal_server_error', message: 'Unexpected internal server error occurred.' },
      FailureKind.SERVER_ERROR,
    ],
    [409, { errors: [{ status: 409, code: 'surge', title: 'Surge.' }] }, FailureKind.REQUEST_REFUSED],
    [503, undefined, FailureKind.SERVER_ERROR],
    [404, { code: 'of_next_year', message: 'No.' }, FailureKind.REQUEST_REFUSED],
  ])('with HTTP %i and %j is known', (status, body, failure) => {
    expect(adapter.readError(status, body, '', context).failure).toBe(failure);
  });

  it('that means nobody drives there is no failure but an answer without rows', () => {
    for (const code of ['distance_exceeded', 'no_product_found']) {
      expect(adapter.read({ code, message: 'Distance between two points exceeds 100 miles' }, context)).toEqual({
        rows: [],
      });
    }
  });
});
