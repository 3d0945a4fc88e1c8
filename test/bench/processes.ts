// Starts what is measured and reads what it costs.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A process under measurement. */
export interface Measured {
  readonly pid: number;
  /** The port that it printed as "listening {port}". */
  readonly port: number;
  stop(): Promise<void>;
}

/** Whether processes can be given a core of their own here. */
export const canPin: boolean = spawnSync('taskset', ['--version']).status === 0;

/** As `npm start` and the mesh have it, for whatever is measured. */
const youngGeneration = '--max-semi-space-size=64';

/** The command that runs a script of Node, on one core where that is asked for and can be had. */
export function nodeCommand(script: string, args: readonly string[], core?: number): [string, string[]] {
  const all = [youngGeneration, script, ...args];
  if (core === undefined || !canPin) return [process.execPath, all];
  return ['taskset', ['-c', String(core), process.execPath, ...all]];
}

/** Starts a script of Node, on one core where `core` says which, and waits until it prints "listening {port}". */
export function startScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  core?: number,
): Promise<Measured> {
  const [command, all] = nodeCommand(script, args, core);
  const child = spawn(command, all, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lastWords: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastWords.push(line);
      if (lastWords.length > 20) lastWords.shift();
    });
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}: ${lastWords.join('\n')}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^listening (\d+)$/.exec(line);
      if (match !== null) resolve({ pid: child.pid ?? 0, port: Number(match[1]), stop: () => stop(child) });
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 3_000).unref();
  });
}

/** Clock ticks a second in /proc, fixed at 100 on Linux for user space. */
const ticksPerSecond = 100;

/** CPU time that the processes have used so far, user and system, in milliseconds; to 10 ms. */
export function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1000) / ticksPerSecond;
}

/** Time that a core has been at work so far, whoever for, in milliseconds; to 10 ms. */
export function coreMs(core: number): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`cpu${core} `));
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (line ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return ((user + nice + system + irq + softIrq + steal) * 1000) / ticksPerSecond;
}

/** Resident memory of the processes in MiB. */
export function residentMiB(pids: readonly number[]): number {
  let pages = 0;
  for (const pid of pids) pages += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 2 ** 20;
}
