import type { BudgetLeft } from '../../api/caller.ts';

/**
 * What a client has left, as headers (draft-ietf-httpapi-ratelimit-headers, in the form with a field for each figure): points at
 * most, whole points left, whole seconds until all are there again, and the policy: as many points in so many seconds.
 */
export function rateLimitHeaders({ capacity, left, refillPerSecond }: BudgetLeft): Record<string, string> {
  return {
    'ratelimit-limit': String(Math.floor(capacity)),
    'ratelimit-remaining': String(Math.floor(left)),
    'ratelimit-reset': String(Math.ceil((capacity - left) / refillPerSecond)),
    'ratelimit-policy': `${Math.floor(capacity)};w=${Math.ceil(capacity / refillPerSecond)}`,
  };
}
