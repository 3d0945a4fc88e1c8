import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type DecideRequest,
  type KeyName,
  ProductEventKind,
  ReviewKind,
  ReviewState,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { flights, rowsOf, type SampleStay, stays } from '../samples.ts';
import { type Running, refusal, startService } from '../testing/service.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(): Promise<Running> {
  const running = await startService();
  closers.push(() => running.close());
  return running;
}

const towns: readonly (readonly [number, number])[] = [
  [39.5, 2.7],
  [40.4, -3.7],
  [41.4, 2.2],
  [52.5, 13.4],
];
/** A house of its own in each town. */
const house = (partner: string, town: number): SampleStay => ({
  code: `${town}`,
  name: `Hotel ${['Sol', 'Luna', 'Mar', 'Cielo'][town]} ${partner}`,
  at: towns[town]!,
});

async function ask(client: Running['client'], partner: string, ...rows: SampleStay[]): Promise<string[]> {
  const { identities } = await client.resolve({ vertical: 'stay', evidence: [stays(partner, rows)] });
  return identities.map(({ productId }) => productId);
}

const word = { author: 'ana', reason: 'seen on the map' };
const decision = (value: DecideRequest['decision']): DecideRequest => ({ decision: value, ...word });
const merge = (intoProductId: string, ...productIds: string[]): DecideRequest =>
  decision({ $case: 'merge', value: { intoProductId, productIds, etag: '' } });
const split = (productId: string, ...keys: KeyName[]): DecideRequest =>
  decision({ $case: 'split', value: { productId, keys, etag: '' } });
const move = (toProductId: string, ...keys: KeyName[]): DecideRequest =>
  decision({ $case: 'move', value: { keys, toProductId } });
const answer = (reviewId: string, same: boolean): DecideRequest =>
  decision({ $case: 'review', value: { reviewId, same } });

/** Everything that a decision may change: keys with why they lead where, and where every id leads. */
async function picture({ client, store }: Running, ids: readonly string[]): Promise<unknown> {
  const keys = await store.query('SELECT * FROM product_keys ORDER BY vertical, partner, key');
  const records = await store.query('SELECT * FROM records ORDER BY vertical, partner, key');
  const { products } = await client.batchGetProducts({ productIds: [...ids], contentOnly: false });
  return {
    keys,
    records,
    products: products.map(({ requestedId, product }) => ({
      requestedId,
      id: product!.productId,
      keys: product!.keys,
      title: product!.title,
    })),
  };
}

