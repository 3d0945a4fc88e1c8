// What is selected of a message, as an object of the answer. Compiled once for a selection: per message it reads what is asked for,
// and nothing else.
import type { ApiSchema } from './schema.ts';
import type { Selection } from './selection.ts';

/** Makes the answer's object of a message. */
export type Project = (message: object) => Record<string, unknown>;

type Put = (message: object, into: Record<string, unknown>) => void;

/** Compiles a selection of a message. */
export function projectionOf(api: ApiSchema, { type, fields }: Selection): Project {
  const puts = fields.map(({ key, name, inner }): Put => {
    if (name === '__typename') {
      return (_message, into) => {
        into[key] = type.name;
      };
    }
    const { read, json, list } = api.field(type, name);
    const each = inner === undefined ? json : (projectionOf(api, inner) as (value: unknown) => unknown);
    if (each === undefined) {
      return (message, into) => {
        into[key] = read(message) ?? null;
      };
    }
    if (list) {
      return (message, into) => {
        into[key] = (read(message) as readonly unknown[]).map(each);
      };
    }
    return (message, into) => {
      const value = read(message);
      into[key] = value === undefined ? null : each(value);
    };
  });
  return (message) => {
    const into: Record<string, unknown> = {};
    for (const put of puts) put(message, into);
    return into;
  };
}
