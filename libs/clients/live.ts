import { existsSync } from 'node:fs';
import { ConfigError, type DirectoryWatch, formatProblem, watchDirectory } from '../config/index.ts';
import { counter, type Logger } from '../telemetry/index.ts';
import { type Clients, loadClients, type Tier } from './clients.ts';

const reloads = counter('entrepot.clients.reloads', {
  description: 'Reloads of clients.yaml by result (accepted, unchanged, refused)',
});

/**
 * `clients.yaml` of a configuration directory, followed while it changes. A file that cannot be used is logged and counted, and
 * the one before stays in force.
 */
export class LiveClients {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #watch: DirectoryWatch | undefined;
  #current: Clients;

  /** @throws ConfigError when the file cannot be used: a service never starts on a bad one */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
    this.#current = loadClients(directory);
    // An edge needs no configuration: without the directory everybody is of the default tier.
    if (existsSync(directory)) this.#watch = watchDirectory(directory, () => this.reload());
  }

  /** What is in force. */
  get current(): Clients {
    return this.#current;
  }

  /** The tier of a client as configured now. Bound, so that it can be handed on by itself. */
  readonly tierOf = (client: string): Tier => this.#current.tierOf(client);

  /** Reads the file again. */
  reload(): void {
    try {
      const next = loadClients(this.#directory);
      const same = JSON.stringify(next) === JSON.stringify(this.#current);
      reloads.add(1, { result: same ? 'unchanged' : 'accepted' });
      if (same) return;
      this.#current = next;
      this.#log.info('configuration of clients replaced');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      reloads.add(1, { result: 'refused' });
      const problems = error.problems.map(formatProblem);
      this.#log.error({ problems }, 'configuration of clients refused; the one before stays in force');
    }
  }

  /** Stops following the file. */
  close(): void {
    this.#watch?.close();
  }
}
