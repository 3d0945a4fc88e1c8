// A page of twenty offers, sorted by price, of ten partners with a hundred each: through Entrepot's GraphQL, and through a GraphQL
// gateway of npm's (Hive Gateway, gateway/) over the same partners, beside each other in the same run.
//
// Each is one process with a core of its own, both warm, the idle one waiting; the load and the partners have the other core. Both
// answer with the same twenty offers, which is held to before anything is measured: prices in pounds as a client in Great Britain is
// shown them, each flight once. That is all the gateway does; Entrepot explains, holds and follows them as well, as it is shipped.
//
//   same     one page again and again: Entrepot gives what partners said again, as flights' manifests permit; the gateway, as its
//            documentation sets it up, asks
//   cached   the same, and the gateway keeps whole answers in its response cache
//   new      every page is another search, and every partner is asked each time
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { parse } from 'yaml';
import type { Case } from '../bench.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ours, type Page, theirs } from '../graphql-pages.ts';
import type { Load, Sent } from '../open-loop.ts';
import { canPin, cpuMs, nodeCommand, startScript } from '../processes.ts';
import { departureDate, type System, startFusedSystem, startPartners } from '../systems.ts';

const rounds = Number(process.env.ENTREPOT_BENCH_ROUNDS ?? 5);
const partners = 10;
const settings = { delayMs: 20, count: 100, cold: false, date: departureDate };
const concurrency = 8;
const requests = { new: 300, equal: 2_000, warmUp: 600 };
const seconds = 10;
/** The rate of the open loop, as a part of what the gateway's core can do: what it can serve without a queue that grows. */
const load = 0.5;
/** Entrepot's part of the gateway's CPU time and p99, percent. */
const target = 50;

const here = join(import.meta.dirname, '..');
const gatewayFolder = join(here, 'gateway');

/** What is compared. */
interface Contestant extends Page {
  readonly system: System;
}

const dates = Array.from({ length: 40 }, (_, days) => Temporal.PlainDate.from(departureDate).add({ days }).toString());

/** Bodies of new searches, of which none is equal to another: "{n}" is the number of the request. */
function newBodies({ query, variablesOf }: Contestant): string[] {
  return dates.map((date) => JSON.stringify({ query, variables: variablesOf(date), extensions: { request: '{n}' } }));
}

/** The one body of equal searches. */
function equalBody({ query, variablesOf }: Contestant): string[] {
  return [JSON.stringify({ query, variables: variablesOf(departureDate) })];
}

/** The rate of the shipped configuration, which the gateway converts by. */
function poundsPerEuro(): string {
  const file = join(here, '../../deploy/config/pricing/rates/2026-11-20.yaml');
  return (parse(readFileSync(file, 'utf8')) as { rates: Record<string, string> }).rates.GBP ?? '';
}

interface Round {
  readonly same: Pair<Measured>;
  readonly cached: Pair<Pick<Measured, 'cpu'>>;
  readonly new: Pair<Measured>;
}

