// Three times as many searches as can be served: what the fused server makes of it with shedding, and without beside it.
//
// The load is open: searches come at their times (Poisson arrivals) whatever became of those before. The server has one core,
// the load and the partners have the other. Every round finds the peak anew, for other work on the machine moves it.
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Case } from '../bench.ts';
import { figure, quantile } from '../figures.ts';
import { searchBody } from '../load.ts';
import type { Load, Phase, Sent } from '../open-loop.ts';
import { canPin, coreMs, cpuMs, nodeCommand } from '../processes.ts';
import { departureDate, type System, startFusedSystem, startPartners } from '../systems.ts';

const rounds = Number(process.env.ENTREPOT_BENCH_ROUNDS ?? 5);
const loadCore = 0;
const serverCore = 1;
/** What clients wait. Partners take 150 to 240 ms, the way of a search included; nothing is late by itself. */
const deadlineMs = 1_000;
const partners = { delayMs: 150, stepMs: 10, count: 100, cold: false, date: departureDate };
const clients = [
  { name: 'bench-premium', share: 0.2 },
  { name: 'bench-standard', share: 0.5 },
  { name: 'bench-batch', share: 0.3 },
];
const bodies = Array.from({ length: 280 }, (_, days) =>
  searchBody(Temporal.PlainDate.from(departureDate).add({ days }).toString()),
);
/** Searches that are held: so few that there are as many in the first seconds as in the last. */
const held = 250;
/** Loads that the peak is looked for under, as parts of the first guess. */
const levels = [0.7, 0.85, 1, 1.2];
const unloadedPart = 0.3;
const overloadPart = 3;
const warmUp: readonly Phase[] = [{ rate: 30, seconds: 20 }];
const seconds = { unloaded: 6, level: 4, overload: 10, after: 4 };

interface Round {
  readonly peak: number;
  readonly goodput: number;
  readonly unloadedP99: number;
  readonly p99: number;
  /** From the fall of the load to the last search after it that was not served well. */
  readonly recoveryMs: number;
  readonly premiumShed: number;
  readonly batchShed: number;
  /** The part of the server's core that others had. */
  readonly taken: number;
}

/** Measures fused with and without shedding. */
export const overloadCase: Case = async (say) => {
  const pinned = canPin && cpus().length > serverCore;
  if (!pinned) say('  There is no taskset, or one core alone: load and server share what there is.');
  const core = (which: number): { core?: number } => (pinned ? { core: which } : {});
  const partnerServer = await startPartners(core(loadCore).core);
  const shedding: Round[] = [];
  const boundless: Round[] = [];
  try {
    await partnerServer.set(partners);
    const systems = [
      await startFusedSystem(partnerServer.url, 10, 'compact', { ...core(serverCore), held }),
      await startFusedSystem(partnerServer.url, 10, 'compact', { ...core(serverCore), held, shedding: false }),
    ] as const;
    try {
      const run = (system: System, phases: readonly Phase[], seed: number): Promise<Sent[]> =>
        runLoad({ url: system.url, bodies, clients, deadlineMs, seed, phases }, core(loadCore).core);
      for (const system of systems) await run(system, warmUp, 1);
      let guess = await peakOf(async (rate) => good(await run(systems[0], [{ rate, seconds: 4 }], rate)) / 4);
      say(`  first guess of the peak: ${guess.toFixed(0)} searches/s`);
      for (let round = 0; round < rounds; round++) {
        const one = await measure(systems[0], run, guess, round);
        const other = await measure(systems[1], run, guess, round, one.peak);
        guess = Math.max(guess, one.peak);
        shedding.push(one);
        boundless.push(other);
        say(`  round ${round + 1}: ${line(one)}; without shedding ${line(other)}`);
      }
    } finally {
      for (const system of systems) await system.stop();
    }
  } finally {
    await partnerServer.stop();
  }
  const of = (from: readonly Round[], value: (round: Round) => number): number[] => from.map(value);
  const figures = (name: string, from: readonly Round[], promised: boolean) => [
    figure(
      `${name}.goodput_lost`,
      of(from, ({ goodput, peak }) => 1 - goodput / peak),
      'of peak',
      promised ? 0.1 : null,
    ),
    figure(
      `${name}.unloaded_p99`,
      of(from, ({ unloadedP99 }) => unloadedP99),
      'ms',
    ),
    figure(
      `${name}.p99_ratio`,
      of(from, ({ p99, unloadedP99 }) => p99 / unloadedP99),
      '× unloaded',
      promised ? 2 : null,
    ),
    figure(
      `${name}.recovery`,
      of(from, ({ recoveryMs }) => recoveryMs),
      'ms',
      promised ? 1_000 : null,
    ),
  ];
  return [
    figure(
      'overload.peak',
      of(shedding, ({ peak }) => peak),
      'searches/s',
    ),
    ...figures('overload', shedding, true),
    figure(
      'overload.premium_shed',
      of(shedding, ({ premiumShed }) => premiumShed),
      'of calls',
    ),
    figure(
      'overload.batch_shed',
      of(shedding, ({ batchShed }) => batchShed),
      'of calls',
    ),
    ...figures('overload.unshed', boundless, false),
  ];
};

