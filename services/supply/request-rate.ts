import type { StatedQuota } from './adapter.ts';
import type { ResponseHeaders } from './http.ts';

/** How a request may go out. */
export type Admitted = 'admitted' | 'too_late' | 'cancelled';

/** A quota that a partner stated last: so many requests until then. */
interface Quota {
  remaining: number;
  /** Epoch ms. */
  readonly resetAt: number;
}

/**
 * Paces requests to one account: by the rate that its configuration declares, and by what the partner's own answers say is
 * left (RateLimit-Remaining with RateLimit-Reset, in their dialects). Who would have to wait beyond its deadline is told at
 * once, and nothing is sent.
 */
export class RequestRate {
  readonly #perSecond: number | undefined;
  /** When the next request may go out, epoch ms: a virtual queue, so that those who wait keep their order. */
  #next = 0;
  #quota: Quota | undefined;

  /** @param perSecond requests a second; undefined for as many as come */
  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond;
  }

  /** Waits for the turn of one request, until the deadline (epoch ms) at most. */
  async take(deadline: number, signal: AbortSignal): Promise<Admitted> {
    const now = Date.now();
    const wait = this.#reserve(now, deadline);
    if (wait === undefined) return 'too_late';
    return wait <= 0 ? 'admitted' : pause(wait, signal);
  }

  /** Takes the turn of one request if it may go out at once. */
  tryTake(now: number): boolean {
    return this.#reserve(now, now + 1) !== undefined;
  }

  /** Takes in what an answer says is left of the quota. */
  learn(headers: ResponseHeaders, now: number): void {
    const stated = statedQuota(headers, now);
    if (stated !== undefined) this.#quota = stated;
  }

  /**
   * Takes in what an answer said in the partner's own words. Unlike that of headers, which may be meant for other calls, a spent
   * quota of a day is heeded too: who asks is told at once, and one request looks again after 15 minutes.
   */
  state({ remaining, resetMs }: StatedQuota, now: number): void {
    if (!Number.isFinite(remaining) || !(resetMs > 0)) return;
    this.#quota = { remaining: Math.floor(remaining), resetAt: now + Math.min(resetMs, LONGEST_STATED_MS) };
  }

  /** Milliseconds until the request may go out; undefined where that is beyond the deadline, and nothing is reserved. */
  #reserve(now: number, deadline: number): number | undefined {
    const quota = this.#quota !== undefined && this.#quota.resetAt > now ? this.#quota : undefined;
    const spent = quota !== undefined && quota.remaining <= 0;
    const at = Math.max(now, this.#perSecond === undefined ? 0 : this.#next, spent ? quota.resetAt : 0);
    if (at >= deadline) return undefined;
    if (quota !== undefined && !spent) quota.remaining--;
    if (this.#perSecond !== undefined) this.#next = at + 1_000 / this.#perSecond;
    return at - now;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<Admitted> {
  if (signal.aborted) return Promise.resolve('cancelled');
  return new Promise((resolve) => {
    const settle = (how: Admitted): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(how);
    };
    const onAbort = (): void => settle('cancelled');
    const timer = setTimeout(() => settle('admitted'), ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

const REMAINING = ['ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];
const RESET = ['ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset'];
/** A reset beyond this is no pace but a daily quota: it is met by a 429, not by waiting. */
const LONGEST_MS = 60_000;
/** A quota that the manifest reads is believed for so long. */
const LONGEST_STATED_MS = 900_000;

function statedQuota(headers: ResponseHeaders, now: number): Quota | undefined {
  // One field for all in the newest draft: `"default";r=50;t=30`.
  const together = /;\s*r=(\d+)\b.*;\s*t=(\d+)\b/.exec(first(headers, ['ratelimit']) ?? '');
  const remaining = Number(together?.[1] ?? first(headers, REMAINING) ?? Number.NaN);
  const reset = together?.[2] ?? first(headers, RESET);
  if (!Number.isInteger(remaining) || remaining < 0 || reset === undefined) return undefined;
  const ms = untilReset(reset, now);
  return ms === undefined || ms <= 0 || ms > LONGEST_MS ? undefined : { remaining, resetAt: now + ms };
}

function first(headers: ResponseHeaders, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) return String(value).trim();
  }
  return undefined;
}

/** Seconds from now, epoch seconds, or a date. */
function untilReset(text: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return seconds > 1_000_000_000 ? seconds * 1_000 - now : seconds * 1_000;
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date - now;
}
