import { describe, expect, it } from 'vitest';
import { GoodCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { adapterOf, answerContext } from '../testing.ts';

const adapter = await adapterOf('ebay-browse');
const context = answerContext(
  'ebay-browse',
  { vertical: { $case: 'good', value: GoodCriteria.fromPartial({ query: 'x' }) } },
  '2027-01-11T09:00:00Z',
);
const body = (errorId: number, category = 'REQUEST') => ({
  errors: [{ errorId, domain: 'API', category, message: 'Short.', longMessage: 'Long.' }],
});

describe('an error of eBay', () => {
  it.each([
    [401, 1001, 'REQUEST', FailureKind.AUTHENTICATION],
    [401, 1002, 'REQUEST', FailureKind.AUTHENTICATION],
    [403, 1100, 'REQUEST', FailureKind.AUTHENTICATION],
    [429, 2001, 'REQUEST', FailureKind.RATE_LIMIT],
    // The day's quota, whatever status it comes with.
    [400, 2001, 'REQUEST', FailureKind.RATE_LIMIT],
    [400, 12001, 'REQUEST', FailureKind.REQUEST_REFUSED],
    [404, 2002, 'REQUEST', FailureKind.REQUEST_REFUSED],
    [500, 12000, 'APPLICATION', FailureKind.SERVER_ERROR],
    [400, 12000, 'APPLICATION', FailureKind.SERVER_ERROR],
  ])('with HTTP %i and errorId %i is what its number and category say', (status, errorId, category, failure) => {
    expect(adapter.readError(status, body(errorId, category), '', context)).toEqual({
      failure,
      detail: `Long. (errorId ${errorId})`,
    });
  });

  it('inside a 200 is a failure too', () => {
    expect(adapter.read(body(12000, 'APPLICATION'), context)).toEqual({
      failure: FailureKind.SERVER_ERROR,
      detail: 'Long. (errorId 12000)',
    });
  });

  it.each([
    [401, FailureKind.AUTHENTICATION],
    [429, FailureKind.RATE_LIMIT],
    [404, FailureKind.REQUEST_REFUSED],
    [503, FailureKind.SERVER_ERROR],
  ])('without a body of its own goes by HTTP %i', (status, failure) => {
    for (const said of [undefined, {}, { errors: [] }]) {
      expect(adapter.readError(status, said, '', context)).toEqual({
        failure,
        detail: `HTTP ${status} without a word of its own`,
      });
    }
  });
});
