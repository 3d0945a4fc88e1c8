import type { CallContext } from 'nice-grpc';
import { ServerError, Status } from 'nice-grpc-common';
import { HealthDefinition } from 'nice-grpc-server-health';

export { HealthDefinition };

type ServingStatus = 1 | 2 | 3;
const serving: ServingStatus = 1;
const notServing: ServingStatus = 2;
const serviceUnknown: ServingStatus = 3;

interface Check {
  service: string;
}

/**
 * grpc.health.v1 of one server: overall (the empty name) and for each service. The messages are nice-grpc-server-health's;
 * its implementation is not used, for a watcher that is being written to while the state changes never hears of it, and
 * its watches never end, so that no server with a watcher could drain.
 */
export class Health {
  readonly #services: ReadonlySet<string>;
  #serving = true;
  #closed = false;
  readonly #watchers = new Set<() => void>();

  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  /** What Check and Watch say of every service from now on. */
  setServing(value: boolean): void {
    this.#serving = value;
    this.#wake();
  }

  /** Ends all watches, after they have said the last state. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async check(request: Check): Promise<{ status: ServingStatus }> {
    const status = this.#statusOf(request.service);
    if (status === serviceUnknown) throw new ServerError(Status.NOT_FOUND, `No service ${request.service} is here.`);
    return { status };
  }

  async *watch(request: Check, context: CallContext): AsyncGenerator<{ status: ServingStatus }> {
    let said: ServingStatus | undefined;
    while (!context.signal.aborted) {
      const status = this.#statusOf(request.service);
      if (status !== said) {
        said = status;
        yield { status };
      } else if (this.#closed) {
        return;
      } else {
        await this.#change(context.signal);
      }
    }
  }

  #statusOf(service: string): ServingStatus {
    if (!this.#services.has(service)) return serviceUnknown;
    return this.#serving ? serving : notServing;
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#watchers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#watchers.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