/** The most searches a second that end well, looked for upwards from few. */
async function peakOf(goodput: (rate: number) => Promise<number>): Promise<number> {
  let best = 0;
  for (let rate = 20; rate < 5_000; rate = Math.round(rate * 1.3)) {
    const seen = await goodput(rate);
    if (seen > best) best = seen;
    else if (seen < rate * 0.7) break;
  }
  if (best === 0) throw new Error('No search ended in time: the machine is too busy with something else.');
  return best;
}

async function measure(
  system: System,
  runOn: (system: System, phases: readonly Phase[], seed: number) => Promise<Sent[]>,
  guess: number,
  round: number,
  known?: number,
): Promise<Round> {
  const run = (phases: readonly Phase[], seed: number): Promise<Sent[]> => runOn(system, phases, seed);
  const begun = { at: performance.now(), core: coreMs(serverCore), own: cpuMs(system.pids) };
  const byLevel: number[] = known === undefined ? [] : [known];
  for (const [index, part] of known === undefined ? levels.entries() : []) {
    const sent = await run([{ rate: guess * part, seconds: seconds.level }], 100 * round + index);
    byLevel.push(good(sent) / seconds.level);
  }
  const found = Math.max(...byLevel);
  const phases = [
    { rate: found * unloadedPart, seconds: seconds.unloaded },
    { rate: found * overloadPart, seconds: seconds.overload },
    { rate: found * unloadedPart, seconds: seconds.after },
  ];
  const sent = await run(phases, 100 * round + 50);
  const fall = (seconds.unloaded + seconds.overload) * 1_000;
  const unloaded = sent.filter(({ at }) => at < seconds.unloaded * 1_000);
  const overloaded = sent.filter(({ at }) => at >= seconds.unloaded * 1_000 && at < fall);
  const after = sent.filter(({ at }) => at >= fall);
  const unloadedP99 = p99(unloaded);
  const goodput = good(overloaded) / seconds.overload;
  const bad = after.filter(({ end, ms }) => end !== 'full' || ms > unloadedP99 * 2);
  const shed = (name: string): number => {
    const own = overloaded.filter(({ client }) => client === name);
    return own.filter(({ end }) => end === 'shed').length / own.length;
  };
  return {
    peak: Math.max(found, goodput),
    goodput,
    unloadedP99,
    p99: p99(overloaded),
    recoveryMs: Math.max(0, ...bad.map(({ at }) => at - fall)),
    premiumShed: shed('bench-premium'),
    batchShed: shed('bench-batch'),
    taken:
      (coreMs(serverCore) - begun.core - (cpuMs(system.pids) - begun.own)) / Math.max(1, performance.now() - begun.at),
  };
}

/** Searches with everything in time. */
function good(sent: readonly Sent[]): number {
  return sent.filter(({ end }) => end === 'full').length;
}

/** Of the searches that were admitted, what became of them. */
function p99(sent: readonly Sent[]): number {
  return quantile(
    sent.filter(({ end }) => end !== 'shed').map(({ ms }) => ms),
    0.99,
  );
}

async function runLoad(load: Load, core: number | undefined): Promise<Sent[]> {
  const [command, args] = nodeCommand(join(import.meta.dirname, '../open-loop.ts'), [JSON.stringify(load)], core);
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Sent[];
}

function line({ peak, goodput, unloadedP99, p99, recoveryMs, premiumShed, batchShed, taken }: Round): string {
  const sheds = `${(premiumShed * 100).toFixed(0)} % of premium and ${(batchShed * 100).toFixed(0)} % of batch shed`;
  return `${goodput.toFixed(0)} of ${peak.toFixed(0)}/s, p99 ${p99.toFixed(0)} and ${unloadedP99.toFixed(0)} ms unloaded, recovered after ${recoveryMs.toFixed(0)} ms, ${sheds}, ${(taken * 100).toFixed(0)} % of the core taken by others`;
}
