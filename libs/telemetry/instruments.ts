import {
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type ObservableCallback,
  type ObservableGauge,
  ProxyTracerProvider,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
  type UpDownCounter,
} from '@opentelemetry/api';

/**
 * Spans and metrics through @opentelemetry/api alone: nothing here loads an SDK, so it is fit for published clients.
 * Instruments may be made at module load, before telemetry starts: each finds its provider when it is used, and again
 * after a restart of telemetry (tests do that), which the API's own proxies do not.
 */
const scope = 'entrepot';

let tracerOwner: TracerProvider | undefined;
let currentTracer: Tracer | undefined;

function findTracer(): Tracer {
  const provider = trace.getTracerProvider();
  const owner = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if (owner !== tracerOwner || currentTracer === undefined) {
    tracerOwner = owner;
    currentTracer = owner.getTracer(scope);
  }
  return currentTracer;
}

/** The platform's tracer. Contexts are passed by hand (`MeshContext.trace`); there is no active context. */
export const tracer = {
  /** Starts a span as a child of the span in `parent`. The caller ends it. */
  startSpan(name: string, options: SpanOptions, parent: Context): Span {
    return findTracer().startSpan(name, options, parent);
  },
};

/** Name, unit (UCUM) and meaning of an instrument; `buckets` are a histogram's upper bounds, in its unit. */
export interface InstrumentOptions {
  unit?: string;
  description: string;
  buckets?: number[];
}

/** Bounds in seconds that the RPC and HTTP semantic conventions advise for durations. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

function bound<Instrument>(make: (meter: Meter) => Instrument): () => Instrument {
  let owner: MeterProvider | undefined;
  let instrument: Instrument | undefined;
  return () => {
    const provider = metrics.getMeterProvider();
    if (provider !== owner || instrument === undefined) {
      owner = provider;
      instrument = make(provider.getMeter(scope));
    }
    return instrument;
  };
}

/** A sum that only grows, such as rejected rows by reason. */
export function counter(
  name: string,
  options: InstrumentOptions,
): { add(value: number, attributes?: Attributes): void } {
  const find = bound<Counter>((meter) => meter.createCounter(name, options));
  return { add: (value, attributes) => find().add(value, attributes) };
}

/** A sum that grows and shrinks, such as calls in flight. */
export function upDownCounter(
  name: string,
  options: InstrumentOptions,
): { add(value: number, attributes?: Attributes): void } {
  const find = bound<UpDownCounter>((meter) => meter.createUpDownCounter(name, options));
  return { add: (value, attributes) => find().add(value, attributes) };
}

/** A distribution, such as durations in seconds. */
export function histogram(
  name: string,
  options: InstrumentOptions,
): { record(value: number, attributes?: Attributes): void } {
  const advice = options.buckets === undefined ? {} : { advice: { explicitBucketBoundaries: options.buckets } };
  const settings = { unit: options.unit, description: options.description, ...advice };
  const find = bound<Histogram>((meter) => meter.createHistogram(name, settings));
  return { record: (value, attributes) => find().record(value, attributes) };
}

/**
 * A value that is read when metrics are collected, such as bytes held. Call it after telemetry has started; the
 * returned function ends the reading.
 */
export function observedGauge(name: string, options: InstrumentOptions, observe: ObservableCallback): () => void {
  const gauge: ObservableGauge = metrics.getMeterProvider().getMeter(scope).createObservableGauge(name, options);
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}
