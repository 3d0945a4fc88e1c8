import { type Context, isSpanContextValid, trace } from '@opentelemetry/api';
import { type DestinationStream, destination, type Logger, levels, pino } from 'pino';

export type { Logger } from 'pino';

const secretKeys = [
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'secret',
  'password',
  'apiKey',
  '["api-key"]',
  '["x-api-key"]',
  '["x-signature"]',
];
const redact = {
  paths: secretKeys.flatMap((key) => {
    const tail = key.startsWith('[') ? key : `.${key}`;
    return [key, `*${tail}`, `*.*${tail}`];
  }),
  censor: '[redacted]',
};

let root: Logger | undefined;

function makeRoot(stream: DestinationStream, level: string): Logger {
  return pino(
    {
      level,
      redact,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

function levelFromEnvironment(): string {
  const asked = process.env.LOG_LEVEL?.toLowerCase() || 'info';
  return asked === 'silent' || asked in levels.values ? asked : 'info';
}

/**
 * The log of one part of the platform: JSON lines on standard error (standard output is for people and pipes),
 * synchronous so that the last line before a crash is there. Values under keys that name secrets are redacted.
 * `LOG_LEVEL`: trace, debug, info (default), warn, error, fatal or silent; anything else means info.
 */
export function logger(name: string): Logger {
  root ??= makeRoot(destination({ fd: 2, sync: true }), levelFromEnvironment());
  return root.child({ name });
}

/** Sends the logs of loggers made from now on elsewhere, for tests and terminals. */
export function redirectLogs(stream: DestinationStream, level = 'trace'): void {
  root = makeRoot(stream, level);
}

/** The logger with `trace_id` and `span_id` of the span in the context. Makes a child: not for every row. */
export function withTrace(log: Logger, context: Context): Logger {
  const span = trace.getSpanContext(context);
  return span === undefined || !isSpanContextValid(span)
    ? log
    : log.child({ trace_id: span.traceId, span_id: span.spanId });
}
