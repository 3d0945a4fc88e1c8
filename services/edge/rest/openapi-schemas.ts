// JSON schemas of messages by the protobuf JSON mapping, with the comments of the protos and what their options say: what has to be
// filled in and how, what an attribute is usable for, what will go away, and examples.
import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { docOf, exampleOf, type Input, inputOf, isQueryable, verticals } from '../../../libs/vertical/index.ts';
import { deprecationOf } from './deprecation.ts';
import { requirementsOf } from './openapi-required.ts';

/** A JSON object of the document. */
export type Json = { readonly [key: string]: unknown };

/** The schema of a message. */
export interface MessageSchema extends Json {
  readonly properties: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

/** Collects the schemas that a document refers to. */
export interface SchemaCollector {
  /** A reference to the schema of a message, which is made when it is first referred to. */
  readonly message: (message: DescMessage) => Json;
  /** The schema of a field's value, as it stands in its message. */
  readonly field: (field: DescField) => Json;
  /** The schema of a message itself, for where it is changed. */
  readonly whole: (message: DescMessage) => MessageSchema;
  /** A reference to a schema that is no message's, which is made when it is first referred to. */
  readonly named: (name: string, make: () => Json) => Json;
  /** Every schema made so far. */
  readonly all: () => Readonly<Record<string, Json>>;
}

/** Starts an empty collection. */
export function schemaCollector(): SchemaCollector {
  const schemas: Record<string, Json> = {};
  const collector: SchemaCollector = {
    message: (message) => collector.named(schemaName(message), () => messageSchema(message, collector)),
    whole: (message) => messageSchema(message, collector),
    named(name, make) {
      if (schemas[name] === undefined) {
        schemas[name] = {}; // Reserved first: messages may refer to themselves.
        schemas[name] = make();
      }
      return { $ref: `#/components/schemas/${name}` };
    },
    field: (field) => fieldSchema(field, collector, enumOf),
    all: () => schemas,
  };
  const enumOf = (type: DescEnum): Json =>
    collector.named(schemaName(type), () => ({
      type: 'string',
      description: [docOf(type), ...type.values.map((value) => `${value.name}: ${docOf(value)}`)].join('\n'),
      enum: type.values.map((value) => value.name),
    }));
  return collector;
}

/** Messages of query, offers and shared types keep their short name; the rest is told apart by its area. */
function schemaName({ typeName, name }: DescMessage | DescEnum): string {
  const [, area = ''] = /^entrepot\.(\w+)\./.exec(typeName) ?? [];
  return ['query', 'offer', 'type'].includes(area) ? name : `${area.charAt(0).toUpperCase()}${area.slice(1)}${name}`;
}

function messageSchema(message: DescMessage, schemas: SchemaCollector): MessageSchema {
  return {
    type: 'object',
    description: docOf(message),
    properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, schemas.field(field)])),
    ...requirementsOf(message),
    additionalProperties: false,
  };
}

function fieldSchema(field: DescField, schemas: SchemaCollector, enumOf: (type: DescEnum) => Json): Json {
  const input = inputOf(field);
  const attribute = attributeOf(field);
  const deprecation = deprecationOf(field);
  const example = exampleOf(field);
  const description = [
    docOf(field),
    attribute?.note ?? '',
    deprecation === undefined
      ? ''
      : `Deprecated since ${deprecation.since}; may be gone from ${deprecation.sunset} on. ${deprecation.instead}`,
  ].filter((part) => part !== '');
  const value = { ...valueSchema(field, schemas, enumOf), ...valueBounds(input) };
  return {
    ...shape(field, value, input),
    ...(description.length > 0 && { description: description.join(' ') }),
    ...(deprecation !== undefined && { deprecated: true, 'x-sunset': deprecation.sunset }),
    ...(attribute !== undefined && { 'x-attribute': attribute.uses }),
    ...(input?.unit !== undefined && { 'x-unit': input.unit }),
    ...(example !== undefined && { examples: [example] }),
  };
}

function shape(field: DescField, value: Json, input: Input | undefined): Json {
  switch (field.fieldKind) {
    case 'list':
      return {
        type: 'array',
        items: value,
        ...(input?.minItems !== undefined && { minItems: input.minItems }),
        ...(input?.maxItems !== undefined && { maxItems: input.maxItems }),
      };
    case 'map':
      return { type: 'object', additionalProperties: value };
    default:
      return value;
  }
}

/** What holds for one value, of a list for each. */
function valueBounds(input: Input | undefined): Json {
  if (input === undefined) return {};
  const { format, pattern, minimum, above, maximum, maxLength } = input;
  return {
    ...(format !== undefined && { format }),
    ...(pattern !== undefined && { pattern }),
    ...(minimum !== undefined && { minimum }),
    ...(above !== undefined && { exclusiveMinimum: above }),
    ...(maximum !== undefined && { maximum }),
    ...(maxLength !== undefined && { maxLength }),
  };
}

function valueSchema(field: DescField, schemas: SchemaCollector, enumOf: (type: DescEnum) => Json): Json {
  if (field.message !== undefined) return wellKnown[field.message.typeName] ?? schemas.message(field.message);
  if (field.enum !== undefined) return enumOf(field.enum);
  switch (field.scalar) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
    case ScalarType.UINT64:
      return { type: 'integer', minimum: 0 };
    default:
      return { type: 'integer' };
  }
}

const wellKnown: Readonly<Record<string, Json>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?\\d+(\\.\\d+)?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object', additionalProperties: true },
};

/** What can be done with an attribute: in words, "usable in filter, orderBy", and for programs. */
function attributeOf(field: DescField): { readonly note: string; readonly uses: Json } | undefined {
  const spec = [...verticals().values()]
    .find((vertical) => vertical.itemMessage === field.parent.typeName)
    ?.attribute(field.name);
  if (spec === undefined) return undefined;
  const { name, filterable, sortable, facet, unit } = spec;
  const uses = [filterable && 'filter', sortable && 'orderBy', isQueryable(spec) && 'facets'].filter(
    (use) => use !== false,
  );
  if (uses.length === 0) return undefined;
  const measured = unit !== '' && unit !== '1';
  return {
    note: `Attribute ${name}: usable in ${uses.join(', ')}.${measured ? ` Unit: ${unit}.` : ''}`,
    uses: { name, filterable, sortable, facet, ...(measured && { unit }) },
  };
}
