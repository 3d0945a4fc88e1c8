import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextFromTraceparent, traceIdOf, traceparentOf, tracestateOf } from './trace-context.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((id) => /[^0]/.test(id));

describe('W3C trace context', () => {
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
        const context = contextFromTraceparent(traceparent, 'vendor=1');
        expect(traceparentOf(context)).toBe(traceparent);
        expect(tracestateOf(context)).toBe('vendor=1');
        expect(traceIdOf(context)).toBe(traceId);
        expect(trace.getSpanContext(context)?.isRemote).toBe(true);
      }),
    );
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`,
    `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01-more`,
    `00-${'A'.repeat(32)}-${'1'.repeat(16)}-01`,
  ])('starts anew from %j', (traceparent) => {
    expect(contextFromTraceparent(traceparent)).toBe(ROOT_CONTEXT);
  });

  it('reads a later version with more parts', () => {
    const context = contextFromTraceparent(`01-${'1'.repeat(32)}-${'2'.repeat(16)}-01-more`);
    expect(traceparentOf(context)).toBe(`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`);
  });

  it('sends nothing where there is no span', () => {
    expect(traceparentOf(ROOT_CONTEXT)).toBeUndefined();
    expect(tracestateOf(ROOT_CONTEXT)).toBeUndefined();
    expect(traceIdOf(ROOT_CONTEXT)).toBeUndefined();
  });
});
