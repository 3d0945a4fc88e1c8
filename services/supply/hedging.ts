import type { LearnedLatency } from '../../libs/latency/index.ts';

/** Requests of a search that a manifest may let be sent twice. */
export const hedgedRequests = ['steps', 'search', 'paging', 'poll'] as const;

/** A kind of request of a search. */
export type HedgedRequest = (typeof hedgedRequests)[number];

/** A kind of request: which of a search's ("steps 1"), the market, the shape of the criteria; see `LearnedLatency`. */
export type RequestKind = readonly [request: string, market: string, shape: string];

/** How a partner's requests are sent a second time. */
export interface HedgeSettings {
  /** Those that may be. */
  readonly requests: readonly HedgedRequest[];
  /** The second goes out after so many times what 95 % of such requests take. */
  readonly factor: number;
  /** Second requests, at most, as a share of the others. */
  readonly share: number;
}

/** After what share of its kind was answered a request counts as slow. */
const QUANTILE = 0.95;
/** Second requests that may go out one after the other, where none were needed for long. */
const BURST = 5;

/** When the requests of one partner are sent a second time: how long they are waited for, and how many there may be. */
export class Hedging {
  readonly #settings: HedgeSettings;
  readonly #latency: LearnedLatency;
  #tokens = 0;

  /** @param latency of requests, by kind, market and shape of criteria */
  constructor(settings: HedgeSettings, latency: LearnedLatency) {
    this.#settings = settings;
    this.#latency = latency;
  }

  /** Whether the partner lets such a request be sent twice. */
  allows([request]: RequestKind): boolean {
    return this.#settings.requests.some((allowed) => request.startsWith(allowed));
  }

  /** How long a request of a kind is waited for alone, ms; undefined where too little is known. */
  waitFor(kind: RequestKind): number | undefined {
    const expected = this.#latency.expect(kind, QUANTILE);
    return expected === undefined ? undefined : expected * this.#settings.factor;
  }

  /** How long a second one takes, as half of them do. */
  expected(kind: RequestKind): number {
    return this.#latency.expect(kind, 0.5) ?? 0;
  }

  /** A request goes out that may be sent again: a part of a second one is earned. */
  earn(): void {
    this.#tokens = Math.min(BURST, this.#tokens + this.#settings.share);
  }

  /** Takes what a second request costs; false where it was not earned. */
  spend(): boolean {
    // Twenty times a twentieth is a little less than one.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** What was spent was not needed. */
  giveBack(): void {
    this.#tokens = Math.min(BURST, this.#tokens + 1);
  }
}
