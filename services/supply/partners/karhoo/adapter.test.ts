import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { rideCriteria } from '../../testing/acme.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';

type Quotes = { status: string; quotes?: Record<string, unknown>[] };

const adapter = await adapterOf('karhoo');
const places = {
  pickup: { point: { latitude: 51.5007, longitude: -0.1246 }, address: '1 Bridge Street' },
  dropoff: { point: { latitude: 51.47, longitude: -0.4543 } },
};
const at = (changes = {}) =>
  answerContext('karhoo', rideCriteria({ ...places, passengers: 2, luggage: 1, ...changes }), '2027-03-27T20:00:00Z');
const context = at();
const fixture = (): Quotes => JSON.parse(readFileSync(new URL('./fixtures/quotes.json', import.meta.url), 'utf8'));

function read(body: unknown, answered = context) {
  const result = adapter.read(body, answered);
  if ('failure' in result) throw new Error(result.detail);
  return result;
}

function ask(changes = {}) {
  const request = adapter.ask(at(changes));
  if ('unsupported' in request) throw new Error(request.unsupported);
  return { ...request, body: JSON.parse(request.body ?? '') };
}

describe('a search', () => {
  it('asks for quotes from door to door, as soon as possible or at a local time', () => {
    const request = ask();
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v2/quotes/',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: {
        origin: { latitude: '51.5007', longitude: '-0.1246', display_address: '1 Bridge Street' },
        destination: { latitude: '51.47', longitude: '-0.4543' },
      },
    });
    expect(Object.keys(request.body)).toEqual(['origin', 'destination']);
    expect(ask({ pickupAt: '2027-04-01T18:30' }).body.local_time_of_pickup).toBe('2027-04-01T18:30');
  });

  it('is not made for stays', () => {
    const vertical = { $case: 'stay' as const, value: StayCriteria.fromPartial({}) };
    expect(adapter.ask({ ...context, criteria: { vertical } })).toHaveProperty('unsupported');
  });

  it('asks how far it is until the list is complete', () => {
    const started = read({ id: 'list-1', validity: 300 });
    expect(started).toMatchObject({ rows: [], intermediate: true });
    expect(started.next).toMatchObject({ method: 'GET', path: '/v2/quotes/list-1', afterMs: 1000 });
    const going = read(fixture());
    expect(going.rows).toHaveLength(8);
    expect(going.next).toMatchObject({ path: '/v2/quotes/list-1', afterMs: 1000, progress: { polls: 1 } });
    const { next, intermediate } = read({ ...fixture(), status: 'COMPLETED' });
    expect(next).toBeUndefined();
    expect(intermediate).toBeUndefined();
    expect(read({ id: 'list-1', status: 'COMPLETED', validity: 270 }).rows).toEqual([]);
  });

  it('has no rows where nobody drives', () => {
    expect(read({ code: 'K3002', message: 'No availability' })).toEqual({ rows: [] });
  });
});

