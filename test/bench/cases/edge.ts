// CPU of one page of twenty held offers by protocol, beside a bare server that writes the same bytes.
import { join } from 'node:path';
import { Pool } from 'undici';
import { GetPageRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Case } from '../bench.ts';
import { type Figure, figure } from '../figures.ts';
import { searchBody } from '../load.ts';
import { cpuMs, startScript } from '../processes.ts';
import { departureDate, startFusedSystem, startPartners } from '../systems.ts';

const rounds = 5;
/** CPU time is read to so many milliseconds: what costs little is asked more often. */
const tickMs = 10;
const perRound = { edge: 1_500, floor: 6_000 };
const concurrency = 8;

interface Asked {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Measures each protocol, round by round beside its floor. */
export const edgeCase: Case = async (say) => {
  const partners = await startPartners();
  await partners.set({ delayMs: 0, count: 100, cold: false, date: departureDate });
  const system = await startFusedSystem(partners.url, 10, 'compact', { shedding: false });
  const floor = await startScript(join(import.meta.dirname, '../edge-floor.ts'), []);
  const edge = new Pool(system.url, { connections: concurrency });
  const bare = new Pool(`http://127.0.0.1:${floor.port}`, { connections: concurrency });
  try {
    const json = { 'content-type': 'application/json' };
    const search = { path: '/v1/searches', method: 'POST', headers: json, body: searchBody(departureDate) } as const;
    const { searchId } = JSON.parse(String(await send(edge, search))) as { searchId: string };
    const path = '/entrepot.query.v1.QueryService/GetPage';
    const message = Buffer.from(GetPageRequest.encode(GetPageRequest.fromPartial({ searchId })).finish());
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const protocols: Readonly<Record<string, Asked>> = {
      rest: { path: `/v1/searches/${searchId}`, method: 'GET' },
      graphql: {
        path: '/graphql',
        method: 'POST',
        headers: json,
        body: JSON.stringify({ query: listQuery(searchId) }),
      },
      connect_json: { path, method: 'POST', headers: json, body: JSON.stringify({ searchId }) },
      connect_binary: { path, method: 'POST', headers: { 'content-type': 'application/proto' }, body: message },
      grpc_web: {
        path,
        method: 'POST',
        headers: { 'content-type': 'application/grpc-web+proto' },
        body: Buffer.concat([head, message]),
      },
    };
    const figures: Figure[] = [];
    for (const [name, asked] of Object.entries(protocols)) {
      const bytes = await send(edge, asked);
      if (bytes.length < 5_000) throw new Error(`Not a page by ${name}: ${bytes.length} bytes.`);
      await send(bare, { path: '/', method: 'PUT', body: bytes });
      await cost(edge, asked, system.pids, perRound.edge);
      await cost(bare, asked, [floor.pid], perRound.floor);
      const costs: number[] = [];
      const floors: number[] = [];
      for (let round = 0; round < rounds; round++) {
        costs.push(await cost(edge, asked, system.pids, perRound.edge));
        floors.push(await cost(bare, asked, [floor.pid], perRound.floor));
      }
      say(`  ${name}: ${bytes.length} bytes, ${costs.at(-1)?.toFixed(3)} ms, floor ${floors.at(-1)?.toFixed(3)} ms`);
      figures.push(
        figure(`edge.${name}.cpu`, costs, 'ms CPU'),
        figure(`edge.${name}.floor`, floors, 'ms CPU'),
        figure(
          `edge.${name}.to_floor`,
          costs.map((ms, round) => ms / Math.max(floors[round] ?? 0, tickMs / perRound.floor)),
          'ratio',
        ),
      );
    }
    return figures;
  } finally {
    await edge.close();
    await bare.close();
    await floor.stop();
    await system.stop();
    await partners.stop();
  }
};

/** What a list of results shows, of the same page. */
function listQuery(searchId: string): string {
  return `{ getPage(searchId: "${searchId}") { searchId totalSize nextPageToken offers { offerId partner productId price { total { amount currencyCode } } item { flight { stops durationMinutes departure { dateTime timeZone } arrival { dateTime timeZone } slices { segments { origin destination marketingCarrier } } } } } } }`;
}

async function send(pool: Pool, asked: Asked): Promise<Buffer> {
  const { statusCode, body } = await pool.request(asked);
  const bytes = Buffer.from(await body.arrayBuffer());
  if (statusCode !== 200) throw new Error(`HTTP ${statusCode}: ${bytes.toString().slice(0, 300)}`);
  return bytes;
}

/** CPU milliseconds of a request. */
async function cost(pool: Pool, asked: Asked, pids: readonly number[], count: number): Promise<number> {
  const before = cpuMs(pids);
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await send(pool, asked);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (cpuMs(pids) - before) / count;
}
