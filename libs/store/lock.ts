import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Who holds a directory. */
export interface LockHolder {
  /** Process id, as the holder's own system counts; 0 when not known. */
  readonly pid: number;
  /** When the holder took the lock, ISO 8601; empty when not known. */
  readonly since: string;
}

/** A directory that another process has open. */
export class DirectoryLockedError extends Error {
  /** The directory. */
  readonly directory: string;
  /** The process that has it open. */
  readonly holder: LockHolder;

  constructor(directory: string, holder: LockHolder) {
    const who = holder.pid > 0 ? `process ${holder.pid} (since ${holder.since})` : 'another process';
    super(
      `${directory} is in use by ${who}; stop it, or give this process a data directory of its own (ENTREPOT_DATA)`,
    );
    this.name = 'DirectoryLockedError';
    this.directory = directory;
    this.holder = holder;
  }
}

/** A held lock. */
export interface DirectoryLock {
  /** Gives the directory free. Calling it again does nothing. */
  release(): void;
}

const lockFile = 'lock';
const holderFile = 'holder.json';

/**
 * Takes a directory for this process alone, creating it where it is missing.
 *
 * The lock is one of the operating system on a file in the directory, so it ends with the process however that ends,
 * and there is nothing stale to judge by process ids (which mean nothing from one container to the next). Node itself
 * has no such locks; SQLite, which it includes, takes them: the lock file is an empty database in an exclusive
 * transaction. Nothing else may open that file, for closing it would drop the lock; the holder is named in another.
 *
 * @throws DirectoryLockedError when any process, this one included, holds it
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(path.join(directory, lockFile), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) {
      throw new DirectoryLockedError(directory, readHolder(directory));
    }
    throw error;
  }
  const holder: LockHolder = { pid: process.pid, since: new Date().toISOString() };
  writeFileSync(path.join(directory, holderFile), JSON.stringify(holder));
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}

function readHolder(directory: string): LockHolder {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(directory, holderFile), 'utf8'));
    if (typeof value === 'object' && value !== null && 'pid' in value && 'since' in value) {
      return { pid: Number(value.pid) || 0, since: String(value.since) };
    }
  } catch {
    // It is being written at this moment.
  }
  return { pid: 0, since: '' };
}
