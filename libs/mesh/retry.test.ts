import { Metadata } from 'nice-grpc-common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EntrepotError, type ReasonName } from '../errors/index.ts';
import { Call } from './call.ts';
import { defaultMaxReconnectMs } from './channels.ts';
import { Caller, type ClientOptions } from './client.ts';
import { methodsOf } from './definition.ts';
import { isRetryable, leastRetrySpanMs, Retry, RetryBudget } from './retry.ts';
import { collect, EchoDefinition, failure, type Note, streamOf } from './test-service.ts';
import type { Transport } from './transport.ts';

const note: Note = { text: 'x', count: 1 };
const down = (reason: ReasonName = 'UNREACHABLE', metadata = {}) =>
  new EntrepotError({ reason, message: 'down', metadata });

/** A client over a transport whose attempts are the given functions, the last one again and again. */
function clientOf(attempts: ((request: unknown) => AsyncIterable<Note>)[], options: ClientOptions = {}) {
  const seen = { attempts: 0 };
  const attempt = (request: unknown) => {
    const which = attempts[Math.min(seen.attempts++, attempts.length - 1)];
    return (which as (request: unknown) => AsyncIterable<Note>)(request);
  };
  const transport: Transport = {
    target: 'test',
    attributes: {},
    unary: async (_call, request) => (await attempt(request)[Symbol.asyncIterator]().next()).value,
    stream: (_call, request) => attempt(request)[Symbol.asyncIterator](),
    close() {},
  };
  const retry = { baseDelayMs: 1, ...options.retry };
  return { client: new Caller(transport, { ...options, retry }).client(EchoDefinition), seen };
}

async function* ok(): AsyncGenerator<Note> {
  yield note;
}
/** An attempt that fails before its first message, once it has read the requests where it is asked to. */
const failing = (error: unknown, readAll = false) =>
  async function* (requests: unknown): AsyncGenerator<Note> {
    if (readAll) await collect(requests as AsyncIterable<Note>);
    yield await Promise.reject(error);
  };

