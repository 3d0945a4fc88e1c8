// JSON schemas of messages by the protobuf JSON mapping, with the comments of the protos and what the attribute options
// say.
import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { docOf, isQueryable, verticals } from '../../../libs/vertical/index.ts';

import { requireMessage } from './messages.ts';

/** A JSON object of the document. */
export type Json = { readonly [key: string]: unknown };

/** Collects the schemas that a document refers to. */
export interface SchemaCollector {
  /** Names the schema of a message, building it on first use. */
  message(message: DescMessage): string;
  /** Every schema named so far. */
  all(): Readonly<Record<string, Json>>;
}

/** A reference to a message's schema. */
export function schemaRef(typeName: string, schemas: SchemaCollector): Json {
  return { $ref: `#/components/schemas/${schemas.message(requireMessage(typeName))}` };
}

/** Starts an empty collection. */
export function schemaCollector(): SchemaCollector {
  const schemas: Record<string, Json> = {};
  const nameOf = (type: { typeName: string; name: string }): string =>
    // Messages of query keep their short name; the rest is told apart by its area where names meet.
    type.typeName.startsWith('entrepot.query.v1.') ||
    type.typeName.startsWith('entrepot.offer.v1.') ||
    type.typeName.startsWith('entrepot.type.v1.')
      ? type.name
      : type.typeName.replace(
          /^entrepot\.(\w+)\.v\d+\./,
          (_, area: string) => `${area[0]?.toUpperCase()}${area.slice(1)}`,
        );
  const collector: SchemaCollector = {
    message(message) {
      const name = nameOf(message);
      if (schemas[name] === undefined) {
        schemas[name] = {}; // Reserved first: messages may refer to themselves.
        schemas[name] = {
          type: 'object',
          description: docOf(message),
          properties: Object.fromEntries(
            message.fields.map((field) => [field.jsonName, fieldSchema(field, collector, enumSchema)]),
          ),
          additionalProperties: false,
        };
      }
      return name;
    },
    all: () => schemas,
  };
  const enumSchema = (type: DescEnum): Json => {
    const name = nameOf(type);
    schemas[name] ??= {
      type: 'string',
      description: [docOf(type), ...type.values.map((value) => `${value.name}: ${docOf(value)}`)].join('\n'),
      enum: type.values.map((value) => value.name),
    };
    return { $ref: `#/components/schemas/${name}` };
  };
  return collector;
}

function fieldSchema(field: DescField, schemas: SchemaCollector, enumSchema: (type: DescEnum) => Json): Json {
  const description = [docOf(field), attributeNote(field)].filter((part) => part !== '').join(' ');
  const value = valueSchema(field, schemas, enumSchema);
  return {
    ...(field.fieldKind === 'list' ? { type: 'array', items: value } : value),
    ...(description !== '' && { description }),
  };
}

function valueSchema(field: DescField, schemas: SchemaCollector, enumSchema: (type: DescEnum) => Json): Json {
  if (field.message !== undefined)
    return wellKnown[field.message.typeName] ?? { $ref: `#/components/schemas/${schemas.message(field.message)}` };
  if (field.enum !== undefined) return enumSchema(field.enum);
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
      return { type: 'integer', minimum: 0 };
    default:
      return { type: 'integer' };
  }
}

const wellKnown: Readonly<Record<string, Json>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?\\d+(\\.\\d+)?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
};

/** What can be done with an attribute: "Filterable, sortable, facet; unit min." */
function attributeNote(field: DescField): string {
  const spec = [...verticals().values()]
    .find((vertical) => vertical.itemMessage === field.parent.typeName)
    ?.attribute(field.name);
  if (spec === undefined) return '';
  const uses = [spec.filterable && 'filter', spec.sortable && 'orderBy', isQueryable(spec) && 'facets'].filter(
    (use) => use !== false,
  );
  if (uses.length === 0) return '';
  const unit = spec.unit === '' || spec.unit === '1' ? '' : ` Unit: ${spec.unit}.`;
  return `Attribute ${spec.name}: usable in ${uses.join(', ')}.${unit}`;
}
