import { same } from './runtime-dynamic.ts';
import { compareTexts } from './runtime-texts.ts';

/** Lists at run time, of any elements; undefined is an error, such as elements that a function does not take. */

/** The sum; of ints (`exact`) within the range in which they are exact. */
function sum(list: readonly unknown[], exact: boolean): number | undefined {
  let total = 0;
  for (const element of list) {
    if (typeof element !== 'number') return undefined;
    total += element;
    if (exact && !Number.isSafeInteger(total)) return undefined;
  }
  return total;
}

function least(list: readonly unknown[]): number | undefined {
  let found: number | undefined;
  for (const element of list) {
    if (typeof element !== 'number') return undefined;
    if (found === undefined || element < found) found = element;
  }
  return found;
}

function greatest(list: readonly unknown[]): number | undefined {
  let found: number | undefined;
  for (const element of list) {
    if (typeof element !== 'number') return undefined;
    if (found === undefined || element > found) found = element;
  }
  return found;
}

/** Each element once, in the order of their first places. */
function distinct(list: readonly unknown[]): readonly unknown[] {
  const known = new Set<unknown>();
  const parts: unknown[] = [];
  return list.filter((element) => {
    if (typeof element === 'object' && element !== null) {
      return !parts.some((part) => same(part, element)) && parts.push(element) > 0;
    }
    return !known.has(element) && known.add(element) !== undefined;
  });
}

/** Lists among the elements replaced by theirs, one level. */
function flatten(list: readonly unknown[]): readonly unknown[] {
  let length = 0;
  for (const element of list) length += Array.isArray(element) ? element.length : 1;
  const result = new Array<unknown>(length);
  let at = 0;
  for (const element of list) {
    if (Array.isArray(element)) for (const inner of element) result[at++] = inner;
    else result[at++] = element;
  }
  return result;
}

/** In ascending order: all numbers, all texts or all bools. */
function sorted(list: readonly unknown[]): readonly unknown[] | undefined {
  const type = typeof list[0];
  if (!list.every((element) => typeof element === type)) return undefined;
  switch (type) {
    case 'string':
      return (list as readonly string[]).toSorted(compareTexts);
    case 'number':
    case 'boolean':
      return (list as readonly number[]).toSorted((a, b) => Number(a) - Number(b));
    default:
      return list.length === 0 ? list : undefined;
  }
}

function join(list: readonly unknown[], separator = ''): string | undefined {
  return list.every((element) => typeof element === 'string') ? list.join(separator) : undefined;
}

export const LISTS = { distinct, flatten, greatest, join, least, sorted, sum };
