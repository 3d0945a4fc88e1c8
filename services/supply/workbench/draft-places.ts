import { airportZone } from '../../../libs/reference/index.ts';
import { type Leaf, type LoopPlace, listsAbove, type Step, snake } from './sample.ts';

/** Which lists of a sample are rows, and which are parts of one. */

/** Names that expressions have already: loops are called otherwise. */
const TAKEN = new Set(
  'body status headers text page offset cursor now market currency locale criteria search options fetched_at click it'.split(
    ' ',
  ),
);

/** Lists that tell of a row, however many names they have. */
const PARTS =
  /(^|_)(images?|photos?|pictures?|media|nights?|days?|extras?|dues?|until|polic(y|ies)|amenit(y|ies)|facilit(y|ies)|reviews?|tax(es)?|fees?|options?|segments?|legs?|slices?|passengers?|travell?ers?)$/;
/** A list of so few things is one of codes with their names. */
const LEAST_LEAVES = 3;

/** Without a price: the deepest list whose elements have an id of their own, with the lists that it stands in. */
export function identifiedLists(leaves: readonly Leaf[]): readonly (readonly Step[])[] | undefined {
  const own = new Map<string, { lists: readonly (readonly Step[])[]; leaves: Leaf[] }>();
  for (const leaf of leaves) {
    const lists = listsAbove(leaf.path);
    if (lists.length === 0 || lists.some((list) => PARTS.test(snake(list.at(-2) ?? '')))) continue;
    const key = JSON.stringify(lists.at(-1));
    const found = own.get(key) ?? { lists, leaves: [] };
    own.set(key, { lists, leaves: [...found.leaves, leaf] });
  }
  const identified = [...own.values()].filter(
    (list) => list.leaves.length >= LEAST_LEAVES && list.leaves.some((leaf) => isId(leaf, list.lists.at(-1)!)),
  );
  return identified.sort((a, b) => b.lists.length - a.lists.length)[0]?.lists;
}

/** Of the element itself, and another in each. */
function isId({ name, path, values }: Leaf, list: readonly Step[]): boolean {
  const unique = values.length > 0 && new Set(values).size === values.length;
  return unique && path.length === list.length + 1 && /(^|[._])(id|uuid|key|ref|reference|token|sku)$/.test(name);
}

/** Without a price and ids: the list with the most things in each of its elements. */
export function mainList(leaves: readonly Leaf[]): readonly Step[] | undefined {
  const counts = new Map<string, { path: readonly Step[]; count: number }>();
  for (const { path } of leaves) {
    const [outermost] = listsAbove(path);
    if (outermost === undefined || outermost.length === path.length) continue;
    const key = JSON.stringify(outermost);
    const found = counts.get(key) ?? { path: outermost, count: 0 };
    counts.set(key, { ...found, count: found.count + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.path;
}

/** Loops through lists, each with a name of its own; one alone is called row. */
export function loopsOf(lists: readonly (readonly Step[])[]): LoopPlace[] {
  if (lists.length === 1) return [{ path: lists[0]!, as: 'row' }];
  const names = new Set<string>();
  return lists.map((path) => {
    const key = snake(path.filter((step) => step !== '[]').at(-1) ?? 'row').replace(/^[^a-z]+/, '');
    const single = key.replace(/ies$/, 'y').replace(/(?<!s)s$/, '') || 'row';
    let as = TAKEN.has(single) ? `${single}_row` : single;
    while (names.has(as)) as = `${as}_2`;
    names.add(as);
    return { path, as };
  });
}

/** The deepest list in a row whose elements have two airports. */
export function segmentList(leaves: readonly Leaf[], row: readonly Step[]): readonly Step[] | undefined {
  const airports = new Map<string, { path: readonly Step[]; count: number }>();
  for (const { path, values } of leaves) {
    const list = listsAbove(path).at(-1);
    if (list === undefined || list.length < row.length || values.length === 0) continue;
    if (!values.every((value) => typeof value === 'string' && airportZone(value) !== undefined)) continue;
    const key = JSON.stringify(list);
    airports.set(key, { path: list, count: (airports.get(key)?.count ?? 0) + 1 });
  }
  const found = [...airports.values()].filter(({ count }) => count >= 2);
  return found.sort((a, b) => b.path.length - a.path.length)[0]?.path;
}

/** Whether two paths are the same. */
export function isSame(a: readonly Step[], b: readonly Step[]): boolean {
  return a.length === b.length && a.every((step, at) => step === b[at]);
}
