/** Typed arrays that double when they are full. An array that was handed out stays true for the rows it was made for. */
type Numbers = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** The array, or one of at least twice its size with the same content, so that `length` values fit. */
export function withRoom<T extends Numbers>(array: T, length: number): T {
  if (length <= array.length) return array;
  const grown = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2));
  grown.set(array as never);
  return grown;
}
