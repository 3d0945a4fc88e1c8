import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What adapters share when they map. */
const sharedSources = ['./mapping', './kit'].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

/** Digest of a folder's manifest, tables and sources, which a certificate is bound to. Tests, cases and accounts do not count. */
export function digestOfFolder(folder: string): string {
  return shortDigest(sourcesIn(folder));
}

/** Digest of the manifest and all sources that map: another mapping is another manifest. Tests do not count. */
export function digestOfAdapter(folder: string): string {
  return shortDigest([folder, ...sharedSources].filter((directory) => existsSync(directory)).flatMap(sourcesIn));
}

function sourcesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        file === 'manifest.yaml' || file.endsWith('.csv') || (file.endsWith('.ts') && !/\.(test|slow)\.ts$/.test(file)),
    )
    .sort()
    .flatMap((file) => [file, readFileSync(path.join(directory, file), 'utf8')]);
}

/** Twelve characters that stand for these texts, in this order. */
export function shortDigest(parts: readonly string[]): string {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('base64url').slice(0, 12);
}
