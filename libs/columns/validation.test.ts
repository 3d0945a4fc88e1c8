import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../contracts/gen/entrepot/type/v1/column.ts';
import { EntrepotError } from '../errors/index.ts';
import {
  readColumn,
  readColumns,
  readInt64s,
  readUint32s,
  WritableInt64s,
  writeInt64s,
  writeUint32s,
} from './index.ts';

const NONE = Buffer.alloc(0);

function column(values: Column['values'], presence: Buffer = NONE): Column {
  return { attribute: 'a', presence, values };
}

function doubles(...values: number[]): Buffer {
  return Buffer.from(Float64Array.from(values).buffer);
}

describe('readColumn', () => {
  const refused: [string, Column, number, RegExp][] = [
    ['no values', column(undefined), 1, /has no values/],
    ['no attribute', { ...column({ $case: 'bools', value: NONE }), attribute: '' }, 0, /name the attribute/],
    [
      'a presence bitmap of the wrong size',
      column({ $case: 'bools', value: Buffer.alloc(2) }, Buffer.alloc(1)),
      9,
      /presence.*9 rows need 2/,
    ],
    ['too few flags', column({ $case: 'bools', value: Buffer.alloc(1) }), 9, /9 rows need 2/],
    ['too few integers', column({ $case: 'int32s', value: Buffer.alloc(4) }), 2, /has 4 bytes; 2 rows need 8/],
    ['too many integers', column({ $case: 'int32s', value: Buffer.alloc(9) }), 2, /has 9 bytes/],
    ['too few 64-bit integers', column({ $case: 'int64s', value: Buffer.alloc(8) }), 2, /2 rows need 16/],
    [
      'a 64-bit integer beyond 2^53 - 1',
      column({ $case: 'int64s', value: Buffer.from([0, 0, 0, 0, 0, 0, 0x20, 0]) }),
      1,
      /beyond ±\(2\^53 - 1\)/,
    ],
    [
      'a 64-bit integer below -(2^53 - 1)',
      column({ $case: 'int64s', value: Buffer.from([0, 0, 0, 0, 0, 0, 0xe0, 0xff]) }),
      1,
      /beyond ±\(2\^53 - 1\)/,
    ],
    ['a NaN', column({ $case: 'doubles', value: doubles(1, Number.NaN) }), 2, /row 1 is not finite/],
    ['an infinity', column({ $case: 'doubles', value: doubles(Number.NEGATIVE_INFINITY) }), 1, /row 0 is not finite/],
    [
      'a code outside the dictionary',
      column({ $case: 'strings', value: { dictionary: ['x'], codes: writeUint32s([0, 1]) } }),
      2,
      /row 1 has code 1; the dictionary has 1/,
    ],
    [
      'a text stated twice',
      column({ $case: 'strings', value: { dictionary: ['x', 'x'], codes: writeUint32s([0, 1]) } }),
      2,
      /states a text twice/,
    ],
    [
      'offsets of the wrong count',
      column({ $case: 'stringLists', value: { dictionary: [], codes: NONE, offsets: writeUint32s([0]) } }),
      1,
      /offsets.*need 8/,
    ],
    [
      'offsets that do not start at 0',
      column({
        $case: 'stringLists',
        value: { dictionary: ['x'], codes: writeUint32s([0, 0]), offsets: writeUint32s([1, 2]) },
      }),
      1,
      /starts at 1/,
    ],
    [
      'offsets that decrease',
      column({
        $case: 'stringLists',
        value: { dictionary: ['x'], codes: writeUint32s([0]), offsets: writeUint32s([0, 2, 1]) },
      }),
      2,
      /decreases at position 2/,
    ],
    [
      'offsets that end elsewhere',
      column({
        $case: 'stringLists',
        value: { dictionary: ['x'], codes: writeUint32s([0, 0]), offsets: writeUint32s([0, 1]) },
      }),
      1,
      /ends at 1, but there are 2/,
    ],
    [
      'list codes of a broken length',
      column({
        $case: 'stringLists',
        value: { dictionary: ['x'], codes: Buffer.alloc(3), offsets: writeUint32s([0, 0]) },
      }),
      1,
      /no multiple of 4/,
    ],
    [
      'a list code outside the dictionary',
      column({
        $case: 'stringLists',
        value: { dictionary: [], codes: writeUint32s([0]), offsets: writeUint32s([0, 1]) },
      }),
      1,
      /position 0 has code 0; the dictionary has 0/,
    ],
  ];

  it.each(refused)('refuses %s', (_what, broken, rowCount, message) => {
    expect(() => readColumn(broken, rowCount)).toThrow(EntrepotError);
    expect(() => readColumn(broken, rowCount)).toThrow(message);
  });

  it('reads a column that is absent throughout, with an empty dictionary', () => {
    const view = readColumn(
      column({ $case: 'strings', value: { dictionary: [], codes: writeUint32s([0, 0]) } }, Buffer.alloc(1)),
      2,
    );
    expect([view.has(0), view.has(1), view.get(0)]).toEqual([false, false, '']);
  });

  it('takes the extremes of 64-bit columns', () => {
    const view = readColumn(
      column({ $case: 'int64s', value: writeInt64s([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1]) }),
      3,
    );
    expect([0, 1, 2].map((row) => view.get(row))).toEqual([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1]);
  });

  it('refuses two columns of one attribute', () => {
    const flags = column({ $case: 'bools', value: NONE });
    expect(() => readColumns({ rowCount: 0, columns: [flags, flags] })).toThrow(/two columns/);
  });
});

