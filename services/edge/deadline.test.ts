import { expect, test } from 'vitest';
import { defaultPatience, patienceOf } from './deadline.ts';

test('waits as long as shipped when the client says nothing', () => {
  expect(patienceOf(undefined, defaultPatience)).toBe(defaultPatience.defaultMs);
});

test('takes the client at its word within the limits', () => {
  expect(patienceOf('2500', defaultPatience)).toBe(2500);
});

test.each(['', '0', '49', '30001', '-5', '1.5', '2s', '1e3', '99999999999'])(
  'refuses %j and says what is allowed',
  (value) => {
    expect(() => patienceOf(value, defaultPatience)).toThrow('whole milliseconds from 50 to 30000');
  },
);
