import { describe, expect, it } from 'vitest';
import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { adapterOf, answerContext } from '../testing.ts';

const adapter = await adapterOf('hotelbeds');
const stay = { vertical: { $case: 'stay' as const, value: StayCriteria.fromPartial({}) } };
const context = answerContext('hotelbeds', stay, '2027-01-11T09:00:00Z');
const httpFailure = (status: number, body: unknown, text: string) => adapter.readError(status, body, text, context);

describe('an answer that is not 2xx', () => {
  it.each([
    [403, { error: { code: 'FORBIDDEN', message: 'Quota exceeded' } }, '', FailureKind.RATE_LIMIT],
    [403, undefined, '<h1>Developer Over Qps</h1>', FailureKind.RATE_LIMIT],
    [403, { error: 'Request signature verification failed' }, '', FailureKind.AUTHENTICATION],
    [401, { error: 'Access to this API has been disallowed' }, '', FailureKind.AUTHENTICATION],
    [429, undefined, '', FailureKind.RATE_LIMIT],
    [
      400,
      { error: { code: 'INVALID_DATA', message: 'The check-in must be in the future' } },
      '',
      FailureKind.REQUEST_REFUSED,
    ],
    [500, { error: { code: 'SYSTEM_ERROR', message: 'Internal error' } }, '', FailureKind.SERVER_ERROR],
    [503, undefined, '<html>', FailureKind.SERVER_ERROR],
  ])('with HTTP %i and %j is the failure that both say', (status, body, text, failure) => {
    expect(httpFailure(status, body, text).failure).toBe(failure);
  });

  it('says what happened', () => {
    const body = { error: { code: 'INVALID_DATA', message: 'No rooms.' } };
    expect(httpFailure(400, body, '').detail).toBe('INVALID_DATA: No rooms.');
  });
});
