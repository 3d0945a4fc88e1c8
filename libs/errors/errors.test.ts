import fc from 'fast-check';
import { ClientError, ServerError, Status } from 'nice-grpc-common';
import { ErrorInfo, RichClientError } from 'nice-grpc-error-details';
import { describe, expect, it } from 'vitest';
import {
  EntrepotError,
  fromStatusDetails,
  invalidField,
  invalidFields,
  type ReasonName,
  reasonStatus,
  toEntrepotError,
  toStatusDetails,
} from './index.ts';

const reasons = Object.keys(reasonStatus) as ReasonName[];
const text = fc.string({ maxLength: 40 });
const init = fc.record(
  {
    reason: fc.constantFrom(...reasons),
    message: text,
    violations: fc.array(fc.record({ field: text, description: text }), { maxLength: 5 }),
    retryAfterMs: fc.integer({ min: 0, max: 86_400_000 }),
    metadata: fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z]{0,9}$/), text, { noNullPrototype: true }),
  },
  { requiredKeys: ['reason', 'message'] },
);

describe('status details', () => {
  it('carry every error there and back unchanged', () => {
    fc.assert(
      fc.property(init, (given) => {
        const error = new EntrepotError(given);
        const back = fromStatusDetails(toStatusDetails(error));
        expect({ ...back }).toEqual({ ...error });
        expect(back.message).toBe(error.message);
      }),
    );
  });

  it('leave out violations beyond what a header can hold', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ field: `f${i}`, description: 'x'.repeat(5_000) }));
    const back = fromStatusDetails(toStatusDetails(invalidFields(many)));
    expect(back.violations).toHaveLength(32);
    expect(back.violations[0]?.description).toHaveLength(1_000);
    expect(back.message).toHaveLength(1_000);
  });

  it('keep a reason that this build does not know readable', () => {
    const detail = ErrorInfo.fromPartial({ reason: 'FROM_THE_FUTURE', domain: 'entrepot', metadata: { a: 'b' } });
    const back = fromStatusDetails({ code: Status.NOT_FOUND, message: 'gone', details: [detail] });
    expect(back).toMatchObject({ reason: 'INTERNAL', code: Status.NOT_FOUND });
    expect(back.metadata).toEqual({ a: 'b', reason: 'FROM_THE_FUTURE', domain: 'entrepot' });
  });
});

describe('EntrepotError', () => {
  it('has the code of its reason unless another is given', () => {
    expect(new EntrepotError({ reason: 'OFFER_EXPIRED', message: '' }).code).toBe(Status.FAILED_PRECONDITION);
    expect(new EntrepotError({ reason: 'INTERNAL', message: '', code: Status.DATA_LOSS }).code).toBe(Status.DATA_LOSS);
  });

  it('names each field that is wrong', () => {
    const error = invalidField('flight.adults', 'must be 1 to 9');
    expect(error).toMatchObject({ reason: 'INVALID_FIELD', code: Status.INVALID_ARGUMENT });
    expect(error.message).toBe('flight.adults: must be 1 to 9');
    expect(error.violations).toEqual([{ field: 'flight.adults', description: 'must be 1 to 9' }]);
  });
});

describe('toEntrepotError', () => {
  it('keeps an EntrepotError as it is', () => {
    const error = invalidField('a', 'b');
    expect(toEntrepotError(error)).toBe(error);
  });

  it('types an abort and a timeout', () => {
    expect(toEntrepotError(new DOMException('x', 'AbortError')).reason).toBe('CANCELLED');
    expect(toEntrepotError(new DOMException('x', 'TimeoutError')).reason).toBe('DEADLINE_EXCEEDED');
  });

  it('prefers the typed cause of an abort', () => {
    const cause = new EntrepotError({ reason: 'DEADLINE_EXCEEDED', message: 'late' });
    expect(toEntrepotError(Object.assign(new Error('aborted', { cause }), { name: 'AbortError' }))).toBe(cause);
  });

  it('types a gRPC error by its details, and without them by its code', () => {
    const { code, message, details } = toStatusDetails(invalidField('a', 'b'));
    expect(toEntrepotError(new RichClientError('/s/m', code, message, details)).violations).toHaveLength(1);
    expect(toEntrepotError(new ClientError('/s/m', Status.UNAVAILABLE, 'down')).reason).toBe('UNREACHABLE');
    expect(toEntrepotError(new ClientError('/s/m', Status.UNIMPLEMENTED, '')).reason).toBe('UNKNOWN_METHOD');
    expect(toEntrepotError(new ServerError(Status.PERMISSION_DENIED, 'no'))).toMatchObject({
      reason: 'INTERNAL',
      code: Status.PERMISSION_DENIED,
    });
  });

  it('says nothing of an unknown exception but keeps it as the cause', () => {
    for (const thrown of [new Error('password is hunter2'), 'text', undefined, null, 42]) {
      const error = toEntrepotError(thrown);
      expect(error).toMatchObject({ reason: 'INTERNAL', code: Status.INTERNAL });
      expect(error.message).not.toContain('hunter2');
      expect(error.cause).toBe(thrown);
    }
  });
});
