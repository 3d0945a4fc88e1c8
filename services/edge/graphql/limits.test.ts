import fc from 'fast-check';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { Documents } from './documents.ts';
import { checkDocument, defaultLimits } from './limits.ts';
import { apiSchema } from './schema.ts';

const documents = (): Documents => new Documents(apiSchema(), { limits: defaultLimits, introspection: true });

function refusal(text: string, variables: Record<string, unknown> = {}): unknown {
  try {
    documents().read(text).operation(undefined).bind(variables);
    return undefined;
  } catch (error) {
    if (!(error instanceof EntrepotError)) throw error;
    return { reason: error.reason, ...error.metadata };
  }
}

const search = (more: string, selection: string): string =>
  `search(flight: {origin: "LHR", destination: "JFK", departureDate: "2027-01-22"}, currency: "GBP", market: "GB"${more}) ${selection}`;

test.each([
  ['tokens', `{ getCaller { ${'client '.repeat(defaultLimits.tokens)} } }`],
  ['depth', `{ ${'a { '.repeat(defaultLimits.depth)} b ${'} '.repeat(defaultLimits.depth)} }`],
  ['depth', `{ ${'a { '.repeat(900)}`],
  ['depth', `{ getOffer(offerId: ${'['.repeat(900)}`],
  [
    'aliases',
    `{ ${Array.from({ length: defaultLimits.aliases + 1 }, (_, n) => `a${n}: getCaller { client }`).join(' ')} }`,
  ],
  ['cost', `{ ${Array.from({ length: 11 }, (_, n) => `a${n}: ${search('', '{ totalSize }')}`).join(' ')} }`],
  [
    'cost',
    `{ ${Array.from({ length: 4 }, (_, n) => `a${n}: ${search(', pageSize: 200', '{ offers { content { names { sources { partner key seenAt } } imageUrls { sources { partner key seenAt } } amenities { sources { partner key seenAt } } } } }')}`).join(' ')} }`,
  ],
])('%s has a limit', (limit, text) => {
  expect(refusal(text)).toMatchObject({ reason: 'TOO_COMPLEX', limit });
});

test('fragments that double themselves count for what they are written out, without being', () => {
  const doubling = Array.from({ length: 60 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`);
  const text = `{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { getCaller { client } }`;
  expect(refusal(text)).toMatchObject({ reason: 'TOO_COMPLEX', limit: 'fields' });
});

test('fields that meet under one key are not compared for ever', () => {
  expect(refusal(`{ getCaller { ${'client '.repeat(defaultLimits.fields / 2)} } }`)).toBeUndefined();
  const limits = { ...defaultLimits, fields: 10_000, tokens: 10_000 };
  const wide = new Documents(apiSchema(), { limits, introspection: true });
  expect(() => wide.read(`{ getCaller { ${'client '.repeat(3_000)} } }`)).toThrow('too many that meet');
});

test('fragments in a circle are no valid document', () => {
  expect(
    refusal('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A getCaller { client } }'),
  ).toMatchObject({
    reason: 'INVALID_DOCUMENT',
  });
});

test('introspection does not go round and round', () => {
  const round = 'fields { type { '.repeat(4);
  expect(refusal(`{ __schema { types { ${round} name ${'} }'.repeat(4)} } } }`)).toMatchObject({
    reason: 'INVALID_DOCUMENT',
  });
});

test('a screen of a page is far within the limits', () => {
  expect(
    refusal(
      `query ($size: Int) { ${search(', pageSize: $size', '{ offers { offerId price { total { amount currencyCode } } item { flight { slices { segments { aircraft departure { dateTime } } } } } } facets { attribute values { value count } } }')} }`,
      { size: 50 },
    ),
  ).toBeUndefined();
});

test('what a document asks for is the same in one piece and in fragments', () => {
  const limits = { ...defaultLimits, fields: 3 };
  for (const text of [
    '{ a { b c d } }',
    '{ a { ...F } } fragment F on A { b c d }',
    '{ ...F ...F } fragment F on Query { a { b } }',
  ]) {
    expect(() => checkDocument(parse(text), limits)).toThrow('fields 4');
  }
});

const name = fc.constantFrom(
  'search',
  'getOffer',
  'offers',
  'price',
  'total',
  'amount',
  '__schema',
  'types',
  'F0',
  'F1',
  'x',
);
const piece = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '...',
    ':',
    '$',
    '!',
    '=',
    '|',
    '@include(if: true)',
    '"',
    '"""',
    '#',
    '\n',
    '\\u{110000}',
    'on Query',
    'fragment F0 on Query',
    'query',
    'mutation',
    'subscription',
    'null',
    '1e999',
    '-',
  ),
  name,
  fc.string({ maxLength: 5 }),
);

test('whatever is sent is answered with a refusal or an operation, and soon', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), fc.nat(30), (pieces, times) => {
      refusal(
        pieces
          .join(' ')
          .repeat(times)
          .slice(0, 64 * 1_024),
      );
    }),
    { numRuns: 300, interruptAfterTimeLimit: 3_000 },
  );
});

/** Documents that are valid GraphQL in shape, with fragments that lead anywhere. */
const shaped = fc
  .array(
    fc.array(
      fc.tuple(
        fc.constantFrom(
          '...F0',
          '...F1',
          '...F2',
          'getCaller { client }',
          'a: getCaller { client tier }',
          'getOffer(offerId: "1") { price { total { amount } } }',
        ),
        fc.nat(3),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((sets) =>
    sets
      .map(
        (set, n) =>
          `${n === 0 ? 'query' : `fragment F${n - 1} on Query`} { ${set.map(([one, times]) => `${one} `.repeat(times + 1)).join(' ')} }`,
      )
      .join('\n'),
  );

test('documents of any shape of fragments end too', () => {
  fc.assert(
    fc.property(shaped, (text) => {
      refusal(text);
    }),
    { numRuns: 300, interruptAfterTimeLimit: 3_000 },
  );
});
