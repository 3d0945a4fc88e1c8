import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttemptRequests, ReplayableRequests } from './replay.ts';

const quiet = (): void => {};

/** Messages that come when they are told to. */
function source() {
  const queue: number[] = [];
  let wake = quiet;
  let ended = false;
  const closed = { value: false };
  async function* messages(): AsyncGenerator<number> {
    try {
      for (;;) {
        while (queue.length > 0) yield queue.shift() as number;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      closed.value = true;
    }
  }
  return {
    messages: messages(),
    closed,
    push(value: number) {
      queue.push(value);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
  };
}

/** Reads an attempt as far as it is told to, one message after the other, as transports do. */
class Reading {
  readonly got: number[] = [];
  readonly #iterator: AsyncIterator<number>;
  readonly attempt: AttemptRequests<number>;
  done = false;
  #last = Promise.resolve();

  constructor(attempt: AttemptRequests<number>) {
    this.attempt = attempt;
    this.#iterator = attempt[Symbol.asyncIterator]();
  }

  read(): Promise<void> {
    this.#last = this.#last.then(async () => {
      const result = await this.#iterator.next();
      if (result.done) this.done = true;
      else this.got.push(result.value);
    });
    return this.#last;
  }
}

describe('requests that can be sent again', () => {
  it('come in full and in order to two attempts, whoever reads faster', async () => {
    const steps = fc.array(fc.constantFrom('push', 'first', 'second') as fc.Arbitrary<'push' | 'first' | 'second'>, {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(16), async (order, before) => {
        const from = source();
        const requests = new ReplayableRequests(from.messages, quiet);
        const first = new Reading(requests.attempt());
        let pushed = 0;
        for (; pushed < before; pushed++) {
          from.push(pushed);
          await first.read();
        }
        expect(requests.replayable).toBe(true);
        const second = new Reading(requests.beside());
        const reads: Promise<void>[] = [];
        for (const step of order) {
          if (step === 'push') from.push(pushed++);
          else reads.push((step === 'first' ? first : second).read());
        }
        from.end();
        await Promise.all(reads);
        for (const reading of [first, second]) while (!reading.done) await reading.read();
        const all = Array.from({ length: pushed }, (_, index) => index);
        expect(first.got).toEqual(all);
        expect(second.got).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });

  it('go to the one that is left, once the other is stopped', async () => {
    const from = source();
    const requests = new ReplayableRequests(from.messages, quiet);
    const loser = new Reading(requests.attempt());
    const winner = new Reading(requests.beside());
    const waiting = loser.read();
    loser.attempt.stop();
    await waiting;
    expect(loser.done).toBe(true);
    requests.settle();
    for (let value = 0; value < 40; value++) {
      from.push(value);
      await winner.read();
    }
    expect(winner.got).toHaveLength(40);
    requests.close();
    await winner.read();
    expect(winner.done).toBe(true);
    await Promise.resolve();
    expect(from.closed.value).toBe(true);
  });

  it('cannot be sent again after more than sixteen', async () => {
    const from = source();
    const requests = new ReplayableRequests(from.messages, quiet);
    const reading = new Reading(requests.attempt());
    for (let value = 0; value < 16; value++) {
      from.push(value);
      await reading.read();
    }
    expect(requests.replayable).toBe(true);
    from.push(16);
    await reading.read();
    expect(requests.replayable).toBe(false);
  });

  it('end for every attempt when the source throws, which is told once', async () => {
    const told: unknown[] = [];
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('broken');
    }
    const requests = new ReplayableRequests(broken(), (thrown) => void told.push(thrown));
    const readings = [new Reading(requests.attempt()), new Reading(requests.beside())];
    for (const reading of readings) {
      await reading.read();
      await reading.read();
    }
    expect(readings.map(({ got, done }) => [got, done])).toEqual([
      [[1], true],
      [[1], true],
    ]);
    expect(told).toHaveLength(1);
  });
});
