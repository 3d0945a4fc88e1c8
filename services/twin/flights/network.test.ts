import { describe, expect, it } from 'vitest';
import { localToEpochMs } from '../../../libs/reference/index.ts';
import { dayOf } from '../dates.ts';
import { findAirport } from './airports.ts';
import { carriers } from './carriers.ts';
import { createTimetable } from './itineraries.ts';
import { airportOf, createNetwork } from './network.ts';

const day = dayOf('2026-03-06')!;
const pairs = [
  ['LHR', 'JFK'],
  ['KBP', 'CDG'],
  ['SYD', 'MEL'],
  ['PMI', 'HAM'],
  ['NRT', 'SIN'],
  ['GRU', 'LIS'],
] as const;

function flightsOf(seed: number, from: string, to: string, on = day) {
  return createNetwork(seed).flightsOn(airportOf(from), airportOf(to), on);
}

describe('the network', () => {
  it('knows the position and zone of every base of every carrier', () => {
    for (const carrier of carriers) {
      for (const hub of carrier.hubs) expect(findAirport(hub), `${carrier.code} ${hub}`).toBeDefined();
    }
  });

  it('is the same for the same seed, whatever was asked before', () => {
    const asked = createNetwork(5);
    asked.flightsOn(airportOf('CDG'), airportOf('FRA'), day);
    expect(asked.flightsOn(airportOf('LHR'), airportOf('JFK'), day)).toEqual(flightsOf(5, 'LHR', 'JFK'));
  });

  it('differs from seed to seed', () => {
    expect(flightsOf(5, 'LHR', 'JFK')).not.toEqual(flightsOf(6, 'LHR', 'JFK'));
  });

  it('keeps numbers and times from day to day', () => {
    const times = (on: number) =>
      new Map(flightsOf(5, 'LHR', 'JFK', on).map((f) => [f.carrier + f.number, f.departure.slice(11)]));
    const monday = times(day);
    const common = [...times(day + 1)].filter(([number]) => monday.has(number));
    expect(common.length).toBeGreaterThan(3);
    for (const [number, time] of common) expect(monday.get(number)).toBe(time);
  });

  it('states wall times that lead back to the instants in the zones of the airports', () => {
    for (const [from, to] of pairs) {
      for (const flight of flightsOf(5, from, to)) {
        expect(localToEpochMs(flight.departure, airportOf(from).timeZone)).toBe(flight.departs);
        expect(localToEpochMs(flight.arrival, airportOf(to).timeZone)).toBe(flight.arrives);
        expect(flight.arrives - flight.departs).toBe(flight.minutes * 60_000);
        expect(Date.parse(`${flight.departure}Z`) - flight.departureOffset * 60_000).toBe(flight.departs);
        expect(Date.parse(`${flight.arrival}Z`) - flight.arrivalOffset * 60_000).toBe(flight.arrives);
      }
    }
  });

  it('flies no faster than aircraft do', () => {
    for (const [from, to] of pairs) {
      for (const flight of flightsOf(5, from, to)) expect(flight.km / (flight.minutes / 60)).toBeLessThan(1000);
    }
  });

  it('has no departure in the hour that the clock skips', () => {
    // 2026-03-29: clocks in Berlin go from 02:00 to 03:00; 2026-03-08 in New York.
    for (const [from, to, date] of [
      ['BER', 'LHR', '2026-03-29'],
      ['JFK', 'LHR', '2026-03-08'],
    ] as const) {
      for (const flight of flightsOf(5, from, to, dayOf(date)!)) {
        expect(localToEpochMs(flight.departure, airportOf(from).timeZone)).toBe(flight.departs);
      }
    }
  });
});

describe('the timetable', () => {
  it('has 25 to 60 itineraries between any two places, each connecting in time', () => {
    const timetable = createTimetable(createNetwork(5));
    for (const [from, to] of [...pairs, ['INV', 'BOI'], ['NBO', 'LOS'], ['USH', 'TOS']] as const) {
      const itineraries = timetable(airportOf(from), airportOf(to), day);
      expect(itineraries.length, `${from}-${to}`).toBeGreaterThanOrEqual(25);
      expect(itineraries.length).toBeLessThanOrEqual(60);
      expect(new Set(itineraries.map(({ id }) => id)).size).toBe(itineraries.length);
      for (const { flights } of itineraries) {
        expect(flights[0]!.origin).toBe(from);
        expect(flights.at(-1)!.destination).toBe(to);
        for (let i = 1; i < flights.length; i++) {
          expect(flights[i]!.origin).toBe(flights[i - 1]!.destination);
          expect(flights[i]!.departs - flights[i - 1]!.arrives).toBeGreaterThanOrEqual(50 * 60_000);
        }
      }
    }
  });

  it('has nonstop flights where there are many travellers', () => {
    const itineraries = createTimetable(createNetwork(5))(airportOf('LHR'), airportOf('JFK'), day);
    expect(itineraries.filter(({ flights }) => flights.length === 1).length).toBeGreaterThanOrEqual(4);
  });
});
