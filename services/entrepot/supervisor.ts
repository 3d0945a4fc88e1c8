// Keeps a set of processes running: starts them in order, restarts what dies, stops them in reverse. One line each time.
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process to keep running. */
export interface ProcessSpec {
  readonly name: string;
  /** Arguments of node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it listens once it is up. */
  readonly host: string;
  readonly port: number;
}

interface Running {
  readonly spec: ProcessSpec;
  child: ChildProcess;
  /** Deaths in a row, for the wait before the next start. */
  deaths: number;
}

/** First wait before a restart, in milliseconds; doubles with every death in a row up to maxRestartMs. */
const restartMs = 200;
const maxRestartMs = 5_000;
/** A process that lived as long as this was well: its deaths are counted anew. */
const wellAfterMs = 10_000;
/** A process has this long to listen. */
const startMs = 20_000;
/** A process has this long to end by itself before it is killed. */
const stopMs = 1_500;

/** Keeps processes running until it is stopped. */
export class Supervisor {
  readonly #say: (line: string) => void;
  readonly #hear: (name: string, line: string) => void;
  readonly #running = new Map<string, Running>();
  #stopping = false;

  /**
   * @param say receives one line whenever a process starts, stops or is restarted
   * @param hear receives what the processes print; default standard error, with the process's name before it
   */
  constructor(say: (line: string) => void, hear: (name: string, line: string) => void = toStandardError) {
    this.#say = say;
    this.#hear = hear;
  }

  /** Starts the processes one after the other, each once the one before it listens. */
  async start(specs: readonly ProcessSpec[]): Promise<void> {
    for (const spec of specs) {
      if (this.#stopping) return;
      const running: Running = { spec, child: this.#spawn(spec), deaths: 0 };
      this.#running.set(spec.name, running);
      await this.#listening(running);
    }
  }

  /** The process ids, for tests and for people with kill(1). */
  pids(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#running].flatMap(([name, { child }]) => (child.pid === undefined ? [] : [[name, child.pid]])),
    );
  }

  /** Ends every process, last started first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const endings = [...this.#running.values()].reverse().map(async ({ child }) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(kill);
    });
    await Promise.all(endings);
  }

  #spawn(spec: ProcessSpec): ChildProcess {
    const startedAt = Date.now();
    const child = spawn(process.execPath, [...spec.args], {
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C at a terminal signals the whole group, and a second signal cuts a drain short.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#hear(spec.name, line));
    }
    child.once('exit', (code, signal) => void this.#died(spec, code, signal, startedAt));
    return child;
  }

  async #listening({ spec, child }: Running): Promise<void> {
    const giveUp = Date.now() + startMs;
    while (child.exitCode === null && child.signalCode === null && Date.now() < giveUp && !this.#stopping) {
      if (await accepts(spec.host, spec.port)) {
        this.#say(`${spec.name.padEnd(14)} started, pid ${child.pid}, ${spec.host}:${spec.port}`);
        return;
      }
      await sleep(25);
    }
  }

  async #died(spec: ProcessSpec, code: number | null, signal: string | null, startedAt: number): Promise<void> {
    const why = signal === null ? `exit code ${code}` : signal;
    if (this.#stopping) {
      this.#say(`${spec.name.padEnd(14)} stopped`);
      return;
    }
    const running = this.#running.get(spec.name);
    if (running === undefined) return;
    running.deaths = Date.now() - startedAt > wellAfterMs ? 0 : running.deaths + 1;
    const wait = Math.min(maxRestartMs, restartMs * 2 ** Math.max(0, running.deaths - 1));
    this.#say(`${spec.name.padEnd(14)} died (${why}), restarting in ${wait} ms`);
    await sleep(wait);
    if (this.#stopping) return;
    running.child = this.#spawn(spec);
    await this.#listening(running);
  }
}

function toStandardError(name: string, line: string): void {
  process.stderr.write(`[${name}] ${line}\n`);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 500 });
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