describe('merging', () => {
  it('moves the keys, and lets the merged id lead to what it became, also after a restart', async () => {
    const running = await start();
    const [a] = await ask(running.client, 'one', house('one', 0));
    const [b] = await ask(running.client, 'two', house('two', 1));
    const { event, products } = await running.client.decide(merge(a!, b!));
    expect(event).toMatchObject({
      kind: ProductEventKind.MERGED,
      productId: a,
      otherProductIds: [b],
      keys: [{ partner: 'two', key: '1' }],
      author: 'ana',
      evidence: 'seen on the map',
    });
    expect(products).toMatchObject([{ productId: a, formerProductIds: [b] }]);
    for (let round = 0; round < 2; round++) {
      expect(await ask(running.client, 'two', house('two', 1))).toEqual([a]);
      expect((await running.client.getProduct({ productId: b!, statedBy: undefined })).product).toMatchObject({
        productId: a,
        formerProductIds: [b],
      });
      await running.restart();
    }
  });

  it('follows chains', async () => {
    const running = await start();
    const { client } = running;
    const [a, b, c] = await ask(client, 'one', house('one', 0), house('one', 1), house('one', 2));
    await client.decide(merge(b!, a!));
    await client.decide(merge(c!, b!));
    const { products } = await client.batchGetProducts({ productIds: [a!, b!, 'st_none'], contentOnly: true });
    expect(products).toMatchObject([
      { requestedId: a, product: { productId: c, keys: [] } },
      { requestedId: b, product: { productId: c } },
    ]);
    expect((await client.getProduct({ productId: a!, statedBy: undefined })).product!.formerProductIds).toEqual(
      [a, b].sort(),
    );
    // A former id says as well what is to be merged.
    const [d] = await ask(client, 'one', house('one', 3));
    await client.decide(merge(d!, a!));
    expect(await ask(client, 'one', house('one', 2))).toEqual([d]);
  });

  it('of flights leads from every itinerary to the one product, with the keys of both', async () => {
    const { client } = await start();
    const segments = [
      'QF|495|2026-04-16|SYD|MEL|20:00|2026-04-16T21:35',
      'QF|497|2026-04-16|SYD|MEL|21:00|2026-04-16T22:35',
    ];
    const resolve = async (): Promise<string[]> =>
      (
        await client.resolve({
          vertical: 'flight',
          evidence: [
            flights(
              'duffel',
              segments.map((one) => [one]),
            ),
          ],
        })
      ).identities.map(({ productId }) => productId);
    const [a, b] = await resolve();
    const { event } = await client.decide(merge(a!, b!));
    expect(await resolve()).toEqual([a, a]);
    const { product } = await client.getProduct({ productId: b!, statedBy: undefined });
    expect(product!.keys.map(({ key }) => key)).toHaveLength(4);
    await client.undo({ eventId: event!.eventId, ...word });
    expect(await resolve()).toEqual([a, b]);
  });

  it('then undoing restores every id and key', async () => {
    const running = await start();
    const ids = [
      ...(await ask(running.client, 'one', house('one', 0), house('one', 1))),
      ...(await ask(running.client, 'two', house('two', 2))),
    ];
    const before = await picture(running, ids);
    const { event } = await running.client.decide(merge(ids[0]!, ids[1]!, ids[2]!));
    expect(await picture(running, ids)).not.toEqual(before);
    const undone = await running.client.undo({ eventId: event!.eventId, ...word });
    expect(undone.event).toMatchObject({ kind: ProductEventKind.UNDONE, undoes: event!.eventId });
    expect(await picture(running, ids)).toEqual(before);
    await running.restart();
    expect(await picture(running, ids)).toEqual(before);
  });
});

describe('splitting and moving', () => {
  it('gives keys a product of their own whose id is the same whenever they are split off', async () => {
    const running = await start();
    const { client } = running;
    const [a, b] = await ask(client, 'one', house('one', 0), house('one', 1));
    await client.decide(merge(a!, b!));
    const first = await client.decide(split(a!, { partner: 'one', key: '1' }));
    const id = first.event!.otherProductIds[0]!;
    expect(id).toMatch(/^st_/);
    expect(first.products.map(({ productId }) => productId)).toEqual([a, id]);
    expect(await ask(client, 'one', house('one', 0), house('one', 1))).toEqual([a, id]);
    await client.undo({ eventId: first.event!.eventId, ...word });
    expect((await client.getProduct({ productId: id, statedBy: undefined })).product!.productId).toBe(a);
    const second = await client.decide(split(a!, { partner: 'one', key: '1' }));
    expect(second.event!.otherProductIds).toEqual([id]);
    await running.restart();
    expect(await ask(running.client, 'one', house('one', 1))).toEqual([id]);
  });

  it('lets the id of a product that no key is left of lead to where they went', async () => {
    const { client } = await start();
    const [a, b] = await ask(client, 'one', house('one', 0), house('one', 1));
    const { event } = await client.decide(move(a!, { partner: 'one', key: '1' }));
    expect(event).toMatchObject({ kind: ProductEventKind.MOVED, productId: a, otherProductIds: [b] });
    expect((await client.getProduct({ productId: b!, statedBy: undefined })).product!.productId).toBe(a);
    await client.undo({ eventId: event!.eventId, ...word });
    expect(await ask(client, 'one', house('one', 1))).toEqual([b]);
  });

  it('takes keys that came to a split product since along when the split is undone', async () => {
    const { client } = await start();
    const [a, b] = await ask(client, 'one', house('one', 0), house('one', 1));
    await client.decide(merge(a!, b!));
    const { event } = await client.decide(split(a!, { partner: 'one', key: '1' }));
    const fresh: SampleStay = { ...house('one', 1), code: 'x' };
    const [joined] = await ask(client, 'two', fresh);
    expect(joined).toBe(event!.otherProductIds[0]);
    const undone = await client.undo({ eventId: event!.eventId, ...word });
    expect(await ask(client, 'two', fresh)).toEqual([a]);
    await client.undo({ eventId: undone.event!.eventId, ...word });
    expect(await ask(client, 'two', fresh)).toEqual([joined]);
  });

  it("takes a partner's code out of a product that it leads to by a shared key, and keeps it out", async () => {
    const running = await start();
    const row = { item_code: 'w1', gtin: '4006381333931', title: 'Pen' };
    const resolve = async (partner: string, more: object = {}): Promise<string> =>
      (await running.client.resolve({ vertical: 'good', evidence: [rowsOf('good', partner, [{ ...row, ...more }])] }))
        .identities[0]!.productId;
    const pen = await resolve('right');
    expect(await resolve('wrong')).toBe(pen);
    const before = await picture(running, [pen]);
    const { event } = await running.client.decide(split(pen, { partner: 'wrong', key: 'w1' }));
    const [own] = event!.otherProductIds;
    expect([await resolve('right'), await resolve('wrong'), await resolve('third')]).toEqual([pen, own, pen]);
    await running.restart();
    expect([await resolve('right'), await resolve('wrong', { title: 'Pen, blue' })]).toEqual([pen, own]);
    await running.client.undo({ eventId: event!.eventId, ...word });
    expect(await resolve('wrong')).toBe(pen);
    const after = (await picture(running, [pen])) as { keys: unknown };
    expect(after.keys).toEqual((before as { keys: unknown }).keys);
  });
});

