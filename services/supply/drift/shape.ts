/**
 * The shape of a partner's answers: which fields there are, of what types, how often each is there, and which the mapping
 * looks at. Never a value: a key that looks like data (an id, a date, a code) is written "*".
 */

/** What a value can be. null is none: a field that is null counts as absent, and so does an empty element of XML. */
export type ShapeType = 'boolean' | 'list' | 'number' | 'object' | 'string';

/** How answers are written. In XML an element that occurs once is no list, so lists have no step of their own in its paths. */
export type AnswerFormat = 'json' | 'xml';

/** Keys of one object beyond which they are taken for data. */
const MOST_NAMES = 100;
/** Keys of one object that are looked at. */
const MOST_KEYS = 1_000;
/** Elements of one list that are looked at. */
const MOST_ELEMENTS = 10_000;
/** Fields of which no baseline knows, in one answer. */
const MOST_UNKNOWN = 100;
/** Fields of a shape. */
const MOST_FIELDS = 5_000;
/** Levels of nesting. */
const MOST_LEVELS = 32;
/** Values of one answer that are looked at. */
const MOST_VALUES = 200_000;
/** Objects and lists between two moments at which other work may be done. */
const OBJECTS_AT_ONCE = 20;

/** One field with those below it; the whole answer is one too. */
export class Shape {
  readonly types = new Set<ShapeType>();
  /** Times that it was there. */
  seen = 0;
  /** Times that it was an object: parents of its children. */
  objects = 0;
  /** Elements that it had in all as a list. */
  elements = 0;
  /** The mapping looks at it, there or not. */
  mapped = false;
  readonly children = new Map<string, Shape>();
  /** What its elements are. */
  element: Shape | undefined;

  /** The field's types as a text: "number | string"; "nothing" where it never was there. */
  get typeText(): string {
    return this.types.size === 0 ? NOTHING : [...this.types].sort().join(' | ');
  }

  /** Notes that a value was there. */
  note(type: ShapeType): void {
    this.types.add(type);
    this.seen++;
  }

  /** The child of a key: under its name, or with all others that are data. */
  child(key: string): Shape | undefined {
    return this.children.get(key) ?? this.children.get(ANY);
  }

  /** The field at a path; undefined where there is none. "$" is this one. */
  at(path: string): Shape | undefined {
    let found: Shape | undefined = this;
    for (const step of path === WHOLE ? [] : stepsOf(path)) {
      found = step === ELEMENT ? found?.element : found?.children.get(step);
    }
    return found;
  }

  /** Each field below with its path and how many parents it could have been in. */
  *fields(path = ''): Generator<{ readonly path: string; readonly shape: Shape; readonly parents: number }> {
    for (const [name, shape] of this.children) {
      const own = path === '' ? name : `${path}.${name}`;
      // Whatever is under keys of data is there when it is there.
      yield { path: own, shape, parents: name === ANY ? shape.seen : this.objects };
      yield* shape.fields(own);
    }
    if (this.element === undefined) return;
    const own = `${path}${ELEMENT}`;
    yield { path: own, shape: this.element, parents: this.elements };
    yield* this.element.fields(own);
  }
}

/** Path of an answer as a whole. */
export const WHOLE = '$';
/** How a field without any type is written. */
export const NOTHING = 'nothing';
/** Stands for all keys that are data. */
export const ANY = '*';
/** Stands for the elements of a list. */
export const ELEMENT = '[]';

/** The steps of a path: "data.offers[].id" has data, offers, [] and id. */
export function stepsOf(path: string): string[] {
  return path.match(/\[\]|[^.[\]]+/g) ?? [];
}

/** Whether a key reads like the name of a field and not like data: no id, date, address or person's name in several words. */
export function isName(key: string): boolean {
  return key.length <= 48 && NAME.test(key) && (key.match(/\d/g)?.length ?? 0) <= 4;
}

