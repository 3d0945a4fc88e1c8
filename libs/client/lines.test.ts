import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf } from './lines.ts';

function reading(pieces: readonly Uint8Array[]): Parameters<typeof linesOf>[0] {
  const left = [...pieces];
  return async () => (left.length === 0 ? { done: true } : { done: false, value: left.shift() });
}

it('reads the same lines wherever the bytes are cut, also within a character', async () => {
  const line = fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      async (lines, sizes) => {
        const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''));
        const pieces: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        pieces.push(bytes.subarray(at));
        expect((await Array.fromAsync(linesOf(reading(pieces)))).flat()).toEqual(lines);
      },
    ),
  );
});

it('leaves out heartbeats, and a line that is cut off', async () => {
  const pieces = ['\n', '{"a":1}\n\r\n{"b"', ':2}\n{"c":'].map((text) => new TextEncoder().encode(text));
  expect(await Array.fromAsync(linesOf(reading(pieces)))).toEqual([['{"a":1}'], ['{"b":2}']]);
});
