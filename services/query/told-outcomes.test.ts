import { describe, expect, test } from 'vitest';
import { CacheUse, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { outcomeOf } from './testing/rows.ts';
import { ToldOutcomes } from './told-outcomes.ts';

const asked = { ...outcomeOf('asked', 3), latencyMs: 400, requests: 2, hedges: 1 };
const hit = { ...outcomeOf('hit', 2), cache: CacheUse.HIT, cacheAgeMs: 5_000, requests: 0, latencyMs: 10 };
const skipped = { ...outcomeOf('skipped', 0, OutcomeStatus.NOT_PERMITTED), requests: 0 };
const all = [skipped, asked, hit];
const partners = ['asked', 'hit'];

describe('outcomes', () => {
  test('are told as they are to the search that asked', () => {
    expect(new ToldOutcomes('asked', 2_000, 2_000).of(all, partners)).toBe(all);
  });

  test('say that the partner was asked once for all to one that joined', () => {
    const [first, second, third] = new ToldOutcomes('joined', 2_100, 2_000).of(all, partners);
    expect(first).toBe(skipped);
    expect(second).toEqual({ ...asked, cache: CacheUse.SHARED, requests: 0, hedges: 0 });
    expect(third).toBe(hit);
  });

  test('say how old they are to one that found everything done', () => {
    const [first, second, third] = new ToldOutcomes('held', 32_000, 2_000).of(all, partners);
    expect(first).toBe(skipped);
    expect(second).toEqual({ ...asked, cache: CacheUse.HIT, cacheAgeMs: 29_600, requests: 0, hedges: 0 });
    expect(third).toEqual({ ...hit, cacheAgeMs: 5_000 + 29_990 });
  });

  test('are the same objects each time, so that nobody sees a change', () => {
    const told = new ToldOutcomes('held', 32_000, 2_000);
    const before = told.of(all, partners);
    for (const [at, outcome] of told.of([...all], partners).entries()) expect(outcome).toBe(before[at]);
  });
});
