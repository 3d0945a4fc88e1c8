import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EntrepotError } from '../errors/index.ts';
import { redirectLogs } from '../telemetry/index.ts';
import { Admission } from './admission.ts';
import { type Bench, bench, failure, type Note, shapes } from './test-service.ts';

const note: Note = { text: 'x', count: 1 };

describe('admission', () => {
  it('counts calls and streams apart', () => {
    const admission = new Admission('test', { maxCalls: 1, maxStreams: 1 }, { currentMs: 0 });
    const leave = admission.enter('call');
    expect(() => admission.enter('call')).toThrow('more work');
    admission.enter('stream');
    expect(() => admission.enter('stream')).toThrow('more work');
    expect(admission.active).toEqual({ call: 1, stream: 1 });
    leave();
    admission.enter('call');
  });

  it('sheds while the event loop is late, and takes calls again after it', () => {
    const delay = { currentMs: 0 };
    const admission = new Admission('test', { maxLoopDelayMs: 100 }, delay);
    admission.enter('call');
    delay.currentMs = 101;
    expect(() => admission.enter('call')).toThrow('more work');
    delay.currentMs = 100;
    admission.enter('call');
  });

  it('tells shed callers to return spread over twice the least time', () => {
    const admission = new Admission('test', { maxCalls: 0, retryAfterMs: 100 }, { currentMs: 0 });
    const times = new Set<number>();
    for (let i = 0; i < 100; i++) {
      try {
        admission.enter('call');
      } catch (error) {
        times.add((error as EntrepotError).retryAfterMs as number);
      }
    }
    expect(Math.min(...times)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...times)).toBeLessThanOrEqual(200);
    expect(times.size).toBeGreaterThan(10);
  });
});

describe.each(shapes)('shedding over %s', (shape) => {
  let at: Bench;
  beforeEach(() => {
    redirectLogs({ write: () => {} }, 'silent');
    at = bench(shape);
  });
  afterEach(() => at.close());

  it('refuses the call too many with RESOURCE_EXHAUSTED and RetryInfo, and takes calls again', async () => {
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const peer = await at.serve(
      {
        say: async (n) => {
          calls++;
          started.resolve();
          await gate.promise;
          return n;
        },
      },
      { admission: { maxCalls: 1 } },
    );
    const client = peer.connect();
    const first = client.say(note);
    await started.promise;
    const error = await failure(client.say(note));
    expect(error).toMatchObject({ reason: 'OVERLOADED', code: 8, metadata: { limit: 'concurrency' } });
    expect((error as EntrepotError).retryAfterMs).toBeGreaterThanOrEqual(250);
    gate.resolve();
    await first;
    expect(await client.say(note)).toEqual(note);
    expect(calls).toBe(2);
  });

  it('gives back the place of a call that failed and of a stream that was left', async () => {
    const peer = await at.serve(
      {
        say: async () => {
          throw new Error('broken');
        },
        async *count(n) {
          for (;;) yield n;
        },
      },
      { admission: { maxCalls: 1, maxStreams: 1 } },
    );
    const client = peer.connect();
    for (let i = 0; i < 3; i++) expect(await failure(client.say(note))).toMatchObject({ reason: 'INTERNAL' });
    for (let i = 0; i < 3; i++) {
      // Over gRPC the server hears of it a little later.
      let read: Note | undefined;
      for (let attempt = 0; read === undefined && attempt < 400; attempt++) {
        try {
          for await (const message of client.count(note)) {
            read = message;
            break;
          }
        } catch (error) {
          expect(error).toMatchObject({ reason: 'OVERLOADED' });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      expect(read).toEqual(note);
    }
  });
});
