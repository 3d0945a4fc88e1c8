import { describe, expect, test } from 'vitest';
import { vertical } from '../../libs/vertical/index.ts';
import { compileCompletion, standingOf } from './completion.ts';
import { Findings } from './findings.ts';
import { Patience } from './patience.ts';
import { questionOf } from './question.ts';
import { prepareSearch } from './request.ts';
import { flightSearch } from './testing/rig.ts';
import { outcomeOf } from './testing/rows.ts';

describe('what a policy can be about', () => {
  const question = questionOf(prepareSearch(flightSearch(), Date.now(), new Map()), 'shop');

  function findings(): Findings {
    const found = new Findings(vertical('flight'), 'GBP', 0, () => {});
    found.happened({ $case: 'plan', value: { asked: ['a', 'b', 'c'], skipped: [], applied: [], unshared: [] } });
    return found;
  }

  /** Patience that has seen so many answers of a partner. */
  function knowing(times: Readonly<Record<string, number>>): Patience {
    const patience = new Patience();
    for (const [partner, latencyMs] of Object.entries(times)) {
      for (let count = 0; count < 40; count++) patience.ended(question, { ...outcomeOf(partner, 1), latencyMs });
    }
    return patience;
  }

  test('is how far the search is', () => {
    const found = findings();
    found.reported(outcomeOf('a', 0));
    expect(standingOf(found, question, new Patience(), 1_200, 8_000)).toEqual({
      elapsed_ms: 1_200,
      left_ms: 6_800,
      offers: 0,
      products: 0,
      partners_asked: 3,
      partners_done: 1,
      partners_open: 2,
      wait_ms: 6_800,
      gain: 1,
    });
  });

  test('is when the next partner nearly always has answered: an overdue one may take all the time that is left', () => {
    const patience = knowing({ a: 300, b: 2_000 });
    const waits = (elapsed: number): number => standingOf(findings(), question, patience, elapsed, 8_000).wait_ms;
    expect(waits(100)).toBeGreaterThan(150);
    expect(waits(100)).toBeLessThan(300);
    expect(waits(1_000)).toBeGreaterThan(900);
    expect(waits(1_000)).toBeLessThan(1_400);
    expect(waits(4_000)).toBe(4_000);
  });

  test('is the share of first pages that is theirs who are open', () => {
    const patience = new Patience();
    const page = new Map([
      ['a', 15],
      ['b', 5],
    ]);
    patience.shown(question, ['a', 'b', 'c'], page);
    const found = findings();
    expect(standingOf(found, question, patience, 0, 8_000).gain).toBe(1);
    found.reported(outcomeOf('a', 0));
    expect(standingOf(found, question, patience, 0, 8_000).gain).toBe(0.25);
    found.reported(outcomeOf('b', 0));
    expect(standingOf(found, question, patience, 0, 8_000).gain).toBe(0);
  });

  test('is a condition in CEL; what is none is an error with its place', () => {
    const policy = compileCompletion('gain < 0.1 && wait_ms > 500 || left_ms < 1000');
    const standing = standingOf(findings(), question, new Patience(), 7_500, 8_000);
    expect(policy.holds(standing)).toBe(true);
    expect(policy.holds({ ...standing, left_ms: 2_000 })).toBe(false);
    expect(policy.holds({ ...standing, left_ms: 2_000, gain: 0.05, wait_ms: 501 })).toBe(true);
    expect(compileCompletion('offers / partners_done > 3').holds(standing)).toBe(false);
    expect(() => compileCompletion('offers >\n  ofers')).toThrow(expect.objectContaining({ line: 2, column: 3 }));
    expect(() => compileCompletion('offers + 1')).toThrow(/bool/);
  });
});
