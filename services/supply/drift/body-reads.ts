import { ANY, type AnswerFormat, isName, Shape } from './shape.ts';

/**
 * Notes in the shape of an answer which of its fields are looked at, whoever looks: expressions, `map.ts`, an adapter of its
 * own; also fields that are not there. What was copied out of the answer before it was looked at is not seen, and text that
 * was made of a whole object counts as looking at all of it.
 */
export class BodyReads {
  readonly #format: AnswerFormat;
  /** The same object is always the same to who compares. */
  readonly #watched = new WeakMap<object, object>();

  constructor(format: AnswerFormat) {
    this.#format = format;
  }

  /** The answer in a form that notes what is looked at; the partner's own values stay as they are. */
  watch(body: unknown, shape: Shape): unknown {
    shape.mapped = true;
    return this.#watch(body, shape);
  }

  #watch(value: unknown, shape: Shape): unknown {
    if (!isPlain(value)) return value;
    const known = this.#watched.get(value);
    if (known !== undefined) return known;
    const watched = new Proxy(value, {
      get: (target, key, receiver) => {
        const found: unknown = Reflect.get(target, key, receiver);
        if (typeof key === 'symbol' || typeof found === 'function') return found;
        const child = this.#looked(target, key, shape, found);
        return child === undefined ? found : this.#watch(found, child);
      },
      has: (target, key) => {
        if (typeof key === 'string') this.#looked(target, key, shape, undefined);
        return Reflect.has(target, key);
      },
      getOwnPropertyDescriptor: (target, key) => {
        if (typeof key === 'string') this.#looked(target, key, shape, undefined);
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    this.#watched.set(value, watched);
    return watched;
  }

  /** The field of a key, noted as one that is looked at; undefined where the key names none. */
  #looked(target: object, key: string, shape: Shape, found: unknown): Shape | undefined {
    if (Array.isArray(target)) return /^\d+$/.test(key) ? this.#element(shape) : undefined;
    let child = shape.child(key);
    if (child === undefined) {
      if (!isName(key) || (found === undefined && (key in Object.prototype || ASKED_OF_ANYTHING.has(key)))) {
        return undefined;
      }
      child = new Shape();
      shape.children.set(shape.children.has(ANY) ? ANY : key, child);
    }
    child.mapped = true;
    return child;
  }

  #element(shape: Shape): Shape {
    // In XML an element that occurs once is no list, so its place in one is no step.
    if (this.#format === 'xml') return shape;
    shape.element ??= new Shape();
    shape.element.mapped = true;
    return shape.element;
  }
}

/** What JavaScript asks any object for. */
const ASKED_OF_ANYTHING = new Set(['toJSON', 'then']);

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
