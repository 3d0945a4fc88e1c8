import { afterEach, describe, expect, it } from 'vitest';
import { readColumns } from '../../../libs/columns/index.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SearchResponse } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { json, startPartner } from '../testing/partner-server.ts';
import { batch, hotels, outcome, outcomeOf, plan, startRemote, type TestRemote } from '../testing/remote.ts';
import { only, type Rig, row, search, start, startRig } from '../testing/rig.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function remoteOf(...args: Parameters<typeof startRemote>): Promise<TestRemote> {
  const remote = await startRemote(...args);
  closing.push(() => remote.close());
  return remote;
}

async function rigOf(...args: Parameters<typeof startRig>): Promise<Rig> {
  const rig = await startRig(...args);
  closing.push(() => rig.close());
  return rig;
}

const sells = (remote: { readonly address: string }, other: Record<string, unknown> = {}) => ({
  address: remote.address,
  vertical: 'stay',
  ...other,
});

describe('a partner by address', () => {
  it('is asked alone, by its name, and its rows and outcome go on', async () => {
    const remote = await remoteOf({
      async *search({ partners, market, currency, criteria }) {
        expect({ partners, market, currency }).toEqual({ partners: ['one'], market: 'GB', currency: 'EUR' });
        expect(criteria?.vertical?.$case).toBe('stay');
        yield plan('one');
        yield batch(hotels('one', [1, 2], 'first'));
        yield batch(hotels('one', [7], 'second'));
        const rejections = [{ reason: RejectionReason.INVALID_CURRENCY, count: 2, example: 'no currency' }];
        yield outcome('one', { rowsReceived: 5, rejections });
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    const said = await search(rig);
    expect(said.plan).toEqual({ asked: ['one'], skipped: [], applied: [], unshared: ['one'] });
    expect(said.batches.map(({ rows }) => rows.length / 4)).toEqual([2, 1]);
    expect(said.batches[1]!.rows.readUInt32LE()).toBe(7);
    expect(said.outcome('one')).toMatchObject({
      status: OutcomeStatus.OK,
      rowsReceived: 5,
      offersKept: 3,
      rejections: [{ reason: RejectionReason.INVALID_CURRENCY, count: 2, example: 'no currency' }],
      requests: 3,
    });
  });

  it('gives identity attributes, which stay here; its own product ids count for nothing', async () => {
    const remote = await remoteOf({
      async *search() {
        yield plan('one');
        const claimed = { dictionary: ['somebody-elses-product'], codes: Buffer.alloc(8) };
        yield batch({ ...hotels('one', [1, 2]), products: claimed });
        const changes = [{ provisionalProductId: 'x', productId: 'somebody-elses-product' }];
        yield { message: { $case: 'identities', value: { changes, unavailable: false } } };
        yield outcome('one');
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    const { batches, messages } = await search(rig);
    expect([...readColumns(batches[0]!.columns!).keys()].sort()).toEqual(['property_name', 'star_rating']);
    const resolved = messages.flatMap(({ message }) => (message?.$case === 'identities' ? message.value.changes : []));
    expect(resolved.map(({ productId }) => productId).sort()).toEqual(['product-H1', 'product-H2']);
    expect(JSON.stringify(messages)).not.toContain('somebody');
    // Remembered, as for any partner.
    const again = await search(rig);
    expect(again.batches[0]!.products!.dictionary).toEqual(['product-H1', 'product-H2']);
    expect(rig.normalization.calls).toHaveLength(1);
  });

  it('has what is left of the time', async () => {
    const remote = await remoteOf();
    const rig = await rigOf({ one: sells(remote, { timeoutMs: 60_000 }) });
    const before = Date.now();
    await search(rig, start(), { timeoutMs: 2_000 });
    const [context] = remote.contexts;
    expect(context!.deadline! - before).toBeGreaterThan(1_000);
    expect(context!.deadline! - before).toBeLessThan(5_000);
  });

  it('sees its stream end, not cancelled, once it has said all', async () => {
    const ended = Promise.withResolvers<boolean>();
    const remote = await remoteOf({
      async *search(_, { signal }) {
        try {
          yield plan('one');
          yield outcome('one');
          await new Promise((resolve) => setTimeout(resolve, 50));
        } finally {
          ended.resolve(signal.aborted);
        }
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    await search(rig);
    expect(await ended.promise).toBe(false);
  });

  it('may decline a search in its plan, or by its outcome', async () => {
    const remote = await remoteOf({
      async *search() {
        const skipped = [outcomeOf('one', { status: OutcomeStatus.UNSUPPORTED_CRITERIA, detail: 'no rooms for 9' })];
        yield { message: { $case: 'plan', value: { asked: [], skipped, applied: [], unshared: [] } } };
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.UNSUPPORTED_CRITERIA,
      detail: 'no rooms for 9',
    });
    remote.search = async function* () {
      yield plan('one');
      yield outcome('one', {
        status: OutcomeStatus.RATE_LIMITED,
        failure: FailureKind.RATE_LIMIT,
        retryAfterMs: 60_000,
      });
    };
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.RATE_LIMITED,
      retryAfterMs: 60_000,
    });
    // And is left alone for so long.
    expect((await search(rig)).plan.skipped[0]).toMatchObject({ status: OutcomeStatus.RATE_LIMITED });
    expect(remote.contexts).toHaveLength(2);
  });

  it('gets the conditions of the filter, and says which it applied', async () => {
    const constraints = [
      { text: 'star_rating >= 4.0', attribute: 'star_rating', operator: 'at_least', values: ['4'] },
      { text: 'free_cancellation', attribute: 'free_cancellation', operator: 'is_true', values: [] },
    ];
    const remote = await remoteOf({
      async *search(start) {
        expect(start.constraints).toEqual(constraints);
        expect(start.filter).toBe(filter);
        // One as it was given, and a wider one than was given: a platform that is a partner may have only that word for it.
        const applied = [
          { partner: 'one', constraints: ['free_cancellation', 'star_rating >= 3.0', 'free_cancellation'] },
        ];
        yield { message: { $case: 'plan', value: { asked: ['one'], skipped: [], applied, unshared: [] } } };
        yield batch(hotels('one', [1]));
        yield outcome('one', { appliedFilters: ['star_rating >= 4.0'] });
      },
    });
    const filter = 'star_rating >= 4 && property_name.startsWith("H") && free_cancellation';
    const rig = await rigOf({ one: sells(remote) });
    const said = await search(rig, start({ filter }));
    const kinds = said.messages.map(({ message }) => message?.$case);
    expect(kinds.indexOf('applied')).toBeLessThan(kinds.indexOf('batch'));
    expect(said.messages[kinds.indexOf('applied')]?.message?.value).toEqual({
      partner: 'one',
      constraints: ['free_cancellation', 'star_rating >= 3.0'],
    });
    // What it says in its plan counts.
    expect(said.outcome('one').appliedFilters).toEqual(['free_cancellation', 'star_rating >= 3.0']);
  });

  it('applies nothing where its plan says nothing', async () => {
    const rig = await rigOf({ one: sells(await remoteOf()) });
    const { messages, outcome: outcomeOfPartner } = await search(rig, start({ filter: 'star_rating >= 4.0' }));
    expect(messages.map(({ message }) => message?.$case)).not.toContain('applied');
    expect(outcomeOfPartner('one').appliedFilters).toEqual([]);
  });

  it('loses rows that cannot be offers, one by one, counted like those of any partner', async () => {
    const remote = await remoteOf({
      async *search() {
        yield plan('one');
        const rows = hotels(
          'one',
          [1, 2, 3, 3].map((n, i) => n * 10 + i),
        );
        rows.columns!.columns[0]!.presence = Buffer.from([0b1101]);
        rows.expiresAt.writeBigInt64LE(BigInt(Date.now() - 5_000), 16);
        yield batch(rows);
        yield batch(hotels('one', [10]));
        yield outcome('one', { rejections: [{ reason: RejectionReason.EXPIRED, count: 4, example: 'theirs' }] });
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    const said = await search(rig);
    expect(said.outcome('one')).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 5, offersKept: 2 });
    expect(said.outcome('one').rejections.map(({ reason, count }) => [reason, count])).toEqual([
      [RejectionReason.MISSING_FIELD, 1],
      [RejectionReason.EXPIRED, 5],
      [RejectionReason.DUPLICATE, 1],
    ]);
  });

  it('says that it had nothing, or nothing that could be used, whatever it calls that', async () => {
    const remote = await remoteOf({
      async *search() {
        yield plan('one');
        yield outcome('one');
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    expect((await search(rig)).outcome('one').status).toBe(OutcomeStatus.EMPTY);
    remote.search = async function* () {
      yield plan('one');
      const rows = hotels('one', [1]);
      rows.prices!.currencies = ['EUX'];
      yield batch(rows);
      yield outcome('one');
    };
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.MALFORMED,
      rejections: [{ reason: RejectionReason.INVALID_CURRENCY, count: 1 }],
    });
  });

  it('keeps what came before it failed', async () => {
    const remote = await remoteOf({
      async *search() {
        yield plan('one');
        yield batch(hotels('one', [1]));
        throw new EntrepotError({ reason: 'OVERLOADED', message: 'too much', retryAfterMs: 2_000 });
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    const said = await search(rig);
    expect(said.batches).toHaveLength(1);
    expect(said.outcome('one')).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.RATE_LIMIT,
      offersKept: 1,
      retryAfterMs: 2_000,
    });
  });

  it('is done when it has said its outcome, also where it forgets to close its stream', async () => {
    const gone = Promise.withResolvers<void>();
    const remote = await remoteOf({
      async *search(_, { signal }) {
        yield plan('one');
        yield outcome('one');
        signal.addEventListener('abort', () => gone.resolve());
        await gone.promise;
      },
    });
    const rig = await rigOf({ one: sells(remote, { timeoutMs: 30_000 }) });
    const before = Date.now();
    await search(rig);
    expect(Date.now() - before).toBeLessThan(900);
    await gone.promise;
  });
});

describe('a remote that fails', () => {
  it('is TIMED_OUT when it hangs, and its call is cancelled', async () => {
    const cancelled = Promise.withResolvers<void>();
    const remote = await remoteOf({
      async *search(_, { signal }) {
        yield plan('one');
        signal.addEventListener('abort', () => cancelled.resolve());
        await cancelled.promise;
      },
    });
    const rig = await rigOf({ one: sells(remote, { timeoutMs: 200 }) });
    const before = Date.now();
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.TIMED_OUT,
      failure: FailureKind.TIMEOUT,
    });
    expect(Date.now() - before).toBeLessThan(1_000);
    await cancelled.promise;
  });

  it('hears of it when the caller gives up', async () => {
    const [asked, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const remote = await remoteOf({
      async *search(_, { signal }) {
        yield plan('one');
        signal.addEventListener('abort', () => cancelled.resolve());
        asked.resolve();
        await cancelled.promise;
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    const abort = new AbortController();
    const searching = Array.fromAsync(rig.client.search(only(start()), { signal: abort.signal }));
    searching.catch(() => {});
    await asked.promise;
    abort.abort();
    await expect(searching).rejects.toMatchObject({ reason: 'CANCELLED' });
    await cancelled.promise;
  });

  it('is FAILED when it dies, PARTIAL when rows had come, and found again when it is back', async () => {
    let die: () => void = () => {};
    const remote = await startRemote({
      async *search() {
        yield plan('one');
        yield batch(hotels('one', [1]));
        die();
        await new Promise(() => {});
      },
    });
    const dead = new Promise<void>((resolve) => {
      die = () => setTimeout(() => remote.close().then(resolve), 50);
    });
    const rig = await rigOf({ one: sells(remote) });
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.CONNECTION,
      offersKept: 1,
    });
    await dead;
    expect((await search(rig)).outcome('one')).toMatchObject({
      status: OutcomeStatus.FAILED,
      failure: FailureKind.CONNECTION,
    });
    await remoteOf({}, remote.address);
    await expect.poll(async () => (await search(rig)).outcome('one').status, { timeout: 5_000 }).toBe(OutcomeStatus.OK);
  });

  it('costs no other partner anything', async () => {
    const local = await startPartner((_, response) => json(response, { rows: [row(1)] }));
    closing.push(() => local.close());
    const well = await remoteOf();
    const ill = await remoteOf({
      async *search() {
        yield plan('ill');
        yield batch({ ...hotels('ill', [1]), rows: Buffer.alloc(3) });
      },
    });
    const hanging = await remoteOf({
      async *search() {
        await new Promise(() => {});
        yield plan('never');
      },
    });
    const rig = await rigOf({
      local: { adapter: 'plain', endpoint: local.url },
      well: sells(well),
      ill: sells(ill),
      hanging: sells(hanging, { timeoutMs: 300 }),
      nobody: { address: '127.0.0.1:1', vertical: 'stay' },
    });
    const { outcome: of } = await search(rig);
    expect(of('local')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 1 });
    expect(of('well')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 });
    expect(of('ill')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    expect(of('hanging')).toMatchObject({ status: OutcomeStatus.TIMED_OUT, failure: FailureKind.TIMEOUT });
    expect(of('nobody')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.CONNECTION });
  });

  const failures: readonly [string, EntrepotError, FailureKind][] = [
    ['refuses the request', new EntrepotError({ reason: 'INVALID_FIELD', message: 'no' }), FailureKind.REQUEST_REFUSED],
    ['has no Search', new EntrepotError({ reason: 'UNKNOWN_METHOD', message: 'no' }), FailureKind.MALFORMED],
    ['breaks', new EntrepotError({ reason: 'INTERNAL', message: 'oh' }), FailureKind.SERVER_ERROR],
    ['wants a login', new EntrepotError({ reason: 'INTERNAL', code: 16, message: 'who?' }), FailureKind.AUTHENTICATION],
  ];
  it.each(failures)('is told apart: it %s', async (_, error, failure) => {
    const remote = await remoteOf({
      // biome-ignore lint/correctness/useYield: it fails before it says anything.
      async *search(): AsyncGenerator<SearchResponse> {
        throw error;
      },
    });
    const rig = await rigOf({ one: sells(remote) });
    expect((await search(rig)).outcome('one')).toMatchObject({ status: OutcomeStatus.FAILED, failure });
  });
});

describe('concurrency', () => {
  it('is kept for remotes too', async () => {
    let most = 0;
    let open = 0;
    const remote = await remoteOf({
      async *search({ partners }) {
        open++;
        most = Math.max(most, open);
        yield plan(partners[0]!);
        await new Promise((resolve) => setTimeout(resolve, 20));
        open--;
        yield outcome(partners[0]!);
      },
    });
    const rig = await rigOf({ one: sells(remote, { concurrency: 2 }) });
    await Promise.all(Array.from({ length: 6 }, () => search(rig)));
    expect(most).toBe(2);
    expect(remote.contexts).toHaveLength(6);
  });
});