/** Measures both with one page again and again, and with new ones. */
export const graphqlCase: Case = async (say) => {
  if (!existsSync(join(gatewayFolder, 'node_modules'))) {
    say('  installing the gateway …');
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: gatewayFolder, stdio: 'ignore' });
  }
  const pinned = canPin && cpus().length > 1;
  if (!pinned) say('  There is no taskset, or one core alone: load and systems share what there is.');
  const core = pinned ? { load: 0, system: 1 } : undefined;
  const partnerServer = await startPartners(core?.load);
  await partnerServer.set(settings);
  const results: Round[] = [];
  const started: System[] = [];
  const begin = async (starting: Promise<System>): Promise<System> => {
    const system = await starting;
    started.push(system);
    return system;
  };
  try {
    const { url } = partnerServer;
    const fused = { shedding: false, held: 200, ...(core !== undefined && { core: core.system }) };
    const asking = { ...ours, system: await begin(startFusedSystem(url, partners, 'compact', fused)) };
    const reusing = {
      ...ours,
      system: await begin(startFusedSystem(url, partners, 'compact', { ...fused, reuse: true })),
    };
    const gateway = { ...theirs, system: await begin(startGateway(url, false, core?.system)) };
    const caching = { ...theirs, system: await begin(startGateway(url, true, core?.system)) };
    for (const one of [asking, gateway]) await cost(one, newBodies(one), requests.warmUp);
    for (const one of [reusing, caching]) await cost(one, equalBody(one), requests.warmUp);
    await expectTheSamePage([asking, reusing, gateway, caching]);
    let rate = 0;
    for (let round = 0; round < rounds; round++) {
      const fresh = await both({ ours: asking, theirs: gateway }, (one) => cost(one, newBodies(one), requests.new));
      // The same for both, and for all rounds.
      rate ||= (load * 1_000) / fresh.theirs;
      const late = await both({ ours: asking, theirs: gateway }, (one) =>
        p99Of(one, newBodies(one), rate, round, core?.load),
      );
      await partnerServer.sent();
      const again = await cost(reusing, equalBody(reusing), requests.equal);
      const sameLate = await p99Of(reusing, equalBody(reusing), rate, round, core?.load);
      const asked = (await partnerServer.sent()).length;
      // Shown prices are held against partners now and then; a whole search would be as many requests as there are partners.
      if (asked >= partners) throw new Error(`Partners were asked ${asked} times for equal searches.`);
      const theirSame = {
        cpu: await cost(gateway, equalBody(gateway), requests.new),
        p99: await p99Of(gateway, equalBody(gateway), rate, round, core?.load),
      };
      const result: Round = {
        same: { ours: { cpu: again, p99: sameLate }, theirs: theirSame },
        cached: { ours: { cpu: again }, theirs: { cpu: await cost(caching, equalBody(caching), requests.equal) } },
        new: {
          ours: { cpu: fresh.ours, p99: late.ours },
          theirs: { cpu: fresh.theirs, p99: late.theirs },
        },
      };
      results.push(result);
      say(
        `  round ${round + 1}: ${line('same', result.same)}; ${line('cached', result.cached)}; ${line('new', result.new)}`,
      );
      say(`    p99 at ${rate.toFixed(0)}/s: same ${times(result.same)}; new ${times(result.new)}`);
    }
  } finally {
    for (const system of started) await system.stop();
    await partnerServer.stop();
  }
  return [
    ...costFigures('same', results, target),
    ...timeFigures('same', results),
    ...costFigures('cached', results),
    ...costFigures('new', results, target),
    ...timeFigures('new', results),
  ];
};

/** Both sides' requests a CPU second, and Entrepot's part of the gateway's CPU. */
function costFigures(kind: keyof Round, results: readonly Round[], promised?: number): Figure[] {
  const pairs = results.map((round) => round[kind]);
  const part = pairs.map((pair) => (100 * pair.ours.cpu) / pair.theirs.cpu);
  return [
    figure(
      `graphql.${kind}.entrepot`,
      pairs.map((pair) => 1_000 / pair.ours.cpu),
      'requests/CPU s',
    ),
    figure(
      `graphql.${kind}.gateway`,
      pairs.map((pair) => 1_000 / pair.theirs.cpu),
      'requests/CPU s',
    ),
    figure(`graphql.${kind}.cpu_ratio`, part, '% of the gateway', promised),
  ];
}

/** Both sides' 99th percentile at the same rate, and Entrepot's part of the gateway's. */
function timeFigures(kind: 'same' | 'new', results: readonly Round[]): Figure[] {
  const pairs = results.map((round) => round[kind]);
  return [
    figure(
      `graphql.${kind}.entrepot_p99`,
      pairs.map((pair) => pair.ours.p99),
      'ms',
    ),
    figure(
      `graphql.${kind}.gateway_p99`,
      pairs.map((pair) => pair.theirs.p99),
      'ms',
    ),
    figure(
      `graphql.${kind}.p99_ratio`,
      pairs.map((pair) => (100 * pair.ours.p99) / pair.theirs.p99),
      '% of the gateway',
      target,
    ),
  ];
}

