import { describe, expect, it } from 'vitest';
import { FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { FailureKind } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { adapterOf, answerContext } from '../testing.ts';

const adapter = await adapterOf('travelport');
const criteria = { vertical: { $case: 'flight' as const, value: FlightCriteria.fromPartial({ adults: 1 }) } };
const context = answerContext('travelport', criteria, '2027-01-11T09:00:00Z', { targetBranch: 'P7000001' });
const httpFailure = (status: number, body: unknown) => adapter.readError(status, body, '', context);

const body = (faultcode: string, type: string, faultstring = 'SOMETHING FAILED') => ({
  Envelope: {
    Body: {
      Fault: { faultcode, faultstring, detail: { ErrorInfo: { Code: '77', Type: type, TransactionId: 'T9' } } },
    },
  },
});

describe('a SOAP fault', () => {
  it.each([
    ['Server.Security', 'Security', FailureKind.AUTHENTICATION],
    ['Server.Business', 'Business', FailureKind.REQUEST_REFUSED],
    ['Server.Data', 'Data', FailureKind.REQUEST_REFUSED],
    ['Client', '', FailureKind.REQUEST_REFUSED],
    ['Server.System', 'System', FailureKind.SERVER_ERROR],
    ['Server', '', FailureKind.SERVER_ERROR],
    ['Server.Throttling', 'System', FailureKind.RATE_LIMIT],
  ])('%s is what its code says, whatever the status', (faultcode, type, failure) => {
    expect(httpFailure(500, body(faultcode, type)).failure).toBe(failure);
    expect(httpFailure(400, body(faultcode, type)).failure).toBe(failure);
  });

  it('says what happened, with the transaction for their support', () => {
    expect(httpFailure(500, body('Server.System', 'System')).detail).toBe(
      'SOMETHING FAILED (Server.System, code 77) [transaction T9]',
    );
  });
});

describe('an answer that is not 2xx and has no fault', () => {
  it.each([
    [401, FailureKind.AUTHENTICATION],
    [429, FailureKind.RATE_LIMIT],
    [404, FailureKind.REQUEST_REFUSED],
    [502, FailureKind.SERVER_ERROR],
  ])('goes by HTTP %i', (status, failure) => {
    expect(httpFailure(status, undefined).failure).toBe(failure);
  });
});