describe('what people decide', () => {
  const step = fc.record({
    what: fc.constantFrom('merge', 'split', 'move', 'undo'),
    a: fc.nat({ max: 30 }),
    b: fc.nat({ max: 30 }),
  });

  it('can be undone in reverse until every id and key is as it was, whatever it was', async () => {
    const running = await start();
    const { client } = running;
    const codes = [0, 1, 2, 3].flatMap((town) => ['one', 'two'].map((partner) => ({ partner, town })));
    const ids: string[] = [];
    for (const { partner, town } of codes) {
      ids.push(...(await ask(client, partner, { ...house(partner, town), name: `${partner} ${town} x${partner}` })));
    }
    expect(new Set(ids).size).toBe(8);
    const before = await picture(running, ids);
    let decided = 0;
    const run = async (request: DecideRequest): Promise<string | undefined> => {
      try {
        return (await client.decide(request)).event!.eventId;
      } catch (error) {
        // Not every decision is possible: what is one already is not merged again, and the last key stays.
        if (error instanceof EntrepotError && ['INVALID_FIELD', 'CONFLICT'].includes(error.reason)) return undefined;
        throw error;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const done: string[] = [];
        for (const { what, a, b } of steps) {
          const key = (n: number): KeyName => {
            const { partner, town } = codes[n % codes.length]!;
            return { partner, key: `${town}` };
          };
          const id = ids[a % ids.length]!;
          let event: string | undefined;
          if (what === 'merge') event = await run(merge(id, ids[b % ids.length]!));
          else if (what === 'move') event = await run(move(id, key(b)));
          else if (what === 'split') {
            const { partner, town } = codes[b % codes.length]!;
            const [from] = await ask(client, partner, {
              ...house(partner, town),
              name: `${partner} ${town} x${partner}`,
            });
            event = await run(split(from!, key(b)));
          } else if (done.length > 0) {
            event = await client
              .undo({ eventId: done[a % done.length]!, ...word })
              .then(({ event }) => event!.eventId)
              .catch((error: EntrepotError) => {
                expect(error.reason).toBe('CONFLICT');
                return undefined;
              });
          }
          if (event !== undefined) {
            decided++;
            done.push(event);
          }
        }
        for (const eventId of done.reverse()) {
          // Some are taken back already, and what took them back is taken back with them here.
          await client.undo({ eventId, ...word });
        }
        expect(await picture(running, ids)).toEqual(before);
      }),
      { numRuns: 40 },
    );
    expect(decided).toBeGreaterThan(40);
    await running.restart();
    expect(await picture(running, ids)).toEqual(before);
  }, 60_000);

  it('cannot be undone below what builds on it, which is named', async () => {
    const { client } = await start();
    const [a, b, c] = await ask(client, 'one', house('one', 0), house('one', 1), house('one', 2));
    const first = await client.decide(merge(a!, b!));
    const second = await client.decide(merge(c!, a!));
    const error = await refusal(client.undo({ eventId: first.event!.eventId, ...word }));
    expect(error).toMatchObject({ reason: 'CONFLICT', metadata: { events: second.event!.eventId } });
    const undone = await client.undo({ eventId: second.event!.eventId, ...word });
    const again = await refusal(client.undo({ eventId: second.event!.eventId, ...word }));
    expect(again).toMatchObject({ reason: 'CONFLICT', metadata: { events: undone.event!.eventId } });
    await client.undo({ eventId: first.event!.eventId, ...word });
    // The other way round: what took back cannot be taken back before what took back what it builds on.
    expect(await refusal(client.undo({ eventId: undone.event!.eventId, ...word }))).toMatchObject({
      reason: 'CONFLICT',
    });
    expect(await ask(client, 'one', house('one', 0), house('one', 1), house('one', 2))).toEqual([a, b, c]);
  });

  it('is told as events, latest first, with what took them back', async () => {
    const { client } = await start();
    const [a, b, c] = await ask(client, 'one', house('one', 0), house('one', 1), house('one', 2));
    const { event } = await client.decide(merge(a!, b!));
    const { event: undone } = await client.undo({ eventId: event!.eventId, ...word });
    const list = async (more: object): Promise<{ kinds: number[]; events: unknown[] }> => {
      const request = { productId: '', vertical: '', kinds: [], pageSize: 0, pageToken: '', ...more };
      const { events } = await client.listEvents(request);
      return { kinds: events.map(({ kind }) => kind), events };
    };
    expect((await list({})).events).toMatchObject([
      { kind: ProductEventKind.UNDONE, undoes: event!.eventId, undoneBy: '' },
      { kind: ProductEventKind.MERGED, undoneBy: undone!.eventId },
    ]);
    expect((await list({ productId: c })).kinds).toEqual([]);
    expect((await list({ productId: b, kinds: [ProductEventKind.CREATED, ProductEventKind.MERGED] })).kinds).toEqual([
      ProductEventKind.MERGED,
      ProductEventKind.CREATED,
    ]);
    expect((await list({ vertical: 'good' })).kinds).toEqual([]);
    const first = await client.listEvents({ productId: '', vertical: '', kinds: [], pageSize: 1, pageToken: '' });
    const second = await client.listEvents({
      productId: '',
      vertical: '',
      kinds: [],
      pageSize: 1,
      pageToken: first.nextPageToken,
    });
    expect([first.events[0]!.eventId > second.events[0]!.eventId, second.nextPageToken]).toEqual([true, '']);
  });
});