/** All of them answer with the same offers at the same prices in the same order. */
async function expectTheSamePage(contestants: readonly Contestant[]): Promise<void> {
  const pages: string[] = [];
  for (const one of contestants) {
    const [body = ''] = equalBody(one);
    const headers = { 'content-type': 'application/json', 'entrepot-client': 'bench-standard' };
    const answer = await fetch(`${one.system.url}/graphql`, { method: 'POST', headers, body });
    pages.push(one.offersOf(await answer.text()).join('\n'));
  }
  const [first = ''] = pages;
  if (first.split('\n').length !== 20) throw new Error(`Not twenty offers: ${first}`);
  const other = pages.find((page) => page !== first);
  if (other !== undefined) throw new Error(`Not the same page:\n${first}\n\n${other}`);
}

interface Pair<Of> {
  readonly ours: Of;
  readonly theirs: Of;
}

/** What pages cost. */
interface Measured {
  /** CPU milliseconds of a request. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly p99: number;
}

async function both<Result>(pair: Pair<Contestant>, run: (one: Contestant) => Promise<Result>): Promise<Pair<Result>> {
  return { ours: await run(pair.ours), theirs: await run(pair.theirs) };
}

async function startGateway(partnerUrl: string, cache: boolean, core?: number): Promise<System> {
  const args = [partnerUrl, String(partners), poundsPerEuro(), ...(cache ? ['--cache'] : [])];
  const process = await startScript(join(gatewayFolder, 'gateway.mjs'), args, { NODE_ENV: 'production' }, core);
  return {
    name: 'gateway',
    url: `http://127.0.0.1:${process.port}`,
    pids: [process.pid],
    check: () => {},
    stop: process.stop,
  };
}

/** Sends so many requests, some at a time, and says what each cost: CPU milliseconds. Of equal ones the first is sent alone. */
async function cost({ system, full }: Contestant, bodies: readonly string[], count: number): Promise<number> {
  const pool = new Pool(system.url, { connections: concurrency, pipelining: 1 });
  let sent = 0;
  const send = async (): Promise<void> => {
    const number = sent++;
    const body = (bodies[number % bodies.length] ?? '').replace('{n}', `${performance.now()}`);
    const response = await pool.request({
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'entrepot-client': 'bench-standard' },
      body,
    });
    const text = await response.body.text();
    if (response.statusCode !== 200 || text.includes('"errors"') || !text.includes(full)) {
      throw new Error(`Not a page of ${system.name}: HTTP ${response.statusCode}: ${text.slice(0, 500)}`);
    }
  };
  if (bodies.length === 1) await send();
  const cpu = cpuMs(system.pids);
  const from = sent;
  const worker = async (): Promise<void> => {
    while (sent - from < count) await send();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const spent = cpuMs(system.pids) - cpu;
  await pool.close();
  return spent / (sent - from);
}

/** The 99th percentile of the time of requests that come at a rate, in milliseconds. */
async function p99Of(
  { system, full }: Contestant,
  bodies: readonly string[],
  rate: number,
  seed: number,
  core?: number,
): Promise<number> {
  const sending: Load = {
    url: system.url,
    path: '/graphql',
    full,
    bodies,
    clients: [{ name: 'bench-standard', share: 1 }],
    deadlineMs: 10_000,
    seed,
    phases: [{ rate, seconds }],
  };
  const [command, args] = nodeCommand(join(here, 'open-loop.ts'), [JSON.stringify(sending)], core);
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 2 ** 26 });
  const answers = JSON.parse(stdout) as Sent[];
  // Who left after the deadline waited that long at least.
  const failed = answers.filter(({ end }) => end !== 'full' && end !== 'late');
  if (failed.length > 0) {
    const ends = [...new Set(failed.map(({ end }) => end))].join(', ');
    throw new Error(`${failed.length} of ${answers.length} requests to ${system.name} ended ${ends}.`);
  }
  return quantile(
    answers.map(({ ms }) => ms),
    0.99,
  );
}

function line(kind: string, pair: Pair<{ readonly cpu: number }>): string {
  return `${kind} ${(1_000 / pair.ours.cpu).toFixed(0)} and ${(1_000 / pair.theirs.cpu).toFixed(0)} requests a CPU second`;
}

function times({ ours: one, theirs: other }: Pair<Measured>): string {
  return `${one.p99.toFixed(1)} and ${other.p99.toFixed(1)} ms`;
}
