import { EntrepotError } from '../errors/index.ts';
import { counter, upDownCounter } from '../telemetry/instruments.ts';
import { sharedLoopDelay } from './loop-delay.ts';
import type { Middleware } from './middleware.ts';

/** How much a server takes on before it sheds. */
export interface AdmissionOptions {
  /** Unary calls at the same time. Default 256; sensible 16 to 4,000. */
  maxCalls?: number;
  /**
   * Streaming calls at the same time, each from its start to its end. Counted apart, so that streams that stay open
   * for minutes leave unary calls their room. Default 512; sensible 16 to 10,000.
   */
  maxStreams?: number;
  /**
   * Event loop delay, in milliseconds, above which new calls are shed; the measure is LoopDelay's. Default 250 over
   * gRPC; sensible 50 to 1,000. Infinity in memory, where caller and callee share one loop: the call has been admitted
   * where it entered the process, and shedding it half way would waste what was done.
   */
  maxLoopDelayMs?: number;
  /** Least time after which a shed caller is told to return; the most is twice that, spread evenly. Default 250 ms. */
  retryAfterMs?: number;
}

/** The source of event loop delay, replaceable in tests. */
export interface DelaySource {
  readonly currentMs: number;
}

const shedCalls = counter('entrepot.mesh.shed', { unit: '{call}', description: 'Calls refused to protect the rest' });
const inFlight = upDownCounter('entrepot.mesh.in_flight', { unit: '{call}', description: 'Calls being worked on' });

/** Counts calls in and out and refuses those that would be too many. Also fit for an HTTP server. */
export class Admission {
  readonly #name: string;
  readonly #limits: Record<'call' | 'stream', number>;
  readonly #active = { call: 0, stream: 0 };
  readonly #maxLoopDelayMs: number;
  readonly #retryAfterMs: number;
  readonly #delay: DelaySource | undefined;

  constructor(name: string, options: AdmissionOptions = {}, delay?: DelaySource) {
    this.#name = name;
    this.#limits = { call: options.maxCalls ?? 256, stream: options.maxStreams ?? 512 };
    this.#maxLoopDelayMs = options.maxLoopDelayMs ?? 250;
    this.#retryAfterMs = options.retryAfterMs ?? 250;
    this.#delay = delay ?? (this.#maxLoopDelayMs === Number.POSITIVE_INFINITY ? undefined : sharedLoopDelay());
  }

  /** Calls being worked on now. */
  get active(): { readonly call: number; readonly stream: number } {
    return this.#active;
  }

  /** Takes a place; the result gives it back. Throws OVERLOADED with `retryAfterMs` where there is none. */
  enter(kind: 'call' | 'stream'): () => void {
    if (this.#active[kind] >= this.#limits[kind]) throw this.#shed(kind, 'concurrency');
    if (this.#delay !== undefined && this.#delay.currentMs > this.#maxLoopDelayMs) throw this.#shed(kind, 'loop_delay');
    this.#active[kind]++;
    inFlight.add(1, { service: this.#name, kind });
    return () => {
      this.#active[kind]--;
      inFlight.add(-1, { service: this.#name, kind });
    };
  }

  #shed(kind: 'call' | 'stream', limit: 'concurrency' | 'loop_delay'): EntrepotError {
    shedCalls.add(1, { service: this.#name, kind, limit });
    return new EntrepotError({
      reason: 'OVERLOADED',
      message: `${this.#name} has more work than it can do in time. Come back later.`,
      // Spread, so that those who are shed together do not return together.
      retryAfterMs: Math.round(this.#retryAfterMs * (1 + Math.random())),
      metadata: { service: this.#name, limit },
    });
  }
}

/** Admission as a middleware: unary calls and streams have their own limits. */
export function admit(admission: Admission): Middleware {
  return (call) => {
    const streaming = call.method.requestStream || call.method.responseStream;
    return admission.enter(streaming ? 'stream' : 'call');
  };
}
