import { Decimal } from '../money/index.ts';
import { parseNumber } from './number.ts';
import { type Dimension, type Unit, unitOf, unitOfWord } from './table.ts';

/** An amount of a unit. */
export interface Measure {
  /** Of everything together: 3 of "2 x 1.5 l". */
  readonly amount: Decimal;
  /** UCUM code: "L". */
  readonly unit: string;
  /** How many pieces it is of: 2 of "2 x 1.5 l", else 1. */
  readonly count: number;
}

/** Longest text that is looked at. */
const MOST_CHARACTERS = 64;
/** Significant digits of a result that has no end. */
const DIGITS = 15;
/** Packs are counted out; of other dimensions "10 x 20" is two sides of something. */
const counted: ReadonlySet<Dimension> = new Set<Dimension>(['mass', 'volume', 'data']);

/** What numbers are made of, the spaces between their groups included. */
const IN_NUMBER = /[\d.,/½¼¾⅛⅜⅝⅞\u00a0\u202f ]/;
const BEGINS_NUMBER = /[\d½¼¾⅛⅜⅝⅞]/;
const COUNT_FIRST = /^(\d{1,4})\s*(?:x|×|\*)\s*(?=\d)/i;
const COUNT_LAST = /\s*(?:x|×|\*)\s*(\d{1,4})$/i;

/**
 * Reads a measure as sellers write it: "1 TB", "13.5 in", "0,75 l", "2 x 1.5 l", "330 ml x 6", `5' 11"`, "1 h 30 min", "13 3/4 in",
 * "12 [foz_us]". The unit may be written as UCUM does or as is usual; data sizes are decimal ("1 GB" is 10^9 bytes) unless they say
 * GiB. Exact.
 *
 * @returns undefined for any other text, and where a number or unit could mean several things ("1,500 g", "2 gal", "64 Gb")
 */
export function parseMeasure(text: string): Measure | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  let rest = text.trim();
  let count = 1;
  const first = COUNT_FIRST.exec(rest);
  const last = first === null ? COUNT_LAST.exec(rest) : null;
  if (first !== null) rest = rest.slice(first[0].length);
  if (last !== null) rest = rest.slice(0, last.index);
  const times = first ?? last;
  if (times !== null) count = Number(times[1]);
  if (count === 0) return undefined;

  const parts = partsOf(rest);
  const smallest = parts?.at(-1)?.unit;
  if (parts === undefined || smallest === undefined) return undefined;
  if (times !== null && !counted.has(smallest.dimension)) return undefined;
  let amount = Decimal.zero;
  for (const [at, part] of parts.entries()) {
    const before = parts[at - 1];
    // "5 ft 11 in", but not "11 in 5 ft", nor "1 l 2 kg".
    if (before !== undefined && !isWithin(part, before)) return undefined;
    const converted = convert(part.amount, part.unit, smallest);
    if (converted === undefined) return undefined;
    amount = amount.plus(converted);
  }
  return { amount: amount.times(new Decimal(BigInt(count), 0)).trim(0), unit: smallest.code, count };
}

/**
 * An amount in another unit of the same dimension: exact where the result has an end, else to 15 significant digits.
 *
 * @param from UCUM code
 * @param to UCUM code
 * @returns undefined where a code is not known, or the two measure different things
 */
export function convertUnit(amount: Decimal, from: string, to: string): Decimal | undefined {
  const [source, target] = [unitOf(from), unitOf(to)];
  return source === undefined || target === undefined ? undefined : convert(amount, source, target);
}

interface Part {
  readonly amount: Decimal;
  readonly unit: Unit;
}

/** Numbers with the units behind them; undefined where one of them is none. */
function partsOf(text: string): Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; ) {
    const start = at;
    while (at < text.length && IN_NUMBER.test(text[at]!)) at++;
    const amount = parseNumber(text.slice(start, at));
    const end = unitEnd(text, at);
    const unit = unitOfWord(text.slice(at, end).trim().replaceAll('.', '').replaceAll(/\s+/g, ' '));
    if (amount === undefined || unit === undefined) return undefined;
    parts.push({ amount, unit });
    at = end;
  }
  return parts;
}

/** Where a unit ends that begins there: before the next number, but for the 2 or 3 of "m2" and "cm3". */
function unitEnd(text: string, start: number): number {
  if (text[start] === '[') return text.indexOf(']', start) + 1 || text.length;
  let end = start;
  while (end < text.length && !BEGINS_NUMBER.test(text[end]!)) end++;
  const isPower =
    /[23]/.test(text[end] ?? '') && /[a-z]/i.test(text[end - 1] ?? '') && !IN_NUMBER.test(text[end + 1]?.trim() ?? '');
  return isPower ? end + 1 : end;
}

function isWithin(part: Part, whole: Part): boolean {
  if (part.unit.dimension !== whole.unit.dimension || part.unit.factor.compare(whole.unit.factor) >= 0) return false;
  return part.amount.times(part.unit.factor).compare(whole.unit.factor) < 0;
}

function convert(amount: Decimal, from: Unit, to: Unit): Decimal | undefined {
  if (from.dimension !== to.dimension) return undefined;
  if (from === to) return amount;
  const inBase = amount.times(from.factor).trim(0);
  const factor = to.factor.trim(0);
  // Enough for every result that has an end, for a division by 2^a 5^b needs max(a, b) digits more, and for 15 of any other.
  const most = inBase.scale + 5 * factor.unscaled.toString().length + DIGITS;
  const exact = inBase.dividedBy(factor, most, 'half_even').trim(0);
  if (exact.times(factor).compare(inBase) === 0) return exact;
  const whole = exact.toString().replace('-', '');
  const [digits = '', fraction = ''] = whole.split('.');
  // Zeros that lead are not significant, before or behind the point.
  const zeros = digits === '0' ? fraction.length - fraction.replace(/^0+/, '').length : -digits.length;
  return exact.round(Math.max(0, DIGITS + zeros), 'half_even').trim(0);
}
