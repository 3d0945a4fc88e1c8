// What twice the offers and twice the partners cost.
import type { Case } from '../bench.ts';
import { figure } from '../figures.ts';
import { runSearches, searchBody } from '../load.ts';
import { cpuMs } from '../processes.ts';
import {
  departureDate,
  partnerName,
  type System,
  startFusedSystem,
  startMeshSystem,
  startPartners,
} from '../systems.ts';

const rounds = 5;
const concurrency = 8;
const perRound = 120;

/** Measures fused and mesh, with 20 partners configured of which 10 or 20 are asked. */
export const scalingCase: Case = async (say) => {
  const partnerServer = await startPartners();
  const figures = [];
  const names = Array.from({ length: 20 }, (_, index) => partnerName(index));
  for (const start of [startFusedSystem, startMeshSystem]) {
    const system = await start(partnerServer.url, 20, 'compact');
    try {
      const run = async (partners: number, offers: number): Promise<number> => {
        await partnerServer.set({ delayMs: 0, count: offers, cold: false, date: departureDate });
        return measure(system, names.slice(0, partners), partners * offers);
      };
      for (const [partners, offers] of [
        [10, 100],
        [10, 200],
        [20, 100],
      ] as const)
        await run(partners, offers);
      const byOffers: number[] = [];
      const byPartners: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const once = await run(10, 100);
        byOffers.push((await run(10, 200)) / once);
        byPartners.push((await run(20, 100)) / once);
        say(
          `  ${system.name} round ${round + 1}: offers ${byOffers.at(-1)?.toFixed(2)}, partners ${byPartners.at(-1)?.toFixed(2)}`,
        );
      }
      figures.push(
        figure(`scaling.${system.name}.offers_x2`, byOffers, '× CPU', 2.1),
        figure(`scaling.${system.name}.partners_x2`, byPartners, '× CPU', 2.1),
      );
    } finally {
      await system.stop();
    }
  }
  await partnerServer.stop();
  return figures;
};

async function measure(system: System, partners: readonly string[], expected: number): Promise<number> {
  const before = cpuMs(system.pids);
  await runSearches(system.url, searchBody(departureDate, partners), perRound, concurrency, (text) => {
    const { progress } = JSON.parse(text) as { progress?: { offers?: number } };
    if (progress?.offers !== expected) throw new Error(`Expected ${expected} offers, got ${progress?.offers}.`);
  });
  return (cpuMs(system.pids) - before) / perRound;
}
