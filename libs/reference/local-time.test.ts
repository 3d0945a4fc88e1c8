import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMsToLocal, localToEpochMs, placeLocal, utcOffsetMinutes } from './local-time.ts';

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

describe('placeLocal', () => {
  /** What Temporal says: of two moments the first, and a skipped time moved on by the gap. */
  function expected(wall: string, name: string): ReturnType<typeof placeLocal> {
    const plain = Temporal.PlainDateTime.from(wall);
    const zoned = plain.toZonedDateTime(name, { disambiguation: 'compatible' });
    const shown = zoned.toPlainDateTime();
    const gap = !shown.equals(plain);
    const later = plain.toZonedDateTime(name, { disambiguation: 'later' });
    const twice = !gap && later.epochMilliseconds !== zoned.epochMilliseconds;
    return {
      epochMs: zoned.epochMilliseconds,
      wall: shown.toString({ smallestUnit: 'second' }),
      ...(gap ? { repair: 'gap' as const } : twice && { repair: 'twice' as const }),
    };
  }

  it('agrees with Temporal on every side of every clock change of two decades in every zone', () => {
    let [gaps, overlaps] = [0, 0];
    for (const name of zones) {
      let at = Temporal.Instant.from('2020-01-01T00:00Z').toZonedDateTimeISO(name);
      for (;;) {
        const next = at.getTimeZoneTransition('next');
        if (next === null || next.year >= 2040) break;
        at = next;
        const [before, after] = [
          next.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e6,
          next.offsetNanoseconds / 1e6,
        ];
        const change = Math.abs(after - before);
        // The clock as it would have gone on, and as it was set.
        for (const shown of [next.epochMilliseconds + before, next.epochMilliseconds + after]) {
          for (const moment of [shown - change, shown - 60_000, shown, shown + change / 2, shown + change]) {
            const wall = new Date(moment).toISOString().slice(0, 19);
            const placed = placeLocal(wall, name);
            if (placed?.repair === 'gap') gaps++;
            if (placed?.repair === 'twice') overlaps++;
            const wanted = expected(wall, name);
            if (JSON.stringify(placed) !== JSON.stringify(wanted)) expect(placed, `${wall} ${name}`).toEqual(wanted);
          }
        }
      }
    }
    expect(Math.min(gaps, overlaps)).toBeGreaterThan(1_000);
  });

  it('agrees with Temporal for any wall time in any zone', () => {
    fc.assert(
      fc.property(nearChange, ({ name, ms }) => {
        const wall = new Date(ms).toISOString().slice(0, 19);
        expect(placeLocal(wall, name)).toEqual(expected(wall, name));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['2026-03-29T01:30:00', 'Europe/London', '2026-03-29T01:30Z', '2026-03-29T02:30:00', 'gap'],
    ['2026-10-25T01:30:00', 'Europe/London', '2026-10-25T00:30Z', '2026-10-25T01:30:00', 'twice'],
    ['2026-03-08T02:15', 'America/New_York', '2026-03-08T07:15Z', '2026-03-08T03:15:00', 'gap'],
    ['2026-10-04T02:10', 'Australia/Lord_Howe', '2026-10-03T15:40Z', '2026-10-04T02:40:00', 'gap'],
    ['2026-09-06T00:30:00', 'America/Santiago', '2026-09-06T04:30Z', '2026-09-06T01:30:00', 'gap'],
    ['2011-12-30T12:00:00', 'Pacific/Apia', '2011-12-30T22:00Z', '2011-12-31T12:00:00', 'gap'],
    ['2026-07-01T12:00', 'Asia/Kolkata', '2026-07-01T06:30Z', '2026-07-01T12:00:00', undefined],
  ])('%s in %s is %s', (wall, name, moment, shown, repair) => {
    expect(placeLocal(wall, name)).toEqual({ epochMs: Date.parse(moment), wall: shown, ...(repair && { repair }) });
  });

  it('refuses what is no time, and unknown zones', () => {
    expect(placeLocal('2026-02-29T10:00', 'UTC')).toBeUndefined();
    expect(placeLocal('2026-01-22T20:00Z', 'UTC')).toBeUndefined();
    expect(placeLocal('2026-01-22T20:00', 'Europe/Atlantis')).toBeUndefined();
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
