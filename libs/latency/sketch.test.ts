import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatencySketch } from './sketch.ts';

/** The sample at a quantile. */
function exact(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}

test('a quantile is within 5 % of the sample that it stands for', () => {
  const quantiles = fc.constantFrom(0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1);
  const samples = fc.array(fc.double({ min: 0.1, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(samples, quantiles, (values, q) => {
      const sketch = new LatencySketch({ now: () => 0 });
      for (const value of values) sketch.record(value);
      const found = sketch.quantile(q)!;
      const wanted = exact(values, q);
      expect(Math.abs(found - wanted) / wanted).toBeLessThanOrEqual(0.0501);
      expect(sketch.count).toBe(values.length);
    }),
  );
});

test('a sketch without samples has no quantile, and what is no duration is no sample', () => {
  const sketch = new LatencySketch();
  for (const value of [Number.NaN, -1]) sketch.record(value);
  expect(sketch.quantile(0.5)).toBeUndefined();
  expect(sketch.count).toBe(0);
});

test('what takes less or longer than the sketch can tell counts as its least or most', () => {
  const sketch = new LatencySketch({ now: () => 0 });
  sketch.record(0);
  expect(sketch.quantile(1)).toBe(0.1);
  sketch.record(Number.POSITIVE_INFINITY);
  expect(sketch.quantile(1)! / 600_000).toBeCloseTo(1, 1);
});

test('a partner that became slower is seen within seconds, one that became faster within minutes', () => {
  let now = 0;
  const sketch = new LatencySketch({ now: () => now });
  const run = (seconds: number, ms: number): void => {
    for (let at = 0; at < seconds * 5; at++) {
      now += 200;
      sketch.record(ms);
    }
  };
  run(3_600, 100);
  expect(sketch.quantile(0.95)! / 100).toBeCloseTo(1, 1);
  run(10, 1_000);
  expect(sketch.quantile(0.95)! / 1_000).toBeCloseTo(1, 1);
  run(3_600, 1_000);
  run(240, 100);
  expect(sketch.quantile(0.5)! / 100).toBeCloseTo(1, 1);
  run(60, 100);
  expect(sketch.quantile(0.95)! / 100).toBeCloseTo(1, 1);
});

test('where few samples come, the last ones count however old they are', () => {
  let now = 0;
  const sketch = new LatencySketch({ now: () => now, keep: 100 });
  for (let at = 0; at < 40; at++) {
    now += 300_000;
    sketch.record(50);
  }
  now += 86_400_000;
  expect(sketch.count).toBe(40);
  for (let at = 0; at < 400; at++) {
    now += 300_000;
    sketch.record(500);
  }
  expect(sketch.count).toBeLessThan(102);
  expect(sketch.quantile(0.05)! / 500).toBeCloseTo(1, 1);
});

test('a clock that stands still decays nothing', () => {
  const sketch = new LatencySketch({ now: () => 5 });
  for (let at = 0; at < 10_000; at++) sketch.record(at % 2 === 0 ? 10 : 20);
  expect(sketch.count).toBe(10_000);
});
