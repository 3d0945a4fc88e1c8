import { KitAnswer, type KitRow } from '../kit/answer.ts';

/** One value of a partner's row that the mapping looked at. */
export interface Read {
  /** "row.slices[0].duration". */
  readonly path: string;
  readonly value: unknown;
  /** What holds it: changing `holder[key]` changes the answer. */
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Notes which values of a row are looked at, whoever looks: an expression, `map.ts` or an adapter of its own. */
export class ReadLog {
  readonly #reads = new Map<string, Read>();
  readonly #made: boolean;

  /** @param options `made`: notes also what map.ts made of the partner's values when it made the row */
  constructor(options: { readonly made?: boolean } = {}) {
    this.#made = options.made === true;
  }

  /** Everything looked at so far, each once, in order of the first look. */
  get reads(): readonly Read[] {
    return [...this.#reads.values()];
  }

  /** The row in a form that notes what is read of it; the partner's own values stay as they are. */
  watch(row: unknown, names: readonly string[]): unknown {
    if (!isKitRow(row)) return this.#watched(row, names[0] ?? 'row');
    const values = this.#watchedValues(row.values, names);
    return { answer: row.answer.anew(), values, named: namedOf(values), derived: undefined };
  }

  /** Elements of loops stand by position, what map.ts made by name. */
  #watchedValues(values: KitRow['values'], names: readonly string[]): KitRow['values'] {
    if (isList(values)) return values.map((value, at) => this.#watched(value, names[at] ?? `row${at}`));
    const watched = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, this.#watched(value, name)]),
    );
    if (!this.#made) return watched;
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || value === null || isPlain(value)) continue;
      const read: Read = { path: name, value, holder: values as Record<string, unknown>, key: name };
      Object.defineProperty(watched, name, {
        enumerable: true,
        get: () => {
          this.#reads.set(name, read);
          return value;
        },
      });
    }
    return watched;
  }

  #watched(value: unknown, path: string): unknown {
    if (!isPlain(value)) return value;
    return new Proxy(value, {
      get: (target, key, receiver) => {
        const found: unknown = Reflect.get(target, key, receiver);
        if (typeof key === 'symbol' || typeof found === 'function') return found;
        const list = Array.isArray(target);
        if (list && key === 'length') return found;
        const at = list ? `${path}[${key}]` : `${path}.${key}`;
        if (isPlain(found)) return this.#watched(found, at);
        if (found !== undefined && found !== null && !this.#reads.has(at)) {
          this.#reads.set(at, { path: at, value: found, holder: target as Record<string, unknown>, key });
        }
        return found;
      },
    });
  }
}

/** Values by name, where they are: rows of loops have theirs by position. */
export function namedOf(values: KitRow['values']): KitRow['named'] {
  return isList(values) ? undefined : values;
}

function isList(values: KitRow['values']): values is readonly unknown[] {
  return Array.isArray(values);
}

function isKitRow(row: unknown): row is KitRow {
  return typeof row === 'object' && row !== null && 'answer' in row && row.answer instanceof KitAnswer;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
