// Two processes of query that share nothing but Redis, in front of one supply: what happens to searches when one is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  QueryServiceDefinition,
  Screen,
  SearchRequest,
  type SearchUpdate,
  WatchSearchRequest,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import {
  connect,
  createMemoryNetwork,
  inwardAdmission,
  type MeshClient,
  type ServiceHandle,
  serve,
} from '../../libs/mesh/index.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../libs/shared/testing/redis-server.ts';
import { openStores } from '../../services/entrepot/stores.ts';
import { createNormalizationService } from '../../services/normalization/service.ts';
import { createPricingService } from '../../services/pricing/service.ts';
import { createSupplyService } from '../../services/supply/service.ts';
import { createTwin } from '../../services/twin/server.ts';
import { askedPartners } from '../support/asked-partners.ts';

/**
 * Half of the partners answer at once, the others after so long: a search is in the middle until then. One of them logs in first, and
 * both together stay within its time.
 */
const slowMs = 3_500;
const queryMain = join(import.meta.dirname, '../../services/query/main.ts');
const date = Temporal.Now.plainDateISO().add({ days: 60 }).toString();

interface QueryProcess {
  readonly address: string;
  readonly child: ChildProcess;
}

/** Starts a process of query. */
function startQuery(env: Readonly<Record<string, string>>): Promise<QueryProcess> {
  const data = mkdtempSync(join(tmpdir(), 'entrepot-query-'));
  const own = { ...env, ENTREPOT_QUERY_ADDRESS: '127.0.0.1:0', ENTREPOT_DATA: data, LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [queryMain], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<QueryProcess>();
  child.once('exit', (code) => {
    rmSync(data, { recursive: true, force: true });
    reject(new Error(`query ended with ${code}`));
  });
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const match = /^query ready on (\S+)$/.exec(line);
    if (match !== null) resolve({ address: match[1]!, child });
  });
  return promise;
}

/** A client's view of a search, from whichever process it can be had. */
class Follower {
  readonly offers = new Map<string, string>();
  readonly outcomes = new Map<string, OutcomeStatus>();
  searchId = '';
  cursor = '';
  complete = false;
  resumed = 0;

  apply(update: SearchUpdate): void {
    if (update.snapshot) this.offers.clear();
    for (const offer of update.upserts) {
      const flight = offer.item?.vertical?.$case === 'flight' ? offer.item.vertical.value : undefined;
      const { total } = offer.price ?? {};
      this.offers.set(offer.offerId, `${offer.partner} ${total?.amount} ${flight?.segmentKeys.join(' ')}`);
    }
    for (const id of update.retractedOfferIds) this.offers.delete(id);
    for (const { partner, status } of update.outcomes) this.outcomes.set(partner, status);
    this.searchId = update.searchId;
    this.cursor = update.cursor;
    this.complete = update.complete;
  }

  /** Offers by partner. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const sold of this.offers.values()) {
      const partner = sold.slice(0, sold.indexOf(' '));
      counts[partner] = (counts[partner] ?? 0) + 1;
    }
    return counts;
  }

  /** What is offered, in an order that does not depend on who came first. */
  get sold(): string[] {
    return [...this.offers.values()].sort();
  }

  /** Searches with `first`, and resumes with its cursor behind `query` where the process that it reads goes away. */
  async follow(
    query: MeshClient<QueryServiceDefinition>,
    request: SearchRequest,
    first: MeshClient<QueryServiceDefinition> = query,
  ): Promise<void> {
    let stream = first.search(request);
    while (!this.complete) {
      try {
        for await (const { update } of stream) if (update !== undefined) this.apply(update);
        if (!this.complete) throw new Error('the stream ended before the search was complete');
      } catch (error) {
        if (toEntrepotError(error).reason !== 'UNREACHABLE') throw error;
        this.resumed++;
        const { searchId, cursor } = this;
        stream =
          searchId === ''
            ? query.search(request)
            : query.watchSearch(WatchSearchRequest.fromPartial({ searchId, cursor }));
      }
    }
  }
}

function request(day: number): SearchRequest {
  const departureDate = Temporal.PlainDate.from(date).add({ days: day }).toString();
  return SearchRequest.fromPartial({
    vertical: { $case: 'flight', value: { origin: 'LHR', destination: 'JFK', departureDate, adults: 1 } },
    currency: 'GBP',
    market: 'GB',
    screen: Screen.ALL,
  });
}

