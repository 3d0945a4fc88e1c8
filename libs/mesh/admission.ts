import { EntrepotError } from '../errors/index.ts';
import { counter, upDownCounter } from '../telemetry/instruments.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { sharedLoopDelay } from './loop-delay.ts';
import type { Middleware } from './middleware.ts';
import { type Queueing, sharedQueueing, type Waiting } from './queueing.ts';

/** How much a caller matters where not every call can be taken. */
export interface ClientTier {
  /** As metrics name it. */
  readonly name: string;
  /** The part of every limit that callers of this tier may use, above 0 and at most 1. Who may use less is shed first. */
  readonly share: number;
}

/** How much a server takes on before it sheds. */
export interface AdmissionOptions {
  /** Unary calls at the same time, at most. Default 512 over gRPC, none in memory; sensible 16 to 4,000. */
  maxCalls?: number;
  /**
   * Streaming calls at the same time, at most, each from its start to its end. Counted apart, so that streams that stay
   * open for minutes leave unary calls their room. Default 1,024 over gRPC, none in memory; sensible 16 to 10,000.
   */
  maxStreams?: number;
  /**
   * Whether the number of calls at work (streams that have become quiet not counted) is also limited by what this process
   * can do in time, learned while it runs. Default true over gRPC; false in memory, where caller and callee share one
   * process: the call has been admitted where it entered it, and shedding it half way would waste what was done.
   */
  adaptive?: boolean;
  /** The learned limit is never less. Default 12; sensible 2 to 64. */
  leastAtWork?: number;
  /**
   * Where the learned limit begins, and comes back to when it is not needed: what may come at once before anything is known.
   * Default 128; for calls that cost milliseconds of CPU rather 32. Sensible 8 to 512.
   */
  startAtWork?: number;
  /** How long a call may wait in this process for its work to be begun, in milliseconds. Default 30; sensible 5 to 500. */
  targetWaitMs?: number;
  /**
   * Event loop delay, in milliseconds, above which every new call is shed; the measure is LoopDelay's. Default 250 over
   * gRPC; sensible 50 to 1,000. Infinity in memory.
   */
  maxLoopDelayMs?: number;
  /** Least time after which a shed caller is told to return; the most is twice that, spread evenly. Default 250 ms. */
  retryAfterMs?: number;
  /** The tier of a client by name. Default: all callers are equal. */
  tierOf?: ((client: string) => ClientTier) | undefined;
}

/** The options of a server in memory, where they differ. */
export const inMemoryAdmission: AdmissionOptions = {
  maxCalls: Number.POSITIVE_INFINITY,
  maxStreams: Number.POSITIVE_INFINITY,
  maxLoopDelayMs: Number.POSITIVE_INFINITY,
  adaptive: false,
};

/**
 * The options of a service that only other services call: what is too much is shed where it enters the platform, before anything was
 * done for it, so this one refuses only what would bury it.
 */
export const inwardAdmission: AdmissionOptions = { leastAtWork: 64, startAtWork: 128 };

/** Where admission looks; replaceable in tests. */
export interface AdmissionSources {
  /** The lateness of the event loop, in milliseconds. */
  readonly delay?: { readonly currentMs: number };
  readonly queueing?: Queueing;
  /** Milliseconds; never runs backwards. */
  readonly clock?: () => number;
}

/** A call's place on a server. */
export interface Place {
  /** From here on the call only waits and costs next to nothing: it makes room for another. */
  quiet(): void;
  /** The call is over; `error` is what it failed with. */
  leave(error?: EntrepotError): void;
}

type Kind = 'call' | 'stream';
type Limit = 'concurrency' | 'at_work' | 'loop_delay';

const everybody: ClientTier = { name: 'none', share: 1 };

const shedCalls = counter('entrepot.mesh.shed', { unit: '{call}', description: 'Calls refused to protect the rest' });
const inFlight = upDownCounter('entrepot.mesh.in_flight', { unit: '{call}', description: 'Calls being worked on' });
const limitInForce = upDownCounter('entrepot.mesh.limit', {
  unit: '{call}',
  description: 'Calls that may be at work at once, as learned',
});

/**
 * Counts calls in and out and refuses those that would be too many, the lowest tier first: at every moment, whoever may use
 * a greater share is refused only where everybody with a smaller one is. Also fit for an HTTP server.
 */
export class Admission {
  readonly #name: string;
  readonly #limits: Record<Kind, number>;
  readonly #active = { call: 0, stream: 0 };
  readonly #maxLoopDelayMs: number;
  readonly #retryAfterMs: number;
  readonly #tierOf: (client: string) => ClientTier;
  readonly #delay: { readonly currentMs: number } | undefined;
  readonly #clock: () => number;
  readonly #learned: AdaptiveLimit | undefined;
  readonly #queueing: Queueing;
  readonly #waiting: () => Waiting;
  #atWork = 0;
  #reported = 0;

