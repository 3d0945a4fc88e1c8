// A page of twenty offers, sorted by price, of ten partners with a hundred each: through Entrepot's GraphQL, and through a GraphQL
// gateway of npm's (Hive Gateway, gateway/) over the same partners, beside each other in the same run.
//
// Each is one process with a core of its own, both warm, the idle one waiting; the load and the partners have the other core. What is
// asked for is the same fourteen values of each offer. Entrepot does more for them (prices in one currency, products across partners);
// the gateway takes partners' own prices. New searches ask every partner each time. Equal searches are one search over and over, with
// what either has for that switched on: Entrepot's reuse of what partners said, the gateway's cache of whole answers.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import type { Case } from '../bench.ts';
import { figure, quantile } from '../figures.ts';
import type { Load, Sent } from '../open-loop.ts';
import { canPin, cpuMs, nodeCommand, startScript } from '../processes.ts';
import { departureDate, type System, startFusedSystem, startPartners } from '../systems.ts';

const rounds = Number(process.env.ENTREPOT_BENCH_ROUNDS ?? 5);
const partners = 10;
const settings = { delayMs: 20, count: 100, cold: false, date: departureDate };
const concurrency = 8;
const requests = { new: 300, equal: 2_000, warmUp: 300 };
const seconds = 10;
/** The rate of the open loop, as a part of what the gateway's core can do: what it can serve without a queue that grows. */
const load = 0.5;
/** Entrepot's part of the gateway's CPU time and p99, percent. */
const target = 50;

const here = join(import.meta.dirname, '..');
const gatewayFolder = join(here, 'gateway');

/** What is compared: how a page is asked for, and what a full answer has in it. */
interface Contestant {
  readonly system: System;
  readonly query: string;
  readonly variablesOf: (date: string) => object;
  readonly full: string;
}

const ours = {
  query: `query Page($flight: FlightCriteriaInput!) {
    search(flight: $flight, currency: "GBP", market: "GB", pageSize: 20, orderBy: "price") {
      complete
      offers {
        offerId
        price { total { amount currencyCode } }
        item { flight {
          slices { origin destination segments { marketingCarrier marketingFlightNumber } }
          departure { dateTime } arrival { dateTime }
          durationMinutes cabin fareBrand checkedBags refundable
        } }
      }
    }
  }`,
  variablesOf: (date: string) => ({ flight: { origin: 'LHR', destination: 'JFK', departureDate: date, adults: 1 } }),
  full: '"complete":true',
};

const theirs = {
  query: `query Page($date: String!) {
    cheapest(date: $date, first: 20) {
      id price currency from to carrier number departs arrives minutes cabin brand bags refundable
    }
  }`,
  variablesOf: (date: string) => ({ date }),
  full: '"refundable":',
};

const dates = Array.from({ length: 40 }, (_, days) => Temporal.PlainDate.from(departureDate).add({ days }).toString());

/** Bodies of new searches, of which none is equal to another: "{n}" is the number of the request. */
function newBodies({ query, variablesOf }: Contestant): string[] {
  return dates.map((date) => JSON.stringify({ query, variables: variablesOf(date), extensions: { request: '{n}' } }));
}

