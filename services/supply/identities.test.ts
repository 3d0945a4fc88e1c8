import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  NormalizationServiceDefinition,
  ProductEvent,
  type WatchProductsRequest,
  type WatchProductsResponse,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { connect, createMemoryNetwork, meshService, serve } from '../../libs/mesh/index.ts';
import { Identities } from './identities.ts';

/** One watching stream as normalization sees it. */
interface Watching {
  readonly request: WatchProductsRequest;
  say(response: WatchProductsResponse): void;
  end(error?: EntrepotError): void;
}

let product: string;
let calls: number;
let gate: Promise<void>;
let watchers: Watching[];
let arrived: (() => void)[];
let identities: Identities;
let close: () => Promise<void>;

beforeEach(async () => {
  [product, calls, gate, watchers, arrived] = ['p1', 0, Promise.resolve(), [], []];
  const none = async (): Promise<never> => {
    throw new Error('not asked for');
  };
  const network = createMemoryNetwork();
  const service = meshService(NormalizationServiceDefinition, {
    async resolve() {
      calls++;
      const productId = product;
      await gate;
      return { identities: [{ productId, rule: 2, confidence: 1, evidence: '' }] };
    },
    async *watchProducts(request) {
      const queue: (WatchProductsResponse | EntrepotError | undefined)[] = [];
      let wake = Promise.withResolvers<void>();
      const push = (one: (typeof queue)[number]): void => {
        queue.push(one);
        wake.resolve();
      };
      watchers.push({ request, say: push, end: push });
      for (const tell of arrived.splice(0)) tell();
      for (;;) {
        if (queue.length === 0) {
          await wake.promise;
          wake = Promise.withResolvers();
          continue;
        }
        const next = queue.shift();
        if (next === undefined) return;
        if (next instanceof EntrepotError) throw next;
        yield next;
      }
    },
    async *resolveStream() {},
    getProduct: none,
    batchGetProducts: none,
    listProducts: none,
    listReviews: none,
    getReview: none,
    decide: none,
    undo: none,
    listEvents: none,
  });
  const server = await serve({ name: 'normalization', at: { network }, services: [service] });
  const connection = connect(NormalizationServiceDefinition, { network, name: 'normalization' });
  identities = new Identities(connection.client, { waitMs: 1 });
  close = async () => {
    identities.close();
    await connection.close();
    await server.close();
  };
});
afterEach(() => close());

const key = { scope: 'stay.property_code one', text: '7' };
/** Asks for the key's product; resolves when it is settled. */
const ask = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    const evidence = { vertical: 'stay', partner: 'one', keys: [key], rows: { rowCount: 1, columns: [] } };
    identities.ask(evidence, { settled: (_ids, changes) => resolve(changes[0]?.productId) });
  });
/** The n-th watching stream, when it comes. */
async function watcher(n: number): Promise<Watching> {
  while (watchers.length <= n) await new Promise<void>((resolve) => arrived.push(resolve));
  return watchers[n]!;
}
const event = (productId: string, ...otherProductIds: string[]): ProductEvent =>
  ProductEvent.fromPartial({ eventId: 'ev', productId, otherProductIds });
/** Turns of the event loop until something is so. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setImmediate(resolve));
}

describe('what is remembered of a key', () => {
  it('is forgotten when its product is merged or split, and no sooner', async () => {
    await ask();
    const stream = await watcher(0);
    expect(stream.request).toMatchObject({ cursor: '', vertical: '' });
    stream.say({ events: [], cursor: 'c0' });
    // What was decided before the stream stood may be older than it.
    await until(() => identities.known(key) === undefined);
    await ask();
    expect(identities.known(key)).toBe('p1');
    stream.say({ events: [event('other', 'another')], cursor: 'c1' });
    stream.say({ events: [event('kept', 'p1')], cursor: 'c2' });
    await until(() => identities.known(key) === undefined);
    product = 'kept';
    expect(await ask()).toBe('kept');
    expect([identities.known(key), calls]).toEqual(['kept', 3]);
  });

  it('is not what was decided before a change that was heard of while it was asked for', async () => {
    await ask();
    const stream = await watcher(0);
    stream.say({ events: [], cursor: 'c0' });
    await until(() => identities.known(key) === undefined);
    const opened = Promise.withResolvers<void>();
    gate = opened.promise;
    const asked = ask();
    await until(() => calls === 2);
    stream.say({ events: [event('p1', 'p2')], cursor: 'c1' });
    stream.end();
    await watcher(1);
    opened.resolve();
    expect(await asked).toBe('p1');
    expect(identities.known(key)).toBeUndefined();
  });

  it('stays while normalization is away, whose events are then followed from where they ended', async () => {
    await ask();
    const first = await watcher(0);
    first.say({ events: [], cursor: 'c0' });
    await until(() => identities.known(key) === undefined);
    await ask();
    first.end(new EntrepotError({ reason: 'DRAINING', message: 'gone' }));
    const second = await watcher(1);
    expect(second.request.cursor).toBe('c0');
    second.say({ events: [], cursor: 'c0' });
    second.say({ events: [event('unlike')], cursor: 'c3' });
    second.end();
    expect((await watcher(2)).request.cursor).toBe('c3');
    expect(identities.known(key)).toBe('p1');
  });

  it('is forgotten as a whole where the place in the events is lost', async () => {
    await ask();
    const first = await watcher(0);
    first.say({ events: [], cursor: 'c0' });
    await until(() => identities.known(key) === undefined);
    await ask();
    first.end(new EntrepotError({ reason: 'INVALID_TOKEN', message: 'of another catalogue' }));
    const second = await watcher(1);
    expect(second.request.cursor).toBe('');
    second.say({ events: [], cursor: 'd0' });
    await until(() => identities.known(key) === undefined);
  });
});
