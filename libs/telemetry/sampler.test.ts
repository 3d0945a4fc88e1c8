import { createHash } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { samplerFrom } from './sampler.ts';
import { contextFromTraceparent } from './trace-context.ts';

const sampledParent = contextFromTraceparent(`00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`);
const droppedParent = contextFromTraceparent(`00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`);

/** Trace ids that are the same in every run. */
const traceIds = Array.from({ length: 2_000 }, (_, i) =>
  createHash('sha256').update(`${i}`).digest('hex').slice(0, 32),
);

/** Share of 2,000 traces that are recorded. */
function share(env: Record<string, string>, parent = ROOT_CONTEXT, warn: (text: string) => void = () => {}): number {
  const sampler = samplerFrom(env, warn);
  const decisions = traceIds.map((id) => sampler.shouldSample(parent, id, 'call', SpanKind.SERVER, {}, []).decision);
  return decisions.filter((decision) => decision === SamplingDecision.RECORD_AND_SAMPLED).length / traceIds.length;
}

describe('samplerFrom', () => {
  it('records 1 in 20 new traces, and every one that the caller recorded', () => {
    expect(share({})).toBeGreaterThan(0.03);
    expect(share({})).toBeLessThan(0.07);
    expect(share({}, sampledParent)).toBe(1);
    expect(share({}, droppedParent)).toBe(0);
  });

  it('takes the standard names', () => {
    expect(share({ OTEL_TRACES_SAMPLER: 'always_on' }, droppedParent)).toBe(1);
    expect(share({ OTEL_TRACES_SAMPLER: 'always_off' }, sampledParent)).toBe(0);
    expect(share({ OTEL_TRACES_SAMPLER: 'parentbased_always_on' })).toBe(1);
    expect(share({ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }, droppedParent)).toBe(0);
    expect(share({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })).toBe(0);
    expect(share({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1' }, droppedParent)).toBe(1);
    expect(share({ OTEL_TRACES_SAMPLER_ARG: '1' })).toBe(1);
    expect(share({ OTEL_TRACES_SAMPLER_ARG: '0' })).toBe(0);
  });

  it.each<Record<string, string>>([
    { OTEL_TRACES_SAMPLER: 'sometimes' },
    { OTEL_TRACES_SAMPLER_ARG: '2' },
    { OTEL_TRACES_SAMPLER_ARG: 'half' },
  ])('reports %j and goes on with the default', (env) => {
    const warnings: string[] = [];
    expect(share(env, sampledParent, (text) => warnings.push(text))).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(Object.values(env)[0]);
  });
});
