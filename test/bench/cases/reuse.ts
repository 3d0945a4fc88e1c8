// Searches that are equal to one that is held, beside the floor, which asks the partners for each: CPU and time of each, at
// concurrency 8. The fused system has one core where there are several, and so has the floor; the load and the partners have the other.
import { cpus } from 'node:os';
import type { Case } from '../bench.ts';
import { figure } from '../figures.ts';
import { type Check, runSearches, searchBody } from '../load.ts';
import { canPin, cpuMs } from '../processes.ts';
import { departureDate, type System, startFloor, startFusedSystem, startPartners } from '../systems.ts';

const rounds = 7;
const concurrency = 8;
const partners = 10;
const perRound = { floor: 150, hits: 6_000 };
/** At most so much of what the floor takes, percent: a twentieth. */
const target = 5;

interface Cost {
  /** CPU milliseconds of a search. */
  readonly cpu: number;
  /** Milliseconds between two answers. */
  readonly time: number;
}

/** Measures floor and hits, round by round beside each other. */
export const reuseCase: Case = async (say) => {
  const core = canPin && cpus().length > 1 ? { load: 0, system: 1 } : undefined;
  if (core === undefined) say('  There is no taskset, or one core alone: load and systems share what there is.');
  const partnerServer = await startPartners(core?.load);
  await partnerServer.set({ delayMs: 0, count: 100, cold: false, date: departureDate });
  const floor = await startFloor(partnerServer.url, partners, 'compact', core?.system);
  const fused = await startFusedSystem(partnerServer.url, partners, 'compact', {
    reuse: true,
    // What is shed is not measured.
    shedding: false,
    ...(core !== undefined && { core: core.system }),
  });
  const costs: { floor: Cost; hit: Cost }[] = [];
  try {
    await measure(floor, 50, floor.check);
    await measure(fused, 1, fused.check);
    // Identities that come late regroup the page once.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const asked = (await partnerServer.sent()).length;
    const check = nowAndThen(fused.check);
    await measure(fused, perRound.hits, check);
    for (let round = 0; round < rounds; round++) {
      await partnerServer.sent();
      const hit = await measure(fused, perRound.hits, check);
      const again = (await partnerServer.sent()).length;
      if (again > 0) throw new Error(`Partners were asked ${again} times for what was held (${asked} at first).`);
      costs.push({ floor: await measure(floor, perRound.floor, floor.check), hit });
      say(`  round ${round + 1}: floor ${line(costs.at(-1)!.floor)}, hit ${line(hit)}`);
    }
  } finally {
    await fused.stop();
    await floor.stop();
    await partnerServer.stop();
  }
  const of = (value: (cost: (typeof costs)[number]) => number): number[] => costs.map(value);
  return [
    figure(
      'reuse.floor',
      of(({ floor: { cpu } }) => cpu),
      'ms CPU',
    ),
    figure(
      'reuse.hit',
      of(({ hit: { cpu } }) => cpu),
      'ms CPU',
    ),
    figure(
      'reuse.cpu_ratio',
      of(({ floor, hit }) => (100 * hit.cpu) / floor.cpu),
      '% of the floor',
      target,
    ),
    figure(
      'reuse.floor_throughput',
      of(({ floor: { time } }) => 1_000 / time),
      'searches/s',
    ),
    figure(
      'reuse.hit_throughput',
      of(({ hit: { time } }) => 1_000 / time),
      'searches/s',
    ),
    figure(
      'reuse.time_ratio',
      of(({ floor, hit }) => (100 * hit.time) / floor.time),
      '% of the floor',
      target,
    ),
  ];
};

/** A check that costs the load little: whole pages now and then, and pages of about that length in between. */
function nowAndThen(check: Check): Check {
  let answers = 0;
  let length = 0;
  return (text) => {
    if (answers++ % 500 === 0) {
      check(text);
      length = text.length;
    }
    if (Math.abs(text.length - length) > length / 10) throw new Error(`Not a full page: ${text.slice(0, 500)}`);
  };
}

async function measure({ url, pids }: System, count: number, check: Check): Promise<Cost> {
  const cpu = cpuMs(pids);
  const startedAt = performance.now();
  await runSearches(url, searchBody(departureDate), count, concurrency, check);
  return { cpu: (cpuMs(pids) - cpu) / count, time: (performance.now() - startedAt) / count };
}

function line({ cpu, time }: Cost): string {
  return `${cpu.toFixed(3)} ms CPU, ${(1_000 / time).toFixed(0)}/s`;
}
