// Two processes of the edge over one query: when one is killed in the middle of searches, its clients go on at the other without loss.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type QueryServiceDefinition as Query,
  QueryServiceDefinition,
  SearchRequest,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import {
  type MeshContext,
  type MeshImplementation,
  type MeshServer,
  meshService,
  serve,
} from '../../libs/mesh/index.ts';
import { ClientView } from '../../services/query/testing/client-view.ts';
import type { FakeSearch } from '../../services/query/testing/fake-supply.ts';
import { flightSearch, type Rig, startRig, watchRequest } from '../../services/query/testing/rig.ts';
import { EdgeFollower, type Framing } from '../support/edge-follower.ts';

const framings: readonly Framing[] = ['sse', 'ndjson', 'websocket'];
/** Searches followed in each framing. */
const searches = 6;
/** Batches that a partner answers with, and the one after which an edge is killed. */
const batches = 12;
const killedAfter = 5;

interface EdgeProcess {
  readonly url: string;
  readonly child: ChildProcess;
}

/** One search, a client that is cut off from it, and one that never is. */
interface Running {
  readonly search: FakeSearch;
  readonly follower: EdgeFollower;
  readonly cutOff: ClientView;
  readonly never: ClientView;
  /** Resolves when the client was told the end; it goes on at the other edge where it is cut off. */
  readonly followed: Promise<void>;
  readonly read: Promise<void>;
}

let rig: Rig;
let query: MeshServer;
let edges: EdgeProcess[] = [];

beforeAll(async () => {
  rig = await startRig('{ minUpdateIntervalMs: 0, resumeGraceMs: 60000, deadlineMs: 60000 }');
  query = await serve({
    name: 'query',
    services: [meshService(QueryServiceDefinition, forwarding(rig.query))],
    at: { address: '127.0.0.1:0' },
    admission: { adaptive: false },
  });
  edges = await Promise.all([startEdge(query.address ?? ''), startEdge(query.address ?? '')]);
});
afterAll(async () => {
  for (const { child } of edges) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await query.close();
  await rig.close();
});

test('clients of a killed edge end with the view of one that was never cut off', async () => {
  const [killed, other] = edges as [EdgeProcess, EdgeProcess];
  const running: Running[] = [];
  for (const framing of framings) {
    for (let index = 0; index < searches; index++) {
      running.push(await begin(framing, `${framing}-${index}`, killed.url, other.url));
    }
  }
  for (let batch = 0; batch < batches; batch++) {
    for (const { search, follower } of running) search.batch(partnerOf(follower), rowsOf(batch));
    if (batch === killedAfter) killed.child.kill('SIGKILL');
    await new Promise(setImmediate);
  }
  await Promise.all(running.map(({ follower }) => expect.poll(() => follower.resumed, { timeout: 30_000 }).toBe(1)));
  for (const { search, follower } of running) search.outcome(partnerOf(follower), batches * rowsOf(0).length);
  for (const { followed, read, cutOff, never } of running) {
    await Promise.all([followed, read]);
    expect(cutOff.complete).toBe(true);
    expect(cutOff.seen()).toEqual(never.seen());
  }
});

const partners = new WeakMap<EdgeFollower, string>();

function partnerOf(follower: EdgeFollower): string {
  return partners.get(follower) as string;
}

/** Each batch has a row that is cheaper than all before. */
function rowsOf(batch: number): { total: number; stops: number; duration: number }[] {
  return [0, 1, 2].map((row) => ({ total: 10_000 - batch * 100 + row * 37, stops: row, duration: 400 + row }));
}

/** Begins a search at an edge, and resolves when both of its clients have their first view. */
async function begin(framing: Framing, partner: string, url: string, otherUrl: string): Promise<Running> {
  const cutOff = new ClientView();
  const never = new ClientView();
  const heard = Promise.withResolvers<void>();
  const body = SearchRequest.toJSON(flightSearch({ partners: [partner], pageSize: 5 }));
  const follower = new EdgeFollower(framing, body, (update) => {
    cutOff.apply(update);
    heard.resolve();
  });
  partners.set(follower, partner);
  const followed = (async () => {
    let ending = await follower.follow(url);
    while (ending !== 'end') ending = await follower.follow(otherUrl);
  })();
  const search = await rig.supply.next();
  search.plan([partner]);
  await heard.promise;
  const read = (async () => {
    for await (const { update } of rig.query.watchSearch(watchRequest({ searchId: follower.searchId }))) {
      if (update !== undefined) never.apply(update);
    }
  })();
  return { search, follower, cutOff, never, followed, read };
}

/** The service that passes everything on to a client. */
function forwarding(client: Rig['query']): MeshImplementation<Query> {
  const methods = Object.keys(QueryServiceDefinition.methods) as (keyof Rig['query'])[];
  const calls = methods.map((name) => {
    const call = client[name] as (request: unknown, options: { context: MeshContext }) => unknown;
    return [name, (request: unknown, context: MeshContext) => call(request, { context })] as const;
  });
  return Object.fromEntries(calls) as unknown as MeshImplementation<Query>;
}

/** Starts a process of the edge before a query. */
async function startEdge(address: string): Promise<EdgeProcess> {
  const own = { ENTREPOT_EDGE_ADDRESS: '127.0.0.1:0', ENTREPOT_QUERY_ADDRESS: address, LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../services/edge/main.ts')], {
    env: { ...process.env, ...own, PORT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /^edge ready on (\S+)$/.exec(line);
    if (match !== null) return { url: match[1] as string, child };
  }
  throw new Error(`The edge ended with ${child.exitCode}.`);
}
