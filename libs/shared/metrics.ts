import { durationBuckets, histogram } from '../telemetry/index.ts';

/** Calls to Valkey/Redis by `operation` and `result`: ok, failed. */
export const callDuration = histogram('entrepot.shared.duration', {
  unit: 's',
  description: 'Duration of a call to the shared state',
  buckets: [0.000_5, 0.001, 0.002_5, ...durationBuckets],
});
