import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMinutes, instantOf, localTime, localTimeAt, wallTime } from './time.ts';

describe('a wall time', () => {
  it.each([
    ['2027-05-01T08:30:00', '2027-05-01T08:30:00'],
    ['2027-05-01T08:30', '2027-05-01T08:30:00'],
    ['2027-05-01T08:30:15.250', '2027-05-01T08:30:15'],
    ['2027-05-01T08:30:00.000+02:00', '2027-05-01T08:30:00'],
    ['2027-05-01T08:30-0330', '2027-05-01T08:30:00'],
    ['2027-05-01T08:30:00Z', '2027-05-01T08:30:00'],
    ['2027-05-01', undefined],
    ['2027-05-01 08:30:00', undefined],
    ['tomorrow', undefined],
    [undefined, undefined],
    [1_800_000_000, undefined],
  ])('of %j is %j', (text, wall) => {
    expect(wallTime(text)).toBe(wall);
  });
});

describe('an instant', () => {
  it.each([
    '2027-05-01T08:30:00Z',
    '2027-05-01T08:30:00.123456Z',
    '2027-05-01T08:30:00.5+05:45',
    '2027-12-31T23:59-11:00',
  ])('%s is what Date says it is', (text) => {
    expect(instantOf(text)).toBe(Date.parse(text));
  });

  it.each([
    '2027-02-30T10:00:00Z',
    '2027-13-01T10:00:00Z',
    '2027-01-01T24:30:00Z',
    '2027-01-01T10:60:00Z',
    '2027-01-01T10:00:00',
    '2027-01-01T10:00:00+25:00',
    '2027-01-01',
    '',
    undefined,
    7,
  ])('is none of %j', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });

  it('comes back from its own text, whatever the offset', () => {
    const span = { min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(span), fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
        const wall = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const part = (value: number): string => String(Math.floor(value)).padStart(2, '0');
        const sign = offset < 0 ? '-' : '+';
        expect(instantOf(`${wall}${sign}${part(Math.abs(offset) / 60)}:${part(Math.abs(offset) % 60)}`)).toBe(
          date.getTime(),
        );
      }),
    );
  });
});

describe('a local time', () => {
  it('has the offset of its zone at its moment', () => {
    const summer = Date.parse('2027-07-01T10:00:00Z');
    expect(localTimeAt(summer, 'Europe/Lisbon')).toEqual({
      dateTime: '2027-07-01T11:00:00',
      timeZone: 'Europe/Lisbon',
      utcOffsetMinutes: 60,
    });
    expect(localTime('2027-07-01T15:45:00', 'Asia/Kathmandu', summer)).toEqual({
      dateTime: '2027-07-01T15:45:00',
      timeZone: 'Asia/Kathmandu',
      utcOffsetMinutes: 345,
    });
  });
});

describe('a duration', () => {
  it.each([
    ['PT02H05M', 125],
    ['PT5H4M', 304],
    ['P0DT18H0M0S', 1080],
    ['P1DT1H10M0S', 1510],
    ['PT45M', 45],
    ['PT90S', 1],
    ['P2D', 2880],
    ['150', 150],
    [150, 150],
    ['0', 0],
    ['P', undefined],
    ['PT', undefined],
    ['P1Y', undefined],
    ['-PT5M', undefined],
    ['1:30', undefined],
    ['', undefined],
    [-5, undefined],
    [1.5, undefined],
    [null, undefined],
  ])('of %j has %j minutes', (text, minutes) => {
    expect(durationMinutes(text)).toBe(minutes);
  });

  it('has the minutes that it was written with, padded or not', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(23), fc.nat(59), fc.boolean(), (days, hours, minutes, padded) => {
        const part = (value: number): string => (padded ? String(value).padStart(2, '0') : String(value));
        const total = days * 1440 + hours * 60 + minutes;
        expect(durationMinutes(`P${days}DT${part(hours)}H${part(minutes)}M0S`)).toBe(total);
      }),
    );
  });
});
