// Registered operations: files `operations/<client or any>/<name>.graphql` of the configuration, held against the schema.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  type DirectoryWatch,
  formatProblem,
  watchDirectory,
} from '../../../libs/config/index.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { Logger } from '../../../libs/telemetry/index.ts';
import { checkViews, loadViews, noViews } from '../views/views.ts';
import { Documents } from './documents.ts';
import { DocumentError } from './errors.ts';
import { defaultLimits } from './limits.ts';
import { hashOf, type RegisteredOperations } from './persisted.ts';
import { apiSchema } from './schema.ts';

/** The folder whose operations every client may send. */
const anyClient = 'any';
const extension = '.graphql';

/**
 * Reads the registered operations of a configuration directory; none where there is no folder `operations`.
 * @throws ConfigError with file, line and column of everything that does not fit the schema or its limits
 */
export function loadOperations(directory: string): RegisteredOperations {
  const byClient = new Map<string, Map<string, string>>();
  const problems: ConfigProblem[] = [];
  // They may ask for views. What is wrong with those is told by who reads them.
  const views = checkViews(directory).length === 0 ? loadViews(directory) : noViews;
  const documents = new Documents(apiSchema(views), { limits: defaultLimits, introspection: true });
  for (const { client, name, file } of filesIn(path.join(directory, 'operations'))) {
    const text = readFileSync(file, 'utf8');
    const wrong = problemsOf(documents, file, text);
    problems.push(...wrong);
    if (wrong.length > 0) continue;
    const own = byClient.get(client) ?? new Map<string, string>();
    byClient.set(client, own.set(name, text).set(hashOf(text), text));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    textOf: (client, nameOrHash) => byClient.get(client)?.get(nameOrHash) ?? byClient.get(anyClient)?.get(nameOrHash),
  };
}

/** Everything that is wrong with the registered operations; empty when they can be used. For `entrepot check`. */
export function checkOperations(directory: string): readonly ConfigProblem[] {
  try {
    loadOperations(directory);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Registered operations, followed while their files change. Files that cannot be used are logged, and those before stay in force. */
export class LiveOperations implements RegisteredOperations {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #watch: DirectoryWatch | undefined;
  #current: RegisteredOperations;

  /** @throws ConfigError when a file cannot be used: an edge never starts on a bad one */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
    this.#current = loadOperations(directory);
    // An edge needs no configuration.
    if (existsSync(directory)) this.#watch = watchDirectory(directory, () => this.reload());
  }

  textOf(client: string, nameOrHash: string): string | undefined {
    return this.#current.textOf(client, nameOrHash);
  }

  /** Reads the files again. */
  reload(): void {
    try {
      this.#current = loadOperations(this.#directory);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const problems = error.problems.map(formatProblem);
      this.#log.error({ problems }, 'registered operations refused; those before stay in force');
    }
  }

  /** Stops following the files. */
  close(): void {
    this.#watch?.close();
  }
}

interface OperationFile {
  readonly client: string;
  readonly name: string;
  readonly file: string;
}

function filesIn(folder: string): OperationFile[] {
  if (!existsSync(folder)) return [];
  const clients = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return clients.flatMap(({ name: client }) =>
    readdirSync(path.join(folder, client))
      .filter((file) => file.endsWith(extension))
      .sort()
      .map((file) => ({ client, name: file.slice(0, -extension.length), file: path.join(folder, client, file) })),
  );
}

function problemsOf(documents: Documents, file: string, text: string): ConfigProblem[] {
  try {
    documents.read(text).operation(undefined);
    return [];
  } catch (error) {
    if (error instanceof DocumentError) {
      return error.faults.map(({ message, locations: [at] }) => ({
        file,
        line: at?.line ?? 1,
        column: at?.column ?? 1,
        reason: message,
      }));
    }
    if (error instanceof EntrepotError) return [{ file, line: 1, column: 1, reason: error.message }];
    throw error;
  }
}
