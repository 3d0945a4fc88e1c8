import type { PGlite, PGliteOptions } from '@electric-sql/pglite';
import { createDatabase } from './template.ts';

/** Databases in memory that nobody has any more, empty. */
const spares: PGlite[] = [];
let mostSpares = 0;

/**
 * From here on databases in memory that are closed are emptied and used again, for tests: to start one takes half a second of a
 * processor, to empty one some milliseconds. A process that keeps one does not end by itself.
 *
 * @param most how many are kept, of some 100 MB each; sensible is 2
 */
export function keepSpareDatabases(most: number): void {
  mostSpares = most;
}

/** A database in memory with nothing in it. */
export async function takeDatabase(options: Pick<PGliteOptions, 'postgresqlconf'>): Promise<PGlite> {
  return spares.pop() ?? (await createDatabase(options));
}

/** Gives one back that nobody uses any more; what was in it is gone. */
export async function giveBack(database: PGlite): Promise<void> {
  if (spares.length < mostSpares && (await empty(database))) spares.push(database);
  else await database.close();
}

/** Makes it as it was when it was new; false where it cannot be any more. */
async function empty(database: PGlite): Promise<boolean> {
  try {
    const { rows } = await database.query<{ readonly name: string }>(
      `SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
    );
    for (const { name } of rows) await database.exec(`DROP SCHEMA ${name} CASCADE`);
    await database.exec('CREATE SCHEMA public');
    // Settings, prepared statements, LISTENs and locks: it fails within a transaction that somebody left open.
    await database.exec('DISCARD ALL');
    return true;
  } catch {
    return false;
  }
}
