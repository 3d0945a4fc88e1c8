import { afterEach, beforeEach, expect, it } from 'vitest';
import { LoopDelay } from './loop-delay.ts';

let delay: LoopDelay;
let now = 0;
beforeEach(() => {
  delay = new LoopDelay();
  // Samples come from the test alone.
  delay.close();
  now = performance.now();
  delay.sample(now);
});
afterEach(() => delay.close());

/** Samples whose timer fired so late, the 20 ms of its interval not counted. */
function samples(count: number, lateMs: number): void {
  for (let i = 0; i < count; i++) {
    now += 20 + lateMs;
    delay.sample(now);
  }
}

it('says nothing before it has seen half a second', () => {
  samples(20, 900);
  expect(delay.currentMs).toBe(0);
});

it('is not alarmed by one long task', () => {
  samples(30, 0);
  samples(1, 2_000);
  samples(3, 0);
  expect(delay.currentMs).toBeCloseTo(0);
});

it('reports a loop that is late again and again by its best sample', () => {
  samples(30, 0);
  samples(24, 400);
  samples(1, 300);
  expect(delay.currentMs).toBeCloseTo(300);
});

it('recovers as soon as one sample is in time', () => {
  samples(40, 400);
  samples(1, 1);
  expect(delay.currentMs).toBeCloseTo(1);
});