describe('a review', () => {
  /** Named alike enough for a question: without positions the plain matcher is never sure. */
  const here: SampleStay = { code: '1', name: 'Grand Aurora Palma', zone: 'z' };
  const there: SampleStay = { code: '9', name: 'Grand Aurora Palma', zone: 'z' };
  const open = {
    vertical: '',
    state: ReviewState.UNSPECIFIED,
    kind: ReviewKind.UNSPECIFIED,
    pageSize: 0,
    pageToken: '',
  };

  it('is asked where the matcher is not sure, and merges when the answer is yes', async () => {
    const { client } = await start();
    const [a] = await ask(client, 'one', here);
    const [b] = await ask(client, 'two', there);
    expect(b).not.toBe(a);
    const { reviews, totalSize } = await client.listReviews(open);
    expect(totalSize).toBe(1);
    expect(reviews).toMatchObject([
      {
        kind: ReviewKind.SAME_PRODUCT,
        vertical: 'stay',
        left: { productId: a, partner: 'one', key: '1', attributes: { property_name: here.name } },
        right: { productId: b, partner: 'two', key: '9' },
        state: ReviewState.OPEN,
      },
    ]);
    expect(reviews[0]!.evidence[0]).toMatchObject({ feature: 'name', similarity: 1 });
    const { reviewId } = reviews[0]!;
    expect((await client.getReview({ reviewId })).review).toEqual(reviews[0]);
    const { event } = await client.decide(answer(reviewId, true));
    expect((await client.getReview({ reviewId })).review).toMatchObject({ state: ReviewState.SAME, decidedBy: 'ana' });
    expect((await refusal(client.getReview({ reviewId: 'rv_x' }))).reason).toBe('REVIEW_NOT_FOUND');
    expect(await ask(client, 'two', there)).toEqual([a]);
    expect((await client.listReviews({ ...open, state: ReviewState.SAME })).reviews).toMatchObject([
      { decidedBy: 'ana', eventId: event!.eventId },
    ]);
    expect(await refusal(client.decide(answer(reviews[0]!.reviewId, true)))).toMatchObject({ reason: 'CONFLICT' });
    await client.undo({ eventId: event!.eventId, ...word });
    expect(await ask(client, 'two', there)).toEqual([b]);
    expect((await client.listReviews(open)).reviews).toMatchObject([{ reviewId: reviews[0]!.reviewId, decidedBy: '' }]);
  });

  it('that is answered with no keeps the two apart for good, and is not asked again', async () => {
    const running = await start();
    const { client } = running;
    const [a] = await ask(client, 'one', here);
    const [b] = await ask(client, 'two', there);
    const [review] = (await client.listReviews(open)).reviews;
    const { event } = await client.decide(answer(review!.reviewId, false));
    expect(event).toMatchObject({ kind: ProductEventKind.KEPT_APART, productId: a, otherProductIds: [b] });
    await running.restart();
    expect(await ask(running.client, 'one', here)).toEqual([a]);
    expect(await ask(running.client, 'two', there)).toEqual([b]);
    expect((await running.client.listReviews(open)).reviews).toEqual([]);
    await running.client.undo({ eventId: event!.eventId, ...word });
    expect((await running.client.listReviews(open)).totalSize).toBe(1);
  });

  it('is obsolete when the two become one otherwise, and open again when that is undone', async () => {
    const { client } = await start();
    const [a] = await ask(client, 'one', here);
    const [b] = await ask(client, 'two', there);
    const { event } = await client.decide(merge(b!, a!));
    expect((await client.listReviews(open)).totalSize).toBe(0);
    expect((await client.listReviews({ ...open, state: ReviewState.OBSOLETE })).totalSize).toBe(1);
    await client.undo({ eventId: event!.eventId, ...word });
    expect((await client.listReviews(open)).totalSize).toBe(1);
  });

  it('tells of a key that means something else, once; the key leads as before until a person says otherwise', async () => {
    const running = await start();
    const { client } = running;
    const [a] = await ask(client, 'one', house('one', 0));
    const moved: SampleStay = { code: '0', name: 'Pension Alpenblick', at: [47.2, 11.4] };
    expect(await ask(client, 'one', moved)).toEqual([a]);
    expect(await ask(client, 'one', moved)).toEqual([a]);
    await running.restart();
    expect(await ask(running.client, 'one', moved)).toEqual([a]);
    const { reviews, totalSize } = await running.client.listReviews(open);
    expect(totalSize).toBe(1);
    expect(reviews[0]).toMatchObject({
      kind: ReviewKind.KEY_CHANGED,
      left: { productId: a, partner: 'one', key: '0', attributes: { property_name: 'Hotel Sol one' } },
      right: { productId: a, partner: 'one', key: '0', attributes: { property_name: 'Pension Alpenblick' } },
    });
    const before = await picture(running, [a!]);
    const { event } = await running.client.decide(answer(reviews[0]!.reviewId, false));
    const [own] = event!.otherProductIds;
    expect(await ask(running.client, 'one', moved)).toEqual([own]);
    const { product } = await running.client.getProduct({ productId: own!, statedBy: undefined });
    expect(product).toMatchObject({ title: 'Pension Alpenblick', keys: [{ partner: 'one', key: '0' }] });
    // What is found later is held against what the key means now.
    expect(await ask(running.client, 'two', { ...moved, code: 'p' })).toEqual([own]);
    await running.client.undo({ eventId: event!.eventId, ...word });
    const after = (await picture(running, [a!])) as { keys: unknown[] };
    expect(after.keys[0]).toEqual((before as { keys: unknown[] }).keys[0]);
  });

  it('is listed by what it asks, on pages that go on with the same', async () => {
    const { client } = await start();
    await ask(client, 'one', here);
    await ask(client, 'two', there);
    await ask(client, 'one', house('one', 0));
    await ask(client, 'one', { code: '0', name: 'Pension Alpenblick', at: [47.2, 11.4] });
    for (const kind of [ReviewKind.SAME_PRODUCT, ReviewKind.KEY_CHANGED]) {
      const { reviews, totalSize } = await client.listReviews({ ...open, kind });
      expect([totalSize, reviews.map((review) => review.kind)]).toEqual([1, [kind]]);
    }
    const first = await client.listReviews({ ...open, pageSize: 1 });
    expect(first.totalSize).toBe(2);
    const second = await client.listReviews({ ...open, pageToken: first.nextPageToken });
    expect(second.reviews.map(({ reviewId }) => reviewId)).not.toContain(first.reviews[0]!.reviewId);
    expect(second).toMatchObject({ reviews: [{}], nextPageToken: '' });
    const other = client.listReviews({ ...open, kind: ReviewKind.KEY_CHANGED, pageToken: first.nextPageToken });
    expect(await refusal(other)).toMatchObject({ reason: 'INVALID_TOKEN' });
  });

  it('of a changed key that is the same after all leaves the product and remembers what is said now', async () => {
    const running = await start();
    const [a] = await ask(running.client, 'one', house('one', 0));
    const renamed: SampleStay = { ...house('one', 0), name: 'Alpenblick Residenz' };
    await ask(running.client, 'one', renamed);
    const [review] = (await running.client.listReviews(open)).reviews;
    expect(await running.client.decide(answer(review!.reviewId, true))).toMatchObject({ event: undefined });
    expect(await ask(running.client, 'two', { ...renamed, code: 'r' })).toEqual([a]);
  });

  it('is not asked for a mere rewording, which is remembered', async () => {
    const running = await start();
    const [a] = await ask(running.client, 'one', house('one', 0));
    const reworded = { ...house('one', 0), name: 'Sol One Hotel & Spa' };
    expect(await ask(running.client, 'one', reworded)).toEqual([a]);
    expect((await running.client.listReviews(open)).totalSize).toBe(0);
    const [record] = await running.store.query<{ attributes: string }>('SELECT attributes FROM records');
    expect(JSON.parse(record!.attributes)).toMatchObject({ property_name: 'Sol One Hotel & Spa' });
  });

  it('tells of a code of goods that comes with another GTIN, which leads to the product of that', async () => {
    const { client } = await start();
    const resolve = async (gtin: string): Promise<string> => {
      const rows = rowsOf('good', 'shop', [{ item_code: 'c', gtin, title: 'Pen' }]);
      return (await client.resolve({ vertical: 'good', evidence: [rows] })).identities[0]!.productId;
    };
    const first = await resolve('4006381333931');
    const second = await resolve('5035048651353');
    expect(second).not.toBe(first);
    const { reviews } = await client.listReviews(open);
    expect(reviews).toMatchObject([
      { kind: ReviewKind.KEY_CHANGED, left: { productId: first }, right: { productId: second } },
    ]);
    await client.decide(answer(reviews[0]!.reviewId, true));
    expect(await resolve('5035048651353')).toBe(first);
  });
});

