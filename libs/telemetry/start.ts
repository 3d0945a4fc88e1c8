import { metrics, trace } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import { logger } from './logger.ts';
import { RecentSpans, rememberIn } from './recent-spans.ts';
import { samplerFrom } from './sampler.ts';

/** How telemetry starts. Everything else comes from the standard OTEL_ variables. */
export interface TelemetryOptions {
  /** `service.name`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES says another. */
  service: string;
  /** For tests: every span is recorded and handed to this exporter at its end, before anything else happens. */
  spanExporter?: SpanExporter;
  /** Default: process.env. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** Telemetry of one process. */
export interface Telemetry {
  /** All metrics in the Prometheus text format; empty where telemetry is disabled. */
  metricsText(): Promise<string>;
  /** Sends what is buffered. */
  flush(): Promise<void>;
  /** Flushes and stops, within 1 s even where the collector hangs. Telemetry may be started again afterwards. */
  shutdown(): Promise<void>;
}

const disabled: Telemetry = {
  metricsText: async () => '',
  flush: async () => {},
  shutdown: async () => {},
};

const shutdownLimitMs = 1_000;

/**
 * Starts traces and metrics for this process; call it once, first thing.
 *
 * - OTEL_SDK_DISABLED=true: nothing is recorded (trace ids of callers still travel on).
 * - OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG: default parentbased_traceidratio, 0.05.
 * - OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: spans go there by OTLP over HTTP; without
 *   either, or with OTEL_TRACES_EXPORTER=none, they go nowhere. The exporter reads OTEL_EXPORTER_OTLP_HEADERS too.
 *   What was recorded lately is remembered in this process too (recentSpans).
 * - OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES: override the resource.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const env = options.env ?? process.env;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return disabled;
  const log = logger('telemetry');
  const resource = defaultResource()
    .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: options.service }))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(env.OTEL_SERVICE_NAME ? { [ATTR_SERVICE_NAME]: env.OTEL_SERVICE_NAME } : {}));

  const recent = new RecentSpans();
  const tracerProvider = new TracerProvider({
    resource,
    sampler: options.spanExporter === undefined ? samplerFrom(env, (text) => log.warn(text)) : new AlwaysOnSampler(),
    spanProcessors: [...spanProcessors(options.spanExporter, env), recent],
  });
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ resource, readers: [exporter] });
  trace.disable();
  metrics.disable();
  trace.setGlobalTracerProvider(tracerProvider);
  metrics.setGlobalMeterProvider(meterProvider);
  rememberIn(recent);

  const serializer = new PrometheusSerializer('', false, undefined, false, true);
  return {
    async metricsText() {
      const { resourceMetrics, errors } = await exporter.collect();
      for (const error of errors) log.warn({ err: error }, 'a metric could not be read');
      return serializer.serialize(resourceMetrics);
    },
    flush: () => tracerProvider.forceFlush(),
    async shutdown() {
      rememberIn(undefined);
      trace.disable();
      metrics.disable();
      const stopped = Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]);
      const { promise: limit, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, shutdownLimitMs);
      await Promise.race([stopped, limit]);
      clearTimeout(timer);
    },
  };
}

function spanProcessors(
  testExporter: SpanExporter | undefined,
  env: Readonly<Record<string, string | undefined>>,
): SpanProcessor[] {
  if (testExporter !== undefined) return [new SimpleSpanProcessor({ exporter: testExporter })];
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_TRACES_EXPORTER === 'none') return [];
  return [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })];
}
