/** The shape of a sample answer: its leaves with the values that were seen, lists of the same thing as one. */

/** A step into a value: a key, or `[]` for the elements of a list. */
export type Step = string;

/** Everything that stands at one place of the answer, over all elements of the lists above it. */
export interface Leaf {
  readonly path: readonly Step[];
  /** Values seen, without null and empty text; at most {@link MOST_VALUES}. */
  readonly values: readonly unknown[];
  /** "hotels.rooms.rates.net": keys in small letters with "_" between words, without lists, for guessing by name. */
  readonly name: string;
}

const MOST_VALUES = 200;
const ELEMENT: Step = '[]';

/** Leaves of an answer in the order in which they are met. XML writes a list of one as the element itself: it counts as a list. */
export function leavesOf(body: unknown): Leaf[] {
  const lists = new Set<string>();
  findLists(body, [], lists);
  const found = new Map<string, { path: readonly Step[]; values: unknown[] }>();
  collect(body, [], lists, found);
  return [...found.values()].map(({ path, values }) => ({ path, values, name: nameOf(path) }));
}

function findLists(value: unknown, path: readonly Step[], lists: Set<string>): void {
  if (Array.isArray(value)) {
    lists.add(keyOf(path));
    for (const one of value) findLists(one, [...path, ELEMENT], lists);
  } else if (isMap(value)) {
    for (const [key, one] of Object.entries(value)) findLists(one, [...path, key], lists);
  }
}

function collect(
  value: unknown,
  path: readonly Step[],
  lists: ReadonlySet<string>,
  found: Map<string, { path: readonly Step[]; values: unknown[] }>,
): void {
  if (Array.isArray(value)) {
    for (const one of value) collect(one, [...path, ELEMENT], lists, found);
  } else if (isMap(value)) {
    const at = lists.has(keyOf(path)) ? [...path, ELEMENT] : path;
    for (const [key, one] of Object.entries(value)) collect(one, [...at, key], lists, found);
  } else {
    const key = keyOf(path);
    let leaf = found.get(key);
    if (leaf === undefined) {
      leaf = { path, values: [] };
      found.set(key, leaf);
    }
    const says = value !== null && value !== undefined && value !== '';
    if (says && leaf.values.length < MOST_VALUES) leaf.values.push(value);
  }
}

function keyOf(path: readonly Step[]): string {
  return JSON.stringify(path);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(path: readonly Step[]): string {
  return path
    .filter((step) => step !== ELEMENT)
    .map(snake)
    .join('.');
}

/** "sellingRate", "Selling-Rate" and "@SellingRate" as "selling_rate". */
export function snake(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase();
}

/** A loop that makes rows or parts of one. */
export interface LoopPlace {
  /** Up to and with the `[]`. */
  readonly path: readonly Step[];
  readonly as: string;
}

/** The lists above a place, outermost first. */
export function listsAbove(path: readonly Step[]): (readonly Step[])[] {
  return path.flatMap((step, at) => (step === ELEMENT ? [path.slice(0, at + 1)] : []));
}

/** Whether one path leads on from another. */
export function isBelow(path: readonly Step[], outer: readonly Step[]): boolean {
  return path.length > outer.length && outer.every((step, at) => path[at] === step);
}

/** The CEL expression of a place, seen from inside loops. Elements of lists that no loop goes through are the first ones. */
export function expressionOf(path: readonly Step[], loops: readonly LoopPlace[], root = 'body'): string {
  const within = loops.filter((loop) => isBelow(path, loop.path)).at(-1);
  const rest = within === undefined ? path : path.slice(within.path.length);
  return rest.reduce((text, step) => text + stepText(step), within?.as ?? root);
}

/** The CEL expression of a list, for a loop. */
export function listOf(path: readonly Step[], loops: readonly LoopPlace[], format: 'json' | 'xml'): string {
  const list = expressionOf(path.slice(0, -1), loops);
  return format === 'xml' || path.length === 1 ? `list(${list})` : list;
}

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

function stepText(step: Step): string {
  if (step === ELEMENT) return '[0]';
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) && !RESERVED.has(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
