import { bitSet, bitSetRange, makeBitmap } from './bitmap.ts';
import { bytesOf, putInt64 } from './packed.ts';

/** The growing arrays that builders are made of. */

const NO_BYTES = Buffer.alloc(0);
/** What a builder holds once its rows are handed over: a builder is seldom used twice, so new room comes with new rows. */
const NO_HALVES = new Int32Array(0);
const NO_CODES = new Uint32Array(0);

/** Counts rows and remembers which are absent; allocates nothing until the first absent one. */
export class Rows {
  length = 0;
  #presence: Uint8Array | undefined;

  add(): number {
    const row = this.length++;
    if (this.#presence !== undefined) {
      this.#reserve();
      bitSet(this.#presence, row);
    }
    return row;
  }

  addAbsent(): number {
    const row = this.length++;
    if (this.#presence === undefined) {
      this.#presence = makeBitmap(Math.max(64, this.length));
      bitSetRange(this.#presence, 0, row);
    } else {
      this.#reserve();
    }
    return row;
  }

  take(): { length: number; presence: Buffer } {
    const { length } = this;
    const presence = this.#presence === undefined ? NO_BYTES : bytesOf(this.#presence.subarray(0, (length + 7) >>> 3));
    this.length = 0;
    this.#presence = undefined;
    return { length, presence };
  }

  #reserve(): void {
    const bitmap = this.#presence!;
    if (this.length > bitmap.length * 8) {
      this.#presence = new Uint8Array(bitmap.length * 2);
      this.#presence.set(bitmap);
    }
  }
}

/** Growing packed signed 64-bit integers. */
export class Int64Buffer {
  #halves: Int32Array<ArrayBuffer>;
  #length = 0;
  constructor(capacity: number) {
    this.#halves = new Int32Array(capacity * 2);
  }
  /** Appends an integer within ±(2^53 - 1); the caller has checked that it is one. */
  push(value: number): void {
    const at = this.#length++;
    if (at * 2 === this.#halves.length) {
      const grown = new Int32Array(Math.max(32, at * 4));
      grown.set(this.#halves);
      this.#halves = grown;
    }
    putInt64(this.#halves, at, value);
  }
  /** The bytes so far; leaves the buffer empty. */
  take(): Buffer {
    const bytes = bytesOf(this.#halves.subarray(0, this.#length * 2));
    this.#halves = NO_HALVES;
    this.#length = 0;
    return bytes;
  }
}

/** Growing unsigned 32-bit integers. */
export class Uint32Buffer {
  #values: Uint32Array<ArrayBuffer>;
  length = 0;
  constructor(capacity: number) {
    this.#values = new Uint32Array(capacity);
  }
  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Uint32Array(Math.max(16, this.length * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }
  take(): Buffer {
    const bytes = bytesOf(this.#values.subarray(0, this.length));
    this.#values = NO_CODES;
    this.length = 0;
    return bytes;
  }
}
