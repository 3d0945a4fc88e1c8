// What the schema says about the items of a vertical: which attributes they have and how their values read.

import type { LocalTime } from '../../../../libs/client/index.ts';
import type { ApiSchema, Schema } from '../api/schema.ts';
import { clock, commonPrefix, day, enumWord, minutes, number, words } from '../ui/format.ts';

/** How values of an attribute are told apart and written. */
export type AttributeKind = 'flag' | 'number' | 'time' | 'enum' | 'text' | 'texts';

/** An attribute of an item: what one filters, sorts and counts by. */
export interface Attribute {
  /** In JSON: "durationMinutes". */
  readonly property: string;
  /** In filters, orders and facets: "duration_minutes". */
  readonly name: string;
  /** For a person: "Duration". */
  readonly title: string;
  readonly kind: AttributeKind;
  /** As UCUM writes it; empty for none. */
  readonly unit: string;
  readonly integer: boolean;
  readonly filterable: boolean;
  readonly sortable: boolean;
  readonly facet: boolean;
  /** Of an enum: its values in full. */
  readonly values: readonly string[];
}

/** A vertical as the page sees it. */
export interface Vertical {
  /** As in a request: "flight". */
  readonly name: string;
  readonly criteria: Schema;
  readonly item: Schema;
  readonly attributes: readonly Attribute[];
}

/** Every vertical of the API. */
export function verticalsOf(api: ApiSchema): readonly Vertical[] {
  return api.verticals().map(({ name, criteria, item }) => ({
    name,
    criteria,
    item,
    attributes: Object.entries(item.properties ?? {}).flatMap(([property, schema]) =>
      attributeOf(api, property, schema),
    ),
  }));
}

function attributeOf(api: ApiSchema, property: string, field: Schema): Attribute[] {
  const note = field['x-attribute'];
  if (note === undefined) return [];
  const schema = api.resolve(field);
  const { name, unit = '', filterable = false, sortable = false, facet } = note;
  return [
    {
      property,
      name,
      title: titleOf(name),
      kind: api.is(field, 'LocalTime') ? 'time' : kindOf(schema),
      unit,
      integer: schema.type === 'integer',
      filterable,
      sortable,
      facet: facet !== undefined,
      values: schema.enum ?? api.resolve(schema.items ?? {}).enum ?? [],
    },
  ];
}

function kindOf(schema: Schema): AttributeKind {
  if (schema.enum !== undefined) return 'enum';
  if (schema.type === 'boolean') return 'flag';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  return schema.type === 'array' ? 'texts' : 'text';
}

/** A name without the unit that its values are written with anyway: "duration_minutes" → "Duration". */
export const titleOf = (name: string): string =>
  words(name.replace(/_(minutes|km|kg)$/, '').replace(/_minute_of_day$/, '_time'));

/** A value of an attribute for a person; empty where there is none. */
export function written(attribute: Attribute, value: unknown): string {
  if (value === undefined || value === null || value === '') return '';
  switch (attribute.kind) {
    case 'flag':
      return value === true ? attribute.title : `Not ${attribute.title.toLowerCase()}`;
    case 'number':
      return writtenNumber(attribute, Number(value));
    case 'time': {
      const time = value as LocalTime;
      return `${clock(time)} ${day(time)}`;
    }
    case 'enum':
      return String(value).endsWith('_UNSPECIFIED') ? '' : enumWord(String(value), attribute.values);
    case 'texts':
      return (value as readonly unknown[]).join(', ');
    default:
      return String(value);
  }
}

/** A number of an attribute with its unit. */
export function writtenNumber(attribute: Pick<Attribute, 'name' | 'unit'>, value: number): string {
  if (attribute.name.endsWith('minute_of_day')) {
    const time = Math.round(value);
    return `${String(Math.floor(time / 60)).padStart(2, '0')}:${String(time % 60).padStart(2, '0')}`;
  }
  if (attribute.unit === 'min') return minutes(value);
  if (attribute.unit === 'd') return `${number(value)} d`;
  return attribute.unit === '' || attribute.unit === '1' ? number(value) : `${number(value)} ${attribute.unit}`;
}

/** A value as a facet tells it ("ECONOMY", "true", "0") for a person. */
export function facetValueText(attribute: Attribute | undefined, value: string): string {
  if (attribute === undefined) return value;
  if (attribute.kind === 'flag') return value === 'true' ? 'Yes' : 'No';
  if (attribute.kind === 'enum') return enumWord(commonPrefix(attribute.values) + value, attribute.values);
  return attribute.kind === 'number' ? writtenNumber(attribute, Number(value)) : value;
}
