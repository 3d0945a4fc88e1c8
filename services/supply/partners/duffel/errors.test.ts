import { describe, expect, it } from 'vitest';
import { FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { adapterOf, answerContext } from '../testing.ts';

const adapter = await adapterOf('duffel');
const context = answerContext(
  'duffel',
  { vertical: { $case: 'flight', value: FlightCriteria.fromPartial({}) } },
  '2027-01-11T09:00:00Z',
);
const httpFailure = (status: number, body: unknown) => adapter.readError(status, body, '', context);

const body = (type: string, code: string, status: number) => ({
  meta: { status, request_id: 'req_1' },
  errors: [{ type, code, title: 'Title', message: 'Message.', source: { pointer: '/slices' } }],
});

describe('an error of Duffel', () => {
  it.each([
    // The rate limit's own body says status 400.
    [429, 'rate_limit_error', FailureKind.RATE_LIMIT],
    [400, 'rate_limit_error', FailureKind.RATE_LIMIT],
    // An airline's failure has been seen with status 401 in its body.
    [401, 'airline_error', FailureKind.SERVER_ERROR],
    [401, 'api_error', FailureKind.SERVER_ERROR],
    [401, 'authentication_error', FailureKind.AUTHENTICATION],
    [422, 'validation_error', FailureKind.REQUEST_REFUSED],
    [400, 'invalid_request_error', FailureKind.REQUEST_REFUSED],
    [422, 'invalid_state_error', FailureKind.REQUEST_REFUSED],
    [400, 'error_of_next_year', FailureKind.SERVER_ERROR],
  ])('with HTTP %i and type %s is what its type says', (status, type, failure) => {
    expect(httpFailure(status, body(type, 'code', 400)).failure).toBe(failure);
  });

  it('says what happened and where, with the request id for their support', () => {
    expect(httpFailure(422, body('validation_error', 'validation_required', 422)).detail).toBe(
      'Title: Message. (validation_required at /slices) [request req_1]',
    );
  });

  it.each([
    [401, FailureKind.AUTHENTICATION],
    [403, FailureKind.AUTHENTICATION],
    [429, FailureKind.RATE_LIMIT],
    [404, FailureKind.REQUEST_REFUSED],
    [500, FailureKind.SERVER_ERROR],
    [503, FailureKind.SERVER_ERROR],
  ])('without a body of its own goes by HTTP %i', (status, failure) => {
    expect(httpFailure(status, undefined).failure).toBe(failure);
    expect(httpFailure(status, { errors: [] }).failure).toBe(failure);
  });
});
