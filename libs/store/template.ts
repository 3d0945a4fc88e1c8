import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';

const require = createRequire(import.meta.url);
let inMemory: Promise<Blob> | undefined;

/**
 * Opens a new database. Making one from nothing (initdb) takes seconds, so the first is kept as a template, in this
 * process and beside the installed packages, where it goes when they are installed anew.
 */
export async function createDatabase(options: PGliteOptions): Promise<PGlite> {
  const template = inMemory ?? readTemplate();
  if (template !== undefined) {
    try {
      return await PGlite.create({ ...options, loadDataDir: await template });
    } catch {
      // A damaged template must not keep anything from starting.
      inMemory = undefined;
      rmSync(templateFile(), { force: true });
      if (options.dataDir !== undefined) rmSync(options.dataDir, { recursive: true, force: true });
    }
  }
  const database = await PGlite.create(options);
  inMemory = database.dumpDataDir('gzip');
  writeTemplate(await inMemory);
  return database;
}

function readTemplate(): Promise<Blob> | undefined {
  try {
    inMemory = Promise.resolve(new Blob([readFileSync(templateFile())]));
  } catch {
    return undefined;
  }
  return inMemory;
}

function writeTemplate(template: Blob): void {
  const file = templateFile();
  void template.arrayBuffer().then((bytes) => {
    const draft = `${file}.${process.pid}`;
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(draft, new Uint8Array(bytes));
      renameSync(draft, file);
    } catch {
      // Packages that cannot be written to (a container image): every process makes its own template.
    }
  });
}

function templateFile(): string {
  const entry = require.resolve('@electric-sql/pglite');
  const modules = entry.slice(0, entry.lastIndexOf(`${path.sep}@electric-sql${path.sep}`));
  const version = readVersion(path.join(modules, '@electric-sql', 'pglite', 'package.json'));
  return path.join(modules, '.cache', 'entrepot', `pglite-${version}.tar.gz`);
}

function readVersion(file: string): string {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
