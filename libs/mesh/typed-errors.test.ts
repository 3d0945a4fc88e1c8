import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntrepotError, invalidFields } from '../errors/index.ts';
import { InMemorySpanExporter, redirectLogs, startTelemetry, type Telemetry } from '../telemetry/index.ts';
import { type Bench, bench, collect, failure, shapes } from './test-service.ts';

const note = { text: 'x', count: 2 };
let lines: Record<string, unknown>[] = [];
let telemetry: Telemetry;
beforeEach(() => {
  lines = [];
  redirectLogs({ write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  telemetry = startTelemetry({ service: 'test', spanExporter: new InMemorySpanExporter() });
});
afterEach(async () => {
  redirectLogs({ write: () => {} }, 'silent');
  await telemetry.shutdown();
});

describe.each(shapes)('errors over %s', (shape) => {
  let at: Bench;
  beforeEach(() => {
    at = bench(shape);
  });
  afterEach(() => at.close());

  it('arrive as they were thrown', async () => {
    const thrown = new EntrepotError({
      reason: 'INVALID_FILTER',
      message: 'The filter does not parse: ö',
      violations: invalidFields([{ field: 'filter', description: 'line 1, column 7' }]).violations,
      retryAfterMs: 1_500,
      metadata: { attributes: 'stops, cabin' },
    });
    const client = (
      await at.serve({
        say: async () => {
          throw thrown;
        },
        async *count(n) {
          yield n;
          throw thrown;
        },
      })
    ).connect();
    for (const error of [await failure(client.say(note)), await failure(collect(client.count(note)))]) {
      expect(error).toBeInstanceOf(EntrepotError);
      expect({ ...(error as EntrepotError) }).toEqual({ ...thrown });
      expect((error as EntrepotError).message).toBe(thrown.message);
    }
    expect(lines).toEqual([]);
  });

  it('that nobody expected say nothing but the trace id, under which the stack is logged', async () => {
    const client = (
      await at.serve({
        say: async () => {
          throw new TypeError('password is hunter2');
        },
      })
    ).connect();
    const error = (await failure(client.say(note))) as EntrepotError;
    expect(error).toMatchObject({ reason: 'INTERNAL', code: 13 });
    expect(error.message).not.toContain('hunter2');
    expect(error.metadata.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'error',
      trace_id: error.metadata.traceId,
      method: 'entrepot.test.v1.EchoService/Say',
      err: { type: 'TypeError', message: 'password is hunter2' },
    });
    expect(JSON.stringify(lines[0])).toContain('typed-errors.test');
  });

  it('that happen while a stream is opened are typed too', async () => {
    const client = (
      await at.serve({
        count: () => {
          throw new EntrepotError({ reason: 'SEARCH_NOT_FOUND', message: 'no such search' });
        },
      })
    ).connect();
    expect(await failure(collect(client.count(note)))).toMatchObject({ reason: 'SEARCH_NOT_FOUND', code: 5 });
  });

  it('pass through a service in between unchanged', async () => {
    const inner = (
      await at.serve({
        say: async () => {
          throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: 'gone' });
        },
      })
    ).connect();
    const outer = (await at.serve({ say: (n, context) => inner.say(n, { context }) })).connect();
    expect(await failure(outer.say(note))).toMatchObject({ reason: 'OFFER_SOLD_OUT', message: 'gone' });
  });
});