/** Measures both, with new searches and with equal ones. */
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
  const results: { fresh: Pair<Cost>; p99: Pair<number>; equal: Pair<Cost> }[] = [];
  const started: System[] = [];
  const begin = async (starting: Promise<System>): Promise<System> => {
    const system = await starting;
    started.push(system);
    return system;
  };
  try {
    const fused = { shedding: false, held: 200, ...(core !== undefined && { core: core.system }) };
    const url = partnerServer.url;
    const fresh: Pair<Contestant> = {
      ours: { ...ours, system: await begin(startFusedSystem(url, partners, 'compact', fused)) },
      theirs: { ...theirs, system: await begin(startGateway(url, false, core?.system)) },
    };
    const equal: Pair<Contestant> = {
      ours: { ...ours, system: await begin(startFusedSystem(url, partners, 'compact', { ...fused, reuse: true })) },
      theirs: { ...theirs, system: await begin(startGateway(url, true, core?.system)) },
    };
    for (const one of [fresh.ours, fresh.theirs]) await measure(one, newBodies(one), requests.warmUp);
    for (const one of [equal.ours, equal.theirs]) await measure(one, newBodies(one).slice(0, 1), requests.warmUp, true);
    let rate = 0;
    for (let round = 0; round < rounds; round++) {
      const costs = await both(fresh, (one) => measure(one, newBodies(one), requests.new));
      // The same for both, and for all rounds.
      rate ||= (load * 1_000) / costs.theirs.cpu;
      const p99 = await both(fresh, (one) => p99Of(one, rate, round, core?.load));
      await partnerServer.sent();
      const again = await both(equal, (one) => measure(one, newBodies(one).slice(0, 1), requests.equal, true));
      const asked = (await partnerServer.sent()).length;
      // Shown prices are held against partners now and then; a whole search would be as many requests as there are partners.
      if (asked >= partners) throw new Error(`Partners were asked ${asked} times for equal searches.`);
      results.push({ fresh: costs, p99, equal: again });
      say(
        `  round ${round + 1}: new ${line(costs)}; p99 at ${rate.toFixed(0)}/s ${p99.ours.toFixed(1)} and ${p99.theirs.toFixed(1)} ms; equal ${line(again)}`,
      );
    }
  } finally {
    for (const system of started) await system.stop();
    await partnerServer.stop();
  }
  const of = (value: (round: (typeof results)[number]) => number): number[] => results.map(value);
  return [
    figure(
      'graphql.new.entrepot',
      of(({ fresh }) => 1_000 / fresh.ours.cpu),
      'requests/CPU s',
    ),
    figure(
      'graphql.new.gateway',
      of(({ fresh }) => 1_000 / fresh.theirs.cpu),
      'requests/CPU s',
    ),
    figure(
      'graphql.new.cpu_ratio',
      of(({ fresh }) => (100 * fresh.ours.cpu) / fresh.theirs.cpu),
      '% of the gateway',
      target,
    ),
    figure(
      'graphql.new.entrepot_p99',
      of(({ p99 }) => p99.ours),
      'ms',
    ),
    figure(
      'graphql.new.gateway_p99',
      of(({ p99 }) => p99.theirs),
      'ms',
    ),
    figure(
      'graphql.new.p99_ratio',
      of(({ p99 }) => (100 * p99.ours) / p99.theirs),
      '% of the gateway',
      target,
    ),
    figure(
      'graphql.equal.entrepot',
      of(({ equal }) => 1_000 / equal.ours.cpu),
      'requests/CPU s',
    ),
    figure(
      'graphql.equal.gateway',
      of(({ equal }) => 1_000 / equal.theirs.cpu),
      'requests/CPU s',
    ),
    figure(
      'graphql.equal.cpu_ratio',
      of(({ equal }) => (100 * equal.ours.cpu) / equal.theirs.cpu),
      '% of the gateway',
    ),
  ];
};

interface Pair<Of> {
  readonly ours: Of;
  readonly theirs: Of;
}

interface Cost {
  /** CPU milliseconds of a request. */
  readonly cpu: number;
}

async function both<Result>(pair: Pair<Contestant>, run: (one: Contestant) => Promise<Result>): Promise<Pair<Result>> {
  return { ours: await run(pair.ours), theirs: await run(pair.theirs) };
}

async function startGateway(partnerUrl: string, cache: boolean, core?: number): Promise<System> {
  const args = [partnerUrl, String(partners), ...(cache ? ['--cache'] : [])];
  const process = await startScript(join(gatewayFolder, 'gateway.mjs'), args, { NODE_ENV: 'production' }, core);
  return {
    name: 'gateway',
    url: `http://127.0.0.1:${process.port}`,
    pids: [process.pid],
    check: () => {},
    stop: process.stop,
  };
}

/** Sends so many requests, some at a time, and says what each cost. @param equal the first is sent alone, the others all the same */
async function measure(
  { system, full }: Contestant,
  bodies: readonly string[],
  count: number,
  equal = false,
): Promise<Cost> {
  const pool = new Pool(system.url, { connections: concurrency, pipelining: 1 });
  let sent = 0;
  const send = async (): Promise<void> => {
    const number = sent++;
    const body = (bodies[number % bodies.length] ?? '').replace(
      '{n}',
      equal ? '' : `${system.name}${performance.now()}`,
    );
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
  if (equal) await send();
  const cpu = cpuMs(system.pids);
  const from = sent;
  const worker = async (): Promise<void> => {
    while (sent - from < count) await send();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const spent = cpuMs(system.pids) - cpu;
  await pool.close();
  return { cpu: spent / (sent - from) };
}

/** The 99th percentile of the time of new searches that come at a rate, in milliseconds. */
async function p99Of(one: Contestant, rate: number, seed: number, core?: number): Promise<number> {
  const sending: Load = {
    url: one.system.url,
    path: '/graphql',
    full: one.full,
    bodies: newBodies(one),
    clients: [{ name: 'bench-standard', share: 1 }],
    deadlineMs: 10_000,
    seed,
    phases: [{ rate, seconds }],
  };
  const [command, args] = nodeCommand(join(here, 'open-loop.ts'), [JSON.stringify(sending)], core);
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 2 ** 26 });
  const answers = JSON.parse(stdout) as Sent[];
  const failed = answers.filter(({ end }) => end !== 'full');
  if (failed.length > 0) {
    const ends = [...new Set(failed.map(({ end }) => end))].join(', ');
    throw new Error(`${failed.length} of ${answers.length} requests to ${one.system.name} ended ${ends}.`);
  }
  return quantile(
    answers.map(({ ms }) => ms),
    0.99,
  );
}

function line({ ours: one, theirs: other }: Pair<Cost>): string {
  return `${(1_000 / one.cpu).toFixed(0)} and ${(1_000 / other.cpu).toFixed(0)} requests a CPU second`;
}
