import { describe, expect, it } from 'vitest';
import { Cabin, FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { optionProblem } from '../../kit/context.ts';
import { adapterOf, answerContext, filtered, manifestOf } from '../testing.ts';

const adapter = await adapterOf('duffel');

function ask(criteria: Parameters<typeof FlightCriteria.fromPartial>[0], options = {}, filter = '') {
  const vertical = { $case: 'flight' as const, value: FlightCriteria.fromPartial(criteria) };
  const request = adapter.ask(
    filtered(adapter, answerContext('duffel', { vertical }, '2027-01-11T09:00:00Z', options), filter),
  );
  if ('unsupported' in request) throw new Error(request.unsupported);
  return { ...request, data: JSON.parse(request.body ?? '').data };
}

describe('an offer request', () => {
  it('asks for a return with children, a cabin and few stops', () => {
    const request = ask({
      origin: 'LON',
      destination: 'JFK',
      departureDate: '2027-04-01',
      returnDate: '2027-04-09',
      adults: 2,
      childAges: [9, 0],
      cabin: Cabin.PREMIUM_ECONOMY,
      maxStops: 0,
    });
    expect(request.method).toBe('POST');
    expect(request.path).toBe('/air/offer_requests?return_offers=true&supplier_timeout=8000');
    expect(request.headers).toEqual({
      accept: 'application/json',
      authorization: 'Bearer token-of-test',
      'content-type': 'application/json',
      'duffel-version': 'v2',
    });
    expect(request.data).toEqual({
      slices: [
        { origin: 'LON', destination: 'JFK', departure_date: '2027-04-01' },
        { origin: 'JFK', destination: 'LON', departure_date: '2027-04-09' },
      ],
      passengers: [{ type: 'adult' }, { type: 'adult' }, { age: 9 }, { age: 0 }],
      cabin_class: 'premium_economy',
      max_connections: 0,
    });
  });

  it('asks for no more changes than filter and criteria both allow', () => {
    const asked = (filter: string, maxStops?: number) =>
      ask(
        {
          origin: 'LON',
          destination: 'JFK',
          departureDate: '2027-04-01',
          adults: 1,
          ...(maxStops !== undefined && { maxStops }),
        },
        {},
        filter,
      ).data.max_connections;
    expect(asked('stops == 0')).toBe(0);
    expect(asked('stops <= 1', 2)).toBe(1);
    expect(asked('stops <= 2', 1)).toBe(1);
    // More than two changes are none of its words.
    expect(asked('stops <= 3')).toBeUndefined();
    expect(asked('stops >= 1')).toBeUndefined();
  });

  it('asks slice by slice, for any cabin and any number of stops where nothing is said', () => {
    const request = ask({
      slices: [
        { origin: 'LIS', destination: 'MAD', departureDate: '2027-04-01' },
        { origin: 'BCN', destination: 'OPO', departureDate: '2027-04-05' },
      ],
      adults: 1,
    });
    expect(request.data).toEqual({
      slices: [
        { origin: 'LIS', destination: 'MAD', departure_date: '2027-04-01' },
        { origin: 'BCN', destination: 'OPO', departure_date: '2027-04-05' },
      ],
      passengers: [{ type: 'adult' }],
    });
  });

  it('waits for airlines as long as configured, within what Duffel allows', async () => {
    expect(ask({ adults: 1 }, { supplierTimeoutMs: 3500 }).path).toContain('supplier_timeout=3500');
    const problem = optionProblem('supplierTimeoutMs', 100, (await manifestOf('duffel')).options?.supplierTimeoutMs);
    expect(problem).toMatch(/2000 to 60000/);
  });

  it('is not made for stays', () => {
    const vertical = { $case: 'stay' as const, value: StayCriteria.fromPartial({}) };
    expect(adapter.ask(answerContext('duffel', { vertical }, '2027-01-11T09:00:00Z'))).toHaveProperty('unsupported');
  });
});
