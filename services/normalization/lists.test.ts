import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ListProductsRequest,
  type Product,
  ProductEventKind,
  type ResolveStreamRequest,
  type WatchProductsResponse,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { rowsOf, type SampleStay, stays } from './samples.ts';
import { type Running, refusal, startService } from './testing/service.ts';

let running: Running;
let ids: string[];
const word = { author: 'ana', reason: '' };
const names = ['Delta', 'Alpha', 'Charlie', 'Bravo', 'Echo', 'Foxtrot', 'Golf'];
const stay = (index: number, code = `${index}`): SampleStay => ({
  code,
  name: names[index]!,
  at: [10 + index * 5, 20],
});
const ask = async (partner: string, ...rows: SampleStay[]): Promise<string[]> =>
  (await running.client.resolve({ vertical: 'stay', evidence: [stays(partner, rows)] })).identities.map(
    ({ productId }) => productId,
  );

beforeAll(async () => {
  running = await startService();
  ids = [];
  for (const index of names.keys()) ids.push(...(await ask('one', stay(index))));
  await ask('two', stay(0, 'x'), stay(1, 'y'));
  const goods = [rowsOf('good', 'shop', [{ item_code: 'p', gtin: '4006381333931', title: 'Pen' }])];
  await running.client.resolve({ vertical: 'good', evidence: goods });
  await running.client.decide({
    decision: { $case: 'merge', value: { intoProductId: ids[0]!, productIds: [ids[6]!], etag: '' } },
    ...word,
  });
});
afterAll(() => running.close());

const all: ListProductsRequest = { vertical: 'stay', pageSize: 0, pageToken: '', filter: '', orderBy: '' };

