import {
  buildSchema,
  GraphQLError,
  isInputObjectType,
  isObjectType,
  parse,
  printSchema,
  validate,
  validateSchema,
} from 'graphql';
import { expect, test } from 'vitest';
import { publicMethods } from '../api/method.ts';
import { inputNameOf, typeNameOf } from './names.ts';
import { dateTime, duration, safeInt, stringMap } from './scalars.ts';
import { apiSchema, schemaOf } from './schema.ts';

const api = apiSchema();

test('the schema is valid, and its text builds the same one', () => {
  expect(validateSchema(api.schema)).toEqual([]);
  expect(printSchema(buildSchema(api.sdl))).toBe(api.sdl.trimEnd());
});

test('every public method is reachable: safe ones as queries, unsafe ones as mutations, streams as subscriptions', () => {
  const kindOf = new Map([...publicMethods().values()].map((method) => [method.fullName, method]));
  for (const method of kindOf.values()) {
    const kind = method.streams ? 'subscription' : method.safe ? 'query' : 'mutation';
    const name = `${method.name.charAt(0).toLowerCase()}${method.name.slice(1)}`;
    expect(api.roots[kind].get(name)?.method).toBe(method);
    expect(api.schema.getRootType(kind)?.getFields()[name]).toBeDefined();
  }
  expect(api.roots.query.get('search')).toMatchObject({ asPage: true });
});

test('every field, argument and type says what it is', () => {
  const silent: string[] = [];
  const look = (at: string, { description }: { readonly description?: string | null | undefined }): void => {
    if (!description) silent.push(at);
  };
  for (const type of Object.values(api.schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    look(type.name, type);
    if (!isObjectType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      look(`${type.name}.${field.name}`, field);
      if ('args' in field) for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
    }
  }
  expect(silent).toEqual([]);
});

test('what is set or not may be null, what always has a value may not', () => {
  const offer = api.schema.getType('Offer');
  const typeOf = (name: string): string => (isObjectType(offer) ? String(offer.getFields()[name]?.type) : '');
  expect([typeOf('offerId'), typeOf('price'), typeOf('stale'), typeOf('otherOffers'), typeOf('expiresAt')]).toEqual([
    'String!',
    'Price',
    'Boolean!',
    '[OfferSummary!]!',
    'DateTime',
  ]);
});

test('what names a resource in the path of REST has to be given', () => {
  const errors = validate(api.schema, parse('{ getOffer { partner } }'));
  expect(errors.map(({ message }) => message).join()).toContain('offerId');
});

test('types are named by their message, with the package where it is not search’s own', () => {
  const name = (typeName: string): string => typeNameOf({ typeName, name: typeName.split('.').at(-1) ?? '' });
  expect(name('entrepot.offer.v1.Offer')).toBe('Offer');
  expect(name('entrepot.supply.v1.Partner')).toBe('SupplyPartner');
  expect(name('entrepot.supply.v2.Partner')).toBe('SupplyPartnerV2');
  expect(inputNameOf({ typeName: 'entrepot.offer.v1.FlightCriteria', name: 'FlightCriteria' })).toBe(
    'FlightCriteriaInput',
  );
  expect(() => name('google.protobuf.Any')).toThrow('google.protobuf.Any');
});

test('a method twice is refused in place of being lost', () => {
  const methods = [...publicMethods().values()];
  expect(() => schemaOf([...methods, ...methods.slice(0, 1)])).toThrow('Two methods');
});

test.each([
  [dateTime, '2026-11-26T09:30:00Z', 'tomorrow'],
  [duration, '1.5s', '1.5'],
  [safeInt, 4_294_967_295, 1.5],
  [stringMap, { a: 'b' }, { a: 1 }],
])('%s takes what REST takes', (scalar, right, wrong) => {
  expect(scalar.coerceInputValue(right)).toEqual(right);
  expect(() => scalar.coerceInputValue(wrong)).toThrow(GraphQLError);
});
