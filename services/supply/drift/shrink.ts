/**
 * Makes answers smaller while something about them holds: elements are cut out of lists, whichever can be spared. What is
 * left is small enough to be read by a person, and still an answer of the partner.
 */

/** Whether what is sought still holds of some bodies. Never throws. */
export type Holds = (bodies: readonly unknown[]) => Promise<boolean>;

/** Bounds of the work. */
export interface ShrinkBounds {
  /** Times that it is tried whether something still holds; default 400. */
  readonly tries?: number;
}

/** Place of a list: the body's number, then keys. */
type Place = readonly (string | number)[];

/** The bodies with as few elements in their lists as can be found within the bounds. Those given stay as they are. */
export async function shrink(bodies: readonly unknown[], holds: Holds, { tries = 400 }: ShrinkBounds = {}) {
  let left = tries;
  let best: readonly unknown[] = bodies;
  const attempt = async (place: Place, elements: readonly unknown[]): Promise<boolean> => {
    if (left-- <= 0) return false;
    const smaller = replaced(best, place, elements) as readonly unknown[];
    if (!(await holds(smaller))) return false;
    best = smaller;
    return true;
  };
  // First what is cheap at every list: what the rows are in goes, and only then is it cheap to find what they join with.
  for (let pieces = 2, isSmaller = true; left > 0; ) {
    isSmaller = false;
    for (const place of listsIn(best)) if (await cut(place, pieces)) isSmaller = true;
    if (isSmaller) continue;
    if (listsIn(best).every((place) => at(best, place).length <= pieces)) break;
    pieces *= 2;
  }
  return best;

  /** Cuts a list into pieces and does without what can be spared; answers whether anything could. */
  async function cut(place: Place, pieces: number): Promise<boolean> {
    let isSmaller = false;
    for (let list = at(best, place); list.length > 1 && left > 0; ) {
      const size = Math.ceil(list.length / pieces);
      const starts = Array.from({ length: Math.ceil(list.length / size) }, (_, n) => n * size);
      const found = await firstOf(starts, async (start) => {
        const [piece, others] = [list.slice(start, start + size), list.toSpliced(start, size)];
        return (pieces === 2 && (await attempt(place, piece))) || (await attempt(place, others));
      });
      if (!found) break;
      isSmaller = true;
      list = at(best, place);
    }
    return isSmaller;
  }
}

async function firstOf<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of all) if (await holds(one)) return true;
  return false;
}

/** Most lists that are looked at, and levels above them. */
const MOST_LISTS = 2_000;
const MOST_LEVELS = 32;

/** Lists with more than one element, the outermost first. */
function listsIn(bodies: readonly unknown[]): Place[] {
  const found: Place[] = [];
  let level: { value: unknown; place: Place }[] = bodies.map((value, at) => ({ value, place: [at] }));
  for (let depth = 0; level.length > 0 && depth < MOST_LEVELS; depth++) {
    const next: typeof level = [];
    for (const { value, place } of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Array.isArray(value) && value.length > 1 && found.length < MOST_LISTS) found.push(place);
      if (next.length > 100 * MOST_LISTS) continue;
      for (const [key, part] of Object.entries(value)) {
        if (typeof part === 'object') next.push({ value: part, place: [...place, key] });
      }
    }
    level = next;
  }
  return found;
}

/** The list at a place; an empty one where it has been cut away. */
function at(bodies: readonly unknown[], place: Place): readonly unknown[] {
  let value: unknown = bodies;
  for (const key of place) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return Array.isArray(value) ? value : [];
}

/** A copy with another value at a place; what is beside the way there is shared. */
function replaced(value: unknown, place: Place, by: unknown): unknown {
  const [key, ...rest] = place;
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.with(Number(key), replaced(value[Number(key)], rest, by));
  const members = value as Record<string, unknown>;
  return { ...members, [key]: replaced(members[key], rest, by) };
}
