import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryState } from '../../libs/shared/index.ts';
import type { AnswerContext } from './adapter.ts';
import { AnswerStore } from './answers.ts';
import { loadPartners } from './load.ts';
import { type RestoredAnswer, SharedAnswers } from './shared-answers.ts';
import { localPartner, row, start, testAdapters, writePartners } from './testing/rig.ts';

const configDirectory = writePartners({ one: { adapter: 'plain', endpoint: 'http://partner.test' } });
const partner = localPartner(await loadPartners({ configDirectory, adapterDirectories: [testAdapters] }), 'one');
const manifest = partner.manifest.digest;
const DIGEST = 'A'.repeat(22);

let state: MemoryState;
let shared: SharedAnswers;
beforeEach(() => {
  state = new MemoryState();
  shared = new SharedAnswers(state, (name) => (name === 'one' ? partner : undefined));
});
afterEach(() => state.close());

function answer(body: Buffer, context: Partial<AnswerContext> = {}): RestoredAnswer {
  const { criteria, market, currency, locale } = start();
  const { account } = partner;
  return {
    partner,
    context: {
      account,
      criteria: criteria!,
      market,
      currency,
      locale,
      now: 1,
      fetchedAt: 2,
      manifest: partner.manifest,
      ...context,
    },
    kind: 'page',
    body,
    contentType: 'application/json',
    expiresAt: Date.now() + 60_000,
  };
}

const rows = { rows: [row(1), row(2, { note: 'x'.repeat(5_000) })] };
const body = Buffer.from(JSON.stringify(rows));

describe('an answer that is shared', () => {
  it('comes back with all that its rows follow from', async () => {
    const progress = {
      step: 1,
      page: 2,
      offset: 10,
      cursor: 'c',
      polls: 3,
      taken: { list: [1n, new Map([['a', 1]])], when: null },
      before: { id: 'r1', values: { token: 't' } },
    };
    const filters = [{ attribute: 'star_rating', operator: 'at_least' as const, value: 3, text: 'star_rating >= 3.0' }];
    for (const bytes of [body, Buffer.from('{}')]) {
      const given = answer(bytes, { progress, filters, headers: { etag: '"1"' } });
      shared.write(DIGEST, given);
      expect(await shared.written(DIGEST)).toBe(true);
      const found = await shared.read(DIGEST, manifest);
      expect(found?.body.equals(bytes)).toBe(true);
      expect(found).toEqual({ ...given, body: expect.anything() });
    }
  });

  it('is looked for once more by who asks in the moment in which it is being written', async () => {
    shared.write(DIGEST, answer(body));
    await shared.settled();
    vi.spyOn(state, 'get').mockResolvedValueOnce(undefined);
    expect((await shared.read(DIGEST, manifest))?.body.equals(body)).toBe(true);
  });

  it('is there for as long as its rows live, and no longer', async () => {
    const written = vi.spyOn(state, 'set');
    shared.write(DIGEST, { ...answer(body), expiresAt: Date.now() - 1 });
    expect(await shared.written(DIGEST)).toBe(false);
    expect(written).not.toHaveBeenCalled();
    shared.write(DIGEST, answer(body));
    await shared.settled();
    const [, , ttlMs] = written.mock.calls[0]!;
    expect(ttlMs).toBeLessThanOrEqual(60_000);
    expect(ttlMs).toBeGreaterThan(50_000);
  });

  it('is no larger than others can be expected to take', async () => {
    const written = vi.spyOn(state, 'set');
    shared.write(DIGEST, answer(randomBytes(8_400_000)));
    expect(await shared.written(DIGEST)).toBe(false);
    expect(written).not.toHaveBeenCalled();
    shared.write(DIGEST, answer(Buffer.alloc(8_400_000)));
    expect(await shared.written(DIGEST)).toBe(true);
    expect(written.mock.calls[0]![1].length).toBeLessThan(10_000);
  });

  it('waits with no more than a bounded part of memory', async () => {
    const digests = Array.from({ length: 10 }, (_, at) => `${at}`.repeat(22));
    for (const digest of digests) shared.write(digest, answer(Buffer.alloc(8_000_000)));
    await shared.settled();
    const found = await Promise.all(digests.map((digest) => state.get(`answer:${digest}`)));
    expect(found.filter((one) => one !== undefined)).toHaveLength(8);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['of another version', Buffer.alloc(100, 9)],
    ['cut off', Buffer.from([1, 1, 255, 255, 0, 0, 1, 0, 0, 0, 7])],
    ['of another kind', Buffer.from([1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5])],
  ])('is as good as none where it is %s', async (_what, stored) => {
    await state.set(`answer:${DIGEST}`, stored, 60_000);
    expect(await shared.read(DIGEST, manifest)).toBeUndefined();
  });

  it('is as good as none where it cannot be reached', async () => {
    await state.close();
    shared.write(DIGEST, answer(body));
    expect(await shared.written(DIGEST)).toBe(false);
    expect(await shared.read(DIGEST, manifest)).toBeUndefined();
  });
});

it('what had to go from a store for room is found where it was written to', async () => {
  const store = new AnswerStore({ budgetBytes: body.length + 100 }, shared);
  const [one, other] = [answer(body, { fetchedAt: 1 }), answer(body, { fetchedAt: 2 })].map((given) =>
    store.hold({ ...given, rows: rows.rows }),
  );
  expect(store.stats().answers).toBe(1);
  const found = await Promise.all([store.rows(one!, manifest), store.rows(one!, manifest)]);
  expect(found.map((held) => held?.rows)).toEqual([rows.rows, rows.rows]);
  expect((await store.rows(other!, manifest))?.rows).toEqual(rows.rows);
  store.close();
  expect(await store.rows(one!, manifest)).toBeUndefined();
});
