// What a client and a call can be told, and what holds where they are not.
import type { EntrepotProblem } from './problem.ts';

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** The edge: "https://api.example.com"; in a page of the edge itself, "/". */
  readonly url: string;
  /** A key, or a JWT; a function is asked before each request, so that a token can be renewed; an empty text is none. Default: none. */
  readonly key?: string | (() => string | Promise<string>);
  /** How long a call or search may take, in milliseconds: 50 to 30,000. Default 8,000. */
  readonly timeoutMs?: number;
  /** How often a call that may be made again is made again: 0 to 5. Default 2. */
  readonly retries?: number;
  /** How often in a row a stream is taken up again before it counts as lost: 0 to 20. Default 5. */
  readonly reconnects?: number;
  /** Before the first new attempt, in milliseconds: 50 to 2,000; doubled with each, half of it by chance. Default 250. */
  readonly minDelayMs?: number;
  /** Longest before a new attempt that nobody asked to come later, in milliseconds: 500 to 60,000. Default 5,000. */
  readonly maxDelayMs?: number;
  /** A stream that says nothing for so long is lost, in milliseconds: 20,000 to 300,000; the edge says something every 15,000. Default 45,000. */
  readonly silenceMs?: number;
  /** More headers of every request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Another fetch. Default: the platform's own. */
  readonly fetch?: typeof fetch;
}

/** Options of one call. */
export interface CallOptions {
  /** Ends the call, and cancels it at the edge. */
  readonly signal?: AbortSignal;
  /** As in {@link ClientOptions}, for this call. */
  readonly timeoutMs?: number;
}

/** Options of a stream. */
export interface StreamOptions extends CallOptions {
  /** Told before the wait for each new attempt. */
  readonly onReconnect?: (lost: Lost) => void;
}

/** A connection was lost and is going to be made again. */
export interface Lost {
  /** The coming attempt: 1 for the first since the stream last stood. */
  readonly attempt: number;
  /** Until it is made, in milliseconds. */
  readonly delayMs: number;
  /** What the connection was lost by. */
  readonly cause: EntrepotProblem;
}

/** The clock and the dice, so that tests need not wait. */
export interface Surroundings {
  /** Milliseconds, of any origin that stays. */
  now(): number;
  /** 0 to 1. */
  random(): number;
  /** Calls back once after so many milliseconds. Returns what takes it back. */
  after(ms: number, call: () => void): () => void;
}

/** Those of the platform. */
export const platform: Surroundings = {
  now: () => performance.now(),
  random: () => Math.random(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** The options with what holds where nothing is said. */
export function withDefaults(options: ClientOptions) {
  return {
    url: options.url.replace(/\/+$/, ''),
    key: options.key,
    timeoutMs: options.timeoutMs ?? 8_000,
    retries: options.retries ?? 2,
    reconnects: options.reconnects ?? 5,
    minDelayMs: options.minDelayMs ?? 250,
    maxDelayMs: options.maxDelayMs ?? 5_000,
    silenceMs: options.silenceMs ?? 45_000,
    headers: options.headers,
    // Not the function itself: a browser's wants to be called on its window.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
  };
}

/** What {@link withDefaults} makes. */
export type Settings = ReturnType<typeof withDefaults>;
