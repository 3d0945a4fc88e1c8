import type { Bucket } from './shared-state.ts';

const MOST_CHARACTERS = 512;
/** A bucket that never fills, and no end is told of, is kept this long after its last use. */
export const UNTOLD_MS = 86_400_000;
/** No longer than this is anything remembered of a bucket. */
export const MOST_MS = 366 * 86_400_000;
/** A quota's bucket is kept a little longer than it lasts: clocks of replicas differ. */
export const QUOTA_GRACE_MS = 60_000;

/** A key, lease, log or channel as it is documented. Throws TypeError: the caller is wrong. */
export function checkKey(key: string): string {
  if (key.length === 0 || key.length > MOST_CHARACTERS || /\s/.test(key)) {
    throw new TypeError(`"${key.slice(0, 80)}" is no key: 1 to ${MOST_CHARACTERS} characters without spaces`);
  }
  return key;
}

/** A lifetime in whole milliseconds, at least 1. Throws TypeError. */
export function checkTtl(ttlMs: number): number {
  if (!Number.isFinite(ttlMs)) throw new TypeError(`${ttlMs} is no time to live`);
  return Math.max(1, Math.ceil(ttlMs));
}

/** Buckets and an amount as they are documented. Throws TypeError. */
export function checkBuckets(buckets: readonly Bucket[], amount: number): void {
  if (!(amount >= 0 && amount < Number.POSITIVE_INFINITY)) throw new TypeError(`${amount} is no amount of tokens`);
  const keys = new Set<string>();
  for (const { key, capacity, refillPerSecond, reserve, endsAt = 0 } of buckets) {
    checkKey(key);
    if (keys.has(key)) throw new TypeError(`bucket "${key}" is named twice`);
    keys.add(key);
    if (!(capacity >= 0 && refillPerSecond >= 0 && Number.isFinite(reserve + capacity + refillPerSecond + endsAt))) {
      throw new TypeError(`bucket "${key}" has figures that are none`);
    }
  }
}

/** How long what was taken from a bucket is worth remembering, ms. */
export function bucketLife({ refillPerSecond, endsAt }: Bucket, spent: number, now: number): number {
  if (refillPerSecond > 0) return Math.min(MOST_MS, Math.max(1, Math.ceil((spent / refillPerSecond) * 1_000)));
  return endsAt === undefined ? UNTOLD_MS : Math.max(0, endsAt - now) + QUOTA_GRACE_MS;
}