/** Every page after the other. */
async function pages(request: Partial<ListProductsRequest>): Promise<Product[]> {
  const found: Product[] = [];
  let pageToken = '';
  do {
    const page = await running.client.listProducts({ ...all, ...request, pageToken });
    found.push(...page.products);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}
const titles = async (request: Partial<ListProductsRequest>): Promise<string[]> =>
  (await pages(request)).map(({ title }) => title);

describe('products', () => {
  it('are listed page by page in each order, without those that were merged', async () => {
    const alive = names.slice(0, 6);
    for (const pageSize of [1, 2, 4, 50]) {
      expect(await titles({ pageSize })).toEqual(alive);
      expect(await titles({ pageSize, orderBy: 'created_at desc' })).toEqual(alive.toReversed());
      expect(await titles({ pageSize, orderBy: 'title' })).toEqual(alive.toSorted());
      expect(await titles({ pageSize, orderBy: 'title desc' })).toEqual(alive.toSorted().toReversed());
      // The two that the second partner joined, then the one that another was merged into.
      expect((await titles({ pageSize, orderBy: 'updated_at' })).at(-1)).toBe('Delta');
    }
    const [first] = await pages({ orderBy: 'updated_at desc' });
    expect(first).toMatchObject({ productId: ids[0], formerProductIds: [ids[6]] });
    expect(first!.keys.map(({ partner, key }) => `${partner} ${key}`)).toEqual(['one 0', 'one 6', 'two x']);
  });

  it.each([
    ['partner_count > 1', ['Delta', 'Alpha']],
    ['"two" in partners', ['Delta', 'Alpha']],
    ['key_count == 3', ['Delta']],
    ['reviewed', ['Delta']],
    ['!reviewed && title.contains("l") && partner_count == 1', ['Charlie']],
    ['title.startsWith("A") || title == "Echo"', ['Alpha', 'Echo']],
    ['created_at < timestamp("2026-01-01T00:00:00Z")', []],
    ['created_at >= timestamp("2026-01-01T00:00:00Z") && updated_at > created_at', ['Delta', 'Alpha']],
    ['product_id == "none"', []],
    ['false', []],
  ])('are found by %s', async (filter, expected) => {
    for (const pageSize of [1, 50]) expect(await titles({ filter, pageSize })).toEqual(expected);
  });

  it('of goods count the partners whose records lead by shared keys', async () => {
    const [pen] = await pages({ vertical: 'good', filter: 'partners == ["shop"] && partner_count == 1' });
    expect(pen).toMatchObject({ title: 'Pen', keys: [{ partner: '', key: 'gtin:04006381333931' }] });
  });

  it.each<[string, Partial<ListProductsRequest>, string, string]>([
    ['no vertical', { vertical: '' }, 'INVALID_FIELD', 'vertical'],
    ['an unknown vertical', { vertical: 'boat' }, 'INVALID_FIELD', 'vertical'],
    ['too long a page', { pageSize: 1001 }, 'INVALID_FIELD', 'pageSize'],
    ['a negative page', { pageSize: -1 }, 'INVALID_FIELD', 'pageSize'],
    ['an unknown variable', { filter: 'stars > 3' }, 'INVALID_FILTER', 'filter'],
    ['a filter that does not parse', { filter: 'title ==' }, 'INVALID_FILTER', 'filter'],
    ['a filter that is no condition', { filter: 'title' }, 'INVALID_FILTER', 'filter'],
    ['a filter without end', { filter: `title == "${'x'.repeat(2000)}"` }, 'INVALID_FILTER', 'filter'],
    ['an unknown order', { orderBy: 'stars' }, 'INVALID_ORDER_BY', 'orderBy'],
    ['an order of a prototype', { orderBy: 'constructor' }, 'INVALID_ORDER_BY', 'orderBy'],
    ['two orders', { orderBy: 'title, created_at' }, 'INVALID_ORDER_BY', 'orderBy'],
    ['a token of garbage', { pageToken: 'garbage' }, 'INVALID_TOKEN', 'pageToken'],
    ['a token without end', { pageToken: 'x'.repeat(100_000) }, 'INVALID_TOKEN', 'pageToken'],
  ])('are refused for %s', async (_what, request, reason, field) => {
    const error = await refusal(running.client.listProducts({ ...all, ...request }));
    expect(error).toMatchObject({ reason, violations: [{ field }] });
  });

  it('go on only with a token of the same list', async () => {
    const { nextPageToken } = await running.client.listProducts({ ...all, pageSize: 1 });
    for (const other of [{ vertical: 'good' }, { filter: 'reviewed' }, { orderBy: 'title' }]) {
      const error = await refusal(running.client.listProducts({ ...all, ...other, pageToken: nextPageToken }));
      expect(error.reason).toBe('INVALID_TOKEN');
    }
    const lists = [
      () => running.client.listReviews({ vertical: '', state: 0, kind: 0, pageSize: 0, pageToken: nextPageToken }),
      () =>
        running.client.listEvents({ productId: '', vertical: '', kinds: [], pageSize: 0, pageToken: nextPageToken }),
      () => running.client.watchProducts({ vertical: '', cursor: nextPageToken, kinds: [] }).next(),
    ];
    for (const list of lists) expect((await refusal(list())).reason).toBe('INVALID_TOKEN');
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (pageToken) => {
        expect((await refusal(running.client.listProducts({ ...all, pageToken }))).reason).toBe('INVALID_TOKEN');
      }),
      { numRuns: 50 },
    );
  });
});

describe('reviews and events', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a vertical that there is not',
      () => running.client.listReviews({ vertical: 'boat', state: 0, kind: 0, pageSize: 0, pageToken: '' }),
      'vertical',
    ],
    [
      'a state that there is not',
      () => running.client.listReviews({ vertical: '', state: 9 as never, kind: 0, pageSize: 0, pageToken: '' }),
      'state',
    ],
    [
      'a kind of reviews that there is not',
      () => running.client.listReviews({ vertical: '', state: 0, kind: 9 as never, pageSize: 0, pageToken: '' }),
      'kind',
    ],
    [
      'too many',
      () => running.client.listReviews({ vertical: '', state: 0, kind: 0, pageSize: 201, pageToken: '' }),
      'pageSize',
    ],
    [
      'a kind that there is not',
      () =>
        running.client.listEvents({ productId: '', vertical: '', kinds: [1, 99 as never], pageSize: 0, pageToken: '' }),
      'kinds[1]',
    ],
    [
      'a vertical that there is not',
      () => running.client.listEvents({ productId: '', vertical: 'boat', kinds: [], pageSize: 0, pageToken: '' }),
      'vertical',
    ],
    [
      'more than 1,000 ids',
      () => running.client.batchGetProducts({ productIds: new Array(1001).fill('x'), contentOnly: true }),
      'productIds',
    ],
  ])('are refused for %s', async (_what, list, field) => {
    expect(await refusal(list())).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
  });
});

