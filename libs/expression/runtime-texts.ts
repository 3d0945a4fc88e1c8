/**
 * Texts at run time. CEL counts and orders code points; undefined is an error.
 */

/** Order by code points: surrogates stand above every other UTF-16 unit, though some of those are larger numbers. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Code points of a text, or of its first UTF-16 units. */
export function codePoints(text: string, end = text.length): number {
  let count = end;
  for (let i = 1; i < end; i++) if (isPair(text, i - 1)) count--;
  return count;
}

function isPair(text: string, unit: number): boolean {
  return (
    (text.charCodeAt(unit) & 0xfc00) === 0xd800 &&
    unit + 1 < text.length &&
    (text.charCodeAt(unit + 1) & 0xfc00) === 0xdc00
  );
}

/** The UTF-16 offset of a code point; undefined outside the text, whose end is inside. */
function unitOf(text: string, point: number): number | undefined {
  if (point < 0 || point > text.length) return undefined;
  let unit = 0;
  for (let i = 0; i < point; i++) {
    if (unit >= text.length) return undefined;
    unit += isPair(text, unit) ? 2 : 1;
  }
  return unit;
}

function pointOf(text: string, unit: number): number {
  return unit <= 0 ? unit : codePoints(text, unit);
}

function charAt(text: string, point: number): string | undefined {
  const unit = unitOf(text, point);
  if (unit === undefined) return undefined;
  return unit === text.length ? '' : String.fromCodePoint(text.codePointAt(unit)!);
}

function indexOf(text: string, part: string, from = 0): number | undefined {
  const unit = unitOf(text, from);
  return unit === undefined ? undefined : pointOf(text, text.indexOf(part, unit));
}

function lastIndexOf(text: string, part: string, from?: number): number | undefined {
  const unit = from === undefined ? text.length : unitOf(text, from);
  return unit === undefined ? undefined : pointOf(text, text.lastIndexOf(part, unit));
}

function substring(text: string, start: number, end?: number): string | undefined {
  const first = unitOf(text, start);
  const last = end === undefined ? text.length : unitOf(text, end);
  return first === undefined || last === undefined || first > last ? undefined : text.slice(first, last);
}

/** Most texts are ASCII, which JavaScript's own functions change in the same way and much faster. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function lowerAscii(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upperAscii(text: string): string {
  if (isAscii(text)) return text.toUpperCase();
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Without the white space of Unicode at both ends; JavaScript's own counts others. */
function trimmed(text: string): string {
  return text.replace(/^\p{White_Space}+/u, '').replace(/\p{White_Space}+$/u, '');
}

function replace(text: string, part: string, by: string, most = -1): string {
  if (most < 0 && part !== '') return text.replaceAll(part, () => by);
  const pieces = part === '' ? ['', ...text, ''] : text.split(part);
  const count = most < 0 ? pieces.length - 1 : Math.min(most, pieces.length - 1);
  return `${pieces.slice(0, count + 1).join(by)}${pieces
    .slice(count + 1)
    .map((piece) => part + piece)
    .join('')}`;
}

function split(text: string, separator: string, most = -1): readonly string[] {
  const pieces = separator === '' ? [...text] : text.split(separator);
  if (most < 0 || pieces.length <= most) return pieces;
  return most === 0 ? [] : [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

export const TEXTS = {
  charAt,
  codePoints,
  compareTexts,
  indexOf,
  lastIndexOf,
  lowerAscii,
  replace,
  split,
  substring,
  trimmed,
  upperAscii,
};
