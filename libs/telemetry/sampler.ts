import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

/** Share of traces that are recorded where nothing else is said: 1 in 20. */
export const defaultRatio = 0.05;

/**
 * The sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name; `parentbased_traceidratio` with 0.05 by
 * default. An unknown name or a ratio outside 0…1 is reported and the default used: telemetry never stops a service.
 */
export function samplerFrom(env: Readonly<Record<string, string | undefined>>, warn: (text: string) => void): Sampler {
  const name = env.OTEL_TRACES_SAMPLER?.trim() || 'parentbased_traceidratio';
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratioFrom(env, warn));
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratioFrom(env, warn)) });
    default:
      warn(`OTEL_TRACES_SAMPLER is "${name}", which is no sampler; using parentbased_traceidratio`);
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratioFrom(env, warn)) });
  }
}

function ratioFrom(env: Readonly<Record<string, string | undefined>>, warn: (text: string) => void): number {
  const text = env.OTEL_TRACES_SAMPLER_ARG?.trim();
  if (text === undefined || text === '') return defaultRatio;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  warn(`OTEL_TRACES_SAMPLER_ARG is "${text}", not a number from 0 to 1; using ${defaultRatio}`);
  return defaultRatio;
}
