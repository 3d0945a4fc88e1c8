import { expect, test } from 'vitest';
import type { GetOfferRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { Documents } from './documents.ts';
import { defaultLimits } from './limits.ts';
import { apiSchema } from './schema.ts';

const documents = new Documents(apiSchema(), { limits: defaultLimits, introspection: true });

interface Asked {
  readonly readMask?: string[];
  readonly facets?: string[];
}

/** The requests that a document becomes, by key. */
function asked(text: string, variables: Record<string, unknown> = {}): Record<string, Asked> {
  const { fields } = documents.read(text).operation(undefined).bind(variables);
  return Object.fromEntries(
    fields.flatMap((field) => ('request' in field ? [[field.key, field.request as Asked]] : [])),
  );
}

const search = (selection: string): string =>
  `{ search(flight: {origin: "LHR", destination: "JFK", departureDate: "2027-01-22", adults: 1}, currency: "GBP", market: "GB") ${selection} }`;

test('what is selected of offers is the mask, as proto names', () => {
  const { search: request } = asked(
    search(
      '{ searchId offers { offerId price { total { amount } dueLater { amount } } item { flight { slices { segments { aircraft } } } } } }',
    ),
  );
  expect(request?.readMask).toEqual([
    'item.flight.slices.segments.aircraft',
    'offer_id',
    'price.due_later.amount',
    'price.total.amount',
  ]);
});

test('aliases, fragments and repeated fields ask for what they lead to', () => {
  const { a, b } = asked(`
    query { a: getOffer(offerId: "1") { ...Head who: partner } b: getOffer(offerId: "2") { price { total { amount } } price { tax { amount } } } }
    fragment Head on Offer { ... on Offer { price { ...Total } } expiresAt }
    fragment Total on Price { total { sum: amount currencyCode } }
  `);
  expect((a as unknown as GetOfferRequest).readMask).toEqual([
    'expires_at',
    'partner',
    'price.total.amount',
    'price.total.currency_code',
  ]);
  expect(b?.readMask).toEqual(['price.tax.amount', 'price.total.amount']);
});

test.each([
  [{ deep: true, plain: false }, ['item.flight.cabin', 'offer_id', 'partner']],
  [{ deep: false, plain: false }, ['offer_id', 'partner']],
  [{ deep: false, plain: true }, ['offer_id']],
])('@include and @skip with %j decide it for each request', (variables, mask) => {
  const text = `query ($deep: Boolean!, $plain: Boolean = false) {
    getOffer(offerId: "1") { offerId partner @skip(if: $plain) ...Deep @include(if: $deep) }
  }
  fragment Deep on Offer { item { flight { cabin } } }`;
  expect(asked(text, variables).getOffer?.readMask).toEqual(mask);
});

test('nothing of an offer is the least of it, and everything is every field by name: neither is no mask', () => {
  expect(asked(search('{ totalSize }')).search?.readMask).toEqual(['offer_id']);
  expect(asked(search('{ offers { __typename } }')).search?.readMask).toEqual(['offer_id']);
  const whole = apiSchema().schema.getType('Charge');
  const fields = whole && 'getFields' in whole ? Object.keys(whole.getFields()).length : 0;
  const all = asked(
    '{ getOffer(offerId: "1") { price { charges { name kind terms amount { amount } partnerAmount { amount } inTotal } } } }',
  );
  expect(all.getOffer?.readMask).toHaveLength(fields);
});

test('an object of which only its type is asked is in the mask, for it may be absent', () => {
  expect(asked('{ getOffer(offerId: "1") { price { __typename } } }').getOffer?.readMask).toEqual(['price']);
});

test('the currency of a page, which is made of its offers, asks for what it is made of', () => {
  expect(asked(search('{ currency }')).search?.readMask).toEqual(['price.total.currency_code']);
});

test('subscriptions have the mask of their upserts', () => {
  const text = 'subscription { search(currency: "GBP", market: "GB") { upserts { partner } progress { offers } } }';
  expect(asked(text).search?.readMask).toEqual(['partner']);
});

test('facets that nobody selects are not counted, and those that somebody does as asked', () => {
  expect(asked(search('{ totalSize }')).search?.facets).toEqual(['partner']);
  expect(asked(search('{ facets { attribute } }')).search?.facets).toEqual([]);
});
