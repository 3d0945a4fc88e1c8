import { expect, test } from 'vitest';
import { readDate } from './dates.ts';

const today = Temporal.PlainDate.from('2026-11-23');

test.each([
  ['+60d', '2027-01-22'],
  ['+2w', '2026-12-07'],
  ['2027-02-28', '2027-02-28'],
])('reads %s as %s', (text, date) => {
  expect(readDate(text, today)).toBe(date);
});

test.each(['tomorrow', '2027-02-30', '22/01/2027', '+60', '', '2027-02-28T10:00'])('does not guess at %j', (text) => {
  expect(readDate(text, today)).toBeUndefined();
});