describe('a client', () => {
  it('tries a call again that did not reach a server', async () => {
    const { client, seen } = clientOf([failing(down()), failing(down('DRAINING', { started: 'false' })), ok]);
    expect(await client.say(note)).toEqual(note);
    expect(seen.attempts).toBe(3);
  });

  it('tries for longer than a channel waits before it connects anew, so a server that is back is found', () => {
    const jitterOfGrpcJs = 1.2;
    expect(leastRetrySpanMs).toBeGreaterThan(defaultMaxReconnectMs * jitterOfGrpcJs);
  });

  it('gives up after five attempts with the last error', async () => {
    const { client, seen } = clientOf([failing(down())]);
    expect(await failure(client.say(note))).toMatchObject({ reason: 'UNREACHABLE' });
    expect(seen.attempts).toBe(5);
  });

  it.each([
    'INTERNAL',
    'OVERLOADED',
    'DEADLINE_EXCEEDED',
    'OFFER_NOT_FOUND',
    'CANCELLED',
    'PRICING_UNAVAILABLE',
  ] as const)('does not try again after %s', async (reason) => {
    const { client, seen } = clientOf([failing(down(reason)), ok]);
    expect(await failure(client.say(note))).toMatchObject({ reason });
    expect(seen.attempts).toBe(1);
  });

  it('does not try a call again that was cut off after it had started', () => {
    expect(isRetryable(down('DRAINING', { started: 'true' }))).toBe(false);
  });

  it('tries a stream again before its first message and never after it', async () => {
    const before = clientOf([failing(down()), ok]);
    expect(await collect(before.client.count(note))).toEqual([note]);
    expect(before.seen.attempts).toBe(2);
    const after = clientOf([
      async function* () {
        yield note;
        throw down();
      },
    ]);
    const read: Note[] = [];
    const reading = (async () => {
      for await (const message of after.client.count(note)) read.push(message);
    })();
    expect(await failure(reading)).toMatchObject({ reason: 'UNREACHABLE' });
    expect(read).toEqual([note]);
    expect(after.seen.attempts).toBe(1);
  });

  it('sends the whole request stream again with the next attempt', async () => {
    const second: Note[] = [];
    const { client } = clientOf([
      failing(down(), true),
      async function* (requests) {
        for await (const message of requests as AsyncIterable<Note>) second.push(message);
        yield note;
      },
    ]);
    const notes = [1, 2, 3].map((count) => ({ text: 'x', count }));
    expect(await collect(client.chat(streamOf(...notes)))).toEqual([note]);
    expect(second).toEqual(notes);
  });

  it('does not try again what it no longer has', async () => {
    const { client, seen } = clientOf([failing(down(), true)]);
    const notes = Array.from({ length: 17 }, (_, count) => ({ text: 'x', count }));
    expect(await failure(collect(client.chat(streamOf(...notes))))).toMatchObject({ reason: 'UNREACHABLE' });
    expect(seen.attempts).toBe(1);
  });

  it('never waits beyond the deadline', async () => {
    const { client, seen } = clientOf([failing(down())], { retry: { baseDelayMs: 60_000 } });
    expect(await failure(client.say(note, { timeoutMs: 1_000 }))).toMatchObject({ reason: 'UNREACHABLE' });
    expect(seen.attempts).toBe(1);
  });

  it('stops waiting when the call is cancelled', async () => {
    const { client, seen } = clientOf([failing(down())], { retry: { baseDelayMs: 8_000 } });
    const controller = new AbortController();
    const call = failure(client.say(note, { signal: controller.signal, timeoutMs: 60_000 }));
    setTimeout(() => controller.abort(), 5);
    expect(await call).toMatchObject({ reason: 'CANCELLED' });
    expect(seen.attempts).toBe(1);
  });

  it('names the service that it could not reach', async () => {
    const { client } = clientOf([failing(down())], { retry: { maxAttempts: 1 } });
    const error = await failure(client.say(note));
    expect(error).toMatchObject({ metadata: { service: 'entrepot.test.v1.EchoService' } });
    expect((error as Error).message).toContain('entrepot.test.v1.EchoService cannot be reached at test');
  });

  it('makes one retry for ten calls once what was saved is spent', async () => {
    const { client, seen } = clientOf([failing(down())], { retry: { budgetFloor: 2 } });
    for (let i = 0; i < 100; i++) await failure(client.say(note));
    const retries = seen.attempts - 100;
    expect(retries).toBeGreaterThanOrEqual(2);
    // 2 saved, 10 earned, and one for each second that a slow machine takes.
    expect(retries).toBeLessThanOrEqual(2 + 10 + 5);
  });
});

describe('the retry budget', () => {
  it('earns a tenth of a retry a call and one a second, up to its floor', () => {
    const budget = new RetryBudget({ budgetFloor: 3 }, 0);
    expect([1, 2, 3, 4].map(() => budget.spend(0))).toEqual([true, true, true, false]);
    for (let i = 0; i < 11; i++) budget.earn();
    expect([budget.spend(0), budget.spend(0)]).toEqual([true, false]);
    expect([budget.spend(1_000), budget.spend(1_000)]).toEqual([true, false]);
    expect([1, 2, 3, 4].map(() => budget.spend(60_000))).toEqual([true, true, true, false]);
  });
});

describe('the wait between attempts', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    [0, [50, 100, 200]],
    [1, [25, 50, 100]],
  ])('doubles, less a random half (%d)', async (random, waits) => {
    vi.useFakeTimers();
    const retry = new Retry({}, new RetryBudget(), () => random);
    for (const [index, wait] of waits.entries()) {
      const call = new Call(methodsOf(EchoDefinition)[0]!, Metadata());
      let started: boolean | undefined;
      const again = retry.again(call, index + 1, down()).then((answer) => {
        started = answer;
      });
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(started).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(started).toBe(true);
      await again;
    }
  });
});
