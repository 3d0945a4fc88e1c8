/** Typed arrays that double when they are full. An array that was handed out stays true for the rows it was made for. */
type Numbers = Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * The array, or one of at least twice its size with the same content, so that `length` values fit.
 * @param expected values that are likely to come; an array that starts with room for them is made once
 */
export function withRoom<T extends Numbers>(array: T, length: number, expected = 0): T {
  if (length <= array.length) return array;
  const size = Math.max(length, array.length * 2, expected);
  const grown = new (array.constructor as new (length: number) => T)(size);
  grown.set(array as never);
  return grown;
}

/** The signed 64-bit integer at `index` of little-endian halves, as a double; exact within ±(2^53 - 1). */
export function int64At(halves: Uint32Array, index: number): number {
  return (halves[2 * index + 1]! | 0) * 4294967296 + halves[2 * index]!;
}