describe('the quotes of a list', () => {
  const { rows } = read(fixture());
  const offers = rows.map((row) => offerOf(adapter, row, context));
  const [fixed, estimated] = offers;

  it('are known by their ids, so that they count once', () => {
    expect(rows.slice(0, 2).map((row) => adapter.idOf!(row))).toEqual(['list-1:Zml4ZWQ=', 'list-1:ZXN0aW1hdGVk']);
    expect(adapter.idOf!(read({ ...fixture(), quotes: [{}] }).rows[0]!)).toBeUndefined();
  });

  it('have amounts in minor units, as ranges where both ends differ', () => {
    const common = { taxMinor: -1, dueLaterMinor: 0, basis: TaxBasis.INCLUDED };
    expect(fixed?.price).toEqual({ currency: 'GBP', totalMinor: 4120, ...common });
    expect(estimated?.price).toEqual({ currency: 'GBP', totalMinor: 2310, totalMaxMinor: 2890, ...common });
    expect(offers[3]?.price).toEqual({ currency: 'JPY', totalMinor: 5200, ...common });
  });

  it('are rejected for a meter, too little room, half pennies, and no currency', () => {
    expect(offers.map(({ rejection }) => rejection?.reason)).toEqual([
      undefined,
      undefined,
      RejectionReason.METERED,
      undefined,
      RejectionReason.MISSING_FIELD,
      RejectionReason.MISSING_FIELD,
      RejectionReason.INVALID_AMOUNT,
      RejectionReason.INVALID_CURRENCY,
    ]);
    expect(offers[4]?.rejection?.example).toBe('list-1:c21hbGw=: too few seats');
    expect(offers[5]?.rejection?.example).toBe('list-1:ZnVsbA==: too little room for the luggage');
  });

  it('are good for what is left of the validity of their list', () => {
    expect(fixed?.expiresAt).toBe(context.fetchedAt + 287_000);
    const { validity: _, ...timeless } = fixture() as Quotes & { validity: number };
    expect(adapter.expiresAt(read(timeless).rows[0]!, context)).toBe(context.fetchedAt + 300_000);
  });

  it('say what they say, and nothing else', () => {
    expect(fixed?.columns).toEqual({
      product_code: 'list-1:Zml4ZWQ=',
      product_name: 'Harbour Cars, Exec',
      operator_name: 'Harbour Cars',
      ride_class: 'EXECUTIVE',
      capacity: 3,
      luggage_capacity: 2,
      propulsion: 'HYBRID',
      pickup_eta_minutes: 12,
      price_kind: 'FIXED',
      wheelchair_accessible: true,
      meet_and_greet: true,
      vehicle_tags: ['executive', 'hybrid', 'wheelchair'],
      free_cancellation: true,
      waiting_minutes_included: 15,
    });
    expect(estimated?.columns).toMatchObject({
      ride_class: 'STANDARD',
      propulsion: 'ELECTRIC',
      price_kind: 'ESTIMATED',
      meet_and_greet: false,
      free_cancellation: true,
    });
    expect(estimated?.columns?.wheelchair_accessible).toBeUndefined();
    // A class of its own, and a type that says more.
    expect(offers[3]?.columns).toMatchObject({ ride_class: 'MINIBUS', product_name: 'Sakura, Van of the house' });
  });

  it('can be cancelled until so long before a pickup at a given time, across a change of clocks too', () => {
    // Clocks in London go from 01:00 to 02:00 on 28 March 2027.
    const booked = at({ pickupAt: '2027-03-28T02:30' });
    const [row, other] = read(fixture(), booked).rows;
    const { columns } = offerOf(adapter, row!, booked);
    expect(columns).toMatchObject({
      free_cancellation: true,
      free_cancellation_until: Date.parse('2027-03-28T00:30:00Z'),
    });
    expect(columns?.pickup_eta_minutes).toBeUndefined();
    const item = adapter.item(row!, booked, () => true);
    expect(item?.$case === 'ride' && item.value.freeCancellationUntil).toEqual({
      dateTime: '2027-03-28T00:30:00',
      timeZone: 'Europe/London',
      utcOffsetMinutes: 0,
    });
    // Not known before a driver is on the way.
    expect(offerOf(adapter, other!, booked).columns?.free_cancellation_until).toBeUndefined();
    const soon = at({ pickupAt: '2027-03-27T20:30' });
    const late = read(fixture(), soon).rows[0]!;
    expect(offerOf(adapter, late, soon).columns?.free_cancellation).toBe(false);
  });

  it('of a kind that is not known yet have none', () => {
    const [quote] = fixture().quotes!;
    const [row] = read({ ...fixture(), quotes: [{ ...quote, quote_type: 'AUCTIONED', pick_up_type: 'DEFAULT' }] }).rows;
    const { columns } = offerOf(adapter, row!, context);
    expect(columns?.price_kind).toBeUndefined();
    expect(columns?.meet_and_greet).toBeUndefined();
  });

  it('are handed off by their id', () => {
    expect(adapter.handoff(rows[0]!, context, 'c1')).toEqual({ token: 'list-1:Zml4ZWQ=' });
  });
});

describe('a quote that is asked for again', () => {
  const [before] = read(fixture()).rows;
  const request = adapter.verify(before!, context);
  const answer = { ...context, progress: request.progress! };
  const [quote] = fixture().quotes!;

  it('is asked for by its id', () => {
    expect(request).toMatchObject({ method: 'GET', path: '/v2/quotes/verify/list-1%3AZml4ZWQ%3D' });
  });

  it.each([
    ['alone', { ...quote, price: { currency_code: 'GBP', low: 4300, high: 4300 }, validity: 120 }],
    [
      'in its list',
      {
        ...fixture(),
        validity: 120,
        quotes: [fixture().quotes![1], { ...quote, price: { currency_code: 'GBP', low: 4300, high: 4300 } }],
      },
    ],
  ])('comes %s, with what it costs and how long it is good for now', (_how, body) => {
    const said = adapter.readVerified(body, answer, before!);
    if (!('row' in said)) throw new Error('not found');
    expect(adapter.price(said.row, answer)).toMatchObject({ totalMinor: 4300, currency: 'GBP' });
    expect(adapter.expiresAt(said.row, answer)).toBe(answer.fetchedAt + 120_000);
    expect(adapter.rowOfVerified(body, answer).values).toEqual(said.row.values);
  });

  it.each(['K3003', 'K4003', 'K4004'])('is gone when Karhoo says %s', (code) => {
    expect(adapter.readVerified({ code, message: 'Could not find quote' }, answer, before!)).toEqual({
      gone: `Could not find quote (${code})`,
    });
  });
});

describe('an error of Karhoo', () => {
  it.each([
    [500, 'K0001', FailureKind.SERVER_ERROR],
    [400, 'K0002', FailureKind.REQUEST_REFUSED],
    [401, 'K0003', FailureKind.AUTHENTICATION],
    [401, 'K0005', FailureKind.AUTHENTICATION],
    [429, 'K0006', FailureKind.RATE_LIMIT],
    [400, 'Q0001', FailureKind.REQUEST_REFUSED],
    [404, 'K9999', FailureKind.REQUEST_REFUSED],
    [503, 'K9999', FailureKind.SERVER_ERROR],
  ])('with HTTP %i and code %s is known', (status, code, failure) => {
    expect(adapter.readError(status, { code, message: 'Message' }, '', context)).toEqual({
      failure,
      detail: `Message (${code})`,
    });
  });

  it('without a body of its own goes by its status', () => {
    expect(adapter.readError(502, undefined, '<html>', context).failure).toBe(FailureKind.SERVER_ERROR);
    expect(adapter.readError(403, undefined, '', context).failure).toBe(FailureKind.AUTHENTICATION);
  });
});
