import { invalidField } from '../errors/index.ts';

/**
 * Packed little-endian numbers as typed arrays. Bytes are mapped without a copy where they are aligned for their type
 * and copied where they are not (a protobuf decoder may hand out any offset).
 */

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error('Columns are little-endian arrays that are mapped in place; this machine is big-endian.');
}

const HIGH = 4294967296;

function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

/** The bytes as unsigned 32-bit integers. Their length must be a multiple of 4. */
export function readUint32s(bytes: Uint8Array): Uint32Array {
  requireMultiple(bytes, 4);
  const source = aligned(bytes, 4);
  return new Uint32Array(source.buffer, source.byteOffset, source.byteLength >>> 2);
}

/** The bytes as signed 32-bit integers. Their length must be a multiple of 4. */
export function readInt32s(bytes: Uint8Array): Int32Array {
  requireMultiple(bytes, 4);
  const source = aligned(bytes, 4);
  return new Int32Array(source.buffer, source.byteOffset, source.byteLength >>> 2);
}

/** The bytes as doubles. Their length must be a multiple of 8. Values are not checked here. */
export function readDoubles(bytes: Uint8Array): Float64Array {
  requireMultiple(bytes, 8);
  const source = aligned(bytes, 8);
  return new Float64Array(source.buffer, source.byteOffset, source.byteLength >>> 3);
}

/** Safe integers read from packed 64-bit ones. */
export interface Int64s {
  /** How many. */
  readonly length: number;
  /** The one at `index`, exactly. */
  get(index: number): number;
}

class PackedInt64s implements Int64s {
  readonly length: number;
  readonly #halves: Int32Array;
  constructor(halves: Int32Array) {
    this.#halves = halves;
    this.length = halves.length >>> 1;
  }
  get(index: number): number {
    return this.#halves[2 * index + 1]! * HIGH + (this.#halves[2 * index]! >>> 0);
  }
}

/**
 * Signed 64-bit integers as doubles, which hold every integer within ±(2^53 - 1) exactly: one pass decodes and checks,
 * and whoever reads afterwards reads plain numbers instead of pairs or BigInts.
 * `field` names the bytes in the error. Throws EntrepotError INVALID_FIELD for a value beyond ±(2^53 - 1).
 */
export function decodeInt64s(bytes: Uint8Array, field: string): Float64Array {
  requireMultiple(bytes, 8, field);
  const halves = readInt32s(bytes);
  const values = new Float64Array(halves.length >>> 1);
  for (let i = 0; i < values.length; i++) {
    const value = halves[2 * i + 1]! * HIGH + (halves[2 * i]! >>> 0);
    requireSafe(value, i, field);
    values[i] = value;
  }
  return values;
}

/**
 * Reads packed signed 64-bit integers.
 * Throws EntrepotError INVALID_FIELD for a length that is no multiple of 8 or a value beyond ±(2^53 - 1).
 */
export function readInt64s(bytes: Uint8Array): Int64s {
  requireMultiple(bytes, 8, 'int64s');
  const values = new PackedInt64s(readInt32s(bytes));
  for (let i = 0; i < values.length; i++) requireSafe(values.get(i), i, 'int64s');
  return values;
}

/** Packed signed 64-bit integers that are still to be written; 0 until then. */
export class WritableInt64s {
  /** The packed bytes: what was written, and what is written later. */
  readonly bytes: Buffer;
  readonly #halves: Int32Array;

  private constructor(bytes: Buffer, halves: Int32Array) {
    this.bytes = bytes;
    this.#halves = halves;
  }

  /** Several of one length in one piece of memory: each piece costs as much to make and to collect as many values. */
  static make(count: number, length: number): WritableInt64s[] {
    const memory = new ArrayBuffer(count * length * 8);
    return Array.from({ length: count }, (_, i) => {
      const at = i * length * 8;
      return new WritableInt64s(Buffer.from(memory, at, length * 8), new Int32Array(memory, at, length * 2));
    });
  }

  /** Writes the one at `index`. Throws EntrepotError INVALID_FIELD for a value that is no integer within ±(2^53 - 1). */
  set(index: number, value: number): void {
    writeHalves(this.#halves, index, value);
  }
}

/**
 * Packs integers as signed 64-bit ones.
 * Throws EntrepotError INVALID_FIELD for a value that is no integer within ±(2^53 - 1).
 */
export function writeInt64s(values: ArrayLike<number>): Buffer {
  const halves = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) writeHalves(halves, i, values[i]!);
  return bytesOf(halves);
}

/** Packs integers as unsigned 32-bit ones. Throws EntrepotError INVALID_FIELD for a value outside 0 to 2^32 - 1. */
export function writeUint32s(values: ArrayLike<number>): Buffer {
  const packed = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >>> 0 !== value) {
      throw invalidField('uint32s', `the value at position ${i}, ${value}, is no integer from 0 to 2^32 - 1`);
    }
    packed[i] = value;
  }
  return bytesOf(packed);
}

/** A typed array's memory as bytes, without a copy. */
export function bytesOf(array: Uint8Array | Int32Array | Uint32Array | Float64Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

function writeHalves(halves: Int32Array, index: number, value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw invalidField('int64s', `the value at position ${index}, ${value}, is no integer within ±(2^53 - 1)`);
  }
  putInt64(halves, index, value);
}

/** Writes an integer that is known to lie within ±(2^53 - 1) as its two halves: BigInts cost an allocation each. */
export function putInt64(halves: Int32Array, index: number, value: number): void {
  halves[2 * index] = value | 0;
  halves[2 * index + 1] = Math.floor(value / HIGH);
}

function requireSafe(value: number, index: number, field: string): void {
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
    throw invalidField(field, `the value at position ${index} is beyond ±(2^53 - 1)`);
  }
}

function requireMultiple(bytes: Uint8Array, size: number, field = 'bytes'): void {
  if (bytes.byteLength % size !== 0) {
    throw invalidField(field, `has ${bytes.byteLength} bytes, which is no multiple of ${size}`);
  }
}
