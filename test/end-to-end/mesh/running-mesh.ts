// The mesh shape on free ports, with state and configuration of its own.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshProcesses } from '../../../services/entrepot/mesh-processes.ts';
import { Supervisor } from '../../../services/entrepot/supervisor.ts';
import { freePorts } from '../../support/free-ports.ts';

/** How long every pretend partner takes: long enough for something to die meanwhile. */
const partnerDelayMs = 500;

/** A mesh that runs. */
export interface RunningMesh {
  readonly edgeUrl: string;
  readonly twinUrl: string;
  /** What the supervisor said so far. */
  readonly said: readonly string[];
  readonly supervisor: Supervisor;
  /** Kills a process the hard way; resolves when the supervisor has seen it die. */
  kill(name: string): Promise<void>;
  /** Resolves when the supervisor has started the process once more than `times`. */
  startedAgain(name: string, times?: number): Promise<void>;
  /** Removes what is on disk; the processes are the supervisor's to stop. */
  cleanUp(): void;
}

/** Starts it. Process environment is set until `cleanUp`. */
export async function startMesh(): Promise<RunningMesh> {
  const directory = mkdtempSync(join(tmpdir(), 'entrepot-mesh-'));
  const configDirectory = join(directory, 'config');
  cpSync(join(import.meta.dirname, '../../../deploy/config'), configDirectory, { recursive: true });
  const twinFile = join(configDirectory, 'twin.yaml');
  const fixed = `delay: { kind: fixed, ms: ${partnerDelayMs} }`;
  writeFileSync(twinFile, readFileSync(twinFile, 'utf8').replaceAll(/delay: \{.*\}/g, fixed));

  const names = ['EDGE', 'EDGE_GRPC', 'QUERY', 'SUPPLY', 'NORMALIZATION', 'PRICING', 'INGRESS', 'TWIN'];
  const ports = await freePorts(names.length);
  const [edgePort = 0] = ports;
  const environment = {
    ...Object.fromEntries(names.map((name, index) => [`ENTREPOT_${name}_ADDRESS`, `127.0.0.1:${ports[index]}`])),
    ENTREPOT_CONFIG: configDirectory,
    ENTREPOT_DATA: join(directory, 'data'),
    LOG_LEVEL: 'error',
  };
  Object.assign(process.env, environment);

  const said: string[] = [];
  const listeners = new Set<() => void>();
  const supervisor = new Supervisor(
    (line) => {
      said.push(line);
      for (const listener of listeners) listener();
    },
    () => {},
  );
  const until = (holds: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!holds()) return;
      listeners.delete(look);
      resolve();
    };
    listeners.add(look);
    look();
    return promise;
  };
  const count = (name: string, what: string): number =>
    said.filter((line) => line.startsWith(`${name} `) && line.includes(what)).length;
  await supervisor.start(meshProcesses(edgePort));
  return {
    edgeUrl: `http://127.0.0.1:${edgePort}`,
    twinUrl: `http://127.0.0.1:${ports.at(-1)}`,
    said,
    supervisor,
    kill: async (name) => {
      const before = count(name, 'died');
      process.kill(supervisor.pids().get(name) ?? 0, 'SIGKILL');
      await until(() => count(name, 'died') > before);
    },
    startedAgain: (name, times = 1) => until(() => count(name, 'started') > times),
    cleanUp: () => {
      for (const name of Object.keys(environment)) delete process.env[name];
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
