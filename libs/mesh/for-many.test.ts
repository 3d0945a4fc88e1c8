import { expect, test } from 'vitest';
import { bytesOnce, forMany } from './for-many.ts';

/** An encoder that counts how often it was asked. */
function encoder(): { readonly encode: () => Uint8Array; readonly times: () => number } {
  let times = 0;
  return {
    encode: () => {
      times++;
      return Uint8Array.of(7, times);
    },
    times: () => times,
  };
}

test('a message for many is made into bytes twice at most, however often it is sent', () => {
  const { encode, times } = encoder();
  const message = forMany({ text: 'x' });
  const sent = Array.from({ length: 5 }, () => bytesOnce(message, encode));
  expect(sent.map(([, time]) => time)).toEqual([1, 2, 2, 2, 2]);
  // Saying so again changes nothing.
  expect(forMany(message)).toBe(message);
  expect(bytesOnce(message, encode)).toBe(sent[1]);
  expect(times()).toBe(2);
});

test('every other message is made into bytes each time', () => {
  const { encode, times } = encoder();
  const message = { text: 'x' };
  for (let time = 0; time < 3; time++) bytesOnce(message, encode);
  bytesOnce(undefined, encode);
  expect(times()).toBe(4);
});

test('what cannot be made into bytes is tried anew', () => {
  const { encode } = encoder();
  const message = forMany({ text: 'x' });
  const broken = (): Uint8Array => {
    throw new RangeError('no such number');
  };
  expect(() => bytesOnce(message, broken)).toThrow('no such number');
  expect(bytesOnce(message, encode)).toEqual(Uint8Array.of(7, 1));
});
