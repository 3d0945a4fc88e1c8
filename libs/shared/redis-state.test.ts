import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MemoryState, openSharedState, type SharedState } from './index.ts';
import { conforms } from './testing/conformance.ts';
import { describeWithRedis, type RedisServer, startRedis } from './testing/redis-server.ts';

describeWithRedis('in a server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  conforms('redis', () => openSharedState(server.url, { timeoutMs: 5_000 }));

  it('keeps deployments with prefixes of their own apart', async () => {
    const one = await openSharedState(server.url, { prefix: 'one:' });
    const other = await openSharedState(server.url.replace('redis:', 'valkey:'), { prefix: 'other:' });
    await one.set('key', Buffer.from('a'), 60_000);
    expect(await other.get('key')).toBeUndefined();
    const elsewhere = await openSharedState(`${server.url}/1`, { prefix: 'one:' });
    expect(await elsewhere.get('key')).toBeUndefined();
    for (const state of [one, other, elsewhere]) await state.close();
  });

  it('gives what memory gives, whatever is done in whatever order', async () => {
    const redis = await openSharedState(server.url, { timeoutMs: 5_000, prefix: 'property:' });
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
          const memory = new MemoryState();
          const scope = ++run;
          for (const apply of operations) {
            expect(await apply(redis, scope)).toEqual(await apply(memory, scope));
          }
          await memory.close();
        }),
        { numRuns: 100 },
      );
    } finally {
      await redis.close();
    }
  });
});

/** One call, on keys of one run. */
type Operation = (state: SharedState, run: number) => Promise<unknown>;

const LONG_MS = 600_000;
const name = fc.constantFrom('a', 'b', 'c');
const holder = fc.constantFrom('x', 'y');
const blob = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const endsAt = Date.now() + LONG_MS;
const buckets = fc.uniqueArray(
  fc.record({
    name,
    capacity: fc.integer({ min: 0, max: 20 }),
    reserve: fc.integer({ min: 0, max: 5 }),
    ends: fc.boolean(),
  }),
  { maxLength: 3, selector: (bucket) => bucket.name },
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  name.map(
    (key): Operation =>
      (state, run) =>
        state.get(`${run}:${key}`),
  ),
  fc.array(name).map(
    (keys): Operation =>
      (state, run) =>
        state.getMany(keys.map((key) => `${run}:${key}`)),
  ),
  fc.tuple(name, blob).map(
    ([key, value]): Operation =>
      (state, run) =>
        state.set(`${run}:${key}`, value, LONG_MS),
  ),
  name.map(
    (key): Operation =>
      (state, run) =>
        state.delete(`${run}:${key}`),
  ),
  fc.tuple(name, holder).map(
    ([key, who]): Operation =>
      (state, run) =>
        state.acquire(`${run}:${key}`, who, LONG_MS),
  ),
  fc.tuple(name, holder).map(
    ([key, who]): Operation =>
      (state, run) =>
        state.release(`${run}:${key}`, who),
  ),
  name.map(
    (key): Operation =>
      (state, run) =>
        state.holderOf(`${run}:${key}`),
  ),
  fc.tuple(name, fc.array(blob, { maxLength: 3 }), fc.option(fc.tuple(name, holder))).map(
    ([key, entries, fence]): Operation =>
      (state, run) => {
        const held = fence === null ? undefined : { lease: `${run}:${fence[0]}`, holder: fence[1] };
        return state.append(`${run}:${key}`, entries, LONG_MS, held);
      },
  ),
  fc.tuple(name, fc.integer({ min: -1, max: 6 })).map(
    ([key, from]): Operation =>
      (state, run) =>
        state.read(`${run}:${key}`, from),
  ),
  fc.tuple(buckets, fc.double({ min: 0, max: 8, noNaN: true })).map(
    ([all, amount]): Operation =>
      (state, run) =>
        state.take(
          all.map(({ name: key, capacity, reserve, ends }) => ({
            key: `${run}:${key}`,
            capacity,
            reserve,
            refillPerSecond: 0,
            ...(ends && { endsAt }),
          })),
          amount,
        ),
  ),
);

