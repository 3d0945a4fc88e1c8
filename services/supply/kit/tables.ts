import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Compiler } from './compiler.ts';
import type { ManifestFile } from './manifest.ts';

/** A code table: the partner's code to what it means here. Without a prototype, so that a code is never `constructor`. */
export type Table = Readonly<Record<string, string | number | boolean>>;

/**
 * The tables of a manifest: written in it, or CSV files beside it (RFC 4180, UTF-8, a header line; the first column is the
 * code, the second what it means; a code stands once).
 */
export function readTables(compiler: Compiler, folder: string, tables: ManifestFile['tables']): Map<string, Table> {
  const read = new Map<string, Table>();
  for (const [name, table] of Object.entries(tables ?? {})) {
    if (typeof table !== 'string') {
      read.set(name, Object.assign(Object.create(null), table));
      continue;
    }
    try {
      read.set(name, readCsv(path.join(folder, table)));
    } catch (error) {
      compiler.problem(['tables', name], `${table}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return read;
}

function readCsv(file: string): Table {
  const rows: string[][] = parse(readFileSync(file), { bom: true, trim: true, skip_empty_lines: true });
  const table: Record<string, string> = Object.create(null);
  for (const [at, [code = '', meaning = '']] of rows.slice(1).entries()) {
    if (code === '' || meaning === '') throw new Error(`row ${at + 2} lacks its code or what it means`);
    if (code in table) throw new Error(`row ${at + 2} has the code "${code}" again`);
    table[code] = meaning;
  }
  return table;
}
