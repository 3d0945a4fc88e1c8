import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMsToLocal, localToEpochMs, utcOffsetMinutes } from './local-time.ts';

const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
const zone = fc.constantFrom(...zones);
const instant = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2060, 0, 1) }).map((ms) => ms - (ms % 1000));

/** Instants around the moments at which a zone changes its clocks: where mistakes are. */
const nearChange = fc
  .tuple(
    zone,
    fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2049, 0, 1) }),
    fc.integer({ min: -30 * 3600, max: 30 * 3600 }),
  )
  .map(([name, ms, seconds]) => {
    const change = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(name).getTimeZoneTransition('next');
    return { name, ms: (change?.epochMilliseconds ?? ms - (ms % 1000)) + seconds * 1000 };
  });

/** What Temporal says of a wall time: the earlier instant of two, none of a skipped one. */
function byTemporal(wall: string, name: string): number | undefined {
  const plain = Temporal.PlainDateTime.from(wall);
  const zoned = plain.toZonedDateTime(name, { disambiguation: 'earlier' });
  return zoned.toPlainDateTime().equals(plain) ? zoned.epochMilliseconds : undefined;
}

describe('localToEpochMs', () => {
  it('agrees with Temporal for any wall time in any zone', () => {
    fc.assert(
      fc.property(zone, instant, (name, ms) => {
        const wall = new Date(ms).toISOString().slice(0, 19);
        expect(localToEpochMs(wall, name)).toBe(byTemporal(wall, name));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with Temporal around every kind of clock change', () => {
    fc.assert(
      fc.property(nearChange, ({ name, ms }) => {
        const utc = Temporal.Instant.fromEpochMilliseconds(ms);
        for (const offset of ['+00:00', utc.toZonedDateTimeISO(name).offset.slice(0, 6)]) {
          const wall = utc.toZonedDateTimeISO(offset).toPlainDateTime().toString().slice(0, 19);
          expect(localToEpochMs(wall, name)).toBe(byTemporal(wall, name));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('knows no instant for a time that the clock skipped', () => {
    expect(localToEpochMs('2026-03-29T01:30', 'Europe/London')).toBeUndefined();
    expect(localToEpochMs('2011-12-30T12:00', 'Pacific/Apia')).toBeUndefined();
  });

  it('takes the earlier of two instants', () => {
    expect(localToEpochMs('2026-10-25T01:30', 'Europe/London')).toBe(Date.parse('2026-10-25T00:30Z'));
  });

  it.each([
    '2026-01-22',
    '2026-01-22T20:00Z',
    '2026-01-22T20:00:00+01:00',
    '2026-01-22T24:00',
    '2026-02-29T10:00',
    '2026-13-01T10:00',
    '2026-00-01T10:00',
    '2026-01-32T10:00',
    '2026-01-22T20:60',
    '2026-01-22T20:00:0',
    '2026-01-22T20:00:00.',
    '2026-1-22T20:00:00',
    'x026-01-22T20:00',
    '',
  ])('refuses %j', (text) => {
    expect(localToEpochMs(text, 'Europe/London')).toBeUndefined();
  });

  it('refuses an unknown zone', () => {
    expect(localToEpochMs('2026-01-22T20:00', 'Europe/Atlantis')).toBeUndefined();
  });

  it('keeps milliseconds', () => {
    expect(localToEpochMs('2026-01-22T20:00:01.25', 'UTC')).toBe(Date.parse('2026-01-22T20:00:01.250Z'));
    expect(localToEpochMs('2026-01-22T20:00:01.123456789', 'UTC')).toBe(Date.parse('2026-01-22T20:00:01.123Z'));
  });

  it('reads every day of four centuries', () => {
    for (let day = Date.UTC(1800, 0, 1); day < Date.UTC(2200, 0, 1); day += 86_400_000) {
      const wall = new Date(day).toISOString().slice(0, 16);
      if (localToEpochMs(wall, 'UTC') !== day) expect(localToEpochMs(wall, 'UTC'), wall).toBe(day);
    }
  });
});

describe('utcOffsetMinutes and epochMsToLocal', () => {
  it('agree with Temporal for any instant in any zone', () => {
    fc.assert(
      fc.property(nearChange, instant, ({ name, ms }, other) => {
        for (const at of [ms, other]) {
          const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name);
          expect(utcOffsetMinutes(at, name)).toBe(Math.trunc(zoned.offsetNanoseconds / 60e9));
          expect(epochMsToLocal(at, name)).toBe(zoned.toPlainDateTime().toString().slice(0, 19));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuse an unknown zone and no instant', () => {
    expect(() => utcOffsetMinutes(0, 'Europe/Atlantis')).toThrow('unknown time zone');
    expect(() => utcOffsetMinutes(Number.NaN, 'UTC')).toThrow('no instant');
    expect(() => epochMsToLocal(Number.NaN, 'UTC')).toThrow('no instant');
  });
});
