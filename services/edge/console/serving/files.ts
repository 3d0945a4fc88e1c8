// The built files in memory, each as it is and compressed. They are a few dozen kilobytes.
import { glob, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { builtFolder } from './sources.ts';

/** A file of the page. */
export interface BuiltFile {
  /** Its content type with its character set. */
  readonly type: string;
  /** Its name changes with its content: it may be kept for ever. */
  readonly immutable: boolean;
  /** Its content by content encoding. */
  readonly encodings: { readonly identity: Buffer; readonly br?: Buffer; readonly gzip?: Buffer };
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** Reads what was built, by path within the folder ("index.html", "assets/index-1a2b.js"); empty where nothing was. */
export async function builtFiles(folder = builtFolder): Promise<ReadonlyMap<string, BuiltFile>> {
  const files = new Map<string, BuiltFile>();
  for await (const path of glob('**/*.{html,js,css,svg}', { cwd: folder })) {
    const type = types[extname(path)];
    if (type === undefined) continue;
    const [identity, br, gzip] = await Promise.all(
      ['', '.br', '.gz'].map((ending) => readFile(join(folder, path + ending)).catch(() => undefined)),
    );
    if (identity !== undefined)
      files.set(path, { type, immutable: path.startsWith('assets/'), encodings: { identity, br, gzip } });
  }
  return files;
}

/** The best encoding of a file that a request accepts; `br;q=0` refuses it. */
export function encodingFor(file: BuiltFile, accepted = ''): 'br' | 'gzip' | 'identity' {
  const taken = accepted
    .split(',')
    .map((part) => part.trim().split(/\s*;\s*q=/))
    .filter(([, quality]) => quality === undefined || Number(quality) > 0)
    .map(([name]) => name);
  return (['br', 'gzip'] as const).find((name) => taken.includes(name) && file.encodings[name]) ?? 'identity';
}
