/** How long work waits in this process before it runs, added up; whoever reads it keeps its own place. */
interface Stage {
  totalMs: number;
  count: number;
}

/** What one call spends waiting, in milliseconds, and on how many measurements that rests. */
export interface Waiting {
  readonly ms: number;
  readonly seen: number;
}

/** The event loop's turns that a call waits for by itself: one until it is read, one until what it waits for is. */
const turnsOfCall = 2;

/**
 * The queue of a process. Node works on one thing at a time, so a server that has too much to do shows it by nothing but
 * the time that work waits: for the event loop to come round, and in the queues that keep the loop from being held up by one
 * caller. The time that partners or other services take is none of it.
 */
export class Queueing {
  readonly #work: Stage = { totalMs: 0, count: 0 };
  readonly #turns: Stage = { totalMs: 0, count: 0 };
  readonly #clock: () => number;
  #probing = false;
  #began = 0;

  /** `clock` is in milliseconds and never runs backwards. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Work of a call waited so long in a queue of its own before it was begun; 0 where it did not wait. */
  waited(ms: number): void {
    this.#work.totalMs += ms;
    this.#work.count++;
  }

  /** A turn of the event loop, with everything that was ready to run, took so long. */
  turned(ms: number): void {
    this.#turns.totalMs += ms;
    this.#turns.count++;
  }

  /** Measures the turn of the event loop that comes next, unless one is being measured. */
  probe(): void {
    if (this.#probing) return;
    this.#probing = true;
    // From one check phase to the next: everything that was ready in between, and no waiting for what was not.
    setImmediate(this.#begin);
  }

  readonly #begin = (): void => {
    this.#began = this.#clock();
    setImmediate(this.#end);
  };

  readonly #end = (): void => {
    this.#probing = false;
    this.turned(this.#clock() - this.#began);
  };

  /** Reads what came since the reader's last reading. */
  reader(): () => Waiting {
    const work = { ...this.#work };
    const turns = { ...this.#turns };
    return () => {
      const inWork = since(this.#work, work);
      const inTurns = since(this.#turns, turns);
      return { ms: inWork.ms + turnsOfCall * inTurns.ms, seen: Math.max(inWork.seen, inTurns.seen) };
    };
  }
}

/** The mean of a stage since the mark, which is moved on. */
function since(stage: Stage, mark: Stage): Waiting {
  const seen = stage.count - mark.count;
  const ms = seen === 0 ? 0 : (stage.totalMs - mark.totalMs) / seen;
  mark.count = stage.count;
  mark.totalMs = stage.totalMs;
  return { ms, seen };
}

const shared = new Queueing();

/** The queue of this process. */
export function sharedQueueing(): Queueing {
  return shared;
}