describeWithRedis('a server that is lost', () => {
  const timeoutMs = 500;
  const gone = { reason: 'UNREACHABLE', metadata: { service: 'shared-state' } };
  let server: RedisServer;
  let state: SharedState;
  beforeAll(async () => {
    server = await startRedis();
    state = await openSharedState(server.url, { timeoutMs });
  });
  afterAll(async () => {
    server.resume();
    await state.close();
    await server.close();
  });

  const everything = (): Promise<unknown>[] => [
    state.get('a'),
    state.getMany(['a']),
    state.set('a', Buffer.from('a'), 60_000),
    state.delete('a'),
    state.acquire('a', 'x', 60_000),
    state.release('a', 'x'),
    state.holderOf('a'),
    state.append('a', [Buffer.from('a')], 60_000),
    state.read('a', 0),
    state.publish('a', 'x'),
    state.take([{ key: 'a', capacity: 1, refillPerSecond: 1, reserve: 0 }], 1),
  ];

  it('fails every call typed and in time, then works again, and listens again', async () => {
    const heard: string[] = [];
    await state.subscribe('news', (text) => heard.push(text));
    await state.publish('news', 'before');
    await vi.waitFor(() => expect(heard).toEqual(['before']));

    await server.kill();
    const results = await Promise.allSettled(everything());
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: gone });
    await expect(state.subscribe('other', () => {})).rejects.toMatchObject(gone);

    await server.restart();
    await vi.waitFor(() => state.set('a', Buffer.from('again'), 60_000), { timeout: 10_000 });
    expect(String(await state.get('a'))).toBe('again');
    await vi.waitFor(
      async () => {
        await state.publish('news', 'after');
        expect(heard).toContain('after');
      },
      { timeout: 10_000, interval: 50 },
    );
    const leave = await state.subscribe('other', (text) => heard.push(text));
    await state.publish('other', 'elsewhere');
    await vi.waitFor(() => expect(heard).toContain('elsewhere'));
    leave();
  });

  it('fails in time where the server hangs, at once after that, and works when it goes on', async () => {
    server.pause();
    const startedAt = performance.now();
    const results = await Promise.allSettled(everything());
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: gone });
    expect(performance.now() - startedAt).toBeGreaterThan(timeoutMs * 0.9);
    await expect(state.get('a')).rejects.toThrow('there is no connection');
    server.resume();
    await vi.waitFor(() => state.get('a'), { timeout: 10_000 });
  });
});

describeWithRedis('opening', () => {
  it('begins without a server, and fails calls until there is one', async () => {
    const state = await openSharedState('redis://127.0.0.1:1', { timeoutMs: 50 });
    expect(state.kind).toBe('redis');
    await expect(state.get('a')).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    await state.close();
  });

  it('gives its password, and is unreachable with a wrong one', async () => {
    const server = await startRedis({ password: 'open sesame' });
    const right = await openSharedState(server.url, { timeoutMs: 5_000 });
    await right.set('a', Buffer.from('a'), 60_000);
    await right.close();
    const wrong = await openSharedState(server.url.replace('sesame', 'barley'), { timeoutMs: 100 });
    await expect(wrong.get('a')).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    await wrong.close();
    await server.close();
  });
});

describe('an address', () => {
  it('may be absent, which is memory, and is refused without being quoted where it is none', async () => {
    const state = await openSharedState(undefined);
    expect(state.kind).toBe('memory');
    await state.close();
    for (const wrong of ['http://user:hush@host', 'redis://', 'redis://:hush@host/x/y', 'hush']) {
      const error: unknown = await openSharedState(wrong).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).not.toContain('hush');
    }
  });
});
