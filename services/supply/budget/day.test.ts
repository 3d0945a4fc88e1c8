import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetCalendar, BudgetDay } from './day.ts';

const flat = new Array<number>(24).fill(1);
const at = (text: string): number => Temporal.ZonedDateTime.from(text).epochMilliseconds;
const HOUR = 3_600_000;

describe('a day of a budget', () => {
  it('ends at midnight by the clocks of its zone, whatever they do in between', () => {
    const days = ['2026-03-28', '2026-03-29', '2026-10-25'].map(
      (date) => new BudgetDay(at(`${date}T12:00[Europe/Madrid]`), 'Europe/Madrid', flat),
    );
    expect(days.map(({ startsAt, endsAt }) => (endsAt - startsAt) / HOUR)).toEqual([24, 23, 25]);
    expect(days.map(({ date }) => date)).toEqual(['2026-03-28', '2026-03-29', '2026-10-25']);
    expect(days[1]!.endsAt).toBe(at('2026-03-30T00:00[Europe/Madrid]'));
    // Where the clocks go on at midnight the day begins at one.
    const skipped = new BudgetDay(at('2026-09-06T12:00[America/Santiago]'), 'America/Santiago', flat);
    expect(skipped.startsAt).toBe(at('2026-09-06T01:00[America/Santiago]'));
    expect(skipped.expectedLeft(skipped.startsAt)).toBe(1);
  });

  it('expects the rest of it by hours of the clock, an hour that comes twice twice', () => {
    const early = flat.map((_, hour) => (hour === 1 || hour === 2 ? 1 : 0));
    const plain = new BudgetDay(at('2026-05-01T00:00[Europe/Madrid]'), 'Europe/Madrid', early);
    expect(plain.expectedLeft(at('2026-05-01T01:30[Europe/Madrid]'))).toBeCloseTo(0.75, 10);
    expect(plain.expectedLeft(at('2026-05-01T03:00[Europe/Madrid]'))).toBeCloseTo(0, 10);
    // Two o'clock comes twice in autumn, and not at all in spring.
    const autumn = new BudgetDay(at('2026-10-25T00:00[Europe/Madrid]'), 'Europe/Madrid', early);
    expect(autumn.expectedLeft(at('2026-10-25T02:00[Europe/Madrid]'))).toBeCloseTo(2 / 3, 10);
    expect(autumn.expectedLeft(at('2026-10-25T02:00+01:00[Europe/Madrid]'))).toBeCloseTo(1 / 3, 10);
    const spring = new BudgetDay(at('2026-03-29T00:00[Europe/Madrid]'), 'Europe/Madrid', early);
    expect(spring.expectedLeft(at('2026-03-29T03:00[Europe/Madrid]'))).toBeCloseTo(0, 10);
    const only = flat.map((_, hour) => (hour === 2 ? 1 : 0));
    const even = new BudgetDay(at('2026-03-29T00:00[Europe/Madrid]'), 'Europe/Madrid', only);
    expect(even.expectedLeft((even.startsAt + even.endsAt) / 2)).toBeCloseTo(0.5, 10);
  });

  const zones = [
    'UTC',
    'Europe/Madrid',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Santiago',
  ];

  it('expects less and less, from all to nothing, and knows when it will be how little', () => {
    const hours = fc.array(fc.nat(100), { minLength: 24, maxLength: 24 });
    const moment = fc.integer({ min: Date.parse('2026-01-01T00:00Z'), max: Date.parse('2027-01-01T00:00Z') });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        hours,
        moment,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (zone, shape, now, share) => {
          const day = new BudgetDay(now, zone, shape);
          expect(day.has(now)).toBe(true);
          expect(day.expectedLeft(day.startsAt)).toBe(1);
          expect(day.expectedLeft(day.endsAt)).toBe(0);
          const later = Math.min(day.endsAt, now + 600_000);
          expect(day.expectedLeft(later)).toBeLessThanOrEqual(day.expectedLeft(now));
          const when = day.whenLeft(share);
          expect(when).toBeGreaterThanOrEqual(day.startsAt);
          expect(when).toBeLessThanOrEqual(day.endsAt);
          expect(day.expectedLeft(when)).toBeLessThanOrEqual(share + 1e-9);
          if (when - 1 > day.startsAt) expect(day.expectedLeft(when - 2)).toBeGreaterThan(share - 1e-4);
          const next = new BudgetDay(day.endsAt, zone, shape);
          expect(next.startsAt).toBe(day.endsAt);
        },
      ),
    );
  });

  it('is the same one until it is over', () => {
    const calendar = new BudgetCalendar('Europe/Madrid');
    const day = calendar.at(at('2026-05-01T00:00[Europe/Madrid]'));
    expect(calendar.at(at('2026-05-01T23:59:59.999[Europe/Madrid]'))).toBe(day);
    expect(calendar.at(at('2026-05-02T00:00[Europe/Madrid]')).date).toBe('2026-05-02');
  });
});
