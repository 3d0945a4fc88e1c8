// Every view of a configuration, followed while its files change.
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  collectProblems,
  type DirectoryWatch,
  formatProblem,
  watchDirectory,
  yamlFiles,
} from '../../../libs/config/index.ts';
import type { Logger } from '../../../libs/telemetry/index.ts';
import { readView, type View } from './view.ts';

/** The views that are in force together. Immutable. */
export interface Views {
  /** In order of name, the newest version of each first. */
  readonly all: readonly View[];
  /** The versions of a name, the newest first; empty where there is none. */
  versions(name: string): readonly View[];
}

/** Views that may be replaced. */
export interface ViewSource {
  readonly current: Views;
}

/** No view at all. */
export const noViews: Views = viewsOf([]);

/** Puts views together. */
export function viewsOf(views: readonly View[]): Views {
  const all = [...views].sort((a, b) => (a.name === b.name ? b.version - a.version : a.name < b.name ? -1 : 1));
  const byName = Map.groupBy(all, ({ name }) => name);
  return { all, versions: (name) => byName.get(name) ?? [] };
}

/**
 * Reads the files `views/<name>@<version>.yaml` of a configuration directory; none where there is no such folder.
 * @throws ConfigError with file, line and column of everything that is wrong with any of them
 */
export function loadViews(directory: string): Views {
  return viewsOf(collectProblems(yamlFiles(path.join(directory, 'views')).map((file) => () => readView(file))));
}

/** Everything that is wrong with the views; empty when they can be used. For `entrepot check`. */
export function checkViews(directory: string): readonly ConfigProblem[] {
  try {
    loadViews(directory);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The views of a directory. Where one of its files cannot be used that is logged, and all of those before stay in force. */
export class LiveViews implements ViewSource {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #watch: DirectoryWatch | undefined;
  #current: Views;

  /** @throws ConfigError when a file cannot be used: an edge never starts on a bad one */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
    this.#current = loadViews(directory);
    // An edge needs no configuration.
    if (existsSync(directory)) this.#watch = watchDirectory(directory, () => this.reload());
  }

  /** What is in force. The same object as long as nothing changes. */
  get current(): Views {
    return this.#current;
  }

  /** Reads the files again. */
  reload(): void {
    try {
      const next = loadViews(this.#directory);
      if (JSON.stringify(next.all.map(shown)) === JSON.stringify(this.#current.all.map(shown))) return;
      this.#current = next;
      this.#log.info({ views: next.all.map(({ label }) => label) }, 'views replaced');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#log.error({ problems: error.problems.map(formatProblem) }, 'views refused; those before stay in force');
    }
  }

  /** Stops following the files. */
  close(): void {
    this.#watch?.close();
  }
}

/** All that a view is made of. */
function shown({ message, clients, base }: View): unknown {
  return [message, clients && [...clients], base];
}
