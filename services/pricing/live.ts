import { ConfigError, type DirectoryWatch, formatProblem, watchDirectory } from '../../libs/config/index.ts';
import { counter, logger } from '../../libs/telemetry/index.ts';
import {
  type PricingConfiguration,
  pricingDirectory,
  readPricingConfiguration,
  readPricingConfigurationAside,
} from './configuration.ts';
import { dayOf } from './rate-book.ts';
import { Versions } from './versions.ts';

/** Where the configuration is and how it is followed. */
export interface LiveOptions {
  /** The directory that holds `pricing/`. */
  readonly configDirectory: string;
  /** Rule sets and books of rates of the past that are kept, of each. Default 64; 0 to 1,000 is sensible. */
  readonly retiredVersions?: number;
  /** Follow changes of the files. Default true. */
  readonly watch?: boolean;
  /** Milliseconds of quiet after a change before the files are read. Default 200; 20 to 5,000 is sensible. */
  readonly debounceMs?: number;
  /** The clock, epoch milliseconds. Default Date.now. */
  readonly now?: () => number;
}

/** How a reload ended. */
type Reloaded = 'accepted' | 'unchanged' | 'refused';

const reloads = counter('entrepot.pricing.config.reloads', {
  unit: '{reload}',
  description: 'Reloads of rules and rates by result: accepted, unchanged, refused.',
});

/**
 * The configuration on disk, followed while it changes. A change is read and checked as a whole and takes effect as a
 * whole, from the next stream on; one with problems changes nothing and is refused loudly.
 */
export class LiveConfiguration {
  readonly versions: Versions;
  readonly #directory: string;
  readonly #now: () => number;
  readonly #log = logger('pricing');
  readonly #watch: DirectoryWatch | undefined;
  #refused: readonly string[] = [];

  /** @throws ConfigError when the configuration cannot be used: a service never starts on a bad one. */
  constructor(options: LiveOptions) {
    const { configDirectory, retiredVersions = 64, watch = true, debounceMs = 200, now = Date.now } = options;
    this.#directory = configDirectory;
    this.#now = now;
    const first = readPricingConfiguration(configDirectory, now());
    // Time made it so, and what needs no rate can still be priced.
    if (first.stale !== undefined) this.#log.error({ problem: formatProblem(first.stale) }, 'every rate is refused');
    this.versions = new Versions(first, { retired: retiredVersions });
    this.#watch = watch
      ? watchDirectory(pricingDirectory(configDirectory), async () => void (await this.reload()), { debounceMs })
      : undefined;
  }

  /** What is wrong with the files on disk that are therefore not in force; empty when they are. */
  get refused(): readonly string[] {
    return this.#refused;
  }

  /** Reads the files again; prices are made meanwhile. */
  async reload(): Promise<Reloaded> {
    const result = await this.#reload();
    reloads.add(1, { result });
    return result;
  }

  /** Stops following the files. */
  close(): void {
    this.#watch?.close();
  }

  async #reload(): Promise<Reloaded> {
    const before = this.versions.current;
    try {
      const now = this.#now();
      const next = await readPricingConfigurationAside(this.#directory, now);
      // Rates that are all too old never replace some that are not.
      if (next.stale !== undefined && before.rates.refusedOn(dayOf(now)) === undefined) {
        throw new ConfigError([next.stale]);
      }
      this.#refused = [];
      if (versionOf(next) === versionOf(before)) return 'unchanged';
      this.versions.replace(next);
      const table = this.versions.tableAt(this.#now());
      this.#log.info({ rule_set: next.ruleSet.digest, rate_table: table?.id }, 'pricing configuration replaced');
      return 'accepted';
    } catch (error) {
      // Not only a ConfigError: a file that vanishes while it is read must not take prices away either.
      this.#refused = error instanceof ConfigError ? error.problems.map(formatProblem) : [String(error)];
      this.#log.error(
        { problems: this.#refused, rule_set: before.ruleSet.digest },
        'pricing configuration refused; the one before it stays in force',
      );
      return 'refused';
    }
  }
}

/** The same configurations have the same. */
function versionOf({ ruleSet, rates, markets }: PricingConfiguration): string {
  return [ruleSet.digest, markets.digest, rates.digest].join();
}
