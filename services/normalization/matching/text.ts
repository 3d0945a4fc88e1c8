import anyAscii from 'any-ascii';

/** Signs that say nothing of the thing; transliteration would make words of them. */
const marks = /[\u2120\u2122\u00a9\u00ae\u00ad\u200b-\u200f\ufeff]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it says.
const plainAscii = /^[\x00-\x7f]*$/;

/**
 * Text in lower-case ASCII, whatever its script: "Hôtel Café-Bär™" is "hotel cafe-bar", "Гостиница" is "gostinitsa".
 * Signs stay, so that what reads it can tell "2.7" from "27".
 */
export function fold(text: string): string {
  const plain = plainAscii.test(text) ? text : anyAscii(text.replace(marks, '').normalize('NFKC'));
  return plain.toLowerCase();
}

/** Words of folded text, letters and digits alone. */
export function wordsOf(folded: string): string[] {
  return folded.replace(/['`]/g, '').match(/[a-z0-9]+/g) ?? [];
}

/** A number of 32 bits for a text, or for texts written together (FNV-1a): equal texts have equal ones, others hardly ever. */
export function hashOf(text: string, next = '', last = ''): number {
  let hash = stir(stir(stir(0x811c9dc5, text), next), last);
  // Without this, texts that differ in their last letter alone lie side by side.
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) | 0;
}

function stir(from: number, text: string): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** Distinct numbers in ascending order, for {@link holds} and {@link dice}. */
export function hashSet(hashes: readonly number[]): Int32Array {
  const sorted = Int32Array.from(hashes).sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]!;
  return sorted.slice(0, count);
}

/** Whether an ascending list has a number. */
export function holds(sorted: Int32Array, hash: number): boolean {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = sorted[middle]!;
    if (at === hash) return true;
    if (at < hash) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** How many numbers two ascending lists share. */
export function shared(a: Int32Array, b: Int32Array): number {
  let [i, j, count] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const difference = a[i]! - b[j]!;
    if (difference === 0) count++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return count;
}

/** Dice's coefficient of two sets: 2 × shared / (|a| + |b|), 0 to 1; NaN where both are empty. */
export function dice(a: Int32Array, b: Int32Array): number {
  return (2 * shared(a, b)) / (a.length + b.length);
}

/** Hashes of all runs of three letters of a text, its ends marked. */
export function trigrams(text: string): Int32Array {
  const hashes: number[] = [];
  const framed = ` ${text} `;
  for (let i = 0; i + 3 <= framed.length; i++) {
    hashes.push((framed.charCodeAt(i) << 16) ^ (framed.charCodeAt(i + 1) << 8) ^ framed.charCodeAt(i + 2));
  }
  return hashSet(hashes);
}

const rows: Int32Array[] = [new Int32Array(64), new Int32Array(64), new Int32Array(64)];

/**
 * Letters to put in, leave out, replace or swap with their neighbour to make one text of the other (restricted
 * Damerau-Levenshtein). Texts are cut at 63 letters.
 */
export function editDistance(left: string, right: string): number {
  const a = left.length > 63 ? left.slice(0, 63) : left;
  const b = right.length > 63 ? right.slice(0, 63) : right;
  let [before, last, row] = rows as [Int32Array, Int32Array, Int32Array];
  for (let j = 0; j <= b.length; j++) last[j] = j;
  for (let i = 1; i <= a.length; i++) {
    row[0] = i;
    const letter = a.charCodeAt(i - 1);
    for (let j = 1; j <= b.length; j++) {
      const other = b.charCodeAt(j - 1);
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (letter === other ? 0 : 1));
      if (i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row[j] = cost;
    }
    [before, last, row] = [last, row, before];
  }
  return last[b.length]!;
}

/** How alike two words are, 0 to 1: 1 for the same, less for a letter off in a long word or for an abbreviation. */
export function wordLikeness(a: string, b: string): number {
  if (a === b) return 1;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length < 3) return short.length === 1 && long.startsWith(short) ? 0.3 : 0;
  if (long.startsWith(short)) return Math.max(0.6, 0.3 + (0.7 * short.length) / long.length);
  if (short.length < 4 || long.length - short.length > 2) return 0;
  const edits = editDistance(short, long);
  if (edits === 1) return short.length >= 5 ? 0.9 : 0.6;
  if (edits === 2 && short.length >= 8) return 0.8;
  return 0;
}
