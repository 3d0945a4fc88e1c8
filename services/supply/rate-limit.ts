import type { ResponseHeaders } from './http.ts';

/** Where a partner does not say how long to stay away. */
const UNSTATED_MS = 1_000;
/** A partner that says "in a year" is asked again after this, where nothing else is said. */
const LONGEST_MS = 900_000;

/**
 * How long a partner wants to be left alone: Retry-After (seconds or a date), else RateLimit-Reset in any of its dialects
 * (seconds from now, epoch seconds, a date). Between 0 and the longest, by default 15 minutes; undefined when the headers do not
 * say.
 */
export function retryAfterMs(headers: ResponseHeaders, now: number, longestMs = LONGEST_MS): number | undefined {
  for (const name of ['retry-after', 'ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset']) {
    const value = headers[name];
    const ms = value === undefined ? undefined : duration(String(value).trim(), now, longestMs);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

function duration(text: string, now: number, longestMs: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return bounded(seconds > 1_000_000_000 ? seconds * 1_000 - now : seconds * 1_000, longestMs);
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : bounded(date - now, longestMs);
}

function bounded(ms: number, longestMs: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), longestMs);
}

/** Remembers until when a partner asked to be left alone. */
export class RateLimitHold {
  #until = 0;

  /** Leaves the partner alone from now on; 1 s where it does not say how long. Answers how long, ms. */
  hold(now: number, retryAfter: number | undefined): number {
    const ms = bounded(retryAfter ?? UNSTATED_MS, LONGEST_MS);
    this.#until = Math.max(this.#until, now + ms);
    return ms;
  }

  /** Milliseconds that the partner is still to be left alone; 0 when it may be asked. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now);
  }
}
