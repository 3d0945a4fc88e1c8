// The command as a child process, as a person or a script runs it.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const entrepot = join(import.meta.dirname, '../../../services/entrepot/entrepot.ts');

/** What a command left. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once standard output holds the text; rejects when the command ends without it. */
  prints(text: string): Promise<string>;
}

/** Starts it. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const child = spawn(process.execPath, [entrepot, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const lookers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of lookers) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  child.once('close', (code) => resolve({ code, stdout, stderr }));
  return {
    child,
    ended,
    prints: (text) => {
      const printed = Promise.withResolvers<string>();
      const look = (): void => {
        if (stdout.includes(text)) printed.resolve(stdout);
      };
      lookers.add(look);
      look();
      void ended.then(() => printed.reject(new Error(`It ended without printing "${text}": ${stdout}${stderr}`)));
      return printed.promise;
    },
  };
}

/** Runs it to its end. */
export function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return start(args, env).ended;
}
