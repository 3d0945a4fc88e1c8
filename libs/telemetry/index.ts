export { InMemorySpanExporter, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
export {
  counter,
  durationBuckets,
  histogram,
  type InstrumentOptions,
  observedGauge,
  tracer,
} from './instruments.ts';
export { type Logger, logger, redirectLogs, withTrace } from './logger.ts';
export { allRecentSpans, type RecordedSpan, recentSpans, searchAttribute } from './recent-spans.ts';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './start.ts';
export { contextFromTraceparent, traceparentOf } from './trace-context.ts';
