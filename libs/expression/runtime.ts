import { DYNAMIC } from './runtime-dynamic.ts';
import { LISTS } from './runtime-lists.ts';
import { TEXTS } from './runtime-texts.ts';
import type { Value } from './types.ts';

/**
 * What generated code calls. A helper that errs answers undefined: exceptions would cost microseconds a row.
 *
 * Ints are CEL's 64-bit ones, held as JavaScript numbers: exact within ±(2^53 - 1), and leaving that range is an error
 * where CEL errs at ±2^63. Timestamps and durations are whole milliseconds, the precision of time columns; a finer one
 * is an error, never rounded.
 */

/** 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z. */
const MIN_TIMESTAMP = -62135596800000;
const MAX_TIMESTAMP = 253402300799999;
/** Durations fit CEL's 64 bits of nanoseconds. */
const MAX_DURATION = 9223372036854;

/** The int, or undefined beyond the safe range. Adding 0 turns -0, which no int is, into 0. */
function int(value: number): number | undefined {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? value + 0 : undefined;
}

function divide(a: number, b: number): number | undefined {
  return b === 0 ? undefined : (a - (a % b)) / b + 0;
}

function modulo(a: number, b: number): number | undefined {
  return b === 0 ? undefined : (a % b) + 0;
}

function timestamp(milliseconds: number): number | undefined {
  return milliseconds >= MIN_TIMESTAMP && milliseconds <= MAX_TIMESTAMP ? milliseconds : undefined;
}

function duration(milliseconds: number): number | undefined {
  return milliseconds >= -MAX_DURATION && milliseconds <= MAX_DURATION ? milliseconds + 0 : undefined;
}

function sameValue(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i]!, b[i]!)) return false;
  return true;
}

function contains(value: Value, list: readonly Value[]): boolean {
  for (const element of list) if (sameValue(value, element)) return true;
  return false;
}

function elementAt(list: readonly Value[], index: number): Value | undefined {
  return list[index];
}

function concat(a: readonly Value[], b: readonly Value[]): readonly Value[] {
  return [...a, ...b];
}

/** Whether a code stands among codes[start..end). */
function containsCode(codes: Uint32Array, start: number, end: number, code: number): boolean {
  for (let i = start; i < end; i++) if (codes[i] === code) return true;
  return false;
}

/** Texts of codes[start..end). */
function textsOf(dictionary: readonly string[], codes: Uint32Array, start: number, end: number): string[] {
  const texts: string[] = [];
  for (let i = start; i < end; i++) texts.push(dictionary[codes[i]!]!);
  return texts;
}

function intOfDouble(value: number): number | undefined {
  return int(Math.trunc(value));
}

function intOfText(text: string): number | undefined {
  return /^[-+]?\d+$/.test(text) ? int(Number(text)) : undefined;
}

/** Whether all characters are such as decimal numbers have: Number() takes blanks and other bases too, CEL does not. */
function looksDecimal(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isDigit = unit >= 48 && unit <= 57;
    if (!isDigit && unit !== 46 && unit !== 45 && unit !== 43 && unit !== 69 && unit !== 101) return false;
  }
  return text !== '';
}

function doubleOfText(text: string): number | undefined {
  const number = looksDecimal(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const special = /^([-+]?)(inf|infinity)$/i.exec(text);
  if (special !== null) return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^nan$/i.test(text) ? Number.NaN : undefined;
}

const TRUE_TEXTS: ReadonlySet<string> = new Set(['true', 'True', 'TRUE', 't', '1']);
const FALSE_TEXTS: ReadonlySet<string> = new Set(['false', 'False', 'FALSE', 'f', '0']);

function boolOfText(text: string): boolean | undefined {
  return TRUE_TEXTS.has(text) ? true : FALSE_TEXTS.has(text) ? false : undefined;
}

/** Conversions of dynamic values, by what they are. */
function intOf(value: unknown): number | undefined {
  return typeof value === 'number' ? intOfDouble(value) : typeof value === 'string' ? intOfText(value) : undefined;
}

function doubleOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'string' ? doubleOfText(value) : undefined;
}

function boolOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : typeof value === 'string' ? boolOfText(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A dynamic number is seconds, as an int is. */
function timestampOf(value: unknown): number | undefined {
  if (typeof value === 'string') return timestampOfText(value);
  return Number.isSafeInteger(value) ? timestamp((value as number) * 1000) : undefined;
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|([-+])(\d\d):(\d\d))$/;

/** Epoch milliseconds of an RFC 3339 text; undefined when it is none, or is finer than a millisecond. */
function timestampOfText(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (/[1-9]/.test(fraction.slice(3))) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')));
  const [offsetHours, offsetMinutes] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000;
  return timestamp(date.getTime() - (match[9] === '-' ? -offset : offset));
}

/** Milliseconds of CEL's duration texts: "1h30m", "-1.5s", "0"; undefined when finer than a millisecond. */
function durationOfText(text: string): number | undefined {
  const plain = PLAIN_DURATION.exec(text);
  if (plain !== null) return duration(Number(plain[1]) * PLAIN_UNITS[plain[2]!]!);
  if (text.length > 128) return undefined;
  const sign = text.startsWith('-') ? -1n : 1n;
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  let nanoseconds = 0n;
  let rest = unsigned;
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/.exec(rest);
    if (match === null) return undefined;
    const [whole = '', fraction = ''] = match[1]!.split('.');
    const unit = NANOSECONDS[match[2]!]!;
    nanoseconds += BigInt(whole === '' ? '0' : whole) * unit;
    if (fraction !== '') nanoseconds += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    rest = rest.slice(match[0].length);
  }
  if (unsigned === '' || nanoseconds % 1_000_000n !== 0n) return undefined;
  return duration(Number((sign * nanoseconds) / 1_000_000n));
}

/** Whole numbers of one unit, which most are. */
const PLAIN_DURATION = /^(\d{1,9})([smh])$/;
const PLAIN_UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

function textOfTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

function textOfDuration(milliseconds: number): string {
  return `${milliseconds / 1000}s`;
}

/** The instant shifted so that its UTC fields read as the zone's clock; undefined for an unknown zone. */
function atZone(milliseconds: number, zone: string): number | undefined {
  const fixed = /^([-+]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const offset = (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
    return milliseconds + (fixed[1] === '-' ? -offset : offset);
  }
  try {
    const local = Temporal.Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO(zone);
    return milliseconds + local.offsetNanoseconds / 1_000_000;
  } catch {
    return undefined;
  }
}

const DAY = 86_400_000;

/** Fields of a timestamp (already shifted to its zone), as CEL counts them. */
const fullYear = (t: number): number => new Date(t).getUTCFullYear();
const month = (t: number): number => new Date(t).getUTCMonth();
const date = (t: number): number => new Date(t).getUTCDate();
const dayOfMonth = (t: number): number => new Date(t).getUTCDate() - 1;
const dayOfWeek = (t: number): number => new Date(t).getUTCDay();
const dayOfYear = (t: number): number => {
  const start = new Date(t);
  start.setUTCMonth(0, 1);
  return Math.floor(t / DAY) - Math.floor(start.getTime() / DAY);
};
const within = (t: number, cycle: number, unit: number): number =>
  Math.floor((t - Math.floor(t / cycle) * cycle) / unit);
const hours = (t: number): number => within(t, DAY, 3_600_000);
const minutes = (t: number): number => within(t, 3_600_000, 60_000);
const seconds = (t: number): number => within(t, 60_000, 1000);
const milliseconds = (t: number): number => within(t, 1000, 1);

/** A whole number of units, toward zero. */
const whole = (value: number, unit: number): number => Math.trunc(value / unit) + 0;

function mistyped(value: unknown, wanted: string): TypeError {
  return new TypeError(`A row source answered ${typeof value} where the expression's scope says ${wanted}.`);
}

/** Values of a row source that is no column: undefined and null are absent; another type is a defect of the caller. */
function readBool(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === null) return undefined;
  throw mistyped(value, 'bool');
}

function readInt(value: unknown): number | undefined {
  if (Number.isSafeInteger(value)) return value as number;
  if (value === undefined || value === null) return undefined;
  throw mistyped(value, 'int or timestamp');
}

function readDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === undefined || value === null) return undefined;
  throw mistyped(value, 'double');
}

function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  throw mistyped(value, 'string');
}

function readTexts(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value) && value.every((element) => typeof element === 'string')) return value;
  if (value === undefined || value === null) return undefined;
  throw mistyped(value, 'list_string');
}

/** The helpers by the names under which generated code asks for them. */
export const RUNTIME = {
  ...DYNAMIC,
  ...LISTS,
  ...TEXTS,
  atZone,
  boolOf,
  boolOfText,
  concat,
  contains,
  containsCode,
  date,
  dayOfMonth,
  dayOfWeek,
  dayOfYear,
  divide,
  doubleOf,
  doubleOfText,
  duration,
  durationOfText,
  elementAt,
  fullYear,
  hours,
  int,
  intOf,
  intOfDouble,
  intOfText,
  milliseconds,
  minutes,
  modulo,
  month,
  readBool,
  readDouble,
  readInt,
  readText,
  readTexts,
  sameValue,
  seconds,
  textOf,
  textOfDuration,
  textOfTimestamp,
  textsOf,
  timestamp,
  timestampOf,
  timestampOfText,
  whole,
};

/** A helper's name. */
export type HelperName = keyof typeof RUNTIME;
