import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RejectionReason, RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../adapter.ts';
import { countingRepairs, Repairs } from '../repairs.ts';
import { flightNumber, itineraryOf, minuteOfDay, type StatedSegment, segmentOf, sliceOf } from './itinerary.ts';

const stated: StatedSegment = {
  origin: 'SYD',
  destination: 'MEL',
  departure: '2027-04-16T20:00:00',
  arrival: '2027-04-16T21:35:00',
  marketingCarrier: 'VK',
  marketingNumber: '0495',
  operatingCarrier: 'VK',
  operatingNumber: '495',
  technicalStops: 0,
};

describe('a flight number', () => {
  it('is the same however many zeros lead it', () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(4), (number, zeros) => {
        expect(flightNumber('0'.repeat(zeros) + number)).toBe(String(number));
      }),
    );
  });

  it('keeps its suffix, and is empty where there is none', () => {
    expect(flightNumber(' 0012A ')).toBe('12A');
    expect(flightNumber(17)).toBe('17');
    expect(flightNumber(null)).toBe('');
    expect(flightNumber('')).toBe('');
  });

  it('is none where it could break the keys made of it', () => {
    for (const text of ['4|95', '49501', 'SURFACE', '12-3', '1 2']) expect(flightNumber(text)).toBe('');
  });
});

describe("a segment's key", () => {
  it('is operating carrier, number, local date, airports and local times to the minute', () => {
    expect(segmentOf(stated).key).toBe('VK|495|2027-04-16|SYD|MEL|20:00|2027-04-16T21:35');
  });

  it('is the same for a codeshare under another number', () => {
    const sold = segmentOf({ ...stated, marketingCarrier: 'ZX', marketingNumber: '7001', operatingNumber: '00495' });
    expect(sold.key).toBe(segmentOf(stated).key);
  });

  it.each([
    ['another carrier without a number', 'Q8', null, 'Q8||'],
    ['its own carrier without a number', 'VK', null, 'VK|495|'],
    ['nobody', null, '17', 'VK||'],
    ['a carrier that is no code', 'Some Airline', '17', 'VK||'],
  ])('with %s flying begins right', (_, operatingCarrier, operatingNumber, start) => {
    expect(segmentOf({ ...stated, operatingCarrier, operatingNumber }).key.startsWith(start)).toBe(true);
  });
});

describe('a segment', () => {
  it('prefers the zone that the answer gives, unless there is no such zone', () => {
    expect(segmentOf(stated)).toMatchObject({ originZone: 'Australia/Sydney', destinationZone: 'Australia/Melbourne' });
    expect(segmentOf({ ...stated, originZone: 'Australia/Hobart' }).originZone).toBe('Australia/Hobart');
    expect(segmentOf({ ...stated, originZone: 'Atlantis/Deep' }).originZone).toBe('Australia/Sydney');
  });

  it.each([
    ['no airport', { origin: undefined }, RejectionReason.MISSING_FIELD],
    ['an airport that nobody knows', { destination: 'QQQ' }, RejectionReason.UNKNOWN_CODE],
    ['no carrier', { marketingCarrier: '' }, RejectionReason.MISSING_FIELD],
    ['no number', { marketingNumber: undefined }, RejectionReason.MISSING_FIELD],
    ['no departure', { departure: undefined }, RejectionReason.INVALID_TIME],
    ['an arrival on a day that is none', { arrival: '2027-02-30T10:00:00' }, RejectionReason.INVALID_TIME],
    ['a departure at an hour that is none', { departure: '2027-10-03T25:30:00' }, RejectionReason.INVALID_TIME],
  ])('with %s is rejected', (_, change, reason) => {
    try {
      segmentOf({ ...stated, ...change });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Rejection);
      expect((error as Rejection).reason).toBe(reason);
    }
  });
});

it('a departure that the clocks skip is moved on by what they skip', () => {
  const { departure, departureMs, key } = segmentOf({ ...stated, departure: '2027-10-03T02:30:00' });
  expect(departure).toBe('2027-10-03T03:30:00');
  expect(departureMs).toBe(Date.parse('2027-10-02T16:30:00Z'));
  expect(key).toContain('|2027-10-03|SYD|MEL|03:30|');
});

it('a departure that the clocks show twice is the first', () => {
  const { departure, departureMs } = segmentOf({ ...stated, departure: '2027-04-04T02:30:00' });
  expect(departure).toBe('2027-04-04T02:30:00');
  expect(departureMs).toBe(Date.parse('2027-04-03T15:30:00Z'));
});

it.each([
  ['2027-04-16T20:00:00', []],
  ['2027-04-16T20:00:00Z', [RepairReason.FALSE_ZONE]],
  ['2027-04-16T20:00:00.000+11:00', [RepairReason.FALSE_ZONE]],
  ['2027-10-03T02:30:00', [RepairReason.TIME_IN_GAP]],
  ['2027-04-04T02:30:00Z', [RepairReason.FALSE_ZONE, RepairReason.TIME_TWICE]],
])('what is put right of a departure at %s is counted', (departure, reasons) => {
  const repairs = new Repairs();
  countingRepairs(repairs, () => segmentOf({ ...stated, departure }));
  expect(repairs.toCounts().map(({ reason }) => reason)).toEqual(reasons);
});

describe('an itinerary', () => {
  const leg = (origin: string, destination: string, departure: string, arrival: string, technicalStops = 0) =>
    segmentOf({ ...stated, origin, destination, departure, arrival, technicalStops });
  const out = sliceOf(
    [
      leg('SYD', 'SIN', '2027-04-16T08:00:00', '2027-04-16T14:10:00'),
      leg('SIN', 'LGW', '2027-04-16T23:00:00', '2027-04-17T05:40:00'),
      leg('LHR', 'DUB', '2027-04-17T11:00:00', '2027-04-17T12:15:00', 1),
    ],
    undefined,
  );
  const back = sliceOf([leg('DUB', 'SYD', '2027-05-01T09:00:00', '2027-05-02T14:00:00')], 1200);

  it('has keys by slice, most stops of a slice with landings on the way, and every airport between the ends once', () => {
    const whole = itineraryOf([out, back]);
    expect(whole.keys).toHaveLength(5);
    expect(whole.keys[3]).toBe('/');
    expect(whole.stops).toBe(3);
    expect(whole.connections).toEqual(['SIN', 'LGW', 'LHR']);
    expect(whole.carriers).toEqual(['VK']);
  });

  it('takes as long as its slices, stated or from end to end', () => {
    // 22:00Z on the 15th to 11:15Z on the 17th.
    expect(out.minutes).toBe(37 * 60 + 15);
    expect(itineraryOf([out, back]).minutes).toBe(37 * 60 + 15 + 1200);
  });

  it('needs segments', () => {
    expect(() => sliceOf([], 10)).toThrow(Rejection);
    expect(() => itineraryOf([])).toThrow(Rejection);
  });
});

describe('the minute of the day', () => {
  it('is that of the wall time', () => {
    fc.assert(
      fc.property(fc.nat(1439), (minute) => {
        const part = (value: number): string => String(value).padStart(2, '0');
        expect(minuteOfDay(`2027-04-16T${part(Math.floor(minute / 60))}:${part(minute % 60)}:00`)).toBe(minute);
      }),
    );
  });
});
