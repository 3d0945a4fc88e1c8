import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntrepotError } from '../errors/index.ts';
import { aborted, type Bench, bench, failure, type Note, shapes } from './test-service.ts';

const note = { text: 'x', count: 0 };

describe.each(shapes)('cancelling over %s', (shape) => {
  let at: Bench;
  beforeEach(() => {
    at = bench(shape);
  });
  afterEach(() => at.close());

  it('reaches the innermost of three handlers', async () => {
    const started = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const third = (
      await at.serve({
        say: async (_note, context) => {
          started.resolve();
          await aborted(context.signal);
          reached.resolve();
          throw context.signal.reason;
        },
      })
    ).connect();
    const second = (await at.serve({ say: (n, context) => third.say(n, { context }) })).connect();
    const first = (await at.serve({ say: (n, context) => second.say(n, { context }) })).connect();
    const controller = new AbortController();
    const call = failure(first.say(note, { signal: controller.signal }));
    await started.promise;
    controller.abort();
    expect(await call).toMatchObject({ name: 'EntrepotError', reason: 'CANCELLED' });
    await reached.promise;
  });

  it('reaches a handler through a copy of the context', async () => {
    const started = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const inner = (
      await at.serve({
        say: async (_note, context) => {
          started.resolve();
          await aborted(context.signal);
          reached.resolve();
          throw new Error('too late to matter');
        },
      })
    ).connect();
    const outer = (
      await at.serve({ say: (n, context) => inner.say(n, { context: { ...context, client: 'other' } }) })
    ).connect();
    const controller = new AbortController();
    const call = failure(outer.say(note, { signal: controller.signal }));
    await started.promise;
    controller.abort();
    await call;
    await reached.promise;
  });

  it('reaches a streaming handler when its reader stops', async () => {
    const reached = Promise.withResolvers<void>();
    const cleaned = Promise.withResolvers<void>();
    const client = (
      await at.serve({
        async *count(n, context) {
          aborted(context.signal).then(reached.resolve);
          try {
            for (;;) yield n;
          } finally {
            cleaned.resolve();
          }
        },
      })
    ).connect();
    for await (const _ of client.count(note)) break;
    await reached.promise;
    await cleaned.promise;
  });

  it('fails a read that is waiting at once, and lets the handler and the request stream clean up', async () => {
    const handlerSaw = Promise.withResolvers<unknown>();
    const sourceCleaned = Promise.withResolvers<void>();
    const client = (
      await at.serve({
        async *chat(notes) {
          try {
            for await (const n of notes) yield n;
          } catch (error) {
            handlerSaw.resolve(error);
            throw error;
          }
        },
      })
    ).connect();
    const gate = Promise.withResolvers<void>();
    async function* requests(): AsyncGenerator<Note> {
      try {
        yield note;
        await gate.promise;
      } finally {
        sourceCleaned.resolve();
      }
    }
    const controller = new AbortController();
    const answers = client.chat(requests(), { signal: controller.signal });
    expect(await answers.next()).toEqual({ done: false, value: note });
    const waiting = failure(answers.next());
    controller.abort();
    expect(await waiting).toMatchObject({ reason: 'CANCELLED' });
    expect(await handlerSaw.promise).toMatchObject({ reason: 'CANCELLED' });
    gate.resolve();
    await sourceCleaned.promise;
    expect(await answers.next()).toEqual({ done: true, value: undefined });
  });

  it('does not start a call whose signal is aborted already', async () => {
    let calls = 0;
    const client = (
      await at.serve({
        say: async (n) => {
          calls++;
          return n;
        },
      })
    ).connect();
    const signal = AbortSignal.abort();
    expect(await failure(client.say(note, { signal }))).toMatchObject({ reason: 'CANCELLED' });
    expect(await failure(client.count(note, { signal }).next())).toMatchObject({ reason: 'CANCELLED' });
    expect(calls).toBe(0);
  });

  it('gives the reason of a typed abort', async () => {
    const client = (await at.serve({ say: () => new Promise(() => {}) })).connect();
    const controller = new AbortController();
    const call = failure(client.say(note, { signal: controller.signal }));
    const reason = new EntrepotError({ reason: 'SEARCH_NOT_FOUND', message: 'nobody looks any more' });
    controller.abort(reason);
    expect(await call).toBe(reason);
  });

  it('takes nothing away from a call that is over', async () => {
    const signals: AbortSignal[] = [];
    const client = (
      await at.serve({
        say: async (n, context) => {
          signals.push(context.signal);
          return n;
        },
      })
    ).connect();
    const controller = new AbortController();
    await client.say(note, { signal: controller.signal });
    controller.abort();
    expect(signals[0]?.aborted).toBe(false);
  });

  it("cancels the call when the caller's own request stream throws, and the caller gets what it threw", async () => {
    const arrived = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const client = (
      await at.serve({
        sum: async (notes, context) => {
          aborted(context.signal).then(reached.resolve);
          for await (const _ of notes) arrived.resolve();
          return note;
        },
      })
    ).connect();
    const mine = new EntrepotError({ reason: 'CONFLICT', message: 'mine' });
    async function* requests(): AsyncGenerator<Note> {
      yield note;
      await arrived.promise;
      throw mine;
    }
    expect(await failure(client.sum(requests()))).toBe(mine);
    await reached.promise;
  });
});
