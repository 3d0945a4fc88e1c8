/**
 * Upper bounds of the latency buckets, in milliseconds; a bucket has what took no longer than its bound and longer than the one before.
 * The last has everything else. They lie closest where partners' answers lie: from 50 ms to 30 s a bound is at most half as much again
 * as the one before.
 */
export const latencyBounds: readonly number[] = [
  5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 500, 600, 800, 1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000,
  6_000, 8_000, 10_000, 15_000, 20_000, 30_000, 60_000, 4_294_967_295,
];

/** The bucket of a latency. */
export function bucketOf(latencyMs: number): number {
  let [low, high] = [0, latencyBounds.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (latencyMs <= latencyBounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A percentile by nearest rank, as far as buckets tell it: it lies within the bucket that the exact one lies in, evenly spread there.
 * Of the last bucket, which has no end, it is where that begins. Undefined without any latency.
 *
 * @param counts by bucket
 * @param share 0.5 for the median; above 0, at most 1
 */
export function percentileOf(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let rank = Math.max(1, Math.ceil(share * total));
  let bucket = 0;
  while (rank > counts[bucket]!) rank -= counts[bucket++]!;
  const below = bucket === 0 ? 0 : latencyBounds[bucket - 1]!;
  if (bucket === latencyBounds.length - 1) return below;
  return Math.round(below + ((latencyBounds[bucket]! - below) * (rank - 0.5)) / counts[bucket]!);
}
