import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NormalizationServiceDefinition } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { PricingServiceDefinition } from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import {
  Delivery,
  QueryServiceDefinition,
  SearchRequest,
  type SearchUpdate,
  WatchSearchRequest,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import {
  type CallOptions,
  connect,
  createMemoryNetwork,
  type MeshClient,
  type MeshServer,
  type MeshService,
  serve,
} from '../../../libs/mesh/index.ts';
import type { SharedState } from '../../../libs/shared/index.ts';
import { openStore, type Store } from '../../../libs/store/index.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import { type AccuracyOptions, clickStore, createQueryService } from '../service.ts';
import { FakePricing } from './fake-pricing.ts';
import { FakeSupply } from './fake-supply.ts';
import { deepFreeze } from './freeze.ts';

/** Query between a pretend supply and a pretend pricing, in one memory network. */
export interface Rig {
  readonly query: MeshClient<QueryServiceDefinition>;
  /** Every replica; the first is `query`. */
  readonly replicas: readonly MeshClient<QueryServiceDefinition>[];
  /** Stops a replica of query as it should be. */
  stop(replica: number): Promise<void>;
  readonly supply: FakeSupply;
  readonly pricing: FakePricing;
  readonly clicks: Store;
  /** Writes a file of the configuration, which query follows. */
  configure(file: 'query.yaml' | 'clients.yaml' | 'accuracy.yaml', text: string): void;
  /** Takes supply or pricing off the network, as a killed process is. */
  kill(name: 'supply' | 'pricing'): Promise<void>;
  close(): Promise<void>;
}

const price = { name: 'price', weight: 1, value: '(price - price_min) / (price_max - price_min)' };
const minutes = 'double(duration_minutes) - duration_minutes_min';
const duration = { name: 'duration', weight: 1, value: `(${minutes}) / (duration_minutes_max - duration_minutes_min)` };
/** Every vertical by its price, flights by their duration too, each from 0 (the best of the offers) to 1; and flights by speed alone. */
export const ranking: string = JSON.stringify({
  ...Object.fromEntries([...verticals().keys()].map((name) => [name, { best: [price] }])),
  flight: {
    best: [price, duration],
    fastest: [{ name: 'minutes', weight: 2, value: 'duration_minutes', absent: 1_000 }],
  },
});

/** By replica. */
const stores: Promise<Store>[] = [];

/**
 * Starts one.
 * @param config lines of query.yaml
 * @param shared what replicas of query share, one for each of them; one replica where it is empty
 * @param clients lines of clients.yaml
 * @param accuracy lines of accuracy.yaml, and the clock of the loop
 * @param normalization what knows of products; without it query asks none
 */
export async function startRig(
  config = 'minUpdateIntervalMs: 0',
  shared: readonly SharedState[] = [],
  clients = '{}',
  accuracy?: { readonly yaml: string; readonly options: AccuracyOptions },
  normalization?: MeshService,
): Promise<Rig> {
  const directory = mkdtempSync(path.join(tmpdir(), 'query-config-'));
  const configure: Rig['configure'] = (file, text) => writeFileSync(path.join(directory, file), text);
  configure('query.yaml', config);
  configure('clients.yaml', clients);
  if (accuracy !== undefined) configure('accuracy.yaml', accuracy.yaml);
  writeFileSync(path.join(directory, 'ranking.yaml'), ranking);
  const network = createMemoryNetwork();
  const supply = new FakeSupply();
  const pricing = new FakePricing();
  // One database a replica for all rigs of a test file: making one takes longer than most tests.
  const clickStores: Store[] = [];
  for (let at = 0; at < Math.max(1, shared.length); at++) {
    stores[at] ??= openStore({ ...clickStore, memory: {} });
    clickStores.push(await stores[at]!);
  }
  const services = (shared.length > 0 ? shared : [undefined]).map((one, at) =>
    createQueryService({
      configDirectory: directory,
      supply: connect(SupplyServiceDefinition, { network, name: 'supply' }, { retry: { maxAttempts: 1 } }).client,
      pricing: connect(PricingServiceDefinition, { network, name: 'pricing' }, { retry: { maxAttempts: 1 } }).client,
      clicks: clickStores[at]!,
      ...(normalization && {
        normalization: connect(NormalizationServiceDefinition, { network, name: 'normalization' }).client,
      }),
      ...(one && { shared: one }),
      ...(accuracy && { accuracy: accuracy.options }),
    }),
  );
  const names = services.map((_, at) => (at === 0 ? 'query' : `query-${at}`));
  const replicas: MeshServer[] = [];
  for (const [at, name] of names.entries()) {
    replicas.push(await serve({ name, services: services[at]!.services, at: { network } }));
  }
  const clientOf = (name: string): Rig['query'] =>
    connect(QueryServiceDefinition, { network, name }, { retry: { maxAttempts: 1 } }).client;
  const servers = {
    supply: await serve({ name: 'supply', services: [supply.service], at: { network } }),
    pricing: await serve({ name: 'pricing', services: [pricing.service], at: { network } }),
  };
  const catalogue =
    normalization && (await serve({ name: 'normalization', services: [normalization], at: { network } }));
  return {
    query: clientOf('query'),
    replicas: names.map(clientOf),
    stop: async (at) => {
      await replicas[at]!.close();
      await services[at]!.close();
    },
    supply,
    pricing,
    clicks: clickStores[0]!,
    configure,
    kill: (name) => servers[name].close(),
    close: async () => {
      await catalogue?.close();
      for (const server of [...Object.values(servers), ...replicas]) await server.close();
      for (const service of services) await service.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A request that is right, with what a test changes. */
export function flightSearch(changes: Parameters<typeof SearchRequest.fromPartial>[0] = {}): SearchRequest {
  const departure = Temporal.Now.plainDateISO('UTC').add({ days: 60 }).toString();
  const flight = { origin: 'LHR', destination: 'JFK', departureDate: departure, adults: 1 };
  return deepFreeze(
    SearchRequest.fromPartial({
      vertical: { $case: 'flight', value: flight },
      currency: 'GBP',
      market: 'GB',
      ...changes,
    }),
  );
}

/** A request to follow a search, with what a test says of it. */
export function watchRequest(changes: Parameters<typeof WatchSearchRequest.fromPartial>[0]): WatchSearchRequest {
  return deepFreeze(WatchSearchRequest.fromPartial(changes));
}

/** The one snapshot of a search that is asked for its end. */
export async function finalOf(
  rig: Rig,
  changes: Parameters<typeof flightSearch>[0] = {},
  options: CallOptions = {},
): Promise<SearchUpdate> {
  const updates = await all(rig.query.search(flightSearch({ ...changes, delivery: Delivery.FINAL }), options));
  if (updates.length !== 1) throw new Error(`expected one snapshot, got ${updates.length}`);
  return updates[0]!;
}

/** Every update of a stream. */
export async function all(stream: AsyncIterable<{ update: SearchUpdate | undefined }>): Promise<SearchUpdate[]> {
  const updates: SearchUpdate[] = [];
  for await (const { update } of stream) if (update !== undefined) updates.push(deepFreeze(update));
  return updates;
}

/** A stream read update by update. The first read is under way at once, since a stream starts with it. */
export function reader(stream: AsyncIterableIterator<{ update: SearchUpdate | undefined }>): {
  next(): Promise<SearchUpdate>;
  until(wanted: (update: SearchUpdate) => boolean): Promise<SearchUpdate>;
  ended(): Promise<boolean>;
  /** Every update until the stream ends. */
  rest(): Promise<SearchUpdate[]>;
  leave(): Promise<void>;
} {
  let ahead: Promise<IteratorResult<{ update: SearchUpdate | undefined }>> | undefined = stream.next();
  // Whoever reads it sees how it failed; until then it is not unhandled.
  ahead.catch(() => undefined);
  const read = (): Promise<IteratorResult<{ update: SearchUpdate | undefined }>> => {
    const first = ahead;
    ahead = undefined;
    return first ?? stream.next();
  };
  const next = async (): Promise<SearchUpdate> => {
    const { done, value } = await read();
    if (done || value.update === undefined) throw new Error('the stream has ended');
    return deepFreeze(value.update);
  };
  return {
    next,
    until: async (wanted) => {
      for (;;) {
        const update = await next();
        if (wanted(update)) return update;
      }
    },
    ended: async () => (await read()).done === true,
    rest: async () => {
      const updates: SearchUpdate[] = [];
      for (let result = await read(); !result.done; result = await read()) {
        if (result.value.update !== undefined) updates.push(deepFreeze(result.value.update));
      }
      return updates;
    },
    leave: async () => void (await stream.return?.()),
  };
}
