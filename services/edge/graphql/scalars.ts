// Scalars for what GraphQL has no type of its own for. On the wire each is what it is in the REST API's JSON.
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';

/** google.protobuf.Timestamp. */
export const dateTime = textScalar(
  'DateTime',
  'A moment as RFC 3339 text: "2026-11-26T09:30:00Z".',
  (text) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
);

/** google.protobuf.Duration. */
export const duration = textScalar('Duration', 'A length of time in seconds as text: "1.5s".', (text) =>
  /^-?\d{1,12}(\.\d{1,9})?s$/.test(text),
);

/** Bytes. */
export const base64 = textScalar('Base64', 'Bytes as base64.', (text) => /^[A-Za-z0-9+/_-]*={0,2}$/.test(text));

/** Whole numbers that may be larger than Int, which ends at 2^31 - 1. */
export const safeInt = new GraphQLScalarType<number, number>({
  name: 'SafeInt',
  description: 'A whole number as a JSON number, within ±(2^53 - 1): counts and sizes, which may be larger than Int.',
  coerceOutputValue: wholeNumber,
  coerceInputValue: wholeNumber,
  coerceInputLiteral: (node) => {
    if (node.kind !== Kind.INT) throw new GraphQLError('Expected a whole number.', { nodes: node });
    return wholeNumber(Number(node.value));
  },
});

/** google.protobuf.Struct. */
export const jsonObject = objectScalar('JSONObject', 'A JSON object of any shape.', () => true);

/** map<string, string>. */
export const stringMap = objectScalar(
  'StringMap',
  'A JSON object whose values are all texts.',
  (value) => typeof value === 'string',
);

/** Every scalar of this file, for whoever looks for names that are taken. */
export const scalars: readonly GraphQLScalarType[] = [dateTime, duration, base64, safeInt, jsonObject, stringMap];

function textScalar(
  name: string,
  description: string,
  accepts: (text: string) => boolean,
): GraphQLScalarType<string, string> {
  const coerce = (value: unknown): string => {
    if (typeof value !== 'string' || !accepts(value)) throw new GraphQLError(`Expected ${lowerFirst(description)}`);
    return value;
  };
  return new GraphQLScalarType({
    name,
    description,
    coerceOutputValue: coerce,
    coerceInputValue: coerce,
    coerceInputLiteral: (node) => coerce(node.kind === Kind.STRING ? node.value : undefined),
  });
}

function objectScalar(
  name: string,
  description: string,
  accepts: (value: unknown) => boolean,
): GraphQLScalarType<object, object> {
  const coerce = (value: unknown): object => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.values(value).every(accepts)) {
      throw new GraphQLError(`Expected ${lowerFirst(description)}`);
    }
    return value;
  };
  return new GraphQLScalarType({
    name,
    description,
    coerceOutputValue: coerce,
    coerceInputValue: coerce,
    coerceInputLiteral: (node) => coerce(valueFromASTUntyped(node)),
  });
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new GraphQLError('Expected a whole number within ±(2^53 - 1).');
  return value as number;
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
