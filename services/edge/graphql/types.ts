// Types of the schema from messages and enums of the contracts, and how a field is read from a message.
import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLFloat,
  type GraphQLInputFieldConfig,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableInputType,
  GraphQLObjectType,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import { docOf, readOption } from '../../../libs/vertical/index.ts';
import { inputNameOf, typeNameOf } from './names.ts';
import { base64, dateTime, duration, jsonObject, safeInt, scalars, stringMap } from './scalars.ts';

/** A field of a message, as the schema shows it. */
export interface MessageField {
  readonly descriptor: DescField;
  readonly list: boolean;
  /** Its value in a message of the generated code; undefined where it is not set. */
  readonly read: (message: object) => unknown;
  /** A value as JSON has it; undefined where it already is, and for messages. */
  readonly json: ((value: unknown) => unknown) | undefined;
}

/** The types of messages, made when they are first asked for. */
export interface MessageTypes {
  output(message: DescMessage): GraphQLObjectType;
  /** A field of a request as an argument or input field. */
  input(field: DescField): GraphQLInputFieldConfig & { readonly type: GraphQLNullableInputType };
  reader(field: DescField): MessageField;
  /** Throws for a type or field that does not stand for one of a message. */
  field(type: GraphQLObjectType, name: string): MessageField;
}

/** Starts without any. */
export function messageTypes(): MessageTypes {
  const known = new Map<string, { readonly of: string; readonly type: unknown }>();
  for (const { name } of [...scalars, GraphQLInt, GraphQLFloat, GraphQLString, GraphQLBoolean])
    known.set(name, { of: name, type: undefined });
  for (const name of ['ID', 'Query', 'Mutation', 'Subscription']) known.set(name, { of: name, type: undefined });
  const fields = new Map<string, ReadonlyMap<string, MessageField>>();

  /** The type of a name, made on first use. */
  const once = <Type>(name: string, of: string, make: () => Type): Type => {
    const existing = known.get(name);
    if (existing !== undefined && existing.of !== of)
      throw new Error(`${existing.of} and ${of} would both be ${name}.`);
    if (existing !== undefined) return existing.type as Type;
    const type = make();
    known.set(name, { of, type });
    return type;
  };

  const output = (message: DescMessage): GraphQLObjectType =>
    once(typeNameOf(message), message.typeName, () => {
      const name = typeNameOf(message);
      fields.set(name, new Map(message.fields.map((field) => [field.jsonName, readerOf(field)])));
      return new GraphQLObjectType({
        name,
        description: docOf(message),
        fields: () => Object.fromEntries(message.fields.map((field) => [field.jsonName, outputField(field)])),
      });
    });

  const enumOf = (type: DescEnum): GraphQLEnumType =>
    once(
      typeNameOf(type),
      type.typeName,
      () =>
        new GraphQLEnumType({
          name: typeNameOf(type),
          description: docOf(type),
          values: Object.fromEntries(
            type.values.map((value) => [value.name, { value: value.name, description: docOf(value) }]),
          ),
        }),
    );

  const outputField = (field: DescField): GraphQLFieldConfig<unknown, unknown> => {
    const type =
      field.fieldKind === 'map'
        ? stringMap
        : (leafOf(field) ?? (field.message ? output(field.message) : enumOf(enumIn(field))));
    const each = new GraphQLNonNull(type);
    return {
      type: field.fieldKind === 'list' ? new GraphQLNonNull(new GraphQLList(each)) : mayBeAbsent(field) ? type : each,
      ...wordsOf(field),
    };
  };

  const inputOf = (message: DescMessage): GraphQLInputObjectType =>
    once(
      inputNameOf(message),
      `${message.typeName} as input`,
      () =>
        new GraphQLInputObjectType({
          name: inputNameOf(message),
          description: docOf(message),
          isOneOf: message.oneofs.length === 1 && message.fields.every((field) => field.oneof !== undefined),
          fields: () => Object.fromEntries(message.fields.map((field) => [field.jsonName, input(field)])),
        }),
    );

  const input: MessageTypes['input'] = (field) => {
    const type: GraphQLInputType & GraphQLNullableInputType =
      field.fieldKind === 'map'
        ? stringMap
        : (leafOf(field) ?? (field.message ? inputOf(field.message) : enumOf(enumIn(field))));
    return { type: field.fieldKind === 'list' ? new GraphQLList(new GraphQLNonNull(type)) : type, ...wordsOf(field) };
  };

  return {
    output,
    input,
    reader: readerOf,
    field(type, name) {
      const field = fields.get(type.name)?.get(name);
      if (field === undefined) throw new Error(`${type.name}.${name} stands for no field of a message.`);
      return field;
    },
  };
}

