// The systems under measurement, each started fresh with the shipped configuration but for its partners.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshProcesses } from '../../services/entrepot/mesh-processes.ts';
import { Supervisor } from '../../services/entrepot/supervisor.ts';
import type { Check } from './load.ts';
import type { PartnerSettings } from './partner-server.ts';
import { startScript } from './processes.ts';

/** A system that answers searches. */
export interface System {
  readonly name: string;
  readonly url: string;
  /** Every process whose CPU counts. */
  readonly pids: readonly number[];
  readonly check: Check;
  stop(): Promise<void>;
}

/** The benchmark's partners. */
export interface Partners {
  readonly url: string;
  set(settings: PartnerSettings): Promise<void>;
  /** When the answers since the last call left, by the machine's monotonic clock. */
  sent(): Promise<number[]>;
  stop(): Promise<void>;
}

type Format = 'compact' | 'duffel';

/** Departure of every search, in the future as partners want it. */
export const departureDate = Temporal.Now.plainDateISO().add({ days: 60 }).toString();

const here = import.meta.dirname;

/** Name of a configured partner. */
export function partnerName(index: number): string {
  return `bench-${String(index).padStart(2, '0')}`;
}

/** Starts the partners' process, on one core where `core` says which. */
export async function startPartners(core?: number): Promise<Partners> {
  const process = await startScript(join(here, 'partner-server.ts'), [], {}, core);
  const url = `http://127.0.0.1:${process.port}`;
  return {
    url,
    set: async (settings) =>
      void (await (await fetch(`${url}/settings`, { method: 'PUT', body: JSON.stringify(settings) })).text()),
    sent: async () => (await (await fetch(`${url}/sent`)).json()) as number[],
    stop: process.stop,
  };
}

/** Starts the hand-written aggregator. */
export async function startFloor(partnerUrl: string, partners: number, format: Format, core?: number): Promise<System> {
  const process = await startScript(join(here, 'floor.ts'), [partnerUrl, String(partners), format], {}, core);
  return {
    name: 'floor',
    url: `http://127.0.0.1:${process.port}`,
    pids: [process.pid],
    check: (text) => {
      if (text.length < 10_000) throw new Error(`The floor answered with ${text.length} bytes.`);
    },
    stop: process.stop,
  };
}

interface FusedSystemOptions {
  /** The core that it has to itself. Default: all. */
  readonly core?: number;
  /** Whether it sheds load. Default true. */
  readonly shedding?: boolean;
  /** Searches held at most. Default: as shipped. */
  readonly held?: number;
  /** What partners said is given again. Default false: every search asks every partner. */
  readonly reuse?: boolean;
}

