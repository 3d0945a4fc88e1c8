// 2,000 clients that follow searches at one process of the edge, over SSE and WebSocket, while the searches run at a query over gRPC:
// what each takes in memory at the edge, and how long an update is on its way to them. The floor is the way of the same updates to the
// first ten of them, before the others came. With two cores the edge has one, query and the clients share the other.
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../bench.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { canPin, type Measured, startScript } from '../processes.ts';

const clients = Number(process.env.ENTREPOT_BENCH_STREAMS ?? 2_000);
const few = 10;
/** One in so many is a WebSocket. */
const websocketEvery = 10;
const searches = 50;
const rounds = 10;
/** Rounds in which the code becomes warm. */
const warmUp = 3;
/** The searches run for a minute. */
const betweenRoundsMs = 300;

interface Memory {
  readonly resident: number;
  readonly heap: number;
  readonly external: number;
}

/** Measures memory and delay. */
export const edgeStreamsCase: Case = async (say) => {
  const pinned = canPin && cpus().length > 1;
  const [edgeCore, otherCore] = pinned ? [1, 0] : [undefined, undefined];
  const here = join(import.meta.dirname, '..');
  const gc = { NODE_OPTIONS: '--expose-gc', LOG_LEVEL: 'warn' };
  const query = await startScript(join(here, 'watched-query.ts'), [String(searches)], gc, otherCore);
  const edge = await startScript(join(here, 'streams-edge.ts'), [], gc, edgeCore);
  const followers = await startScript(join(here, 'stream-clients.ts'), [], {}, otherCore);
  try {
    const { address, searchIds } = await ask<{ address: string; searchIds: string[] }>(query, '/searches');
    const { port } = await ask<{ port: number }>(edge, '/edge', { address });
    const follow = (count: number): Promise<unknown> => {
      const websocket = Math.floor(count / websocketEvery);
      return ask(followers, '/follow', { port, searchIds, sse: count - websocket, websocket });
    };
    await follow(few);
    const floor = await delaysOf(query, followers);
    const before = await ask<Memory>(edge, '/memory');
    await follow(clients - few);
    const many = await delaysOf(query, followers);
    const after = await ask<Memory>(edge, '/memory');
    say(`  ${clients} clients of ${searches} searches, a message of ${many.bytes} bytes at the end`);
    const each = (of: (memory: Memory) => number): number => (of(after) - of(before)) / 1_024 / (clients - few);
    return [
      figure('edge-streams.memory', [each(({ resident }) => resident)], 'KiB resident at the edge for each'),
      figure(
        'edge-streams.heap',
        [each(({ heap, external }) => heap + external)],
        'KiB on the heap and beside it for each',
      ),
      ...delayFigures('p50', 0.5, 'half of', floor.rounds, many.rounds),
      ...delayFigures('p99', 0.99, '99 of 100 of', floor.rounds, many.rounds),
    ];
  } finally {
    await followers.stop();
    await edge.stop();
    await query.stop();
  }
};

/** The delays of each round, by client. */
async function delaysOf(query: Measured, followers: Measured): Promise<{ rounds: number[][]; bytes: number }> {
  const delays: number[][] = [];
  let last = 0;
  for (let round = 0; round < warmUp + rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, betweenRoundsMs));
    const sent = await ask<number[]>(query, '/update');
    const { arrived, bytes } = await ask<{ arrived: number[]; bytes: number }>(followers, '/arrived');
    last = bytes;
    if (round >= warmUp) delays.push(arrived.map((at, client) => at - sent[client % searches]!));
  }
  return { rounds: delays, bytes: last };
}

function delayFigures(name: string, q: number, whom: string, floor: number[][], many: number[][]): Figure[] {
  const [few, all] = [floor, many].map((delays) => delays.map((round) => quantile(round, q))) as [number[], number[]];
  const least = figure('', few, '').value;
  return [
    figure(`edge-streams.floor_${name}`, few, `ms to ${whom} the first ten, before the others came`),
    figure(`edge-streams.delay_${name}`, all, `ms to ${whom} all`),
    figure(
      `edge-streams.added_${name}`,
      all.map((ms) => ms - least),
      'ms more than the floor',
    ),
  ];
}

async function ask<Answer>({ port }: Measured, path: string, body: unknown = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return JSON.parse(text) as Answer;
}
