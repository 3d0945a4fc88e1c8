import { type Clients, loadClients } from '../../libs/clients/index.ts';
import { ConfigError, type DirectoryWatch, formatProblem, watchDirectory } from '../../libs/config/index.ts';
import { counter, type Logger } from '../../libs/telemetry/index.ts';
import { type AccuracyConfig, loadAccuracyConfig } from './accuracy/config.ts';
import { loadQueryConfig, type QueryConfig } from './config.ts';
import { compilePolicies, type Policies } from './policies.ts';
import { loadRankings, type Rankings } from './ranking-file.ts';

const reloads = counter('entrepot.query.config.reloads', {
  description:
    'Reloads of query.yaml, accuracy.yaml, ranking.yaml and clients.yaml by result (accepted, unchanged, refused)',
});

interface Current {
  readonly config: QueryConfig;
  readonly accuracy: AccuracyConfig;
  /** By vertical. */
  readonly rankings: ReadonlyMap<string, Rankings>;
  readonly clients: Clients;
  readonly policies: Policies;
}

/**
 * Query's configuration on disk, followed while it changes. All files are read and checked as a whole and take effect
 * together, from the next search on; where one cannot be used, the old ones stay and the refusal is logged and counted.
 */
export class LiveConfig {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #watch: DirectoryWatch;
  #current: Current;
  #refused = false;
  #version = 1;

  /** @throws ConfigError when the configuration cannot be used: a service never starts on a bad one */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
    this.#current = this.#read();
    this.#watch = watchDirectory(directory, () => this.reload());
  }

  /** What is in force. */
  get config(): QueryConfig {
    return this.#current.config;
  }

  /** What is checked of shown offers, and what follows. */
  get accuracy(): AccuracyConfig {
    return this.#current.accuracy;
  }

  /** The rankings that are in force, by vertical. */
  get rankings(): ReadonlyMap<string, Rankings> {
    return this.#current.rankings;
  }

  /** Who asks, as configured now. */
  get clients(): Clients {
    return this.#current.clients;
  }

  /** When the searches of clients need not wait any longer. */
  get policies(): Policies {
    return this.#current.policies;
  }

  /** Counts what came into force since the start. */
  get version(): number {
    return this.#version;
  }

  /** The files on disk are refused, and older ones are in force. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Reads the files again. */
  reload(): void {
    try {
      const next = this.#read();
      this.#refused = false;
      const same = text(next) === text(this.#current);
      reloads.add(1, { result: same ? 'unchanged' : 'accepted' });
      if (same) return;
      this.#current = next;
      this.#version++;
      this.#log.info('configuration of query replaced');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#refused = true;
      reloads.add(1, { result: 'refused' });
      const problems = error.problems.map(formatProblem);
      this.#log.error({ problems }, 'configuration of query refused; the one before stays in force');
    }
  }

  /** Stops following the files. */
  close(): void {
    this.#watch.close();
  }

  #read(): Current {
    const clients = loadClients(this.#directory);
    return {
      config: loadQueryConfig(this.#directory),
      accuracy: loadAccuracyConfig(this.#directory),
      rankings: loadRankings(this.#directory),
      clients,
      policies: compilePolicies(clients),
    };
  }
}

function text({ config, accuracy, rankings, clients }: Current): string {
  return JSON.stringify([
    config,
    accuracy,
    [...rankings].map(([vertical, named]) => [vertical, [...named.values()]]),
    clients,
  ]);
}
