import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CsvError, type Info, parse } from 'csv-parse/sync';
import type { Compiler } from './compiler.ts';
import type { ManifestFile } from './manifest.ts';

/** A code table: the partner's code to what it means here. Without a prototype, so that a code is never `constructor`. */
export type Table = Readonly<Record<string, string | number | boolean>>;

/**
 * The tables of a manifest: written in it, or CSV files beside it (RFC 4180, UTF-8, a header line; the first column is the
 * code, the second what it means; a code stands once). Mistakes are noted where they stand, in the CSV file too.
 */
export function readTables(compiler: Compiler, folder: string, tables: ManifestFile['tables']): Map<string, Table> {
  const read = new Map<string, Table>();
  for (const [name, table] of Object.entries(tables ?? {})) {
    const at = ['tables', name];
    if (typeof table !== 'string') {
      read.set(name, Object.assign(Object.create(null), table));
      compiler.tables.set(name, {
        meanings: new Map(Object.entries(table)),
        problem: (code, reason) => compiler.problem([...at, code], reason),
      });
      continue;
    }
    const file = path.join(folder, table);
    let text: Buffer;
    try {
      text = readFileSync(file);
    } catch {
      compiler.problem(at, `${table}: no such file beside the manifest`);
      // What reads the table shall not be blamed too.
      read.set(name, Object.create(null));
      continue;
    }
    read.set(name, readCsv(compiler, name, file, text));
  }
  return read;
}

interface CsvRow {
  readonly record: readonly string[];
  readonly info: Info;
}

function readCsv(compiler: Compiler, name: string, file: string, text: Buffer): Table {
  const table: Record<string, string> = Object.create(null);
  const lines = new Map<string, number>();
  let rows: CsvRow[] = [];
  try {
    // Each with the line that it ends on.
    const options = { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: true } as const;
    // With `info` each record comes beside where it stands, which the parser's types do not say.
    rows = parse(text, options) as unknown as CsvRow[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    compiler.problemIn(file, Number(error.lines) || 0, 1, error.message);
  }
  for (const { record, info } of rows.slice(1)) {
    const [code = '', meaning = ''] = record;
    const refuse = (reason: string): void => compiler.problemIn(file, info.lines, 1, reason);
    if (code === '' || meaning === '') refuse('lacks its code or what it means');
    else if (code in table) refuse(`has the code "${code}" again, which stands in line ${lines.get(code)}`);
    else {
      table[code] = meaning;
      lines.set(code, info.lines);
    }
  }
  compiler.tables.set(name, {
    meanings: new Map(Object.entries(table)),
    problem: (code, reason) => compiler.problemIn(file, lines.get(code) ?? 0, 1, reason),
  });
  return table;
}
