// CPU a search at concurrency 8: the floor, fused, and mesh over all its processes, round by round beside each other.
import type { Case } from '../bench.ts';
import { type Figure, figure } from '../figures.ts';
import { runSearches, searchBody } from '../load.ts';
import { cpuMs } from '../processes.ts';
import {
  departureDate,
  type System,
  startFloor,
  startFusedSystem,
  startMeshSystem,
  startPartners,
} from '../systems.ts';

const rounds = 5;
const concurrency = 8;
const partners = 10;
const offers = 100;

/** Measures with rows of one format: "compact" (about 400 bytes) or "duffel" (about 5 KB). */
export function cpuCase(format: 'compact' | 'duffel'): Case {
  const perRound = format === 'compact' ? 250 : 40;
  return async (say) => {
    const partnerServer = await startPartners();
    await partnerServer.set({ delayMs: 0, count: offers, cold: false, date: departureDate });
    const systems = [
      await startFloor(partnerServer.url, partners, format),
      await startFusedSystem(partnerServer.url, partners, format),
      await startMeshSystem(partnerServer.url, partners, format),
    ];
    try {
      for (const system of systems) await measure(system, perRound);
      const warm = await interleave(systems, perRound, say, `${format} warm`);
      const figures: Figure[] = figuresOf(`cpu.${format}`, warm);
      if (format === 'compact') {
        await partnerServer.set({ delayMs: 0, count: offers, cold: true, date: departureDate });
        const cold = await interleave(systems, 60, say, `${format} cold`);
        figures.push(...figuresOf(`cpu.${format}_cold`, cold));
      }
      return figures;
    } finally {
      for (const system of systems) await system.stop();
      await partnerServer.stop();
    }
  };
}

function figuresOf(prefix: string, costs: readonly (readonly number[])[]): Figure[] {
  const [floor = [], fused = [], mesh = []] = costs;
  const ratios = (values: readonly number[]): number[] =>
    values.map((value, round) => value / (floor[round] ?? Number.NaN));
  // Only warm identities are promised: a cold one is work that happens once a product.
  const promised = !prefix.endsWith('_cold');
  return [
    figure(`${prefix}.floor`, floor, 'ms CPU'),
    figure(`${prefix}.fused`, fused, 'ms CPU'),
    figure(`${prefix}.fused_ratio`, ratios(fused), '× floor', promised ? 1 : null),
    figure(`${prefix}.mesh`, mesh, 'ms CPU'),
    figure(`${prefix}.mesh_ratio`, ratios(mesh), '× floor', promised ? 1.75 : null),
  ];
}

async function interleave(
  systems: readonly System[],
  perRound: number,
  say: (line: string) => void,
  what: string,
): Promise<number[][]> {
  const costs: number[][] = systems.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, system] of systems.entries()) costs[index]?.push(await measure(system, perRound));
    say(
      `  ${what} round ${round + 1}: ${systems.map((system, index) => `${system.name} ${costs[index]?.[round]?.toFixed(2)}`).join(', ')} ms`,
    );
  }
  return costs;
}

/** CPU milliseconds a search. */
async function measure(system: System, count: number): Promise<number> {
  const before = cpuMs(system.pids);
  await runSearches(system.url, searchBody(departureDate), count, concurrency, system.check);
  return (cpuMs(system.pids) - before) / count;
}
