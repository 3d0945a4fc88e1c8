import { existsSync } from 'node:fs';
import { ConfigError } from '../../libs/config/index.ts';
import type { Adapter } from './adapter.ts';
import { importVersion } from './import-version.ts';
import type { Door } from './kit/door.ts';

const DOOR: ReadonlySet<string> = new Set([
  'fields',
  'rows',
  'price',
  'charges',
  'expiresAt',
  'adapter',
] satisfies (keyof Door)[]);

function moduleProblem(file: string, reason: string): ConfigError {
  return new ConfigError([{ file, line: 0, column: 0, reason }]);
}

const FUNCTIONS = [
  'ask',
  'readError',
  'read',
  'price',
  'expiresAt',
  'item',
  'verify',
  'readVerified',
  'rowOfVerified',
  'handoff',
] as const satisfies readonly (keyof Adapter)[];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * The functions beside a manifest; none where there is no such file.
 *
 * @param version other sources are other modules, also those that map.ts imports
 */
export async function loadDoor(file: string, version: string): Promise<Door | undefined> {
  if (!existsSync(file)) return undefined;
  const module: unknown = await importVersion(file, version).catch((cause: unknown) => {
    throw moduleProblem(file, `cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  const door = isObject(module) ? module.map : undefined;
  if (!isObject(door)) throw moduleProblem(file, 'exports no `map`; see kit/door.ts');
  const { adapter } = door;
  const unknown = Object.keys(door).filter((name) => !DOOR.has(name));
  if (unknown.length > 0) {
    throw moduleProblem(file, `map has ${unknown.join(', ')}; there are: ${[...DOOR].join(', ')}`);
  }
  const wrong = FUNCTIONS.filter((name) => isObject(adapter) && name in adapter && typeof adapter[name] !== 'function');
  if (wrong.length > 0) throw moduleProblem(file, `map.adapter.${wrong[0]} is no function`);
  const missing = FUNCTIONS.filter((name) => isObject(adapter) && 'read' in adapter && !(name in adapter));
  if (missing.length > 0) {
    throw moduleProblem(file, `map.adapter reads rows of its own, so it needs ${missing.join(', ')} too`);
  }
  return door as Door;
}
