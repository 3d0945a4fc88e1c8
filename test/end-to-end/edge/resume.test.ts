// Edges in front of one query that go and come while a search runs, and connections that break off: clients end with the view of one
// that was never cut off; ours, and an EventSource that knows nothing of us.
import { EventSource } from 'eventsource';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SearchRequest, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { type Edge, startEdge } from '../../../services/edge/server.ts';
import type { StreamOptions } from '../../../services/edge/streams/options.ts';
import { ClientView } from '../../../services/query/testing/client-view.ts';
import type { FakeSearch } from '../../../services/query/testing/fake-supply.ts';
import { flightSearch, type Rig, startRig, watchRequest } from '../../../services/query/testing/rig.ts';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { EdgeFollower, type Ending, type Framing } from '../../support/edge-follower.ts';

const partners = ['a', 'b'];
const row = fc.record({
  product: fc.constantFrom('p', 'q', 'r', 's', 't'),
  total: fc.integer({ min: 100, max: 120 }),
  stops: fc.constantFrom(0, 1),
});
type DrawnRow = typeof row extends fc.Arbitrary<infer T> ? T : never;
const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
/** What happens: the next thing at a partner, a moment in which others get on, the client broken off, or its edge stopped. */
const steps = fc.array(fc.constantFrom('a', 'a', 'b', 'b', 'moment', 'moment', 'broken off', 'stopped'), {
  maxLength: 16,
});

let rig: Rig;
beforeAll(async () => {
  rig = await startRig('{ minUpdateIntervalMs: 0, resumeGraceMs: 60000 }');
});
afterAll(() => rig.close());

function edge(streams: Partial<StreamOptions> = {}): Promise<Edge> {
  return startEdge({
    services: { query: rig.query },
    port: 0,
    streams,
    admission: { adaptive: false },
    readiness: async () => [],
    metricsText: async () => '',
  });
}

describe.each<[Framing]>([['sse'], ['ndjson'], ['websocket']])('%s', (framing) => {
  test('wherever it is cut off, a client that resumes elsewhere loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(batches, batches), steps, async (parts, does) => {
        const run = await Run.begin(framing);
        const lanes = { a: eventsOf('a', parts[0]), b: eventsOf('b', parts[1]) };
        for (const step of does) {
          if (step === 'a' || step === 'b') lanes[step].shift()?.(run.search);
          else if (step === 'moment') await new Promise(setImmediate);
          else if (step === 'stopped') await run.stopEdge();
          else await run.breakOff();
        }
        for (const event of [...lanes.a, ...lanes.b]) event(run.search);
        const seen = await run.finish();
        expect(seen.cutOff).toEqual(seen.never);
      }),
      { numRuns: 10 },
    );
  });
});

const departureDate = Temporal.Now.plainDateISO('UTC').add({ days: 60 }).toString();
/** What an EventSource begins a search with. */
const address = `/v1/searches:stream?flight.origin=LHR&flight.destination=JFK&flight.departureDate=${departureDate}&flight.adults=1&currency=GBP&market=GB&pageSize=5&orderBy=price`;

/** Rows of a partner that no other has. */
const rowsOf = (partner: string) =>
  [1, 2, 3].map((number) => ({ product: `${partner}${number}`, total: 100 + number }));

