import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnswerContext } from './adapter.ts';
import { type Answer, AnswerStore, type AnswerStoreOptions } from './answers.ts';
import { loadPartners } from './load.ts';
import type { ConfiguredPartner } from './partner.ts';
import { localPartner, row, start, testAdapters, writePartners } from './testing/rig.ts';

const configDirectory = writePartners({ one: { adapter: 'plain', endpoint: 'http://partner.test' } });
const partner = localPartner(await loadPartners({ configDirectory, adapterDirectories: [testAdapters] }), 'one');

let store: AnswerStore;
afterEach(() => store.close());

function open(options: AnswerStoreOptions = {}): AnswerStore {
  store = new AnswerStore(options);
  return store;
}

/** An answer of so many rows; `salt` makes it another one. */
function answer(rows: number, salt = 0, lifetimeMs = 60_000): Answer {
  const list = Array.from({ length: rows }, (_, i) => row(i, { name: `Hotel ${i} of answer ${salt}` }));
  return {
    partner,
    context: contextOf(partner),
    kind: 'page',
    body: Buffer.from(JSON.stringify({ rows: list })),
    contentType: 'application/json',
    rows: list,
    expiresAt: Date.now() + lifetimeMs,
  };
}

function contextOf({ account, manifest }: ConfiguredPartner): AnswerContext {
  const { criteria, market, currency, locale } = start();
  return { account, criteria: criteria!, market, currency, locale, now: 1, fetchedAt: 1, manifest };
}

const { digest: manifest } = partner.manifest;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that somebody holds. */
async function heldBuffers(): Promise<number> {
  collect();
  // Buffers are swept beside other work.
  await setTimeout(50);
  collect();
  return process.memoryUsage().arrayBuffers;
}

const until = async (fits: () => boolean) => {
  while (!fits()) await setTimeout(5);
};

describe('held answers', () => {
  it('give their rows at once while parsed, and parsed again later', async () => {
    open({ parsedForMs: 20 });
    const held = answer(10);
    const digest = store.hold(held);
    expect(store.rows(digest, manifest)).toMatchObject({ rows: held.rows });
    await until(() => store.stats().parsed === 0);
    expect(await store.rows(digest, manifest)).toMatchObject({ rows: held.rows });
    expect(store.stats()).toMatchObject({ answers: 1, parsed: 1, reparsed: 1 });
  });

  it('stay as they came while there is room, and are compressed oldest first beyond it', async () => {
    const body = answer(100).body.length;
    open({ parsedForMs: 20, plainBytes: body * 2 });
    const digests = [1, 2, 3, 4, 5].map((salt) => store.hold(answer(100, salt)));
    await until(() => store.stats().plainBytes <= body * 2);
    const { answers, bytes, compressed } = store.stats();
    expect([answers, compressed]).toEqual([5, 3]);
    expect(bytes).toBeLessThan(body * 3.5);
    for (const [i, digest] of digests.entries()) {
      const held = await store.rows(digest, manifest);
      expect(held!.rows).toEqual(answer(100, i + 1).rows);
    }
  });

  it('take as much memory as is counted once they are compressed', async () => {
    const before = await heldBuffers();
    open({ parsedForMs: 20, plainBytes: 0 });
    // Much of the same: a hundredth of them remains.
    for (let salt = 0; salt < 300; salt++) {
      const rows = Array.from({ length: 400 }, () => row(1, { name: `Hotel ${salt}` }));
      store.hold({ ...answer(1), body: Buffer.from(JSON.stringify({ rows })), rows });
    }
    await until(() => store.stats().compressed === 300);
    // Beside them there are a few of the blocks of 64 KiB that Node cuts small buffers from.
    expect((await heldBuffers()) - before).toBeLessThan(store.stats().bytes + 500_000);
  });

  it('compresses large bodies apart from the event loop, and reads them again', async () => {
    open({ parsedForMs: 20, plainBytes: 0 });
    const large = answer(12_000);
    expect(large.body.length).toBeGreaterThan(1_048_576);
    const digest = store.hold(large);
    await until(() => store.stats().compressed === 1);
    expect((await store.rows(digest, manifest))!.rows).toEqual(large.rows);
  });

  it('never exceed the budget: the least recently used go first', async () => {
    const body = answer(50).body.length;
    open({ budgetBytes: body * 3 + 100 });
    const digests: string[] = [];
    for (let salt = 1; salt <= 3; salt++) digests.push(store.hold(answer(50, salt)));
    expect(store.rows(digests[0]!, manifest)).toBeDefined();
    digests.push(store.hold(answer(50, 4)));
    expect(store.stats().bytes).toBeLessThanOrEqual(body * 3 + 100);
    expect(store.stats()).toMatchObject({ answers: 3, evicted: 1 });
    expect(digests.map((digest) => store.rows(digest, manifest) !== undefined)).toEqual([true, false, true, true]);
  });

  it('keep parsed rows within their own budget', () => {
    const body = answer(50).body.length;
    open({ parsedBytes: body * 2 + 100 });
    for (let salt = 1; salt <= 5; salt++) store.hold(answer(50, salt));
    expect(store.stats()).toMatchObject({ answers: 5, parsed: 2 });
  });

  it('go when their last row has expired, and leave nothing behind', async () => {
    open({ parsedForMs: 20 });
    const digest = store.hold(answer(10, 1, 40));
    store.hold(answer(10, 2, 60));
    await until(() => store.stats().answers === 0);
    expect(store.rows(digest, manifest)).toBeUndefined();
    expect(store.stats()).toMatchObject({ bytes: 0, plainBytes: 0, parsedBytes: 0, parsed: 0, expired: 2 });
  });

  it('come back to nothing after any mix of work', async () => {
    const body = answer(50).body.length;
    open({ parsedForMs: 20, budgetBytes: body * 20, plainBytes: body * 5 });
    const digests = Array.from({ length: 200 }, (_, salt) => store.hold(answer(50, salt, 30 + (salt % 7) * 40)));
    for (const digest of digests) await store.rows(digest, manifest);
    await until(() => store.stats().answers === 0);
    expect(store.stats()).toMatchObject({ bytes: 0, plainBytes: 0, parsedBytes: 0, parsed: 0 });
  });

  it('are another answer when anything differs that rows follow from', () => {
    open();
    const one = answer(1);
    const others: Answer[] = [
      { ...one, kind: 'verified' },
      { ...one, context: { ...one.context, fetchedAt: 2 } },
      { ...one, context: { ...one.context, market: 'FR' } },
      { ...one, context: { ...one.context, criteria: { vertical: undefined } } },
      answer(1, 9),
    ];
    const digests = [one, ...others].map((each) => store.hold(each));
    expect(new Set(digests).size).toBe(6);
    expect(store.hold(one)).toBe(digests[0]);
    expect(store.stats().answers).toBe(6);
  });

  it('are not found under another manifest', () => {
    open();
    const digest = store.hold(answer(1));
    expect(store.rows(digest, 'other')).toBeUndefined();
  });
});
