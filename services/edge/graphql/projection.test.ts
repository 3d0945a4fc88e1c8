import fc from 'fast-check';
import {
  execute,
  type GraphQLFieldResolver,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  isLeafType,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { Offer } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { pageOf } from '../api/search-page.ts';
import { Documents } from './documents.ts';
import { defaultLimits } from './limits.ts';
import { apiSchema } from './schema.ts';

const api = apiSchema();
const limits = { ...defaultLimits, fields: 100_000, tokens: 100_000, aliases: 100_000, cost: Number.POSITIVE_INFINITY };
const documents = new Documents(api, { limits, introspection: true });

const flight = {
  offerId: 'o1',
  productId: 'p1',
  partner: 'sky',
  item: {
    flight: {
      stops: 1,
      durationMinutes: 455,
      cabin: 'CABIN_ECONOMY',
      carriers: ['BA', 'AA'],
      departure: { dateTime: '2027-01-22T20:00:00', timeZone: 'Europe/London' },
      slices: [
        { origin: 'LHR', destination: 'JFK', segments: [{ origin: 'LHR', aircraft: '77W' }, { origin: 'DUB' }] },
        { origin: 'JFK', segments: [] },
      ],
    },
  },
  price: {
    total: { currencyCode: 'GBP', amount: '627.00' },
    partnerTaxBasis: 'TAX_BASIS_INCLUDED',
    charges: [{ name: 'Air "passenger" duty', inTotal: true, amount: { currencyCode: 'GBP', amount: '92.00' } }],
  },
  expiresAt: '2027-01-22T20:00:00.123Z',
  otherOffers: [{ offerId: 'o2', partner: 'sea' }],
};
const bare = { offerId: 'o2', item: { stay: { nights: 3 } } };

const end = SearchUpdate.fromJSON({
  searchId: 's1',
  revision: 4,
  complete: true,
  upserts: [flight, bare],
  page: { offerIds: ['o2', 'o1'], totalSize: 2 },
  outcomes: [{ partner: 'sky', status: 'OUTCOME_STATUS_OK', latencyMs: 4_294_967_295, retryAfterMs: 0 }],
  facets: [{ attribute: 'price', range: { min: 1.5, max: 627, histogram: [1, 0, 1] } }],
});

/** What graphql-js makes of it, with fields read as the schema says. */
const resolver: GraphQLFieldResolver<unknown, unknown> = (source, _args, _context, info) => {
  if (info.parentType === api.schema.getQueryType()) return pageOf(end);
  const { read, json, list } = api.field(info.parentType, info.fieldName);
  const value = read(source as object);
  if (json === undefined || value === undefined) return value;
  return list ? (value as readonly unknown[]).map(json) : json(value);
};

function both(selection: string, variables: Record<string, unknown>): { ours: unknown; theirs: unknown } {
  const text = `query ($on: Boolean!, $off: Boolean!) { search(currency: "GBP", market: "GB", locale: "x") @include(if: $on) ${selection} off: __typename @skip(if: $off) }`;
  const { fields } = documents.read(text).operation(undefined).bind(variables);
  const ours = Object.fromEntries(
    fields.map((field) => [field.key, 'known' in field ? field.known.json : field.value(end).json]),
  );
  const { data } = execute({
    schema: api.schema,
    document: parse(text),
    variableValues: variables,
    fieldResolver: resolver,
  }) as { data: unknown };
  return { ours, theirs: JSON.parse(JSON.stringify(data)) };
}

/** A random selection of a type: fields under aliases or not, in fragments or not, included or not. */
function selectionOf(type: GraphQLObjectType, depth: number): fc.Arbitrary<string> {
  const one = fc
    .tuple(fc.constantFrom('__typename', ...Object.keys(type.getFields())), fc.nat(3), fc.nat(5))
    .chain(([name, alias, wrap]) => {
      const named = type.getFields()[name]?.type;
      const inner = named === undefined ? undefined : unwrapped(named);
      const sub =
        inner instanceof GraphQLObjectType
          ? depth === 0
            ? fc.constant('{ __typename }')
            : selectionOf(inner, depth - 1)
          : fc.constant('');
      return sub.map((rest) => {
        // The alias names its field, so that no two fields meet under one key.
        const field = `${alias === 0 ? `x_${name}: ` : ''}${name} ${rest}`;
        return (
          [
            field,
            field,
            `${name === '__typename' ? name : `... on ${type.name} { ${field} }`}`,
            withDirective(field, '@include(if: $off)'),
            withDirective(field, '@skip(if: $off)'),
            `... @include(if: $on) { ${field} }`,
          ][wrap] ?? field
        );
      });
    });
  return fc
    .array(one, { minLength: 1, maxLength: 5 })
    .map((fields) => `{ ${fields.join(' ')} k_${depth}: __typename }`);
}

function withDirective(field: string, directive: string): string {
  const brace = field.indexOf('{');
  return brace < 0 ? `${field} ${directive}` : `${field.slice(0, brace)}${directive} ${field.slice(brace)}`;
}

function unwrapped(type: unknown): unknown {
  if (type instanceof GraphQLNonNull || type instanceof GraphQLList) return unwrapped(type.ofType);
  return type;
}

test('what is projected is what graphql-js executes, whatever is selected', () => {
  const page = api.schema.getType('SearchPage') as GraphQLObjectType;
  fc.assert(
    fc.property(selectionOf(page, 6), fc.boolean(), fc.boolean(), (selection, on, off) => {
      const { ours, theirs } = both(selection, { on, off });
      expect(JSON.parse(JSON.stringify(ours))).toEqual(theirs);
    }),
    { numRuns: 400 },
  );
});

test('keys stand in the order of the document', () => {
  const { ours, theirs } = both(
    '{ totalSize offers { partner offerId ... { item { flight { stops } } } partner } searchId }',
    { on: true, off: false },
  );
  expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
});

test('every set field of an offer is what REST answers', () => {
  const { fields } = documents
    .read(`{ getOffer(offerId: "o1") ${everythingOf(api.schema.getType('Offer') as GraphQLObjectType, 8)} }`)
    .operation(undefined)
    .bind({});
  const [field] = fields;
  const offer = Offer.fromJSON(flight);
  const ours = field !== undefined && 'value' in field ? field.value({ offer }).json : undefined;
  expect(ours).toMatchObject(Offer.toJSON(offer) as object);
});

function everythingOf(type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = unwrapped(field.type);
    if (isLeafType(inner)) return [field.name];
    return depth === 0 ? [] : [`${field.name} ${everythingOf(inner as GraphQLObjectType, depth - 1)}`];
  });
  return `{ ${fields.join(' ')} }`;
}

test('who is told the same is given the same value', () => {
  const { fields } = documents
    .read('{ search(currency: "GBP", market: "GB") { totalSize } }')
    .operation(undefined)
    .bind({});
  const [field] = fields;
  if (field === undefined || 'known' in field) throw new Error('A search is a call.');
  expect(field.value(end)).toBe(field.value(end));
  expect(field.value(end).text).toBe('{"totalSize":2}');
});