describeWithRedis('two processes of query', () => {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  let redis: RedisServer;
  let env: Record<string, string>;
  let queries: QueryProcess[] = [];
  let both: MeshClient<QueryServiceDefinition>;

  beforeAll(async () => {
    const config = askedPartners();
    closers.push(() => config.remove());
    let seller = 0;
    const file = join(config.directory, 'twin.yaml');
    const delays = readFileSync(file, 'utf8').replaceAll(
      /delay: \{.*\}/g,
      () => `delay: { kind: fixed, ms: ${seller++ % 2 === 0 ? 20 : slowMs} }`,
    );
    writeFileSync(file, delays.replaceAll(/priceChangeShare: .*/g, 'priceChangeShare: 0'));
    const queryFile = join(config.directory, 'query.yaml');
    writeFileSync(queryFile, readFileSync(queryFile, 'utf8').replace('deadlineMs: 8000', 'deadlineMs: 30000'));
    const twin = await createTwin({ configDirectory: config.directory, port: 0, ingressUrl: () => undefined });
    closers.push(() => twin.close());
    const stores = await openStores(undefined);
    closers.push(() => stores.close());
    const network = createMemoryNetwork();
    const up = async (handle: ServiceHandle): Promise<string> => {
      const inside = await serve({ name: handle.name, services: handle.services, at: { network } });
      const outside = await serve({
        name: handle.name,
        services: handle.services,
        at: { address: '127.0.0.1:0' },
        admission: inwardAdmission,
      });
      closers.push(async () => {
        await Promise.all([inside.close(), outside.close()]);
        await handle.close();
      });
      return outside.address;
    };
    await up(createNormalizationService({ store: stores.normalization }));
    const pricing = await up(createPricingService({ configDirectory: config.directory }));
    const supply = await up(
      await createSupplyService({
        configDirectory: config.directory,
        normalization: connect(NormalizationServiceDefinition, { network, name: 'normalization' }).client,
        twinUrl: twin.url,
      }),
    );
    redis = await startRedis();
    closers.push(() => redis.close());
    env = {
      ENTREPOT_CONFIG: config.directory,
      ENTREPOT_SUPPLY_ADDRESS: supply,
      ENTREPOT_PRICING_ADDRESS: pricing,
      ENTREPOT_SHARED_STATE: redis.url,
    };
  }, 60_000);
  afterAll(async () => {
    for (const { child } of queries) child.kill('SIGKILL');
    for (const close of closers.reverse()) await close();
  });
  beforeEach(async () => {
    for (const { child } of queries) child.kill('SIGKILL');
    queries = await Promise.all([startQuery(env), startQuery(env)]);
    for (const { child } of queries) child.removeAllListeners('exit');
    const address = `static:${queries.map((query) => query.address).join(',')}`;
    both = connect(QueryServiceDefinition, { address }).client;
  }, 60_000);

  const only = (at: number): MeshClient<QueryServiceDefinition> =>
    connect(QueryServiceDefinition, { address: queries[at]!.address }, { retry: { maxAttempts: 1 } }).client;

  test('a client whose process is killed in the middle of its search resumes with the other and loses nothing', async () => {
    const follower = new Follower();
    const stream = only(0).search(request(0));
    for await (const { update } of stream) {
      follower.apply(update!);
      if (follower.offers.size > 0) break;
    }
    expect(follower.complete).toBe(false);
    queries[0]!.child.kill('SIGKILL');
    const { searchId, cursor } = follower;
    for await (const { update } of only(1).watchSearch(WatchSearchRequest.fromPartial({ searchId, cursor }))) {
      follower.apply(update!);
      if (follower.complete) break;
    }
    const undisturbed = new Follower();
    await undisturbed.follow(only(1), request(0));
    expect(follower.counts).toEqual(undisturbed.counts);
    expect(follower.sold).toEqual(undisturbed.sold);
    expect(follower.sold.length).toBeGreaterThan(50);
    expect([...follower.outcomes].sort()).toEqual([...undisturbed.outcomes].sort());
  }, 60_000);

  test('twenty clients, ten of each process, end with the same view as if nobody had been killed', async () => {
    const followers = Array.from({ length: 20 }, () => new Follower());
    // Each begins with a process of its own: behind round robin whoever connects first may get all of them.
    const running = followers.map((follower, at) => follower.follow(both, request(1 + (at % 5)), only(at % 2)));
    while (!followers.every(({ offers }) => offers.size > 0)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(followers.every(({ complete }) => complete)).toBe(false);
    queries[0]!.child.kill('SIGKILL');
    await Promise.all(running);
    expect(followers.filter((_, at) => at % 2 === 0).every(({ resumed }) => resumed > 0)).toBe(true);
    for (const day of [1, 2, 3, 4, 5]) {
      const undisturbed = new Follower();
      await undisturbed.follow(only(1), request(day));
      for (const follower of followers.filter((_, at) => 1 + (at % 5) === day)) {
        expect(follower.counts).toEqual(undisturbed.counts);
        expect(follower.sold).toEqual(undisturbed.sold);
        expect([...follower.outcomes.values()]).not.toContain(OutcomeStatus.FAILED);
      }
    }
  }, 120_000);

  test('pages go on in the order that their token names, whichever process cuts them', async () => {
    const follower = new Follower();
    await follower.follow(only(0), { ...request(6), pageSize: 10, screen: Screen.TOP });
    const ids: string[] = [];
    const { page: first } = await only(0).getPage({
      readMask: undefined,
      searchId: follower.searchId,
      pageToken: '',
      options: undefined,
    });
    ids.push(...first!.offers.map(({ offerId }) => offerId));
    queries[0]!.child.kill('SIGKILL');
    for (let pageToken = first!.nextPageToken; pageToken !== ''; ) {
      const { page } = await only(1).getPage({
        readMask: undefined,
        searchId: follower.searchId,
        pageToken,
        options: undefined,
      });
      ids.push(...page!.offers.map(({ offerId }) => offerId));
      pageToken = page!.nextPageToken;
    }
    expect(ids).toHaveLength(first!.totalSize);
    expect(new Set(ids).size).toBe(ids.length);
  }, 60_000);

  test('searches go on where Redis is away, in the process that has them', async () => {
    await redis.kill();
    const follower = new Follower();
    await follower.follow(only(0), request(7));
    expect(follower.sold.length).toBeGreaterThan(50);
    await redis.restart();
  }, 60_000);
});
