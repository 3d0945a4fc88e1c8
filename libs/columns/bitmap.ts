/**
 * Bitmaps as the column contract lays them out: least significant bit first, ceil(count / 8) bytes, bits beyond the
 * last one 0.
 */

/** A bitmap of `count` zero bits. */
export function makeBitmap(count: number): Uint8Array {
  return new Uint8Array((count + 7) >>> 3);
}

/** Whether bit `index` is 1. Bits beyond the bitmap's end are 0. */
export function bitGet(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >>> 3]! >>> (index & 7)) & 1) === 1;
}

/** Makes bit `index` 1. `index` must lie inside the bitmap. */
export function bitSet(bitmap: Uint8Array, index: number): void {
  bitmap[index >>> 3]! |= 1 << (index & 7);
}

/** Makes the bits from `from` up to, not including, `to` 1. Whole bytes at a time. */
export function bitSetRange(bitmap: Uint8Array, from: number, to: number): void {
  let index = from;
  while (index < to && (index & 7) !== 0) bitSet(bitmap, index++);
  const wholeBytes = (to - index) >>> 3;
  if (wholeBytes > 0) {
    bitmap.fill(0xff, index >>> 3, (index >>> 3) + wholeBytes);
    index += wholeBytes << 3;
  }
  while (index < to) bitSet(bitmap, index++);
}
