import { describe, expect, it } from 'vitest';
import { FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { adapterOf, answerContext, filtered } from '../testing.ts';

const adapter = await adapterOf('hotelbeds');

function ask(criteria: Parameters<typeof StayCriteria.fromPartial>[0], locale = 'en-GB', filter = '') {
  const vertical = { $case: 'stay' as const, value: StayCriteria.fromPartial(criteria) };
  const context = { ...answerContext('hotelbeds', { vertical }, '2027-01-11T09:00:00.900Z'), locale };
  const request = adapter.ask(filtered(adapter, context, filter));
  if ('unsupported' in request) throw new Error(request.unsupported);
  return { ...request, data: JSON.parse(request.body ?? '') };
}

const stay = { checkIn: '2027-05-10', checkOut: '2027-05-13' };
const area = { $case: 'area' as const, value: { center: { latitude: 38.7, longitude: -9.14 }, radiusKm: 7.5 } };

describe('an availability request', () => {
  it('asks for a circle, rooms with the same guests together, children by age', () => {
    const { data } = ask(
      {
        ...stay,
        where: area,
        rooms: [
          { adults: 2, childAges: [] },
          { adults: 1, childAges: [9, 4] },
          { adults: 2, childAges: [] },
          { adults: 1, childAges: [4, 9] },
          { adults: 1, childAges: [4] },
        ],
      },
      'es-ES',
    );
    const ages = (...of: number[]) => of.map((age) => ({ type: 'CH', age }));
    expect(data).toEqual({
      stay,
      occupancies: [
        { rooms: 2, adults: 2, children: 0 },
        { rooms: 2, adults: 1, children: 2, paxes: ages(4, 9) },
        { rooms: 1, adults: 1, children: 1, paxes: ages(4) },
      ],
      geolocation: { latitude: 38.7, longitude: -9.14, radius: 8, unit: 'km' },
      language: 'CAS',
    });
  });

  it('searches 20 km around a city, or as far as asked', () => {
    const where = { $case: 'place' as const, value: 'LON' };
    const { geolocation, language } = ask({ ...stay, where, rooms: [{ adults: 1 }] }, 'fi').data;
    expect(geolocation.latitude).toBeCloseTo(51.5, 0);
    expect(geolocation.longitude).toBeCloseTo(-0.1, 0);
    expect(geolocation.radius).toBe(20);
    expect(language).toBe('ENG');
    expect(ask({ ...stay, where, radiusKm: 3, rooms: [{ adults: 1 }] }).data.geolocation.radius).toBe(3);
  });

  it('asks for the boards of a filter by every code that means them', () => {
    const boards = (filter: string) =>
      ask({ ...stay, where: area, rooms: [{ adults: 1 }] }, 'en-GB', filter).data.boards;
    expect(boards('board == "HALF_BOARD" && star_rating >= 4.0')).toEqual({ board: ['HB', 'HV'], included: true });
    expect(boards('board in ["ROOM_ONLY", "SELF_CATERING"]')).toEqual({ board: ['RO', 'SC'], included: true });
    expect(boards('star_rating >= 4.0')).toBeUndefined();
  });

  it('is signed by key, secret and second', () => {
    // echo -n apiKey-of-testsecret-of-test1799658000 | sha256sum
    expect(ask({ ...stay, where: area, rooms: [{ adults: 1 }] }).headers).toEqual({
      accept: 'application/json',
      'api-key': 'apiKey-of-test',
      'content-type': 'application/json',
      'x-signature': 'd924f6ceb9f9b27e8e9174bba2671998ef018043918988e3204c976553025f89',
    });
  });

  it('is not made for flights, nor around a place that nobody knows', () => {
    const flight = { vertical: { $case: 'flight' as const, value: FlightCriteria.fromPartial({}) } };
    expect(adapter.ask(answerContext('hotelbeds', flight, '2027-01-11T09:00:00Z'))).toHaveProperty('unsupported');
    const nowhere = {
      vertical: {
        $case: 'stay' as const,
        value: StayCriteria.fromPartial({ ...stay, where: { $case: 'place', value: 'QQQ' }, rooms: [{ adults: 1 }] }),
      },
    };
    expect(adapter.ask(answerContext('hotelbeds', nowhere, '2027-01-11T09:00:00Z'))).toHaveProperty('unsupported');
  });
});