  constructor(name: string, options: AdmissionOptions = {}, sources: AdmissionSources = {}) {
    this.#name = name;
    this.#limits = { call: options.maxCalls ?? 512, stream: options.maxStreams ?? 1_024 };
    this.#maxLoopDelayMs = options.maxLoopDelayMs ?? 250;
    this.#retryAfterMs = options.retryAfterMs ?? 250;
    this.#tierOf = options.tierOf ?? (() => everybody);
    this.#delay = sources.delay ?? (this.#maxLoopDelayMs === Number.POSITIVE_INFINITY ? undefined : sharedLoopDelay());
    this.#clock = sources.clock ?? (() => performance.now());
    this.#queueing = sources.queueing ?? sharedQueueing();
    this.#waiting = this.#queueing.reader();
    if (options.adaptive === false) return;
    const limit = {
      least: options.leastAtWork ?? 12,
      most: this.#limits.call + this.#limits.stream,
      start: options.startAtWork ?? 128,
      targetMs: options.targetWaitMs ?? 30,
    };
    this.#learned = new AdaptiveLimit(limit, this.#clock());
    this.#report();
  }

  /** Calls that have a place now. */
  get active(): { readonly call: number; readonly stream: number } {
    return this.#active;
  }

  /** Calls that have a place now and have not become quiet. */
  get atWork(): number {
    return this.#atWork;
  }

  /** How many may be at work as learned so far; undefined where that is not limited. */
  get limit(): number | undefined {
    return this.#learned?.current;
  }

  /** Takes a place. Throws OVERLOADED with `retryAfterMs` where there is none for callers of the client's tier. */
  enter(kind: Kind, client = ''): Place {
    const tier = this.#tierOf(client);
    const now = this.#learned === undefined ? 0 : this.#think();
    const limit = this.#exceeded(kind, tier.share);
    if (limit !== undefined) throw this.#shed(kind, tier, limit);
    this.#active[kind]++;
    this.#atWork++;
    inFlight.add(1, { service: this.#name, kind });
    let quiet = false;
    let left = false;
    const rest = (): void => {
      if (quiet) return;
      quiet = true;
      this.#atWork--;
    };
    return {
      quiet: () => {
        if (!quiet) this.#learned?.completed(this.#clock() - now);
        rest();
      },
      leave: (error) => {
        if (left) return;
        left = true;
        if (!quiet) this.#learn(now, error);
        rest();
        this.#active[kind]--;
        inFlight.add(-1, { service: this.#name, kind });
      },
    };
  }

  /** The limit is no longer in force. */
  close(): void {
    limitInForce.add(-this.#reported, { service: this.#name });
    this.#reported = 0;
  }

  #exceeded(kind: Kind, share: number): Limit | undefined {
    if (this.#active[kind] >= this.#limits[kind] * share) return 'concurrency';
    if (this.#delay !== undefined && this.#delay.currentMs > this.#maxLoopDelayMs) return 'loop_delay';
    if (this.#learned === undefined) return undefined;
    this.#learned.asked((this.#atWork + 1) / share);
    return this.#atWork >= this.#learned.current * share ? 'at_work' : undefined;
  }

  /** Ends the window of the learned limit when it is time, and has the event loop measured. */
  #think(): number {
    const now = this.#clock();
    this.#queueing.probe();
    if (this.#learned?.due(now) === true) {
      this.#learned.adapt(now, this.#waiting(), this.#atWork);
      this.#report();
    }
    return now;
  }

  #learn(since: number, error: EntrepotError | undefined): void {
    if (this.#learned === undefined) return;
    if (error?.reason === 'OVERLOADED') this.#learned.refusedBehind();
    else if (error?.reason !== 'CANCELLED' && error?.reason !== 'DEADLINE_EXCEEDED')
      this.#learned.completed(this.#clock() - since);
  }

  #report(): void {
    const limit = Math.floor(this.#learned?.current ?? 0);
    if (limit === this.#reported) return;
    limitInForce.add(limit - this.#reported, { service: this.#name });
    this.#reported = limit;
  }

  #shed(kind: Kind, tier: ClientTier, limit: Limit): EntrepotError {
    shedCalls.add(1, { service: this.#name, kind, limit, tier: tier.name });
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
    const place = admission.enter(streaming ? 'stream' : 'call', call.client);
    call.onQuiet = place.quiet;
    return place.leave;
  };
}
