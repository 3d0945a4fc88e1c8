// 5,000 watchers of 50 searches that run on one process of query, over gRPC: what each takes in memory, and how long an update is
// on its way to them. The watchers are a process of their own; with two cores each process has one.
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../bench.ts';
import { figure, quantile } from '../figures.ts';
import { canPin, type Measured, startScript } from '../processes.ts';

const watchers = Number(process.env.ENTREPOT_BENCH_WATCHERS ?? 5_000);
const searches = 50;
const connections = 4;
const rounds = 15;
/** Rounds in which the code becomes warm. */
const warmUp = 3;
const betweenRoundsMs = 500;

interface Memory {
  readonly resident: number;
  readonly heap: number;
  readonly external: number;
}

/** Measures memory and delay. */
export const watchersCase: Case = async (say) => {
  const pinned = canPin && cpus().length > 1;
  const here = join(import.meta.dirname, '..');
  const gc = { NODE_OPTIONS: '--expose-gc', LOG_LEVEL: 'warn' };
  const query = await startScript(join(here, 'watched-query.ts'), [String(searches)], gc, pinned ? 1 : undefined);
  const clients = await startScript(join(here, 'watchers.ts'), [], {}, pinned ? 0 : undefined);
  try {
    const before = await ask<Memory>(query, '/memory');
    const { address, searchIds } = await ask<{ address: string; searchIds: string[] }>(query, '/searches');
    await ask(clients, '/watch', { address, searchIds, count: watchers, connections });
    const delays: number[][] = [];
    let bytes = 0;
    for (let round = 0; round < warmUp + rounds; round++) {
      await new Promise((resolve) => setTimeout(resolve, betweenRoundsMs));
      const sent = await ask<number[]>(query, '/update');
      const came = await ask<{ arrived: number[]; bytes: number }>(clients, '/arrived');
      bytes = came.bytes;
      say(
        `   round ${round} ${quantile(
          came.arrived.map((at, watcher) => at - sent[watcher % searches]!),
          0.5,
        ).toFixed(0)} ${Math.min(...came.arrived.map((at, watcher) => at - sent[watcher % searches]!)).toFixed(0)}`,
      );
      if (round >= warmUp) delays.push(came.arrived.map((at, watcher) => at - sent[watcher % searches]!));
    }
    const after = await ask<Memory>(query, '/memory');
    say(`  ${watchers} watchers of ${searches} searches on ${connections} connections, updates of ${bytes} bytes`);
    const each = (of: (memory: Memory) => number): number => (of(after) - of(before)) / 1_024 / watchers;
    return [
      figure('watchers.memory', [each(({ resident }) => resident)], 'KiB resident for each'),
      figure(
        'watchers.heap',
        [each(({ heap, external }) => heap + external)],
        'KiB on the heap and beside it for each',
      ),
      figure(
        'watchers.delay_p50',
        delays.map((round) => quantile(round, 0.5)),
        'ms to half of the watchers',
      ),
      figure(
        'watchers.delay_p99',
        delays.map((round) => quantile(round, 0.99)),
        'ms to 99 of 100',
      ),
      figure('watchers.update', [bytes], 'bytes of an update'),
    ];
  } finally {
    await clients.stop();
    await query.stop();
  }
};

async function ask<Answer>({ port }: Measured, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return JSON.parse(text) as Answer;
}
