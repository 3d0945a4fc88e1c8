import fc from 'fast-check';
import { Metadata } from 'nice-grpc-common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { redirectLogs } from '../telemetry/index.ts';
import { Call } from './call.ts';
import { clientDeadline, formatTimeout, parseTimeout, serverDeadline, timeoutKey } from './deadline.ts';
import { methodsOf } from './definition.ts';
import { begin } from './middleware.ts';
import { type Bench, bench, EchoDefinition, failure, type Note, shapes } from './test-service.ts';

const method = methodsOf(EchoDefinition)[0]!;

describe('grpc-timeout', () => {
  it('comes back as it was written, to the millisecond, and to the second above 27 hours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ms) => {
        expect(parseTimeout(formatTimeout(ms))).toBe(ms < 100_000_000 ? ms : Math.floor(ms / 1_000) * 1_000);
        expect(formatTimeout(ms)).toMatch(/^\d{1,8}[mS]$/);
      }),
    );
  });

  it('takes every unit, and cuts what a timer cannot count', () => {
    expect(['2H', '2M', '2S', '2m', '2000u', '2000000n'].map(parseTimeout)).toEqual([
      7_200_000, 120_000, 2_000, 2, 2, 2,
    ]);
    expect(parseTimeout('99999999H')).toBe(2 ** 31 - 1);
    expect(formatTimeout(-5)).toBe('0m');
  });

  it.each([undefined, '', '5', 'm', '123456789m', '1.5S', '-1m', '5x'])('takes %j for no timeout', (text) => {
    expect(parseTimeout(text)).toBeUndefined();
  });
});

describe('the deadline middlewares', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leave the caller a margin, but never more than a tenth', () => {
    vi.useFakeTimers({ now: 1_000_000 });
    for (const [timeout, deadline] of [
      ['1000m', 1_000_995],
      ['20m', 1_000_018],
    ] as const) {
      const call = new Call(method, Metadata({ [timeoutKey]: timeout }));
      begin(call, [serverDeadline(5)])(undefined);
      expect(call.deadline).toBe(deadline);
    }
  });

  it('send what remains, cancel at the deadline and not after the end', () => {
    vi.useFakeTimers({ now: 1_000_000 });
    const late = new Call(method, Metadata());
    late.deadline = 1_000_050;
    begin(late, [clientDeadline]);
    expect(late.metadata.get(timeoutKey)).toBe('50m');
    const quick = new Call(method, Metadata());
    quick.deadline = 1_000_050;
    begin(quick, [clientDeadline])(undefined);
    vi.advanceTimersByTime(49);
    expect(late.cancelled).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(late.cancelled?.reason).toBe('DEADLINE_EXCEEDED');
    expect(late.signal.aborted).toBe(true);
    expect(quick.cancelled).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuse a call whose time is already over', () => {
    const call = new Call(method, Metadata());
    call.deadline = Date.now() - 1;
    expect(() => begin(call, [clientDeadline])).toThrow('deadline');
  });
});

describe.each(shapes)('deadlines over %s', (shape) => {
  let at: Bench;
  beforeEach(() => redirectLogs({ write: () => {} }, 'silent'));
  afterEach(() => at.close());

  it('shrink at each of three hops', async () => {
    at = bench(shape);
    const timeouts: number[] = [];
    const seen = (context: { metadata: Metadata }) => timeouts.push(parseTimeout(context.metadata.get(timeoutKey))!);
    const third = await at.serve({
      say: async (note, context) => {
        seen(context);
        return note;
      },
    });
    const toThird = third.connect();
    const second = await at.serve({
      say: (note, context) => {
        seen(context);
        return toThird.say(note, { context });
      },
    });
    const toSecond = second.connect();
    const first = await at.serve({
      say: (note, context) => {
        seen(context);
        return toSecond.say(note, { context });
      },
    });
    await first.connect().say({ text: 'x', count: 0 }, { timeoutMs: 5_000 });
    const [a = 0, b = 0, c = 0] = timeouts;
    expect(timeouts).toHaveLength(3);
    expect(a).toBeLessThanOrEqual(5_000);
    // Each hop keeps 5 ms for itself, whatever the way took.
    expect(b).toBeLessThanOrEqual(a - 5);
    expect(c).toBeLessThanOrEqual(b - 5);
  });

  it('end a call whose handler never answers, typed, and abort the handler', async () => {
    at = bench(shape);
    const { promise: reason, resolve } = Promise.withResolvers<unknown>();
    const stuck = await at.serve({
      say: (_note, context) =>
        new Promise(() => context.signal.addEventListener('abort', () => resolve(context.signal.reason))),
    });
    // The client has no timer of its own here: the server alone keeps the time.
    const options = { timeoutMs: Number.POSITIVE_INFINITY, metadata: { [timeoutKey]: '60m' } };
    const error = await failure(stuck.connect().say({ text: 'x', count: 0 }, options));
    expect(error).toMatchObject({ name: 'EntrepotError', reason: 'DEADLINE_EXCEEDED' });
    expect(await reason).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('end a call at the client even where the server keeps no time', async () => {
    at = bench(shape);
    const stuck = await at.serve({ say: () => new Promise(() => {}) });
    const error = await failure(stuck.connect().say({ text: 'x', count: 0 }, { timeoutMs: 60 }));
    expect(error).toMatchObject({ name: 'EntrepotError', reason: 'DEADLINE_EXCEEDED' });
  });

  it('end a stream in the middle', async () => {
    at = bench(shape);
    const stuck = await at.serve({
      async *count(note) {
        yield note;
        await new Promise(() => {});
      },
    });
    const read: Note[] = [];
    const error = await failure(
      (async () => {
        for await (const note of stuck.connect().count({ text: 'x', count: 0 }, { timeoutMs: 200 })) read.push(note);
      })(),
    );
    expect(read).toHaveLength(1);
    expect(error).toMatchObject({ name: 'EntrepotError', reason: 'DEADLINE_EXCEEDED' });
  });

  it('are the default where a call sets none', async () => {
    at = bench(shape);
    const { promise, resolve } = Promise.withResolvers<number>();
    const peer = await at.serve({
      say: async (note, context) => {
        resolve(parseTimeout(context.metadata.get(timeoutKey))!);
        return note;
      },
    });
    await peer.connect().say({ text: 'x', count: 0 });
    expect(await promise).toBeGreaterThan(5_000);
    expect(await promise).toBeLessThanOrEqual(10_000);
  });
});
