import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  type DirectoryWatch,
  formatProblem,
  watchDirectory,
} from '../../libs/config/index.ts';
import { counter, logger, observedGauge } from '../../libs/telemetry/index.ts';
import { adapterDirectoriesOf, distinctProblems, type PartnerSources, readPartners } from './load.ts';
import type { SupplyPartner } from './remote/partner.ts';

/** How the files are followed. */
export interface LiveOptions {
  /** Milliseconds of quiet after a change before the files are read. Default 200; 20 to 5,000 is sensible. */
  readonly debounceMs?: number;
  /**
   * Called with the partners that are about to come into force, which waits for it. Where it rejects the service does not
   * start; a later change comes into force all the same.
   */
  readonly before?: (partners: ReadonlyMap<string, SupplyPartner>) => Promise<void>;
}

const log = logger('supply.partners');
const reloads = counter('entrepot.supply.config.reloads', {
  unit: '{reload}',
  description: "Reloads of partners' files by result: accepted, unchanged, refused",
});

/**
 * The partners, followed while their files change. A change takes effect from the next search on; a search that runs keeps
 * the partners that it began with, and offers of a partner's old mapping are made by that one as long as they live. A
 * partner that cannot be used is refused loudly, and its last good state stays; the others change all the same.
 */
export class LivePartners {
  readonly #sources: PartnerSources;
  readonly #watches: readonly DirectoryWatch[];
  readonly #endGauge: () => void;
  readonly #before: LiveOptions['before'];
  #partners: ReadonlyMap<string, SupplyPartner>;
  #refused: ReadonlyMap<string, readonly ConfigProblem[]> = new Map();
  /** One reload at a time. */
  #reloading: Promise<void> = Promise.resolve();

  /** @throws ConfigError when a partner cannot be used: a service never starts on a bad one */
  static async open(sources: PartnerSources, options: LiveOptions = {}): Promise<LivePartners> {
    const { partners, refused } = await readPartners(sources);
    if (refused.size > 0) throw new ConfigError(distinctProblems([...refused.values()].flat()));
    await options.before?.(partners);
    return new LivePartners(sources, partners, options);
  }

  private constructor(sources: PartnerSources, partners: ReadonlyMap<string, SupplyPartner>, options: LiveOptions) {
    this.#sources = sources;
    this.#partners = partners;
    this.#before = options.before;
    const directories = [path.join(sources.configDirectory, 'partners'), ...adapterDirectoriesOf(sources)];
    this.#watches = directories
      .filter((directory) => existsSync(directory))
      .map((directory) => watchDirectory(directory, () => this.reload(), options));
    this.#endGauge = observedGauge(
      'entrepot.supply.config.refused',
      { unit: '{partner}', description: 'Partners whose files on disk are refused, older ones being in force' },
      (result) => result.observe(this.#refused.size),
    );
  }

  /** The partners in force, by name. */
  get partners(): ReadonlyMap<string, SupplyPartner> {
    return this.#partners;
  }

  /** What is wrong with files on disk that are therefore not in force, by partner. */
  get refused(): ReadonlyMap<string, readonly ConfigProblem[]> {
    return this.#refused;
  }

  /** Reads the files again; never throws. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#read());
    return this.#reloading;
  }

  /** Stops following the files. */
  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    this.#endGauge();
    await this.#reloading;
  }

  async #read(): Promise<void> {
    const before = this.#partners;
    try {
      const { partners, refused } = await readPartners(this.#sources);
      const next = new Map<string, SupplyPartner>();
      for (const name of new Set([...partners.keys(), ...refused.keys()])) {
        const old = before.get(name);
        const read = partners.get(name);
        // One that did not change keeps what the process knows of it: calls under way, a rate limit that was met.
        const kept = read === undefined || read.manifest.digest === old?.manifest.digest ? old : read;
        if (kept !== undefined) next.set(name, kept);
      }
      await this.#before?.(next).catch((err: unknown) =>
        log.error({ err }, 'partners change, but not what they hand over'),
      );
      this.#partners = next;
      this.#refused = refused;
      this.#tell(before, next);
    } catch (error) {
      // A file that vanishes while it is read must not take partners away.
      reloads.add(1, { result: 'refused' });
      log.error({ err: error }, "partners' files cannot be read; those before stay in force");
    }
  }

  #tell(before: ReadonlyMap<string, SupplyPartner>, next: ReadonlyMap<string, SupplyPartner>): void {
    const changed = [...next].filter(([name, partner]) => before.get(name) !== partner).map(([name]) => name);
    const removed = [...before.keys()].filter((name) => !next.has(name));
    for (const [partner, problems] of this.#refused) {
      const detail = problems.map(formatProblem);
      log.error({ partner, problems: detail }, 'partner refused; the one before it, if any, stays in force');
    }
    if (changed.length > 0 || removed.length > 0) log.info({ changed, removed }, 'partners replaced');
    const result = this.#refused.size > 0 ? 'refused' : changed.length + removed.length > 0 ? 'accepted' : 'unchanged';
    reloads.add(1, { result });
  }
}
