import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import path from 'node:path';

/** How a directory is watched. */
export interface WatchOptions {
  /**
   * Milliseconds of quiet after the last change before `onChange` is called, so that a checkout of many files is one
   * change. Default 200; 20 to 5,000 is sensible.
   */
  debounceMs?: number;
  /** Milliseconds between looks where the system cannot notify. Default 1,000; 200 to 60,000 is sensible. */
  pollMs?: number;
  /** Look every `pollMs` instead of asking the system to notify (network file systems). Default false. */
  poll?: boolean;
  /** Told when `onChange` throws or rejects; by default the error is dropped, for a watcher must outlive it. */
  onError?: (error: unknown) => void;
}

/** A watch that is on until closed. It never keeps the process alive. */
export interface DirectoryWatch {
  /** Ends the watch; `onChange` is not called any more. */
  close(): void;
}

/**
 * Calls `onChange` after something changed in a directory or below it. Calls never overlap: changes during a call lead
 * to one more call after it.
 *
 * @throws Error when the directory does not exist
 */
export function watchDirectory(
  directory: string,
  onChange: () => void | Promise<void>,
  options: WatchOptions = {},
): DirectoryWatch {
  const { debounceMs = 200, pollMs = 1000, onError = () => {} } = options;
  if (!statSync(directory).isDirectory()) throw new Error(`${directory} is no directory`);
  let closed = false;
  let running = false;
  let again = false;
  let quiet: NodeJS.Timeout | undefined;
  let system: FSWatcher | undefined;
  let polling: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    if (closed) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await onChange();
    } catch (error) {
      onError(error);
    }
    running = false;
    if (again) {
      again = false;
      changed();
    }
  };
  const changed = (): void => {
    if (closed) return;
    clearTimeout(quiet);
    quiet = setTimeout(run, debounceMs).unref();
  };
  const startPolling = (): void => {
    if (closed || polling) return;
    let before = fingerprint(directory);
    polling = setInterval(() => {
      const now = fingerprint(directory);
      if (now !== before) changed();
      before = now;
    }, pollMs).unref();
  };

  if (options.poll) startPolling();
  else {
    try {
      system = watch(directory, { recursive: true, persistent: false }, changed);
      // The system runs out of watches (inotify's limit), or the directory was replaced: looking regularly still works.
      system.on('error', () => {
        system?.close();
        startPolling();
      });
    } catch {
      startPolling();
    }
  }
  return {
    close() {
      closed = true;
      clearTimeout(quiet);
      clearInterval(polling);
      system?.close();
    },
  };
}

/** What the directory looks like: names, sizes and times of change of every file in it. */
function fingerprint(directory: string): string {
  const parts: string[] = [];
  const walk = (at: string): void => {
    let names: string[];
    try {
      names = readdirSync(at).sort();
    } catch {
      return;
    }
    for (const name of names) {
      const file = path.join(at, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat?.isDirectory()) walk(file);
      else if (stat) parts.push(`${file}|${stat.size}|${stat.mtimeMs}|${stat.ino}`);
    }
  };
  walk(directory);
  return parts.join('\n');
}
