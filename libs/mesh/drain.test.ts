import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redirectLogs } from '../telemetry/index.ts';
import { connect } from './connect.ts';
import { serve } from './serve.ts';
import { meshService } from './service.ts';
import { type Bench, bench, collect, EchoDefinition, echo, failure, type Note, shapes } from './test-service.ts';

const note: Note = { text: 'x', count: 1 };

describe.each(shapes)('draining over %s', (shape) => {
  let at: Bench;
  beforeEach(() => {
    at = bench(shape);
    redirectLogs({ write: () => {} }, 'silent');
  });
  afterEach(() => at.close());

  it('loses none of the calls and streams that were accepted', async () => {
    const gate = Promise.withResolvers<void>();
    const allStarted = Promise.withResolvers<void>();
    let started = 0;
    const start = () => {
      if (++started === 60) allStarted.resolve();
      return gate.promise;
    };
    const peer = await at.serve({
      say: async (n) => {
        await start();
        return n;
      },
      async *count(n) {
        yield n;
        await start();
        yield n;
      },
    });
    const client = peer.connect();
    const calls = Array.from({ length: 30 }, (_, count) => client.say({ text: 'x', count }));
    const streams = Array.from({ length: 30 }, (_, count) => collect(client.count({ text: 'x', count })));
    await allStarted.promise;
    const drained = peer.server.drain();
    expect(await failure(client.say(note, { timeoutMs: 2_000 }))).toMatchObject({ code: 14 });
    gate.resolve();
    expect((await Promise.all(calls)).map((n) => n.count)).toEqual(calls.map((_, i) => i));
    expect((await Promise.all(streams)).map((notes) => notes.length)).toEqual(streams.map(() => 2));
    await drained;
    expect(started).toBe(60);
  });

  it('cuts off what is not done in time, typed', async () => {
    const started = Promise.withResolvers<void>();
    const reason = Promise.withResolvers<unknown>();
    const peer = await at.serve(
      {
        say: (_n, context) => {
          context.signal.addEventListener('abort', () => reason.resolve(context.signal.reason));
          started.resolve();
          return new Promise(() => {});
        },
      },
      { drainTimeoutMs: 20 },
    );
    const call = failure(peer.connect().say(note));
    await started.promise;
    await peer.server.drain();
    expect(await call).toMatchObject({ reason: 'DRAINING', metadata: { started: 'true' } });
    expect(await reason.promise).toMatchObject({ reason: 'DRAINING' });
  });

  it('tells calls that ask to be told, for them to end by themselves', async () => {
    const peer = await at.serve({
      async *count(n, { whenDraining }) {
        const { promise, resolve } = Promise.withResolvers<void>();
        whenDraining?.(resolve);
        yield n;
        await promise;
        yield { ...n, text: 'last' };
      },
    });
    const stream = peer.connect().count(note);
    await stream.next();
    const drained = peer.server.drain();
    expect(await collect(stream)).toMatchObject([{ text: 'last' }]);
    await drained;
  });

  it('is done at once where nothing is under way, and again is the same', async () => {
    const peer = await at.serve();
    await peer.connect().say(note);
    const drained = peer.server.drain();
    expect(peer.server.drain()).toBe(drained);
    await drained;
  });
});

describe('draining one of two servers', () => {
  it('moves calls to the other without losing any', async () => {
    const services = (which: string) => [
      meshService(EchoDefinition, {
        ...echo,
        say: async (n) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { text: which, count: n.count };
        },
      }),
    ];
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) => serve({ name, services: services(name), at: { address: '127.0.0.1:0' } })),
    );
    const { client, close } = connect(EchoDefinition, { address: `static:${a?.address},${b?.address}` });
    const answers: string[] = [];
    let stop = false;
    const load = Promise.all(
      Array.from({ length: 20 }, async () => {
        while (!stop) answers.push((await client.say(note)).text);
      }),
    );
    while (new Set(answers).size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await a?.drain();
    const before = answers.length;
    while (answers.length < before + 200) await new Promise((resolve) => setTimeout(resolve, 5));
    stop = true;
    await load;
    expect(new Set(answers.slice(before + 40))).toEqual(new Set(['b']));
    await close();
    await b?.close();
  });
});
