import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HedgedSend, sendHedged } from './hedge.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Try {
  readonly signal: AbortSignal;
  readonly sent: () => void;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** A request whose tries are answered by hand; each is aborted as HTTP requests are. */
class Bench {
  readonly tries: Try[] = [];
  readonly discarded: string[] = [];
  readonly overtaken: number[] = [];
  readonly abort = new AbortController();
  admitted = 0;
  left = 0;
  admits = true;

  begin(other: Partial<HedgedSend<string>> = {}): ReturnType<typeof sendHedged<string>> {
    return sendHedged<string>({
      send: (signal, _hedge, sent) =>
        new Promise((resolve, reject) => {
          this.tries.push({ signal, sent, resolve, reject });
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      isGood: (answer) => answer.startsWith('good'),
      afterMs: 100,
      admit: () => {
        this.admitted++;
        return this.admits ? () => void this.left++ : undefined;
      },
      discarded: (answer) => void this.discarded.push(answer),
      overtaken: (ms) => void this.overtaken.push(ms),
      signal: this.abort.signal,
      ...other,
    });
  }

  /** The first went out, and so long passed. */
  async slow(ms = 100): Promise<void> {
    this.tries[0]!.sent();
    await vi.advanceTimersByTimeAsync(ms + 1);
  }
}

describe('a request that may be sent twice', () => {
  it('is sent once where it is answered in time, whatever the answer is', async () => {
    for (const answer of ['good', 'bad']) {
      const bench = new Bench();
      const sending = bench.begin();
      await bench.slow(50);
      bench.tries[0]!.resolve(answer);
      expect(await sending).toEqual({ answer, hedge: 'none' });
      await vi.advanceTimersByTimeAsync(1_000);
      expect(bench.tries).toHaveLength(1);
    }
  });

  it('is sent again where it takes longer, and the first good answer counts', async () => {
    const bench = new Bench();
    const sending = bench.begin();
    await bench.slow();
    expect(bench.tries).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20);
    bench.tries[1]!.resolve('good');
    expect(await sending).toEqual({ answer: 'good', hedge: 'won' });
    expect(bench.tries[0]!.signal.aborted).toBe(true);
    expect(bench.overtaken).toEqual([121]);
    expect(bench.left).toBe(1);
  });

  it('aborts the second where the first is answered after all, and counts nothing as overtaken', async () => {
    const bench = new Bench();
    const sending = bench.begin();
    await bench.slow();
    bench.tries[0]!.resolve('good');
    expect(await sending).toEqual({ answer: 'good', hedge: 'lost' });
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.tries[1]!.signal.aborted).toBe(true);
    expect([bench.overtaken, bench.left]).toEqual([[], 1]);
  });

  it('is waited for from when it goes out, not from when it began to wait for its turn', async () => {
    const bench = new Bench();
    const sending = bench.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bench.tries).toHaveLength(1);
    await bench.slow();
    expect(bench.tries).toHaveLength(2);
    bench.tries[0]!.resolve('good');
    await sending;
  });

  it('waits for the other one where an answer is not good, and tells of it', async () => {
    const bench = new Bench();
    const sending = bench.begin();
    await bench.slow();
    bench.tries[1]!.resolve('bad 429');
    await vi.advanceTimersByTimeAsync(50);
    expect(bench.discarded).toEqual(['bad 429']);
    bench.tries[0]!.resolve('good');
    expect(await sending).toEqual({ answer: 'good', hedge: 'lost' });
  });

  it('fails as the first one did where both fail, in whatever order', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const bench = new Bench();
      const sending = bench.begin();
      await bench.slow();
      const ends = [
        () => bench.tries[0]!.reject(new Error('the first')),
        () => bench.tries[1]!.reject(new Error('the second')),
      ];
      const failed = expect(sending).rejects.toThrow('the first');
      for (const at of order) {
        ends[at]!();
        await vi.advanceTimersByTimeAsync(1);
      }
      await failed;
      expect(bench.left).toBe(1);
    }
  });

  it('is not sent again once it has failed, nor where no second one may go out', async () => {
    const failing = new Bench();
    const sending = failing.begin();
    const failed = expect(sending).rejects.toThrow('broken');
    failing.tries[0]!.reject(new Error('broken'));
    await failed;
    await vi.advanceTimersByTimeAsync(1_000);
    expect([failing.tries.length, failing.admitted]).toEqual([1, 0]);

    const held = new Bench();
    held.admits = false;
    const waiting = held.begin();
    await held.slow();
    expect([held.tries.length, held.admitted]).toEqual([1, 1]);
    held.tries[0]!.resolve('good');
    expect(await waiting).toEqual({ answer: 'good', hedge: 'none' });
  });

  it('gives up both when the search is over', async () => {
    const bench = new Bench();
    const sending = bench.begin();
    await bench.slow();
    const failed = expect(sending).rejects.toThrow('aborted');
    bench.abort.abort(new Error('over'));
    await failed;
    expect(bench.tries.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect([bench.overtaken, bench.left]).toEqual([[], 1]);
  });
});
