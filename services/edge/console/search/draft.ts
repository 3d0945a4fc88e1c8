// What stands in a form, between the schema that the form is drawn from and the request that it becomes.
import type { ApiSchema, Schema } from '../api/schema.ts';

/** What stands in one field: a text or a flag; in a group, its fields by name; in a repeated one, its entries. */
export type Draft = string | boolean | readonly Draft[] | { readonly [name: string]: Draft };

/** How a field is filled in. */
export type FieldKind =
  | 'text'
  | 'date'
  | 'moment'
  | 'number'
  | 'choice'
  | 'choices'
  | 'flag'
  | 'texts'
  | 'group'
  | 'groups';

const isoDate = /^\d{4}-\d{2}-\d{2}$/;
const isoMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

/** How a field of a schema is filled in: by its type, and texts by their format or the form of their example. */
export function kindOf(api: ApiSchema, field: Schema): FieldKind {
  const schema = api.resolve(field);
  if (schema.enum !== undefined) return 'choice';
  switch (schema.type) {
    case 'boolean':
      return 'flag';
    case 'integer':
    case 'number':
      return 'number';
    case 'object':
      return 'group';
    case 'array': {
      const items = api.resolve(schema.items ?? {});
      if (items.enum !== undefined) return 'choices';
      return items.type === 'object' ? 'groups' : 'texts';
    }
    default:
      return textKind(schema);
  }
}

function textKind(schema: Schema): FieldKind {
  if (schema.format === 'date') return 'date';
  return isoMoment.test(String(exampleOf(schema))) ? 'moment' : 'text';
}

/** A field's value by example, where its contract has one. */
export const exampleOf = (schema: Schema): unknown => schema.examples?.[0];

/** Nothing filled in. */
export function emptyDraft(kind: FieldKind): Draft {
  if (kind === 'flag') return false;
  if (kind === 'groups' || kind === 'choices') return [];
  return kind === 'group' ? {} : '';
}

/** A field as its contract's examples fill it in; of a group what is required, or everything where nothing is. */
export function exampleDraft(api: ApiSchema, field: Schema): Draft {
  const schema = api.resolve(field);
  const kind = kindOf(api, field);
  const example = exampleOf(schema);
  if (example !== undefined) return draftOf(api, field, example);
  if (kind !== 'group') return emptyDraft(kind);
  const fields = Object.entries(schema.properties ?? {});
  const wanted = schema.required ?? fields.map(([name]) => name);
  return Object.fromEntries(
    fields.map(([name, one]) => [name, wanted.includes(name) ? exampleDraft(api, one) : emptyDraft(kindOf(api, one))]),
  );
}

/** A value as it stands in a request, as a draft. */
export function draftOf(api: ApiSchema, field: Schema, value: unknown): Draft {
  const kind = kindOf(api, field);
  const schema = api.resolve(field);
  if (value === undefined || value === null) return emptyDraft(kind);
  switch (kind) {
    case 'flag':
      return value === true;
    case 'group': {
      const members = value as Readonly<Record<string, unknown>>;
      const fields = Object.entries(schema.properties ?? {});
      return Object.fromEntries(fields.map(([name, one]) => [name, draftOf(api, one, members[name])]));
    }
    case 'groups':
    case 'choices':
      return (value as readonly unknown[]).map((one) => draftOf(api, schema.items ?? {}, one));
    case 'texts':
      return (value as readonly unknown[]).join(', ');
    default:
      return String(value);
  }
}

/** The draft as a request wants it: what is empty is left out; undefined where nothing is filled in. */
export function filledIn(api: ApiSchema, field: Schema, draft: Draft | undefined): unknown {
  if (draft === undefined || draft === '' || draft === false) return undefined;
  const schema = api.resolve(field);
  switch (kindOf(api, field)) {
    case 'number':
      return Number(draft);
    case 'texts':
      return listOf(String(draft)).map((one) => (isNumber(api.resolve(schema.items ?? {})) ? Number(one) : one));
    case 'choices':
      return (draft as readonly Draft[]).length === 0 ? undefined : draft;
    case 'groups': {
      const entries = (draft as readonly Draft[]).map((one) => filledIn(api, schema.items ?? {}, one) ?? {});
      return entries.length === 0 ? undefined : entries;
    }
    case 'group': {
      const members = draft as { readonly [name: string]: Draft };
      const values = Object.entries(schema.properties ?? {})
        .map(([name, one]) => [name, filledIn(api, one, members[name])] as const)
        .filter(([, value]) => value !== undefined);
      return values.length === 0 ? undefined : Object.fromEntries(values);
    }
    default:
      return draft;
  }
}

const isNumber = (schema: Schema): boolean => schema.type === 'integer' || schema.type === 'number';

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * A value whose dates are moved so that the earliest is so many days ahead; their distances stay. Contracts' examples are of the day
 * on which they were written.
 */
export function movedAhead<Value>(value: Value, days: number, today = new Date()): Value {
  const dates: number[] = [];
  const visit = (one: unknown, take: (text: string) => unknown): unknown => {
    if (typeof one === 'string') return take(one);
    if (Array.isArray(one)) return one.map((entry) => visit(entry, take));
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, visit(member, take)]));
  };
  const isDate = (text: string): boolean => isoDate.test(text) || isoMoment.test(text);
  const dayOf = (text: string): number => Date.parse(text.slice(0, 10)) / dayMs;
  visit(value, (text) => {
    if (isDate(text)) dates.push(dayOf(text));
    return text;
  });
  const by = Math.floor(today.getTime() / dayMs) + days - Math.min(...dates);
  return visit(value, (text) => {
    if (!isDate(text)) return text;
    return new Date((dayOf(text) + by) * dayMs).toISOString().slice(0, 10) + text.slice(10);
  }) as Value;
}

const dayMs = 86_400_000;