describe('refuses', () => {
  let client: Running['client'];
  let ids: string[];
  beforeAll(async () => {
    ({ client } = await start());
    closeLater = closers.splice(0);
    ids = await ask(client, 'one', house('one', 0), house('one', 1), house('one', 2));
  });
  let closeLater: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const close of closeLater.reverse()) await close();
  });

  it.each<[string, (a: string, b: string) => DecideRequest, string, string | undefined]>([
    ['nothing to decide', () => decision(undefined), 'INVALID_FIELD', 'decision'],
    ['nobody who decides', (a, b) => ({ ...merge(a, b), author: ' ' }), 'INVALID_FIELD', 'author'],
    ['who is no person', (a, b) => ({ ...merge(a, b), author: 'matcher' }), 'INVALID_FIELD', 'author'],
    ['reasons without end', (a, b) => ({ ...merge(a, b), reason: 'x'.repeat(2001) }), 'INVALID_FIELD', 'reason'],
    ['merging nothing', (a) => merge(a), 'INVALID_FIELD', 'merge.productIds'],
    ['merging 101', (a, b) => merge(a, ...new Array<string>(101).fill(b)), 'INVALID_FIELD', 'merge.productIds'],
    ['merging with itself', (a) => merge(a, a), 'INVALID_FIELD', 'merge.productIds[0]'],
    ['merging the same twice', (a, b) => merge(a, b, b), 'INVALID_FIELD', 'merge.productIds[1]'],
    ['merging into what there is not', (a) => merge('st_x', a), 'PRODUCT_NOT_FOUND', undefined],
    ['merging what there is not', (a) => merge(a, 'st_x'), 'PRODUCT_NOT_FOUND', undefined],
    ['splitting off nothing', (a) => split(a), 'INVALID_FIELD', 'split.keys'],
    ['splitting off every key', (a) => split(a, { partner: 'one', key: '0' }), 'INVALID_FIELD', 'split.keys'],
    ['splitting off a key of another', (a) => split(a, { partner: 'one', key: '1' }), 'INVALID_FIELD', 'split.keys[0]'],
    ['splitting off no key', (a) => split(a, { partner: 'one', key: 'z' }), 'INVALID_FIELD', 'split.keys[0]'],
    [
      'a key twice',
      (a) => move(a, { partner: 'one', key: '1' }, { partner: 'one', key: '1' }),
      'INVALID_FIELD',
      'move.keys[1]',
    ],
    ['moving a key where it is', (a) => move(a, { partner: 'one', key: '0' }), 'INVALID_FIELD', 'move.keys[0]'],
    ['moving to what there is not', () => move('st_x', { partner: 'one', key: '0' }), 'PRODUCT_NOT_FOUND', undefined],
    ['a review that there is not', () => answer('rv_x', true), 'REVIEW_NOT_FOUND', undefined],
    [
      'what is not any more what the caller saw',
      (a, b) => decision({ $case: 'merge', value: { intoProductId: a, productIds: [b], etag: '"zz"' } }),
      'CONFLICT',
      undefined,
    ],
  ])('%s', async (_what, request, reason, field) => {
    const [a, b] = ids;
    const error = await refusal(client.decide(request(a!, b!)));
    expect(error.reason).toBe(reason);
    expect(error.violations[0]?.field).toBe(field);
  });

  it('merging products of two verticals', async () => {
    const [a] = ids;
    const goods = [rowsOf('good', 'shop', [{ item_code: 'c', title: 'Pen' }])];
    const { identities } = await client.resolve({ vertical: 'good', evidence: goods });
    const error = await refusal(client.decide(merge(a!, identities[0]!.productId)));
    expect(error).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field: 'merge.productIds[0]' }] });
  });

  it.each([
    ['an event that there is not', 'ev_000000000000099', 'EVENT_NOT_FOUND'],
    ['what is no event', "ev_' OR 1=1", 'EVENT_NOT_FOUND'],
    ['to undo what was merely new', 'ev_000000000000001', 'INVALID_FIELD'],
  ])('%s', async (_what, eventId, reason) => {
    expect((await refusal(client.undo({ eventId, ...word }))).reason).toBe(reason);
  });

  it('goes by the etag of the product as it is', async () => {
    const [a, b, c] = ids;
    const { product } = await client.getProduct({ productId: a!, statedBy: undefined });
    const mergeWith = (id: string): DecideRequest =>
      decision({ $case: 'merge', value: { intoProductId: a!, productIds: [id], etag: product!.etag } });
    await client.decide(mergeWith(b!));
    const error = await refusal(client.decide(mergeWith(c!)));
    const now = (await client.getProduct({ productId: a!, statedBy: undefined })).product!;
    expect(error).toMatchObject({ reason: 'CONFLICT', metadata: { etag: now.etag } });
    expect(now.etag).not.toBe(product!.etag);
    expect(now.updatedAt!.epochMilliseconds).toBeGreaterThan(product!.updatedAt!.epochMilliseconds);
  });
});