/** Not set is something else than zero or empty. */
function mayBeAbsent(field: DescField): boolean {
  return field.fieldKind === 'message' || field.oneof !== undefined || field.proto.proto3Optional;
}

/** The scalar of a field; undefined for messages and enums. */
function leafOf(field: DescField): GraphQLScalarType | undefined {
  if (field.message !== undefined) return wellKnown[field.message.typeName]?.type;
  switch (field.scalar) {
    case undefined:
      return undefined;
    case ScalarType.STRING:
      return GraphQLString;
    case ScalarType.BOOL:
      return GraphQLBoolean;
    case ScalarType.BYTES:
      return base64;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return GraphQLFloat;
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return GraphQLInt;
    default:
      return safeInt;
  }
}

interface WellKnown {
  readonly type: GraphQLScalarType;
  readonly json?: (value: unknown) => unknown;
}

const wellKnown: Readonly<Record<string, WellKnown>> = {
  'google.protobuf.Timestamp': { type: dateTime, json: String },
  'google.protobuf.Duration': { type: duration, json: durationText },
  'google.protobuf.Struct': { type: jsonObject },
};

function durationText(value: unknown): string {
  const { seconds, nanos } = value as { readonly seconds: number; readonly nanos: number };
  const fraction = String(Math.abs(nanos)).padStart(9, '0').replace(/0+$/, '');
  return `${nanos < 0 && seconds === 0 ? '-' : ''}${seconds}${fraction === '' ? '' : `.${fraction}`}s`;
}

function readerOf(field: DescField): MessageField {
  const { localName, oneof } = field;
  return {
    descriptor: field,
    list: field.fieldKind === 'list',
    json: jsonOf(field),
    read:
      oneof === undefined
        ? (message) => (message as Fields)[localName]
        : (message) => {
            const chosen = (message as Fields)[oneof.localName] as { $case: string; value: unknown } | undefined;
            return chosen?.$case === localName ? chosen.value : undefined;
          },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function jsonOf(field: DescField): MessageField['json'] {
  if (field.message !== undefined) return wellKnown[field.message.typeName]?.json;
  if (field.scalar === ScalarType.BYTES) return (value) => Buffer.from(value as Uint8Array).toString('base64');
  if (field.enum === undefined) return undefined;
  const names = new Map(field.enum.values.map(({ number, name }) => [number, name]));
  // A value that is newer than this process is none that it knows.
  const unknown = field.enum.values[0]?.name;
  return (value) => names.get(value as number) ?? unknown;
}

function enumIn(field: DescField): DescEnum {
  if (field.enum === undefined) throw new Error(`${field.toString()} has no type in GraphQL.`);
  return field.enum;
}

/** What a field is for, and until when it is there. */
function wordsOf(field: DescField): { description: string; deprecationReason?: string } {
  const deprecation = readOption(field, 'entrepot.type.v1.deprecation');
  const description = docOf(field);
  if (deprecation === undefined) {
    return field.proto.options?.deprecated === true
      ? { description, deprecationReason: 'No longer to be read.' }
      : { description };
  }
  return {
    description,
    deprecationReason: [
      `Since ${String(deprecation('since'))}; may be gone from ${String(deprecation('sunset'))} on.`,
      String(deprecation('instead')),
    ]
      .filter((part) => part !== '')
      .join(' '),
  };
}
