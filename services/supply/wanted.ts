/** Which fields of a message are asked for: called with a field's name as the proto has it, or as JSON does. */
export interface Wanted {
  (field: string): boolean;
  /** Which fields are asked for of the message in a field, or of the messages in its list. Absent: of every field that is, all. */
  readonly within?: ((field: string) => Wanted) | undefined;
}

/** All fields, and all that is in them. */
export const everything: Wanted = () => true;

/** What is asked for of the message in a field that is. */
export function wantedWithin(wanted: Wanted, field: string): Wanted {
  return wanted.within?.(field) ?? everything;
}

/** Fields by both of their names: all of one, or some of the message in it. */
type Tree = Map<string, Tree | 'all'>;

/**
 * What a read mask asks for: paths of proto names (segment_keys) or JSON names (segmentKeys) from the vertical's message on, through
 * messages and lists. No mask, or an empty one, asks for all.
 */
export function wantedBy(readMask: readonly string[] | undefined): Wanted {
  if (readMask === undefined || readMask.length === 0) return everything;
  const root: Tree = new Map();
  for (const path of readMask) add(root, path.split('.'));
  return wantedOf(root);
}

function add(root: Tree, names: readonly string[]): void {
  let tree = root;
  for (const [at, name] of names.entries()) {
    const known = tree.get(name);
    if (known === 'all') return;
    const inner: Tree | 'all' = at === names.length - 1 ? 'all' : (known ?? new Map());
    tree.set(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      inner,
    );
    tree.set(
      name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      inner,
    );
    if (inner === 'all') return;
    tree = inner;
  }
}

function wantedOf(tree: Tree): Wanted {
  const inner = new Map<string, Wanted>();
  for (const [name, part] of tree) if (part !== 'all') inner.set(name, wantedOf(part));
  const wanted = (field: string): boolean => tree.has(field);
  return inner.size === 0
    ? wanted
    : Object.assign(wanted, { within: (field: string) => inner.get(field) ?? everything });
}
