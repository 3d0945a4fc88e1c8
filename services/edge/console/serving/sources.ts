// What the console is built of, and where it is built to.
import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The console's folder. */
export const consoleFolder = join(import.meta.dirname, '..');

/** Where the built files are; not committed. */
export const builtFolder = join(consoleFolder, 'dist');

/** Holds the digest of the sources that the files were built of. */
export const digestFile = join(builtFolder, 'sources.sha256');

const root = join(consoleFolder, '../../..');

/** Everything that ends up in the page: a change in any of it builds anew. */
const patterns = [
  'services/edge/console/*.{html,svg,tsx}',
  'services/edge/console/{api,catalogue,partners,search,shell,trace,ui}/**/*.{ts,tsx,css}',
  'services/edge/console/serving/*.ts',
  'libs/client/**/*.ts',
  'package-lock.json',
];

/** SHA-256 over the names and contents of all sources, as hexadecimal digits. */
export async function digestOfSources(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) if (!file.endsWith('.test.ts')) files.push(file);
  const digest = createHash('sha256');
  for (const file of files.sort()) digest.update(`${file}\0`).update(await readFile(join(root, file)));
  return digest.digest('hex');
}
