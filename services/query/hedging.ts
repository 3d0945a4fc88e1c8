import { LearnedLatency } from '../../libs/latency/index.ts';
import type { HedgeDelay, HedgeOptions } from '../../libs/mesh/index.ts';

/** A second call goes out where the first is slower than this share of all. */
const usual = 0.95;
/** Earlier than this, in milliseconds, a second call would cost more than the first is late. */
const leastMs = 5;

/**
 * When calls of query are made again at another replica: after the time in which 95 of 100 of their kind bring their first
 * message, learned while they run.
 *
 * @param methods the calls, by name, that may run twice: they change nothing
 */
export function hedgeOf(...methods: readonly string[]): HedgeOptions {
  const latency = new LearnedLatency();
  const delays = methods.map((method): [string, HedgeDelay] => [
    method,
    {
      after: () => {
        const expected = latency.expect([method], usual);
        return expected === undefined ? undefined : Math.max(leastMs, expected);
      },
      took: (ms) => latency.record([method], ms),
    },
  ]);
  return { methods: Object.fromEntries(delays) };
}
