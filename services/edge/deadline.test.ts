import { expect, test } from 'vitest';
import { defaultPatience, patienceOf } from './deadline.ts';

test('waits as long as shipped when the client says nothing', () => {
  expect(patienceOf(undefined, defaultPatience)).toBe(defaultPatience.defaultMs);
});

test('takes the client at its word within the limits', () => {
  expect(patienceOf('2500', defaultPatience)).toBe(2500);
});

test.each(['30001', '99999999999', '9'.repeat(400)])('takes %j for the longest that may be', (value) => {
  expect(patienceOf(value, defaultPatience)).toBe(defaultPatience.maxMs);
});

test.each(['', '-5', '1.5', '2s', '1e3', ' 5'])('refuses %j and says what is expected', (value) => {
  expect(() => patienceOf(value, defaultPatience)).toThrow('whole milliseconds');
});
