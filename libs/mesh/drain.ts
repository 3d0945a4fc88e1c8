import { EntrepotError } from '../errors/index.ts';
import type { Call } from './call.ts';
import type { Middleware } from './middleware.ts';

/** The calls that a server has accepted, and whether it accepts more. */
export class Drain {
  readonly #calls = new Set<Call>();
  #refusing = false;
  #idle: (() => void) | undefined;

  /** Refuses calls while draining, and keeps track of those accepted before. */
  readonly middleware: Middleware = (call) => {
    if (this.#refusing) throw drainingError('The server is about to stop; another one takes the call.', 'false');
    this.#calls.add(call);
    return () => {
      this.#calls.delete(call);
      if (this.#calls.size === 0) this.#idle?.();
    };
  };

  /**
   * Refuses new calls from now on, tells those accepted before that asked to be told, and waits until they are over; those that are not after `timeoutMs` are
   * cancelled. Returns how many that were.
   */
  async run(timeoutMs: number): Promise<number> {
    this.#refusing = true;
    if (this.#calls.size === 0) return 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    for (const call of this.#calls) call.onDraining?.();
    await promise;
    clearTimeout(timer);
    const left = [...this.#calls];
    for (const call of left) call.cancel(drainingError('The server stopped before the call was done.', 'true'));
    return left.length;
  }
}

/** `started` tells the client whether the call may have had an effect: only one that had none is tried again. */
function drainingError(message: string, started: 'true' | 'false'): EntrepotError {
  return new EntrepotError({ reason: 'DRAINING', message, metadata: { started } });
}