describe('packed integers', () => {
  it('come back as they went in', () => {
    const values = [0, -1, 4294967296, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const read = readInt64s(writeInt64s(values));
    expect(Array.from({ length: read.length }, (_, i) => read.get(i))).toEqual(values);
    expect([...readUint32s(writeUint32s([0, 4294967295]))]).toEqual([0, 4294967295]);
  });

  it('are laid out little-endian', () => {
    expect([...writeInt64s([-2])]).toEqual([254, 255, 255, 255, 255, 255, 255, 255]);
    expect([...writeUint32s([258])]).toEqual([2, 1, 0, 0]);
  });

  it('refuse what does not fit', () => {
    expect(() => writeInt64s([2 ** 53])).toThrow(EntrepotError);
    expect(() => writeInt64s([0.5])).toThrow(EntrepotError);
    expect(() => writeUint32s([-1])).toThrow(EntrepotError);
    expect(() => writeUint32s([2 ** 32])).toThrow(EntrepotError);
    expect(() => readInt64s(Buffer.alloc(7))).toThrow(EntrepotError);
    for (const beyond of [2n ** 53n, -(2n ** 53n)]) {
      expect(() => readInt64s(Buffer.from(BigInt64Array.of(0n, beyond).buffer))).toThrow(/position 1/);
    }
    expect(() => readUint32s(Buffer.alloc(7))).toThrow(EntrepotError);
  });

  it('are written in any order into one piece of memory, as they are all at once', () => {
    const values = fc.array(fc.maxSafeInteger(), { maxLength: 20 });
    fc.assert(
      fc.property(values, (written) => {
        const [forwards, backwards] = WritableInt64s.make(2, written.length);
        for (let i = 0; i < written.length; i++) {
          forwards!.set(i, written[i]!);
          backwards!.set(written.length - 1 - i, written[written.length - 1 - i]!);
        }
        expect(forwards!.bytes).toEqual(writeInt64s(written));
        expect(backwards!.bytes).toEqual(writeInt64s(written));
        expect(forwards!.bytes.buffer).toBe(backwards!.bytes.buffer);
      }),
    );
    expect(() => WritableInt64s.make(1, 1)[0]!.set(0, Number.NaN)).toThrow(EntrepotError);
  });
});
