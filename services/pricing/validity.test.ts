import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localTime, readMoment, Validity } from './validity.ts';

const at = (text: string): number => Date.parse(text);
const BERLIN = 'Europe/Berlin';

test('begins and ends at local times of its zone, of the market where it names none', () => {
  const local = { from: '2026-12-01T00:00', until: '2027-01-01T00:00' };
  const own = new Validity({ ...local, zone: 'America/New_York' });
  expect([own.holds(at('2026-12-01T04:59:59Z'), BERLIN), own.holds(at('2026-12-01T05:00:00Z'), BERLIN)]).toEqual([
    false,
    true,
  ]);
  const market = new Validity(local);
  expect(market.holds(at('2026-11-30T23:00:00Z'), BERLIN)).toBe(true);
  expect(market.holds(at('2026-11-30T23:00:00Z'), 'UTC')).toBe(false);
  expect(market.holds(at('2026-12-31T23:00:00Z'), BERLIN)).toBe(false);
  expect([own.needsZone, market.needsZone]).toEqual([false, true]);
});

test('takes an instant as it is, wherever', () => {
  const validity = new Validity({ from: '2026-12-01T00:00:00Z' });
  expect(validity.holds(at('2026-12-01T00:00:00Z'), 'Asia/Tokyo')).toBe(true);
  expect(validity.holds(at('2026-11-30T23:59:59Z'), 'Asia/Tokyo')).toBe(false);
  expect(validity.needsZone).toBe(false);
});

test('counts a local time that clocks skip as late as it would have been, and of one that comes twice the first', () => {
  const skipped = new Validity({ from: '2027-03-28T02:30', zone: BERLIN });
  expect(skipped.holds(at('2027-03-28T01:29:59Z'), 'UTC')).toBe(false);
  expect(skipped.holds(at('2027-03-28T01:30:00Z'), 'UTC')).toBe(true); // 03:30 in summer
  const twice = new Validity({ until: '2026-10-25T02:30', zone: BERLIN });
  expect(twice.holds(at('2026-10-25T00:29:59Z'), 'UTC')).toBe(true); // 02:29:59, the first time
  expect(twice.holds(at('2026-10-25T00:30:00Z'), 'UTC')).toBe(false);
});

test('follows the clocks by weekday and hour, over midnight too', () => {
  const evening = new Validity({ weekdays: ['FRIDAY'], hours: { from: '18:00', until: '23:30' }, zone: BERLIN });
  expect(evening.holds(at('2026-12-04T17:00:00Z'), 'UTC')).toBe(true); // 18:00 on a Friday
  expect(evening.holds(at('2026-12-04T16:59:59Z'), 'UTC')).toBe(false);
  expect(evening.holds(at('2026-12-04T22:30:00Z'), 'UTC')).toBe(false);
  expect(evening.holds(at('2026-12-03T18:00:00Z'), 'UTC')).toBe(false);
  expect(evening.holds(at('2026-07-03T16:00:00Z'), 'UTC')).toBe(true); // 18:00 in summer
  const night = new Validity({ hours: { from: '22:00', until: '06:00' }, zone: BERLIN });
  const hours = Array.from({ length: 24 }, (_, hour) =>
    night.holds(at('2026-12-04T00:00:00Z') + hour * 3_600_000, 'UTC'),
  );
  expect(hours.flatMap((holds, hour) => (holds ? [hour] : []))).toEqual([0, 1, 2, 3, 4, 21, 22, 23]);
});

test('shows what the clocks of a zone do, as Temporal has it', () => {
  const instant = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') });
  fc.assert(
    fc.property(instant, fc.constantFrom(BERLIN, 'America/New_York', 'Asia/Kolkata', 'UTC'), (ms, zone) => {
      const shown = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
      const { weekday, hour, date, minute } = localTime(ms, zone);
      expect([hour, minute, date]).toEqual([
        shown.hour,
        shown.hour * 60 + shown.minute,
        shown.toPlainDate().toString(),
      ]);
      expect(weekday).toBe(shown.toLocaleString('en', { weekday: 'long' }).toUpperCase());
    }),
  );
});

test('never changes before it says that it may', () => {
  const validities = [
    new Validity({ from: '2026-10-24T22:15', until: '2026-10-26T02:30' }),
    new Validity({ weekdays: ['SUNDAY', 'MONDAY'] }),
    new Validity({ hours: { from: '23:00', until: '02:45' }, until: '2026-10-26T01:00' }),
    new Validity({ from: '2026-10-25T00:30:00Z' }),
  ];
  const instant = fc.integer({ min: at('2026-10-24T00:00:00Z'), max: at('2026-10-27T00:00:00Z') });
  fc.assert(
    fc.property(
      fc.constantFrom(...validities),
      instant,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (one, ms, part) => {
        const change = Math.min(one.changesAfter(ms, BERLIN), ms + 86_400_000);
        expect(change).toBeGreaterThan(ms);
        const between = ms + Math.floor((change - 1 - ms) * part);
        expect(one.holds(between, BERLIN)).toBe(one.holds(ms, BERLIN));
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each(['2026-13-01T00:00', 'noon', '2026-12-01 00:00', '2026-12-01T00:00[Europe/Berlin]', ''])(
  'reads no moment in "%s"',
  (text) => expect(readMoment(text)).toBeUndefined(),
);
