import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EntrepotError } from '../errors/index.ts';
import { redirectLogs } from '../telemetry/index.ts';
import { Admission, type ClientTier, type Place } from './admission.ts';
import { Queueing } from './queueing.ts';
import { type Bench, bench, failure, type Note, shapes } from './test-service.ts';

const note: Note = { text: 'x', count: 1 };

describe('admission', () => {
  it('counts calls and streams apart', () => {
    const admission = new Admission('test', { maxCalls: 1, maxStreams: 1 }, { delay: { currentMs: 0 } });
    const place = admission.enter('call');
    expect(() => admission.enter('call')).toThrow('more work');
    admission.enter('stream');
    expect(() => admission.enter('stream')).toThrow('more work');
    expect(admission.active).toEqual({ call: 1, stream: 1 });
    place.leave();
    admission.enter('call');
  });

  it('does not count a stream that has become quiet as work, but as a stream', () => {
    const admission = new Admission('test', { maxStreams: 100, leastAtWork: 2 }, { delay: { currentMs: 0 } });
    const places: Place[] = [];
    for (let stream = 0; stream < 100; stream++) {
      const place = admission.enter('stream');
      place.quiet();
      place.quiet();
      places.push(place);
    }
    expect(admission.atWork).toBe(0);
    expect(() => admission.enter('stream')).toThrow('more work');
    for (const place of places) {
      place.leave();
      place.leave();
    }
    expect(admission.active.stream).toBe(0);
    expect(admission.atWork).toBe(0);
  });

  it('refuses callers of lower tiers earlier, under every limit', () => {
    const tierOf = (name: string) => ({ name, share: { premium: 1, standard: 0.75, batch: 0.5 }[name] ?? 1 });
    for (const options of [
      { maxCalls: 8, adaptive: false },
      { leastAtWork: 8, maxCalls: 8, maxStreams: 0 },
    ]) {
      const admission = new Admission('test', { ...options, tierOf }, { delay: { currentMs: 0 } });
      const taken = ['batch', 'standard', 'premium'].map((tier) => {
        let count = 0;
        try {
          for (; count < 100; count++) admission.enter('call', tier);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'OVERLOADED' });
        }
        return count;
      });
      expect(taken).toEqual([4, 2, 2]);
    }
  });

  it('never refuses a tier while a lower one would be let in at the same moment', () => {
    const tiers = [1, 0.75, 0.5].map((share) => ({ name: String(share), share }));
    const step = fc.record({
      // A call that comes, or one that ends; the time since the step before; the waiting measured in it.
      comes: fc.boolean(),
      tier: fc.integer({ min: 0, max: 2 }),
      ms: fc.integer({ min: 0, max: 60 }),
      waitedMs: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        let now = 0;
        const queueing = new Queueing(() => now);
        queueing.probe = () => {};
        const admission = new Admission(
          'test',
          { leastAtWork: 3, maxCalls: 40, maxStreams: 0, tierOf: (client) => tiers[Number(client)] as ClientTier },
          { queueing, clock: () => now, delay: { currentMs: 0 } },
        );
        const places: Place[] = [];
        for (const { comes, tier, ms, waitedMs } of steps) {
          now += ms;
          queueing.waited(waitedMs);
          if (!comes) places.shift()?.leave();
          else {
            // At one moment: each tier asks, and gives back at once what it got.
            const admitted = tiers.map((_, index) => {
              try {
                admission.enter('call', String(index)).leave();
                return true;
              } catch {
                return false;
              }
            });
            expect(admitted).toEqual(admitted.toSorted((a, b) => Number(b) - Number(a)));
            if (admitted[tier]) places.push(admission.enter('call', String(tier)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('sheds while the event loop is late, and takes calls again after it', () => {
    const delay = { currentMs: 0 };
    const admission = new Admission('test', { maxLoopDelayMs: 100 }, { delay });
    admission.enter('call');
    delay.currentMs = 101;
    expect(() => admission.enter('call')).toThrow('more work');
    delay.currentMs = 100;
    admission.enter('call');
  });

  it('tells shed callers to return spread over twice the least time', () => {
    const admission = new Admission('test', { maxCalls: 0, retryAfterMs: 100 }, { delay: { currentMs: 0 } });
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
