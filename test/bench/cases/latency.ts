// Time that the platform adds at concurrency 1 with partners that answer after 20 ms: from the moment an answer left a
// partner to the moment the client has it. All clocks are this machine's monotonic one.
import type { Case } from '../bench.ts';
import { figure } from '../figures.ts';
import { searchBody, streamSearch } from '../load.ts';
import { departureDate, startFusedSystem, startMeshSystem, startPartners } from '../systems.ts';

const rounds = 5;
const perRound = 40;

/** Measures fused and mesh. */
export const latencyCase: Case = async (say) => {
  const partnerServer = await startPartners();
  await partnerServer.set({ delayMs: 20, count: 100, cold: false, date: departureDate });
  const figures = [];
  for (const start of [startFusedSystem, startMeshSystem]) {
    const system = await start(partnerServer.url, 10, 'compact');
    try {
      const body = searchBody(departureDate);
      for (let index = 0; index < perRound * 2; index++) await streamSearch(system.url, body);
      await partnerServer.sent();
      const firsts: number[] = [];
      const completes: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const first: number[] = [];
        const complete: number[] = [];
        for (let index = 0; index < perRound; index++) {
          const seen = await streamSearch(system.url, body);
          const sent = await partnerServer.sent();
          first.push(seen.first - Math.min(...sent));
          complete.push(seen.complete - Math.max(...sent));
        }
        firsts.push(median(first));
        completes.push(median(complete));
        say(
          `  ${system.name} round ${round + 1}: first ${firsts.at(-1)?.toFixed(2)} ms, complete ${completes.at(-1)?.toFixed(2)} ms`,
        );
      }
      figures.push(
        figure(`latency.${system.name}.first_after_fastest`, firsts, 'ms', 5),
        figure(`latency.${system.name}.complete_after_slowest`, completes, 'ms', 10),
      );
    } finally {
      await system.stop();
    }
  }
  await partnerServer.stop();
  return figures;
};

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
