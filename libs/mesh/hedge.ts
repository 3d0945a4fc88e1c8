import { Status } from 'nice-grpc-common';
import type { EntrepotError } from '../errors/index.ts';
import { counter } from '../telemetry/instruments.ts';
import type { Call } from './call.ts';
import type { Method } from './definition.ts';

/** How long the first message of one method's calls is waited for before a second attempt is made. */
export interface HedgeDelay {
  /** Milliseconds; undefined while too little is known. Usually what 95 of 100 calls take. */
  after(): number | undefined;
  /**
   * Told how long a call's first message took, in milliseconds. Where the second attempt was answered first: how long the
   * first had not been answered by then.
   */
  took(ms: number): void;
}

/** Which calls are made a second time, to another peer, where their first message is late. */
export interface HedgeOptions {
  /**
   * The methods that may run twice for one call, by lowerCamelCase name: they have no effect, or one that repeating does not
   * change.
   */
  readonly methods: Readonly<Record<string, HedgeDelay>>;
  /** Second attempts earned by each call of these methods. Default 0.05; 0 to 0.2. */
  readonly share?: number;
}

/** Second attempts that may follow each other where none were needed for long. */
const burst = 5;

const hedges = counter('entrepot.mesh.hedges', {
  unit: '{call}',
  description: 'Second attempts beside a late first one by result (won, lost, no_peer)',
});

/** One attempt of a call that may have two. It ends when the call is cancelled. */
export interface Attempt<First> {
  /** Its first message, or its end. */
  readonly first: Promise<First>;
  /** Ends it for real, wherever it is. */
  cancel(): void;
}

/** A call that may have two attempts. */
export interface HedgedCall<First> {
  /** Starts an attempt; `second` is the one that has to go to another peer. */
  start(second: boolean): Attempt<First>;
  /** Whether everything that was sent could be sent again. */
  replayable(): boolean;
  typed(thrown: unknown): EntrepotError;
}

/** Makes calls twice where their first message is late, within a budget. */
export class Hedge {
  readonly #methods: Readonly<Record<string, HedgeDelay>>;
  readonly #share: number;
  readonly #clock: () => number;
  #tokens = 0;

  constructor({ methods, share }: HedgeOptions, clock: () => number = () => performance.now()) {
    this.#methods = methods;
    this.#share = share ?? 0.05;
    this.#clock = clock;
  }

  /** The delay of a method that may run twice. */
  delayOf(method: Method): HedgeDelay | undefined {
    return this.#methods[method.key];
  }

  /**
   * Starts a call, and again where its first message is late: whichever attempt is answered first is the call, and the other
   * is cancelled. An answer is also an error that says something about the request; that a peer cannot be reached or has too
   * much to do is none while the other attempt may still bring one. Rejects with what the first attempt failed with.
   */
  run<First>(call: Call, delay: HedgeDelay, attempts: HedgedCall<First>): Promise<First> {
    this.#tokens = Math.min(burst, this.#tokens + this.#share);
    const begun = this.#clock();
    const { promise, resolve, reject } = Promise.withResolvers<First>();
    let second: Attempt<First> | undefined;
    let timer: NodeJS.Timeout | undefined;
    let running = 1;
    let settled = false;
    let failure: { readonly thrown: unknown } | undefined;

    const settle = (winner: Attempt<First> | undefined): void => {
      settled = true;
      clearTimeout(timer);
      unlisten();
      if (second === undefined) return;
      for (const attempt of [first, second]) if (attempt !== winner) attempt.cancel();
      if (winner !== undefined) count(call, winner === second ? 'won' : 'lost');
    };
    const answered = (attempt: Attempt<First>, message: First): void => {
      if (settled) {
        attempt.cancel();
        return;
      }
      delay.took(this.#clock() - begun);
      settle(attempt);
      resolve(message);
    };
    const failed = (attempt: Attempt<First>, thrown: unknown): void => {
      if (settled) return;
      running--;
      const error = attempts.typed(thrown);
      if (attempt === second && error.reason === 'UNREACHABLE') this.#giveBack(call);
      if (attempt === first) failure = { thrown };
      if (running > 0 && tellsNothing(error)) return;
      settle(undefined);
      reject(attempt === first || running > 0 ? thrown : failure?.thrown);
    };
    const follow = (attempt: Attempt<First>): void => {
      attempt.first.then(
        (message) => answered(attempt, message),
        (thrown: unknown) => failed(attempt, thrown),
      );
    };
    const again = (): void => {
      if (settled || running === 0 || call.cancelled !== undefined || !attempts.replayable() || !this.#spend()) return;
      second = attempts.start(true);
      running++;
      follow(second);
    };

    const first = attempts.start(false);
    const unlisten = call.onCancel(() => clearTimeout(timer));
    const after = delay.after();
    // Timers come before what has arrived is read: an answer that waits to be read is no late one.
    if (after !== undefined) timer = setTimeout(() => setImmediate(again), after);
    follow(first);
    return promise;
  }

  #spend(): boolean {
    // Twenty times a twentieth is a little less than one.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** There was no other peer, so nobody got a second call. */
  #giveBack(call: Call): void {
    this.#tokens = Math.min(burst, this.#tokens + 1);
    count(call, 'no_peer');
  }
}

/** Whether an error says nothing about the request, only about the peer that was asked. */
function tellsNothing({ code }: EntrepotError): boolean {
  return code === Status.UNAVAILABLE || code === Status.RESOURCE_EXHAUSTED || code === Status.INTERNAL;
}

function count(call: Call, result: 'won' | 'lost' | 'no_peer'): void {
  hedges.add(1, { 'rpc.method': call.method.fullName, result });
}
