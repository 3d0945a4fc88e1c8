// What one page of twenty held offers costs the edge by each protocol, and how many a second it answers when it does nothing else, beside
// a bare server that writes the same bytes: node:http, for gRPC node:http2. The streams are those of the held search: a snapshot, and the end.
//
// The load is a closed loop in a process of its own, the same for both. With two cores the edge and the bare server have one, of which
// the other idles, and the load has the other: what a bare server can do at most is then what the load can ask for.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { GetPageRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Case } from '../bench.ts';
import type { AskedBytes, Run } from '../edge-load.ts';
import { type Figure, figure } from '../figures.ts';
import { searchBody } from '../load.ts';
import { canPin, cpuMs, type Measured, startScript } from '../processes.ts';
import { departureDate, startOpenedSystem, startPartners } from '../systems.ts';

const rounds = 5;
/** CPU time is read to so many milliseconds: what costs little is asked more often. */
const tickMs = 10;
const perRound = { edge: 1_000, floor: 4_000 };
const connections = 16;
const partners = 10;

interface Asked {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** One protocol: what is asked of the edge and of the floor, and the bytes that the edge answers with. */
interface Protocol {
  readonly edge: { readonly port: number; readonly asked: AskedBytes };
  readonly floor: { readonly port: number; readonly asked: AskedBytes };
  readonly answer: () => Promise<Buffer>;
}

/** Measures each protocol, round by round beside its floor. */
export const edgeCase: Case = async (say) => {
  const pinned = canPin && cpus().length > 1;
  const [serverCore, loadCore] = pinned ? [1, 0] : [undefined, undefined];
  const partnerServer = await startPartners(loadCore);
  await partnerServer.set({ delayMs: 0, count: 100, cold: false, date: departureDate });
  const system = await startOpenedSystem(partnerServer.url, partners, serverCore);
  const here = join(import.meta.dirname, '..');
  const floor = await startScript(join(here, 'edge-floor.ts'), [], {}, serverCore);
  const load = await startScript(join(here, 'edge-load.ts'), [], {}, loadCore);
  const edge = new Pool(system.url);
  const bare = new Pool(`http://127.0.0.1:${floor.port}`);
  try {
    const http2 = JSON.parse(String(await send(bare, { path: '/http2', method: 'GET' }))) as { port: number };
    const protocols = await protocolsOf(edge, system, { http: floor.port, http2: http2.port });
    const figures: Figure[] = [];
    for (const [name, protocol] of Object.entries(protocols)) {
      const byEdge = { ...protocol.edge, pids: system.pids, count: perRound.edge };
      const byFloor = { ...protocol.floor, pids: [floor.pid], count: perRound.floor };
      await measure(load, byEdge);
      const answer = await protocol.answer();
      if (answer.length < 5_000) throw new Error(`Not a page by ${name}: ${answer}`);
      await send(bare, { path: '/', method: 'PUT', body: answer });
      await measure(load, byFloor);
      const costs: Cost[] = [];
      const floors: Cost[] = [];
      for (let round = 0; round < rounds; round++) {
        costs.push(await measure(load, byEdge));
        floors.push(await measure(load, byFloor));
      }
      figures.push(...figuresOf(name, costs, floors));
      const line = (all: readonly Cost[]): string =>
        `${all.at(-1)?.cpu.toFixed(3)} ms, ${all.at(-1)?.rate.toFixed(0)}/s`;
      say(`  ${name}: ${answer.length} bytes, ${line(costs)}; floor ${line(floors)}`);
    }
    return figures;
  } finally {
    await edge.close();
    await bare.close();
    await load.stop();
    await floor.stop();
    await system.stop();
    await partnerServer.stop();
  }
};

function figuresOf(name: string, costs: readonly Cost[], floors: readonly Cost[]): Figure[] {
  const cpu = ({ cpu }: Cost): number => cpu;
  const rate = ({ rate }: Cost): number => rate;
  return [
    figure(`edge.${name}.cpu`, costs.map(cpu), 'ms CPU'),
    figure(`edge.${name}.floor`, floors.map(cpu), 'ms CPU'),
    figure(
      `edge.${name}.to_floor`,
      costs.map(({ cpu }, round) => cpu / Math.max(floors[round]?.cpu ?? 0, tickMs / perRound.floor)),
      'ratio',
    ),
    figure(`edge.${name}.rate`, costs.map(rate), 'requests/s'),
    figure(`edge.${name}.floor_rate`, floors.map(rate), 'requests/s, as the load can ask'),
  ];
}

/** Every protocol of one held search. */
async function protocolsOf(
  edge: Pool,
  { url, grpcAddress }: { readonly url: string; readonly grpcAddress: string },
  floor: { readonly http: number; readonly http2: number },
): Promise<Readonly<Record<string, Protocol>>> {
  const json = { 'content-type': 'application/json' };
  const search = { path: '/v1/searches', method: 'POST', headers: json, body: searchBody(departureDate) } as const;
  const { searchId } = JSON.parse(String(await send(edge, search))) as { searchId: string };
  const path = '/entrepot.query.v1.QueryService/GetPage';
  const message = Buffer.from(GetPageRequest.encode(GetPageRequest.fromPartial({ searchId })).finish());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const enveloped = Buffer.concat([head, message]);
  const updates = `/v1/searches/${searchId}/updates`;
  const port = Number(new URL(url).port);
  const atFloor: Protocol['floor'] = { port: floor.http, asked: httpBytes({ path: '/', method: 'GET' }) };
  const byHttp = (asked: Asked): Protocol => ({
    edge: { port, asked: httpBytes(asked) },
    floor: {
      port: floor.http,
      asked: httpBytes({ ...asked, path: '/', method: asked.body === undefined ? 'GET' : 'POST' }),
    },
    answer: () => send(edge, asked),
  });
  const web = byHttp({
    path,
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web+proto' },
    body: enveloped,
  });
  const call = JSON.stringify({ id: '1', method: 'GetPage', request: { searchId } });
  const grpc: AskedBytes = { kind: 'http2', path, bytes: enveloped.toString('base64') };
  return {
    rest: byHttp({ path: `/v1/searches/${searchId}`, method: 'GET' }),
    graphql: byHttp({
      path: '/graphql',
      method: 'POST',
      headers: json,
      body: JSON.stringify({ query: listQuery(searchId) }),
    }),
    connect_json: byHttp({ path, method: 'POST', headers: json, body: JSON.stringify({ searchId }) }),
    connect_binary: byHttp({
      path,
      method: 'POST',
      headers: { 'content-type': 'application/proto' },
      body: message,
    }),
    grpc_web: web,
    grpc: {
      edge: { port: Number(grpcAddress.split(':').at(-1)), asked: grpc },
      floor: { port: floor.http2, asked: grpc },
      // The message is the same as in gRPC-Web, where the trailers stand behind it.
      answer: async () => {
        const answer = await web.answer();
        return answer.subarray(0, 5 + answer.readUInt32BE(1));
      },
    },
    websocket: {
      edge: { port, asked: { kind: 'websocket', open: upgrade, bytes: frame(call).toString('base64') } },
      floor: atFloor,
      answer: () => overSocket(url, call),
    },
    sse: byHttp({ path: updates, method: 'GET', headers: { accept: 'text/event-stream' } }),
    ndjson: byHttp({ path: updates, method: 'GET', headers: { accept: 'application/x-ndjson' } }),
  };
}

/** A request as it stands on the wire. */
function httpBytes({ path, method, headers = {}, body = '' }: Asked): AskedBytes {
  const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return { kind: 'http', bytes: Buffer.concat([Buffer.from(head), Buffer.from(body)]).toString('base64') };
}

const upgrade = Buffer.from(
  `GET /v1/stream HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\nsec-websocket-protocol: entrepot.v1\r\n\r\n`,
).toString('base64');

/** A masked text frame of at most 125 bytes, whose mask changes nothing. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** The message that a call over a WebSocket is answered with. */
function overSocket(url: string, call: string): Promise<Buffer> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, 'entrepot.v1');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send(call));
    socket.on('message', (data: Buffer) => {
      if (data.includes('"ready"')) return;
      resolve(data);
      socket.close();
    });
  });
}

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

interface Cost {
  /** CPU milliseconds of a request. */
  readonly cpu: number;
  /** Requests a second. */
  readonly rate: number;
}

/** What so many requests cost, and how fast they were answered. */
async function measure(
  load: Measured,
  { pids, ...run }: Omit<Run, 'connections'> & { readonly pids: readonly number[] },
): Promise<Cost> {
  const before = cpuMs(pids);
  const body = JSON.stringify({ ...run, connections } satisfies Run);
  const response = await fetch(`http://127.0.0.1:${load.port}/run`, { method: 'POST', body });
  if (!response.ok) throw new Error(await response.text());
  const { ms } = (await response.json()) as { ms: number };
  return { cpu: (cpuMs(pids) - before) / run.count, rate: (run.count / ms) * 1_000 };
}
