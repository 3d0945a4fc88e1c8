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

  it('can be changed while it is in use: those who hold a place keep it, and who waits comes in where there is room', async () => {
    const limit = new ConcurrencyLimit(4);
    for (let at = 0; at < 4; at++) expect(limit.tryEnter()).toBe(true);
    limit.resize(2);
    expect([limit.limit, limit.active, limit.tryEnter()]).toEqual([2, 4, false]);
    const entered: number[] = [];
    const waiting = [1, 2].map(async (n) => {
      expect(await limit.enter(later(), never)).toBe('entered');
      entered.push(n);
    });
    limit.leave();
    limit.leave();
    expect([limit.active, limit.waiting]).toEqual([2, 2]);
    limit.leave();
    await waiting[0];
    expect([entered, limit.active]).toEqual([[1], 2]);
    limit.resize(3);
    await waiting[1];
    expect([entered, limit.active]).toEqual([[1, 2], 3]);
    limit.resize(0);
    expect(limit.limit).toBe(1);
    limit.resize(99);
    expect(limit.limit).toBe(4);
  });
});