test('an EventSource comes back by itself with what it missed, nothing of it twice, and stays away once nothing more will come', async () => {
  const four = ['a', 'b', 'c', 'd'];
  const served = await edge({ reconnectMs: 10 });
  const proxy = await startCuttingProxy(served.url);
  const view = new ClientView();
  const ids: string[] = [];
  const revisions: number[] = [];
  let snapshots = 0;
  let ends = 0;
  let told = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<number | undefined>();
  const source = new EventSource(proxy.url + address);
  source.addEventListener('update', ({ data, lastEventId }) => {
    const update = SearchUpdate.fromJSON(JSON.parse(data));
    view.apply(update);
    ids.push(lastEventId);
    revisions.push(update.revision);
    if (update.snapshot) snapshots++;
    told.resolve();
  });
  source.addEventListener('problem', ({ data }) => closed.reject(new Error(data)));
  source.addEventListener('end', () => ends++);
  source.addEventListener('error', ({ code }) => {
    if (source.readyState === source.CLOSED) closed.resolve(code);
  });
  /** Resolves with the next update, whatever it says, after what is done here. */
  const next = async (act: () => void): Promise<void> => {
    told = Promise.withResolvers();
    act();
    await told.promise;
  };

  const asked = await rig.supply.next();
  await next(() => asked.plan(four));
  const never = new ClientView();
  const reading = (async () => {
    for await (const { update } of rig.query.watchSearch(watchRequest({ searchId: view.searchId }))) {
      if (update !== undefined) never.apply(update);
    }
  })();

  await next(() => asked.answer('a', rowsOf('a')));
  // In the midst of an event: what came of it is nothing, and it comes again.
  const torn = proxy.cutAfter(40);
  asked.answer('b', rowsOf('b'));
  await torn;
  await next(() => undefined);
  // While nothing is said: it comes back to a search that goes on meanwhile.
  proxy.cut();
  await next(() => asked.answer('c', rowsOf('c')));
  asked.answer('d', rowsOf('d'));

  expect(await closed.promise).toBe(204);
  await reading;
  expect(view.seen()).toEqual(never.seen());
  expect(view).toMatchObject({ complete: true });
  expect([...view.outcomes.keys()].sort()).toEqual(four);
  expect(view.page?.totalSize).toBe(12);
  expect(new Set(ids).size).toBe(ids.length);
  expect(revisions).toEqual([...new Set(revisions)].sort((one, other) => one - other));
  expect(snapshots).toBe(1);
  expect(ends).toBe(1);

  // Begun, broken off twice, and back once more after the end to hear that there is nothing left.
  expect(proxy.heads).toHaveLength(4);
  const lastIds = proxy.heads.map((head) => /^last-event-id: (.*?)\r?$/im.exec(head)?.[1]);
  expect(lastIds[0]).toBeUndefined();
  for (const id of lastIds.slice(1)) expect(ids).toContain(id);
  expect(lastIds.at(-1)).toBe(ids.at(-1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(proxy.heads).toHaveLength(4);
  expect(source.readyState).toBe(source.CLOSED);
  await proxy.close();
  await served.close();
});

type Event = (search: FakeSearch) => void;

/** The answers of a partner, and its end. */
function eventsOf(partner: string, parts: readonly (readonly DrawnRow[])[]): Event[] {
  const rows = parts.flat().length;
  return [
    ...parts.map(
      (part): Event =>
        (search) =>
          void search.batch(partner, part),
    ),
    (search) => search.outcome(partner, rows),
  ];
}

/** One search, with a client that is cut off and one that never is. */
class Run {
  readonly search: FakeSearch;
  readonly #cutOff = new ClientView();
  readonly #never = new ClientView();
  readonly #follower: EdgeFollower;
  #edge: Edge;
  #following: Promise<Ending>;
  #reading: Promise<void> = Promise.resolve();

  private constructor(search: FakeSearch, edge: Edge, follower: EdgeFollower, following: Promise<Ending>) {
    this.search = search;
    this.#edge = edge;
    this.#follower = follower;
    this.#following = following;
  }

  /** Begins a search at an edge, and resolves when both clients have their first view. */
  static async begin(framing: Framing): Promise<Run> {
    const first = await edge();
    const heard = Promise.withResolvers<void>();
    let run: Run | undefined;
    const early: SearchUpdate[] = [];
    const follower = new EdgeFollower(framing, SearchRequest.toJSON(flightSearch({ pageSize: 3 })), (update) => {
      if (run === undefined) early.push(update);
      else run.#cutOff.apply(update);
      heard.resolve();
    });
    const following = follower.follow(first.url);
    const search = await rig.supply.next();
    search.plan(partners);
    await heard.promise;
    run = new Run(search, first, follower, following);
    for (const update of early) run.#cutOff.apply(update);
    run.#reading = run.#read();
    return run;
  }

  async #read(): Promise<void> {
    const { searchId } = this.#follower;
    for await (const { update } of rig.query.watchSearch(watchRequest({ searchId }))) {
      if (update !== undefined) this.#never.apply(update);
    }
  }

  /** The connection breaks off, and the client comes back. */
  async breakOff(): Promise<void> {
    this.#follower.leave();
    await this.#following;
    this.#following = this.#follower.follow(this.#edge.url);
  }

  /** The edge stops as it should, and the client goes to another. */
  async stopEdge(): Promise<void> {
    const stopping = this.#edge;
    this.#edge = await edge();
    const [ending] = await Promise.all([this.#following, stopping.close()]);
    if (ending === 'problem') expect(this.#follower.problems.at(-1)).toBe('DRAINING');
    this.#following = this.#follower.follow(this.#edge.url);
  }

  /** What both see in the end. */
  async finish(): Promise<{ cutOff: unknown; never: unknown }> {
    while ((await this.#following) !== 'end') this.#following = this.#follower.follow(this.#edge.url);
    await this.#reading;
    await this.#edge.close();
    expect(this.#cutOff.complete).toBe(true);
    return { cutOff: this.#cutOff.seen(), never: this.#never.seen() };
  }
}