describe('a stream of rows', () => {
  it('is answered request by request, in order', async () => {
    async function* requests(): AsyncGenerator<ResolveStreamRequest> {
      for (const index of [2, 0, 2]) yield { rows: { vertical: 'stay', evidence: [stays('one', [stay(index)])] } };
    }
    const answers: string[] = [];
    for await (const { decided } of running.client.resolveStream(requests())) {
      answers.push(decided!.identities[0]!.productId);
    }
    expect(answers).toEqual([ids[2], ids[0], ids[2]]);
  });

  it('ends with the error of the request that is wrong', async () => {
    async function* requests(): AsyncGenerator<ResolveStreamRequest> {
      yield { rows: { vertical: 'stay', evidence: [] } };
      yield { rows: undefined };
    }
    const stream = running.client.resolveStream(requests());
    expect(await stream.next()).toMatchObject({ value: { decided: { identities: [] } } });
    expect(await refusal(stream.next())).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field: 'rows' }] });
  });
});

describe('watching', () => {
  const merge = (into: string, one: string) =>
    running.client.decide({
      decision: { $case: 'merge', value: { intoProductId: into, productIds: [one], etag: '' } },
      ...word,
    });
  const watch = (more: object = {}) => running.client.watchProducts({ vertical: '', cursor: '', kinds: [], ...more });
  const read = async (stream: ReturnType<typeof watch>): Promise<WatchProductsResponse> => {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the stream is over');
    return value as WatchProductsResponse;
  };

  it('tells several watchers what happens, and goes on from a cursor without missing anything', async () => {
    const [one, two] = [watch(), watch({ vertical: 'good' })];
    const start = await read(one);
    expect(start.events).toEqual([]);
    await read(two);
    const { event } = await merge(ids[1]!, ids[2]!);
    const told = await read(one);
    expect(told.events).toEqual([event]);
    await one.return?.();
    const undone = await running.client.undo({ eventId: event!.eventId, ...word });
    for (const [cursor, expected] of [
      [start.cursor, [event!.eventId, undone.event!.eventId]],
      [told.cursor, [undone.event!.eventId]],
    ] as const) {
      const again = watch({ cursor });
      expect((await read(again)).events).toEqual([]);
      expect((await read(again)).events.map(({ eventId }) => eventId)).toEqual(expected);
      await again.return?.();
    }
    await two.return?.();
  });

  it('tells of what is new where it is asked for, however much, in parts', async () => {
    const stream = watch({ kinds: [ProductEventKind.CREATED], vertical: 'stay' });
    await read(stream);
    const many = Array.from({ length: 1200 }, (_, index) => ({
      code: `m${index}`,
      name: `Unlike ${index} any ${index}`,
    }));
    await ask('many', ...many);
    const sizes: number[] = [];
    for (let seen = 0; seen < 1200; seen += sizes.at(-1)!) sizes.push((await read(stream)).events.length);
    expect(sizes).toEqual([500, 500, 200]);
    await stream.return?.();
  });

  it('refuses a cursor of a catalogue that knew more', async () => {
    const other = await startService();
    const { cursor } = await read(watch());
    const error = await refusal(other.client.watchProducts({ vertical: '', cursor, kinds: [] }).next());
    expect(error).toMatchObject({ reason: 'INVALID_TOKEN', violations: [{ field: 'cursor' }] });
    await other.close();
  });

  it('ends when the server is about to stop', async () => {
    const other = await startService();
    const stream = other.client.watchProducts({ vertical: '', cursor: '', kinds: [] });
    await stream.next();
    const end = stream.next();
    await other.server.drain();
    expect(await end).toMatchObject({ done: true });
    await other.close();
  });
});
