import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit } from './concurrency.ts';

const never = new AbortController().signal;
const later = () => Date.now() + 60_000;

describe('a concurrency limit', () => {
  it('lets so many in and the others in order of arrival', async () => {
    const limit = new ConcurrencyLimit(2);
    const order: number[] = [];
    const enter = async (n: number) => {
      expect(await limit.enter(later(), never)).toBe('entered');
      order.push(n);
    };
    await Promise.all([enter(1), enter(2)]);
    const waiting = [enter(3), enter(4)];
    expect([limit.active, limit.waiting]).toEqual([2, 2]);
    expect(limit.tryEnter()).toBe(false);
    limit.leave();
    await waiting[0];
    limit.leave();
    await waiting[1];
    expect(order).toEqual([1, 2, 3, 4]);
    limit.leave();
    limit.leave();
    expect([limit.active, limit.waiting]).toEqual([0, 0]);
  });

  it('sends away who would wait beyond the deadline or was cancelled, without losing a place', async () => {
    const limit = new ConcurrencyLimit(1);
    const abort = new AbortController();
    await limit.enter(later(), never);
    const cancelled = limit.enter(later(), abort.signal);
    expect(await limit.enter(Date.now() + 10, never)).toBe('too_late');
    abort.abort();
    expect(await cancelled).toBe('cancelled');
    expect(await limit.enter(later(), abort.signal)).toBe('cancelled');
    limit.leave();
    expect(limit.tryEnter()).toBe(true);
    expect([limit.active, limit.waiting]).toEqual([1, 0]);
  });
});
