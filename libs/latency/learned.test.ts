import { expect, test } from 'vitest';
import { LearnedLatency } from './learned.ts';

function fill(learned: LearnedLatency, parts: readonly string[], ms: number, times: number): void {
  for (let at = 0; at < times; at++) learned.record(parts, ms);
}

test('the finest kind that knows enough answers', () => {
  const learned = new LearnedLatency({ now: () => 0 });
  fill(learned, ['duffel', 'GB', 'one way'], 100, 29);
  expect(learned.expect(['duffel', 'GB', 'one way'], 0.95)).toBeUndefined();
  fill(learned, ['duffel', 'GB', 'return'], 900, 1);
  // 30 of the partner in its market, none of the shapes alone.
  expect(learned.expect(['duffel', 'GB', 'one way'], 0.5)! / 100).toBeCloseTo(1, 1);
  expect(learned.expect(['duffel', 'GB', 'return'], 0.5)! / 100).toBeCloseTo(1, 1);
  fill(learned, ['duffel', 'GB', 'return'], 900, 29);
  expect(learned.expect(['duffel', 'GB', 'return'], 0.5)! / 900).toBeCloseTo(1, 1);
});

test('a market that was never seen is expected to take what the partner takes', () => {
  const learned = new LearnedLatency({ now: () => 0 });
  fill(learned, ['duffel', 'GB', 'one way'], 100, 100);
  expect(learned.expect(['duffel', 'US', 'one way'], 0.95)! / 100).toBeCloseTo(1, 1);
  expect(learned.expect(['amadeus', 'GB', 'one way'], 0.95)).toBeUndefined();
});

test('kinds are told apart by their parts, not by how these read together', () => {
  const learned = new LearnedLatency({ now: () => 0 });
  fill(learned, ['a', 'b1'], 100, 30);
  fill(learned, ['a1', 'b'], 900, 30);
  expect(learned.expect(['a', 'b1'], 0.5)! / 100).toBeCloseTo(1, 1);
  expect(learned.expect(['a', '1b'], 0.5)! / 100).toBeCloseTo(1, 1);
  expect(learned.expect(['ab', '1'], 0.5)).toBeUndefined();
});

test('kinds are bounded, and those that are used stay', () => {
  const learned = new LearnedLatency({ kinds: 50, now: () => 0 });
  fill(learned, ['duffel', 'GB'], 100, 30);
  for (let at = 0; at < 1_000; at++) {
    learned.record([`other-${at}`], 1);
    expect(learned.expect(['duffel', 'GB'], 0.5)).toBeDefined();
  }
  for (let at = 0; at < 100; at++) learned.record([`new-${at}`], 1);
  expect(learned.expect(['duffel', 'GB'], 0.5)).toBeUndefined();
});
