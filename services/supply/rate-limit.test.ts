import { describe, expect, it } from 'vitest';
import { RateLimitHold, retryAfterMs } from './rate-limit.ts';

const now = Date.parse('2026-05-01T12:00:00Z');

describe('how long a partner wants to be left alone', () => {
  it('is read from Retry-After in seconds or as a date', () => {
    expect(retryAfterMs({ 'retry-after': '7' }, now)).toBe(7_000);
    expect(retryAfterMs({ 'retry-after': '0.5' }, now)).toBe(500);
    expect(retryAfterMs({ 'retry-after': 'Fri, 01 May 2026 12:00:42 GMT' }, now)).toBe(42_000);
  });

  it('is read from RateLimit-Reset in seconds, epoch seconds or as a date', () => {
    expect(retryAfterMs({ 'ratelimit-reset': '12' }, now)).toBe(12_000);
    expect(retryAfterMs({ 'ratelimit-reset': `${now / 1_000 + 30}` }, now)).toBe(30_000);
    expect(retryAfterMs({ 'ratelimit-reset': 'Fri, 01 May 2026 12:01:00 GMT' }, now)).toBe(60_000);
    expect(retryAfterMs({ 'x-ratelimit-reset': '3' }, now)).toBe(3_000);
  });

  it('is never negative, never beyond 15 minutes, and unknown where nothing sensible is said', () => {
    expect(retryAfterMs({ 'retry-after': 'Fri, 01 May 2026 11:00:00 GMT' }, now)).toBe(0);
    expect(retryAfterMs({ 'retry-after': '999999999' }, now)).toBe(900_000);
    expect(retryAfterMs({ 'retry-after': 'later' }, now)).toBeUndefined();
    expect(retryAfterMs({}, now)).toBeUndefined();
  });
});

describe('a hold', () => {
  it('lasts as long as was said, a second where nothing was, and is never shortened', () => {
    const hold = new RateLimitHold();
    expect(hold.remaining(now)).toBe(0);
    expect(hold.hold(now, undefined)).toBe(1_000);
    hold.hold(now, 30_000);
    hold.hold(now, 5_000);
    expect(hold.remaining(now + 10_000)).toBe(20_000);
    expect(hold.remaining(now + 30_000)).toBe(0);
  });
});
