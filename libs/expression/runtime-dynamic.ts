import { codePoints, compareTexts } from './runtime-texts.ts';

/**
 * Dynamic values at run time: what JSON.parse yields. Null and what is not there are absent; nothing is ever read that
 * is not a value's own. undefined is an error; a helper may hand out null where it hands out a part of the data.
 */

/** A field of any name, whatever objects inherit under it. */
function own(value: unknown, field: string): unknown {
  return isMap(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An element of a list, or a field of an object, by what the index is: JSON's keys are texts, so a whole number is its digits. */
function memberAt(value: unknown, index: unknown): unknown {
  if (Array.isArray(value)) return Number.isSafeInteger(index) ? value[index as number] : undefined;
  const key = keyOf(index);
  return key === undefined ? undefined : own(value, key);
}

/** The key that an index means; undefined where it can be none. */
function keyOf(index: unknown): string | undefined {
  if (typeof index === 'string') return index;
  return Number.isSafeInteger(index) ? String(index) : undefined;
}

const isList: (value: unknown) => value is unknown[] = Array.isArray;
const isInt: (value: unknown) => boolean = Number.isSafeInteger;

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

/** What a macro over the value goes over: a list's elements, an object's keys. */
function elementsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isMap(value) ? Object.keys(value) : undefined;
}

function sizeOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'string') return codePoints(value);
  return isMap(value) ? Object.keys(value).length : undefined;
}

/** Equality as CEL has it: values of two types differ; lists and objects by their parts. Any depth. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const due: unknown[] = [a, b];
  while (due.length > 0) {
    const right = due.pop();
    const left = due.pop();
    if (left === right) continue;
    if (Array.isArray(left) && Array.isArray(right)) {
      if (left.length !== right.length) return false;
      for (let i = 0; i < left.length; i++) due.push(left[i], right[i]);
    } else if (isMap(left) && isMap(right)) {
      const keys = Object.keys(left);
      if (keys.length !== Object.keys(right).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(right, key)) return false;
        due.push(left[key], right[key]);
      }
    } else {
      return false;
    }
  }
  return true;
}

/** Membership in a list, or of a key in an object. */
function isIn(value: unknown, range: unknown): boolean | undefined {
  if (Array.isArray(range)) {
    if (typeof value !== 'object') return range.indexOf(value) >= 0;
    return range.some((element) => same(value, element));
  }
  if (!isMap(range)) return undefined;
  const key = keyOf(value);
  return key !== undefined && Object.hasOwn(range, key);
}

function less(a: unknown, b: unknown): boolean | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b) < 0;
  return typeof a === 'boolean' && typeof b === 'boolean' ? a < b : undefined;
}

function lessOrEqual(a: unknown, b: unknown): boolean | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a <= b;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b) <= 0;
  return typeof a === 'boolean' && typeof b === 'boolean' ? a <= b : undefined;
}

function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  return Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : undefined;
}

export const DYNAMIC = {
  add,
  elementsOf,
  isIn,
  isInt,
  isList,
  isTexts,
  less,
  lessOrEqual,
  memberAt,
  own,
  same,
  sizeOf,
};
