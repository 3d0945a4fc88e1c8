import { ANY, ELEMENT, type Shape, WHOLE } from './shape.ts';

/** How a field can be otherwise than in the baseline. */
export type DriftKind = 'new' | 'vanished' | 'retyped' | 'appeared';

/** One field that is otherwise. */
export interface DriftedField {
  /** Kind of answer: "search", "poll", "step 1". */
  readonly answer: string;
  readonly kind: DriftKind;
  /** "data.offers[].total_amount"; "$" for the answer as a whole. */
  readonly path: string;
  /** The mapping looks at it. */
  readonly mapped: boolean;
  /** Types: "string", "number | string", "nothing". */
  readonly expected: string;
  readonly found: string;
}

/** A field that every parent had in the baseline, and none has here. */
export interface MissingField extends DriftedField {
  readonly kind: 'vanished';
  /** Parents here. */
  readonly parents: number;
  /** Parents in the baseline. */
  readonly known: number;
}

/** What an answer's shape says against the baseline's. */
export interface Compared {
  /** Told by one answer: new, retyped and appeared. */
  readonly changed: readonly DriftedField[];
  /** Told by several answers alone: one may lack what the next has. */
  readonly missing: readonly MissingField[];
  /** Fields that every parent had in the baseline, and some have here and some do not. */
  readonly sometimes: readonly string[];
}

/** Compares an answer's shape with the baseline's. Where a field differs, those below it are not looked at. */
export function differencesOf(answer: string, baseline: Shape, found: Shape): Compared {
  const changed: DriftedField[] = [];
  const missing: MissingField[] = [];
  const sometimes: string[] = [];

  const compare = (path: string, known: Shape, here: Shape): void => {
    const { mapped } = known;
    const types = { expected: known.typeText, found: here.typeText };
    if (known.seen === 0) {
      changed.push({ answer, kind: mapped ? 'appeared' : 'new', path, mapped, ...types });
      return;
    }
    if (isRetyped(known, here)) changed.push({ answer, kind: 'retyped', path, mapped, ...types });
    children(path, known, here);
  };
  const children = (path: string, known: Shape, here: Shape): void => {
    for (const [name, child] of known.children) {
      const own = here.children.get(name);
      const at = path === WHOLE ? name : `${path}.${name}`;
      if (name !== ANY) presence(at, child, own, known.objects, here.objects);
      if (own !== undefined && own.seen > 0) compare(at, child, own);
    }
    if (known.element !== undefined) {
      const at = `${path === WHOLE ? '' : path}${ELEMENT}`;
      presence(at, known.element, here.element, known.elements, here.elements);
      if (here.element !== undefined && here.element.seen > 0) compare(at, known.element, here.element);
    }
    for (const [name, child] of here.children) {
      if (known.children.has(name) || child.seen === 0) continue;
      const at = path === WHOLE ? name : `${path}.${name}`;
      const found = child.typeText;
      changed.push({ answer, kind: 'new', path: at, mapped: false, expected: 'nothing', found });
    }
  };
  const presence = (path: string, child: Shape, own: Shape | undefined, known: number, parents: number): void => {
    if (child.seen === 0 || child.seen < known || parents === 0) return;
    const seen = own?.seen ?? 0;
    if (seen > 0) {
      if (seen < parents) sometimes.push(path);
      return;
    }
    const { mapped, typeText } = child;
    missing.push({ answer, kind: 'vanished', path, mapped, expected: typeText, found: 'nothing', parents, known });
  };

  if (found.seen > 0) compare(WHOLE, baseline, found);
  return { changed, missing, sometimes };
}

/** Whether a field has a type here that it never had in the baseline. */
export function isRetyped(known: Shape, here: Shape): boolean {
  return !here.types.isSubsetOf(known.types);
}
