import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Rule, type Standing, standingNow } from './standing.ts';

const rule: Rule = { demoteBelow: 0.9, hideBelow: 0.6, margin: 0.05, leastChecks: 10, patienceMs: 1_000 };
const of = (accurate: number, checked = 100) => ({ accurate, checked });
const demoted: Standing = { action: 'demoted', since: 1, judgedAt: 5 };
const hidden: Standing = { action: 'hidden', since: 1, judgedAt: 5 };

describe('a partner', () => {
  test('is demoted below one floor and hidden below the other, from that moment on', () => {
    expect(standingNow(undefined, of(90), rule, 7)).toBeUndefined();
    expect(standingNow(undefined, of(89), rule, 7)).toEqual({ action: 'demoted', since: 7, judgedAt: 7 });
    expect(standingNow(undefined, of(60), rule, 7)?.action).toBe('demoted');
    expect(standingNow(demoted, of(59), rule, 7)).toEqual({ action: 'hidden', since: 7, judgedAt: 7 });
  });

  test('comes back only a margin above its floor, step by step', () => {
    expect(standingNow(hidden, of(64), rule, 7)).toEqual({ action: 'hidden', since: 1, judgedAt: 7 });
    expect(standingNow(hidden, of(65), rule, 7)).toEqual({ action: 'demoted', since: 7, judgedAt: 7 });
    expect(standingNow(demoted, of(94), rule, 7)).toEqual({ action: 'demoted', since: 1, judgedAt: 7 });
    expect(standingNow(demoted, of(95), rule, 7)).toBeUndefined();
    expect(standingNow(hidden, of(95), rule, 7)).toBeUndefined();
  });

  test('of which too little is known stays as it is for a while, and is then as others', () => {
    expect(standingNow(undefined, of(0, 9), rule, 7)).toBeUndefined();
    expect(standingNow(hidden, of(0, 9), rule, 1_005)).toBe(hidden);
    expect(standingNow(hidden, of(9, 9), rule, 1_006)).toBeUndefined();
  });

  test('is never treated worse for being more accurate', () => {
    const rank = (standing: Standing | undefined) => ['hidden', 'demoted', undefined].indexOf(standing?.action);
    fc.assert(
      fc.property(
        fc.constantFrom(undefined, demoted, hidden),
        fc.nat({ max: 100 }),
        fc.nat({ max: 100 }),
        (before, one, other) => {
          const [worse, better] = [Math.min(one, other), Math.max(one, other)];
          expect(rank(standingNow(before, of(worse), rule, 7))).toBeLessThanOrEqual(
            rank(standingNow(before, of(better), rule, 7)),
          );
        },
      ),
    );
  });
});
