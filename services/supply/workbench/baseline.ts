import type { Search } from './search.ts';

/** The shape of a partner's answers: no values, only which fields there are, of what type, and which are mapped. */
export interface Baseline {
  readonly fields: Readonly<Record<string, BaselineField>>;
}

/** One field of the answers. */
export interface BaselineField {
  /** "string", "number", "boolean", "null"; where several were seen "null | string". */
  readonly types: string;
  /** The mapping looks at it. */
  readonly mapped: boolean;
}

/** The shape of what was read in some searches. */
export function baselineOf(searches: readonly Search[]): Baseline {
  const fields = new Map<string, { types: Set<string>; mapped: boolean }>();
  for (const { answers, fates } of searches) {
    const mapped = new Map<object, Set<string>>();
    for (const { reads } of fates) {
      for (const { holder, key } of reads) {
        const keys = mapped.get(holder) ?? new Set();
        mapped.set(holder, keys.add(key));
      }
    }
    for (const { body } of answers) walk(body, '', false, fields, mapped);
  }
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    fields: Object.fromEntries(
      sorted.map(([path, { types, mapped }]) => [path, { types: [...types].sort().join(' | '), mapped }]),
    ),
  };
}

function walk(
  value: unknown,
  path: string,
  isMapped: boolean,
  fields: Map<string, { types: Set<string>; mapped: boolean }>,
  mapped: ReadonlyMap<object, ReadonlySet<string>>,
): void {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries())
      walk(one, `${path}[]`, mapped.get(value)?.has(String(at)) === true, fields, mapped);
    return;
  }
  if (typeof value === 'object' && value !== null) {
    const keys = mapped.get(value);
    for (const [key, one] of Object.entries(value)) {
      walk(one, path === '' ? key : `${path}.${key}`, keys?.has(key) === true, fields, mapped);
    }
    return;
  }
  const field = fields.get(path) ?? { types: new Set(), mapped: false };
  field.types.add(value === null ? 'null' : typeof value);
  field.mapped ||= isMapped;
  fields.set(path, field);
}
