/**
 * Sorts rows by a number each, smallest first, in place; rows with equal numbers keep their order. A merge sort over
 * typed arrays: no comparator is called and nothing is allocated for a row.
 * @param rows row numbers
 * @param keys the number of each row, by row number; no NaN
 */
export function sortByKey(rows: Uint32Array, keys: Float64Array): void {
  const { length } = rows;
  let from: Uint32Array = rows;
  let fromKeys = new Float64Array(length);
  for (let i = 0; i < length; i++) fromKeys[i] = keys[from[i]!]!;
  for (let start = 0; start < length; start += run) sortRun(from, fromKeys, start, Math.min(start + run, length));
  if (length <= run) return;
  let to: Uint32Array = new Uint32Array(length);
  let toKeys = new Float64Array(length);
  for (let width = run; width < length; width *= 2) {
    for (let start = 0; start < length; start += width * 2) {
      const middle = Math.min(start + width, length);
      merge(from, fromKeys, to, toKeys, start, middle, Math.min(middle + width, length));
    }
    [from, to] = [to, from];
    [fromKeys, toKeys] = [toKeys, fromKeys];
  }
  if (from !== rows) rows.set(from);
}

/** Rows that are sorted by insertion before merging starts. */
const run = 12;

function sortRun(rows: Uint32Array, keys: Float64Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const row = rows[i]!;
    const key = keys[i]!;
    let at = i;
    while (at > start && keys[at - 1]! > key) {
      rows[at] = rows[at - 1]!;
      keys[at] = keys[at - 1]!;
      at--;
    }
    rows[at] = row;
    keys[at] = key;
  }
}

function merge(
  from: Uint32Array,
  fromKeys: Float64Array,
  to: Uint32Array,
  toKeys: Float64Array,
  start: number,
  middle: number,
  end: number,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeLeft = left < middle && (right >= end || fromKeys[left]! <= fromKeys[right]!);
    const source = takeLeft ? left++ : right++;
    to[at] = from[source]!;
    toKeys[at] = fromKeys[source]!;
  }
}
