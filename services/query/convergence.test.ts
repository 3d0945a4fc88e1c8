import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Grouping,
  type QueryServiceDefinition,
  type SearchUpdate,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MeshClient } from '../../libs/mesh/index.ts';
import { ClientView } from './testing/client-view.ts';
import type { FakeSearch } from './testing/fake-supply.ts';
import { flightSearch, type Rig, startRig, watchRequest } from './testing/rig.ts';
import type { TestRow } from './testing/rows.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig('{ minUpdateIntervalMs: 0, resumeGraceMs: 60000 }');
});
afterAll(async () => rig.close());

/** Something that happens in a search. */
type Event = (search: FakeSearch) => void;

const partners = ['a', 'b', 'c'];
const provisionalIds = ['x', 'y', 'z'];

const row = fc.record<TestRow>({
  product: fc.constantFrom('p', 'q', 'r', ...provisionalIds),
  total: fc.integer({ min: 100, max: 110 }),
  currency: fc.constantFrom('GBP', 'GBP', 'GBP', 'JPY'),
  stops: fc.constantFrom(0, 1, undefined),
  duration: fc.integer({ min: 60, max: 65 }),
  carriers: fc.constantFrom(['BA'], ['BA', 'AA'], undefined),
});
const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { maxLength: 3 });
const scenario = fc.record({
  parts: fc.tuple(batches, batches, batches),
  settled: fc.array(fc.constantFrom('p', 'q', 'x', 'n'), { minLength: 3, maxLength: 3 }),
  orderBy: fc.constantFrom('price', 'duration_minutes desc', 'best'),
  filter: fc.constantFrom('', 'stops == 0', 'price < 1.06'),
  grouping: fc.constantFrom(Grouping.PRODUCT, Grouping.OFFER),
  pageSize: fc.integer({ min: 1, max: 4 }),
});
/** Who goes next, and what the client does meanwhile. */
const step = fc.record({
  lane: fc.nat({ max: 3 }),
  pause: fc.nat({ max: 2 }),
  client: fc.constantFrom('reads', 'reads', 'sleeps', 'leaves'),
});

/** The events of a scenario: one lane a partner, each in its order, and one of identities. */
function lanesOf({ parts, settled }: typeof scenario extends fc.Arbitrary<infer T> ? T : never): Event[][] {
  const lanes = partners.map((partner, index): Event[] => {
    const rows = parts[index]!.map((batch) =>
      batch.map((one) => ({ ...one, provisional: provisionalIds.includes(one.product ?? '') })),
    );
    return [
      ...rows.map(
        (batch): Event =>
          (search) =>
            void search.batch(partner, batch),
      ),
      (search) => search.outcome(partner, rows.flat().length),
    ];
  });
  return lanes.concat([
    provisionalIds.map((provisionalProductId, index): Event => {
      const change = {
        provisionalProductId,
        productId: settled[index] === 'x' ? provisionalProductId : settled[index]!,
      };
      return (search) => search.settle([change]);
    }),
  ]);
}

type Stream = AsyncIterableIterator<{ update: SearchUpdate | undefined }>;

/** A client that applies what it reads, sleeps, leaves and comes back with its cursor. */
class Follower {
  readonly view = new ClientView();
  readonly #query: MeshClient<QueryServiceDefinition>;
  #stream: Stream;
  #asleep = false;
  #awake = Promise.withResolvers<void>();
  #pump: Promise<void>;

  constructor(query: MeshClient<QueryServiceDefinition>, stream: Stream) {
    this.#query = query;
    this.#stream = stream;
    this.#awake.resolve();
    this.#pump = this.#read(stream);
  }

  sleep(): void {
    if (this.#asleep) return;
    this.#asleep = true;
    this.#awake = Promise.withResolvers();
  }

  wake(): void {
    this.#asleep = false;
    this.#awake.resolve();
  }

  async comeBack(): Promise<void> {
    const left = this.#stream;
    const { searchId, cursor } = this.view;
    if (searchId === '') return;
    this.#stream = this.#query.watchSearch(watchRequest({ searchId, cursor }));
    await left.return?.();
    this.wake();
    await this.#pump;
    this.#pump = this.#read(this.#stream);
  }

  /** Reads until the stream ends. */
  finish(): Promise<void> {
    this.wake();
    return this.#pump;
  }

  async #read(stream: Stream): Promise<void> {
    for await (const { update } of stream) {
      // What arrives after it left never reaches the client.
      if (stream !== this.#stream) return;
      if (update !== undefined) this.view.apply(update);
      await this.#awake.promise;
    }
  }
}

test('the view that a client ends with does not depend on who came first, or on when it was away', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, fc.array(step, { maxLength: 24 }), async (drawn, steps) => {
      const { orderBy, filter, grouping, pageSize } = drawn;
      const request = flightSearch({ orderBy, filter, grouping, pageSize });
      const start = async (): Promise<{ follower: Follower; search: FakeSearch }> => {
        const follower = new Follower(rig.query, rig.query.search(request));
        const search = await rig.supply.next();
        search.awaitIdentities(provisionalIds.length);
        search.plan(partners);
        return { follower, search };
      };

      const reference = await start();
      for (const event of lanesOf(drawn).flat()) {
        event(reference.search);
        await new Promise(setImmediate);
      }
      await reference.follower.finish();

      const { follower, search } = await start();
      const lanes = lanesOf(drawn);
      for (const { lane, pause, client } of steps) {
        // Identities are of rows that were sent before, so their lane comes when the others are empty.
        const open = lanes.slice(0, partners.length).filter(({ length }) => length > 0);
        const chosen = lane < partners.length ? lanes[lane]! : (open[0] ?? lanes[partners.length]!);
        chosen.shift()?.(search);
        for (let tick = 0; tick < pause; tick++) await new Promise(setImmediate);
        if (client === 'leaves') await follower.comeBack();
        else if (client === 'sleeps') follower.sleep();
        else follower.wake();
      }
      for (const event of lanes.flat()) event(search);
      await follower.finish();

      expect(follower.view.seen()).toEqual(reference.follower.view.seen());
      expect(follower.view.complete).toBe(true);
    }),
    { numRuns: 200 },
  );
}, 60_000);