const NAME = /^[@#$]?[\p{L}_][\p{L}\p{N}_:-]*$/u;
/** "GBP", "LHR": where all keys of an object are such, they are codes. */
const CODE = /^[A-Z]{2}[A-Z0-9]?$/;

/**
 * Adds an answer to a shape, a bounded piece of work at a time: it stops after each so that the caller can let others work.
 * An answer that is larger or deeper than anyone needs is looked at in part; objects are counted whole or not at all.
 *
 * @param known what it is held against: what that does not know is noted and not followed, so that it costs nothing
 */
export function* observe(shape: Shape, body: unknown, format: AnswerFormat, known?: Shape): Generator<void> {
  const walk = new Walk(format, known !== undefined);
  walk.enter(body, shape, known, 0);
  for (let done = 1; walk.step(); done++) if (done % OBJECTS_AT_ONCE === 0) yield;
}

/** An object or list whose parts are still to be looked at. */
interface Waiting {
  readonly value: object;
  readonly shape: Shape;
  readonly known: Shape | undefined;
  readonly level: number;
}

class Walk {
  readonly #format: AnswerFormat;
  readonly #isGuided: boolean;
  readonly #waiting: Waiting[] = [];
  #values = MOST_VALUES;
  #fields = MOST_FIELDS;
  #unknown = MOST_UNKNOWN;

  constructor(format: AnswerFormat, isGuided: boolean) {
    this.#format = format;
    this.#isGuided = isGuided;
  }

  /** Notes a value; its parts wait. */
  enter(value: unknown, shape: Shape, known: Shape | undefined, level: number): void {
    if (this.#format === 'xml' && Array.isArray(value)) {
      const seen = shape.seen + 1;
      let isThere = false;
      for (const element of value.slice(0, MOST_ELEMENTS)) {
        this.#note(element, shape, known, level);
        isThere ||= typeOf(element, this.#format) !== undefined;
      }
      // An element that occurs several times is there once in its parent.
      shape.seen = isThere ? seen : seen - 1;
      return;
    }
    this.#note(value, shape, known, level);
  }

  /** Looks at the parts of one object or list; answers whether there was one. */
  step(): boolean {
    const one = this.#waiting.pop();
    if (one === undefined) return false;
    if (this.#values > 0) {
      if (Array.isArray(one.value)) this.#elements(one, one.value);
      else this.#members(one, one.value as Readonly<Record<string, unknown>>);
    }
    return true;
  }

  #note(value: unknown, shape: Shape, known: Shape | undefined, level: number): void {
    this.#values--;
    const type = typeOf(value, this.#format);
    if (type === undefined) return;
    shape.note(type);
    // What no baseline knows is not followed.
    const isFollowed = (type === 'object' || type === 'list') && (!this.#isGuided || known !== undefined);
    if (isFollowed && level < MOST_LEVELS) this.#waiting.push({ value: value as object, shape, known, level });
  }

  #elements({ shape, known, level }: Waiting, list: readonly unknown[]): void {
    shape.element ??= new Shape();
    for (const element of list.slice(0, MOST_ELEMENTS)) {
      shape.elements++;
      this.#note(element, shape.element, known?.element, level + 1);
    }
  }

  #members({ shape, known, level }: Waiting, members: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(members);
    // One whose names are not all looked at tells nothing about what it lacks.
    if (keys.length <= MOST_KEYS) shape.objects++;
    else if (known !== undefined) return;
    for (const key of keys.slice(0, MOST_KEYS)) {
      const name = this.#nameOf(key, shape, known);
      if (name === undefined) continue;
      let child = shape.children.get(name);
      if (child === undefined) {
        child = new Shape();
        shape.children.set(name, child);
      }
      this.enter(members[key], child, known?.children.get(name), level + 1);
    }
    if (!this.#isGuided && shape.children.size > MOST_NAMES) gather(shape);
  }

  /** Under which name a key counts; undefined where there are too many already. */
  #nameOf(key: string, shape: Shape, known: Shape | undefined): string | undefined {
    if (known?.children.has(key) === true) return key;
    if (known?.children.has(ANY) === true) return ANY;
    const name = !isName(key) || (shape.children.has(ANY) && !shape.children.has(key)) ? ANY : key;
    if (shape.children.has(name)) return name;
    if (this.#isGuided ? this.#unknown-- <= 0 : this.#fields-- <= 0) return undefined;
    return name;
  }
}

/** The type of a value; undefined for none. */
function typeOf(value: unknown, format: AnswerFormat): ShapeType | undefined {
  if (value === null || value === undefined || (format === 'xml' && value === '')) return undefined;
  if (Array.isArray(value)) return 'list';
  const type = typeof value;
  return type === 'bigint' ? 'number' : (type as ShapeType);
}

/** Puts together, all the way down, what stands under keys that are codes: one has it under GBP, the next under EUR. */
export function gatherCodes(shape: Shape): void {
  const names = [...shape.children.keys()];
  if (names.length > 0 && names.every((name) => name === ANY || CODE.test(name))) gather(shape);
  for (const child of shape.children.values()) gatherCodes(child);
  if (shape.element !== undefined) gatherCodes(shape.element);
}

/** All children as one. */
function gather(shape: Shape): void {
  const all = new Shape();
  for (const child of shape.children.values()) merge(all, child);
  shape.children.clear();
  shape.children.set(ANY, all);
}

/** Adds what another shape has seen. */
export function merge(shape: Shape, other: Shape): void {
  for (const type of other.types) shape.types.add(type);
  shape.seen += other.seen;
  shape.objects += other.objects;
  shape.elements += other.elements;
  shape.mapped ||= other.mapped;
  for (const [name, child] of other.children) {
    let own = shape.children.get(name);
    if (own === undefined) {
      own = new Shape();
      shape.children.set(name, own);
    }
    merge(own, child);
  }
  if (other.element === undefined) return;
  shape.element ??= new Shape();
  merge(shape.element, other.element);
}