/** Starts every service in one process. */
export async function startFusedSystem(
  partnerUrl: string,
  partners: number,
  format: Format,
  { core, shedding = true, held, reuse = false }: FusedSystemOptions = {},
): Promise<System> {
  const directory = configuration(partnerUrl, partners, format, reuse);
  if (held !== undefined) writeFileSync(join(directory, 'query.yaml'), `hold: { searches: ${held} }\n`);
  const args = shedding ? [] : ['--shed-nothing'];
  const process = await startScript(join(here, 'fused.ts'), args, environment(directory), core);
  return {
    name: 'fused',
    url: `http://127.0.0.1:${process.port}`,
    pids: [process.pid],
    check: fullPage,
    stop: async () => {
      await process.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Every service in one process, that can be asked beside its edge. */
export interface OpenedSystem extends System {
  /** Where the edge answers gRPC, host:port. */
  readonly grpcAddress: string;
  /** Milliseconds to the first offer of a search, as JSON, by query's own typed client in that process. */
  firstByQuery(search: string): Promise<number>;
}

/** Starts every service in one process with its own query open to be asked. It sheds nothing, and reuses no answers. */
export async function startOpenedSystem(partnerUrl: string, partners: number, core?: number): Promise<OpenedSystem> {
  const directory = configuration(partnerUrl, partners, 'compact');
  const process = await startScript(join(here, 'fused-opened.ts'), [], environment(directory), core);
  const control = `http://127.0.0.1:${process.port}`;
  const addresses = (await (await fetch(`${control}/addresses`)).json()) as { url: string; grpcAddress: string };
  return {
    ...addresses,
    name: 'fused',
    pids: [process.pid],
    check: fullPage,
    firstByQuery: async (body) => {
      const response = await fetch(`${control}/first`, { method: 'POST', body });
      if (!response.ok) throw new Error(await response.text());
      return ((await response.json()) as { ms: number }).ms;
    },
    stop: async () => {
      await process.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Starts each service in its own process; the twin is left out, since nothing asks it. */
export async function startMeshSystem(partnerUrl: string, partners: number, format: Format): Promise<System> {
  const directory = configuration(partnerUrl, partners, format);
  const ports = await freePorts(5);
  const names = ['NORMALIZATION', 'PRICING', 'SUPPLY', 'QUERY', 'EDGE'];
  const addresses = Object.fromEntries(
    names.map((name, index) => [`ENTREPOT_${name}_ADDRESS`, `127.0.0.1:${ports[index]}`]),
  );
  // Nobody asks it; any port will do.
  addresses.ENTREPOT_EDGE_GRPC_ADDRESS = '127.0.0.1:0';
  Object.assign(process.env, addresses, environment(directory));
  const supervisor = new Supervisor(
    (line) => {
      if (line.includes('died')) throw new Error(line);
    },
    () => {}, // Log lines are written and paid for, but bury the figures.
  );
  await supervisor.start(meshProcesses(ports[4] ?? 0).filter((spec) => spec.name !== 'twin'));
  return {
    name: 'mesh',
    url: `http://127.0.0.1:${ports[4]}`,
    pids: [...supervisor.pids().values()],
    check: fullPage,
    stop: async () => {
      await supervisor.stop();
      for (const name of [...Object.keys(addresses), ...Object.keys(environment(directory))]) delete process.env[name];
      rmSync(directory, { recursive: true });
    },
  };
}

function fullPage(text: string): void {
  const page = JSON.parse(text) as { offers?: unknown[]; complete?: boolean; outcomes?: { status?: string }[] };
  if (page.offers?.length !== 20 || page.complete !== true) throw new Error(`Not a full page: ${text.slice(0, 500)}`);
  const failed = page.outcomes?.find((outcome) => outcome.status !== 'OUTCOME_STATUS_OK');
  if (failed !== undefined) throw new Error(`A partner failed: ${JSON.stringify(failed)}`);
}

/** The shipped configuration with the benchmark's partners in place of the shipped ones. */
function configuration(partnerUrl: string, partners: number, format: Format, reuse = false): string {
  const directory = mkdtempSync(join(tmpdir(), 'entrepot-bench-'));
  cpSync(join(here, '../../deploy/config'), directory, { recursive: true });
  rmSync(join(directory, 'partners'), { recursive: true });
  mkdirSync(join(directory, 'partners'));
  for (let index = 0; index < partners; index++) {
    const lines = [
      `adapter: ${format}`,
      `endpoint: ${partnerUrl}/${format}/${index}`,
      // Every search asks every partner, as the floor does: what is measured is the work, not what is spared.
      `shareInFlight: ${reuse}`,
      `reuseSeconds: ${reuse ? 600 : 0}`,
      ...(format === 'duffel' ? ['credentials:', '  token:', '    env: BENCH_TOKEN', '    default: bench'] : []),
    ];
    writeFileSync(join(directory, 'partners', `${partnerName(index)}.yaml`), `${lines.join('\n')}\n`);
  }
  writeFileSync(
    join(directory, 'clients.yaml'),
    'clients: { bench-premium: { tier: premium }, bench-batch: { tier: batch } }\n',
  );
  return directory;
}

function environment(directory: string): Record<string, string> {
  return {
    ENTREPOT_CONFIG: directory,
    ENTREPOT_DATA: join(directory, 'data'),
    ENTREPOT_ADAPTERS: join(here, 'adapters'),
    LOG_LEVEL: 'info',
    ENTREPOT_EDGE_TRUST_CLIENT: 'true',
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
