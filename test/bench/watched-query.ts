// A query service over gRPC between a pretend supply and a pretend pricing, with searches that run until they are told to go on.
//
//   GET  /searches       where it listens and which searches run: {"address", "searchIds"}
//   POST /update         one more offer of each search, cheaper than all before; when each was sent, in their order
//   GET  /memory         bytes that live, after a collection: {"resident", "heap", "external"}
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { QueryServiceDefinition } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { connect, createMemoryNetwork, serve } from '../../libs/mesh/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { startTelemetry } from '../../libs/telemetry/index.ts';
import { clickStore, createQueryService } from '../../services/query/service.ts';
import { FakePricing } from '../../services/query/testing/fake-pricing.ts';
import { type FakeSearch, FakeSupply } from '../../services/query/testing/fake-supply.ts';
import { flightSearch, ranking } from '../../services/query/testing/rig.ts';

const count = Number(process.argv[2] ?? 50);
/** Offers that each search has found before anybody watches. */
const offers = 100;

const telemetry = startTelemetry({ service: 'query', env: {} });
const directory = mkdtempSync(path.join(tmpdir(), 'entrepot-watchers-'));
writeFileSync(path.join(directory, 'query.yaml'), '{ deadlineMs: 60000, lateMs: 60000, hold: { searches: 100000 } }');
writeFileSync(path.join(directory, 'ranking.yaml'), ranking);
const network = createMemoryNetwork();
const supply = new FakeSupply();
const pricing = new FakePricing();
const clicks = await openStore(clickStore);
const service = createQueryService({
  configDirectory: directory,
  supply: connect(SupplyServiceDefinition, { network, name: 'supply' }).client,
  pricing: connect(PricingServiceDefinition, { network, name: 'pricing' }).client,
  clicks,
});
const { services } = service;
const boundless = { adaptive: false, maxStreams: 100_000 };
const servers = [
  await serve({ name: 'supply', services: [supply.service], at: { network }, admission: boundless }),
  await serve({ name: 'pricing', services: [pricing.service], at: { network }, admission: boundless }),
  await serve({ name: 'query', services, at: { network }, admission: boundless }),
];
const listening = await serve({
  name: 'query',
  services,
  at: { address: '127.0.0.1:0' },
  // Watchers come all at once, which a server that learns what it can do would spread.
  admission: { ...boundless, maxLoopDelayMs: Number.POSITIVE_INFINITY },
  grpc: { maxConcurrentStreams: 10_000 },
});

const running: { readonly id: string; readonly search: FakeSearch }[] = [];
const query = connect(QueryServiceDefinition, { network, name: 'query' }).client;
for (let index = 0; index < count; index++) {
  const updates = query.search(flightSearch({ partners: [`partner-${index}`] }));
  const first = updates.next();
  const search = await supply.next();
  search.plan(['answers', 'hangs']);
  const rows = Array.from({ length: offers }, (_, row) => ({
    total: 100_000 + row * 100,
    stops: row % 3,
    duration: 400 + row,
  }));
  search.answer('answers', rows);
  running.push({ id: (await first).value.update.searchId, search });
  void readAll(updates);
}

async function readAll(updates: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of updates);
}

let round = 0;
function update(): number[] {
  round++;
  return running.map(({ search }) => {
    const at = performance.timeOrigin + performance.now();
    search.batch('hangs', [{ total: 90_000 - round * 100, stops: round % 3, duration: 300 + round }]);
    return at;
  });
}

async function memory(): Promise<{ resident: number; heap: number; external: number }> {
  // What weak references and finalizers hold goes with the second.
  for (let times = 0; times < 2; times++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, external };
}

const control = createServer(async (request, response) => {
  const answer =
    request.url === '/update'
      ? update()
      : request.url === '/memory'
        ? await memory()
        : { address: listening.address, searchIds: running.map(({ id }) => id) };
  response.end(JSON.stringify(answer));
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
process.once('SIGTERM', async () => {
  control.closeAllConnections();
  for (const server of [listening, ...servers]) await server.close();
  await service.close();
  await clicks.close();
  rmSync(directory, { recursive: true });
  await telemetry.shutdown();
  process.exit(0);
});
