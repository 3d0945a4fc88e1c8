import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SharedState } from '../shared-state.ts';

/** Long enough that it does not end during a test. */
const LONG_MS = 600_000;

const bytes = (text: string): Buffer => Buffer.from(text);

/** What every shared state does. `open` opens one more, which shares what the others have. */
export function conforms(name: string, open: () => Promise<SharedState>): void {
  describe(name, () => {
    let one: SharedState;
    let other: SharedState;
    let keys = 0;
    const fresh = (): string => `test:${++keys}`;

    beforeAll(async () => {
      one = await open();
      other = await open();
    });
    afterAll(async () => {
      await one.close();
      await other.close();
    });

    it('gives every replica what one of them set, byte by byte, until it is deleted', async () => {
      const key = fresh();
      const value = Buffer.from([0, 1, 10, 13, 127, 128, 255]);
      expect(await other.get(key)).toBeUndefined();
      await one.set(key, value, LONG_MS);
      expect(await other.get(key)).toEqual(value);
      await other.set(key, Buffer.alloc(0), LONG_MS);
      expect(await one.getMany([key, fresh(), key])).toEqual([Buffer.alloc(0), undefined, Buffer.alloc(0)]);
      await one.delete(key);
      expect(await other.get(key)).toBeUndefined();
      expect(await one.getMany([])).toEqual([]);
    });

    it('lets values, leases and logs end', async () => {
      const key = fresh();
      await one.set(key, bytes('a'), 1);
      await one.acquire(key, 'a', 1);
      await one.append(key, [bytes('a')], 1);
      await sleep(5);
      expect(await one.get(key)).toBeUndefined();
      expect(await one.holderOf(key)).toBeUndefined();
      expect(await one.read(key, 0)).toEqual([]);
      expect(await other.acquire(key, 'b', LONG_MS)).toBe('b');
      expect(await one.append(key, [bytes('b')], LONG_MS)).toBe(1);
      // Set anew, it has the new end alone.
      await one.set(key, bytes('a'), LONG_MS);
      await one.set(key, bytes('a'), 1);
      await sleep(5);
      expect(await one.get(key)).toBeUndefined();
    });

    it('gives a lease to one holder at a time, who can prolong it and give it back', async () => {
      const lease = fresh();
      expect(await one.holderOf(lease)).toBeUndefined();
      const held = await Promise.all([one.acquire(lease, 'a', LONG_MS), other.acquire(lease, 'b', LONG_MS)]);
      expect(new Set(held).size).toBe(1);
      const [holder] = held as [string, string];
      const loser = holder === 'a' ? 'b' : 'a';
      expect(await one.acquire(lease, holder, 1)).toBe(holder);
      await sleep(5);
      // Prolonging never shortens.
      expect(await other.holderOf(lease)).toBe(holder);
      expect(await other.release(lease, loser)).toBe(false);
      expect(await other.acquire(lease, loser, LONG_MS)).toBe(holder);
      expect(await one.release(lease, holder)).toBe(true);
      expect(await one.release(lease, holder)).toBe(false);
      expect(await other.acquire(lease, loser, LONG_MS)).toBe(loser);
    });

    it('appends all entries or none, and reads a log from any position', async () => {
      const log = fresh();
      expect(await one.append(log, [], LONG_MS)).toBe(0);
      expect(await one.append(log, [bytes('a'), bytes('b')], LONG_MS)).toBe(2);
      expect(await other.append(log, [bytes('c')], 1)).toBe(3);
      await sleep(5);
      expect((await one.read(log, 0)).map(String)).toEqual(['a', 'b', 'c']);
      expect((await other.read(log, 2)).map(String)).toEqual(['c']);
      expect(await one.read(log, 3)).toEqual([]);
      const many = Array.from({ length: 12_000 }, (_, at) => bytes(String(at)));
      expect(await one.append(log, many, LONG_MS)).toBe(12_003);
      expect(String((await other.read(log, 12_002))[0])).toBe('11999');
    });

    it('appends behind a fence only while the holder has the lease', async () => {
      const [log, lease] = [fresh(), fresh()];
      expect(await one.append(log, [bytes('a')], LONG_MS, { lease, holder: 'a' })).toBeUndefined();
      await one.acquire(lease, 'a', LONG_MS);
      expect(await one.append(log, [bytes('a')], LONG_MS, { lease, holder: 'a' })).toBe(1);
      await one.release(lease, 'a');
      await other.acquire(lease, 'b', LONG_MS);
      expect(await one.append(log, [bytes('late')], LONG_MS, { lease, holder: 'a' })).toBeUndefined();
      expect(await other.append(log, [bytes('b')], LONG_MS, { lease, holder: 'b' })).toBe(2);
      expect((await one.read(log, 0)).map(String)).toEqual(['a', 'b']);
    });

    it('keeps values, leases, logs and buckets of the same name apart', async () => {
      const key = fresh();
      await one.set(key, bytes('value'), LONG_MS);
      await one.acquire(key, 'holder', LONG_MS);
      await one.append(key, [bytes('entry')], LONG_MS);
      await one.take([{ key, capacity: 2, refillPerSecond: 0, reserve: 0 }], 1);
      expect(String(await other.get(key))).toBe('value');
      expect(await other.holderOf(key)).toBe('holder');
      expect((await other.read(key, 0)).map(String)).toEqual(['entry']);
    });

    it('tells every listener of a channel, in order, and none that has left', async () => {
      const channel = fresh();
      const heard: string[] = [];
      const leave = await one.subscribe(channel, (text) => heard.push(`one ${text}`));
      const leaveToo = await other.subscribe(channel, (text) => heard.push(`other ${text}`));
      await other.publish(channel, 'é 1');
      await one.publish(channel, '2');
      await one.publish(`${channel}x`, 'elsewhere');
      const of = (who: string) => heard.filter((text) => text.startsWith(`${who} `));
      await vi.waitFor(() => expect([of('one'), of('other')].flat()).toHaveLength(4));
      expect(of('one')).toEqual(['one é 1', 'one 2']);
      leave();
      leave();
      await one.publish(channel, '3');
      await vi.waitFor(() => expect(of('other')).toContain('other 3'));
      leaveToo();
      await one.publish(channel, '4');
      const after = new Promise<string>(
        (resolve) => void other.subscribe(channel, resolve).then(() => one.publish(channel, '5')),
      );
      expect(await after).toBe('5');
      expect(heard).toHaveLength(5);
    });

    it('takes tokens from all buckets or from none, and never below a reserve', async () => {
      const [second, day] = [fresh(), fresh()];
      const buckets = (reserve: number) => [
        { key: second, capacity: 10, refillPerSecond: 0.000_001, reserve: 0 },
        { key: day, capacity: 5, refillPerSecond: 0, endsAt: Date.now() + LONG_MS, reserve },
      ];
      expect(await one.take(buckets(0), 3)).toEqual({ taken: true, levels: [7, 2] });
      const refused = await other.take(buckets(2), 1);
      expect(refused.taken).toBe(false);
      expect(refused.levels[0]).toBeCloseTo(7, 3);
      expect(refused.levels[1]).toBe(2);
      expect((await other.take(buckets(0), 2)).taken).toBe(true);
      expect((await one.take(buckets(0), 1)).taken).toBe(false);
      const seen = await one.take(buckets(0), 0);
      expect(seen.taken).toBe(true);
      expect(seen.levels[1]).toBe(0);
    });

    it('fills a bucket by itself, up to its capacity', async () => {
      const bucket = { key: fresh(), capacity: 2, refillPerSecond: 500, reserve: 0 };
      expect(await one.take([bucket], 2)).toEqual({ taken: true, levels: [0] });
      await sleep(30);
      const { taken, levels } = await other.take([bucket], 1);
      expect(taken).toBe(true);
      expect(levels[0]).toBe(1);
    });

    it('fills a quota when its end has passed, and not before', async () => {
      const key = fresh();
      const quota = (endsAt: number) => ({ key, capacity: 1, refillPerSecond: 0, endsAt, reserve: 0 });
      const endsAt = Date.now() + 50;
      expect((await one.take([quota(endsAt)], 1)).taken).toBe(true);
      // Whoever's clock is late still names the old quota.
      await sleep(60);
      expect((await other.take([quota(endsAt)], 1)).taken).toBe(false);
      expect(await other.take([quota(Date.now() + LONG_MS)], 1)).toEqual({ taken: true, levels: [0] });
    });

    it('follows a capacity that changes', async () => {
      const bucket = (capacity: number) => [{ key: capacityKey, capacity, refillPerSecond: 0, reserve: 0 }];
      const capacityKey = fresh();
      expect((await one.take(bucket(3), 3)).levels).toEqual([0]);
      expect(await other.take(bucket(5), 1)).toEqual({ taken: true, levels: [1] });
      expect(await one.take(bucket(3), 1)).toEqual({ taken: false, levels: [0] });
    });

    it('refuses what is no key, no time to live and no bucket', async () => {
      await expect(one.get('a b')).rejects.toThrow(TypeError);
      await expect(one.get('')).rejects.toThrow(TypeError);
      await expect(one.set('x'.repeat(513), bytes(''), 1)).rejects.toThrow(TypeError);
      await expect(one.set('a', bytes(''), Number.NaN)).rejects.toThrow(TypeError);
      const bucket = { key: 'a', capacity: 1, refillPerSecond: 0, reserve: 0 };
      await expect(one.take([bucket, bucket], 1)).rejects.toThrow(TypeError);
      await expect(one.take([bucket], -1)).rejects.toThrow(TypeError);
      await expect(one.take([{ ...bucket, capacity: Number.NaN }], 1)).rejects.toThrow(TypeError);
    });

    it('says UNREACHABLE once it is closed', async () => {
      const closed = await open();
      await closed.close();
      await expect(closed.get('a')).rejects.toMatchObject({ reason: 'UNREACHABLE' });
      await expect(closed.subscribe('a', () => {})).rejects.toMatchObject({ reason: 'UNREACHABLE' });
      await closed.close();
    });
  });
}
