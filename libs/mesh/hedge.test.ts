import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redirectLogs } from '../telemetry/index.ts';
import { connect } from './connect.ts';
import type { MeshImplementation } from './definition.ts';
import type { HedgeDelay } from './hedge.ts';
import { createMemoryNetwork } from './memory.ts';
import { serve } from './serve.ts';
import { meshService } from './service.ts';
import { aborted, collect, EchoDefinition, echo, failure, type Note, streamOf } from './test-service.ts';

const note: Note = { text: 'x', count: 1 };
type Handlers = Partial<MeshImplementation<typeof EchoDefinition>>;

const closers: (() => Promise<void>)[] = [];
beforeEach(() => redirectLogs({ write: () => {} }, 'silent'));
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Calls go out a second time after so long, and what was told of their first messages. */
function delayOf(ms: number | undefined): HedgeDelay & { readonly told: number[] } {
  const told: number[] = [];
  return { after: () => ms, took: (took) => void told.push(took), told };
}

/** A client of two servers, hedged with every call earning so many second ones. Each answer's text says whose it is. */
async function pair(handlers: (which: number) => Handlers, delay: HedgeDelay, share = 1) {
  const addresses: string[] = [];
  for (const which of [0, 1]) {
    const sum = async () => ({ text: String(which), count: 0 });
    const services = [meshService(EchoDefinition, { ...echo, sum, ...handlers(which) })];
    const server = await serve({ name: `echo-${which}`, services, at: { address: '127.0.0.1:0' }, drainTimeoutMs: 0 });
    addresses.push(server.address);
    closers.push(() => server.close());
  }
  const methods = { say: delay, count: delay, chat: delay };
  const { client, close } = connect(
    EchoDefinition,
    { address: `static:${addresses.join()}` },
    { hedge: { methods, share } },
  );
  closers.push(close);
  const connected = new Set<string>();
  while (connected.size < 2) connected.add((await client.sum(streamOf())).text);
  return client;
}

/** Handlers of which the first call of all hangs until it is cancelled, wherever it comes. */
function firstHangs() {
  const cancelled = Promise.withResolvers<number>();
  const order: number[] = [];
  const hang = async (which: number, signal: AbortSignal): Promise<void> => {
    order.push(which);
    if (order.length > 1) return;
    await aborted(signal);
    cancelled.resolve(which);
  };
  return { cancelled: cancelled.promise, order, hang };
}

describe('a call whose first message is late', () => {
  it('is made again at the other server, and the late one is cancelled there', async () => {
    const { cancelled, order, hang } = firstHangs();
    const calls: number[] = [];
    const delay = delayOf(20);
    const client = await pair(
      (which) => ({
        say: async (_, context) => {
          calls.push(which);
          await hang(which, context.signal);
          return { text: String(which), count: 1 };
        },
      }),
      delay,
    );
    const { text } = await client.say(note);
    expect(calls.toSorted()).toEqual([0, 1]);
    expect(text).toBe(String(calls[1]));
    expect(await cancelled).toBe(order[0]);
    expect(delay.told).toHaveLength(1);
    expect(delay.told[0]).toBeGreaterThanOrEqual(19);
  });

  it('goes on as a stream from whoever was first', async () => {
    const { cancelled, order, hang } = firstHangs();
    const client = await pair(
      (which) => ({
        async *count(n, context) {
          await hang(which, context.signal);
          for (let i = 0; i < n.count; i++) yield { text: String(which), count: i };
        },
      }),
      delayOf(20),
    );
    const notes = await collect(client.count({ text: 'x', count: 50 }));
    expect(notes.map(({ count }) => count)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(new Set(notes.map(({ text }) => text))).toEqual(new Set([String(order[1])]));
    expect(order.toSorted()).toEqual([0, 1]);
    expect(await cancelled).toBe(order[0]);
  });

  it('sends both servers the requests so far, and the one that counts all that follow', async () => {
    const { cancelled, order, hang } = firstHangs();
    const received: string[][] = [[], []];
    const client = await pair(
      (which) => ({
        async *chat(notes, context) {
          for await (const one of notes) {
            received[which]?.push(one.text);
            if (one.text === 'b') await hang(which, context.signal);
            if (one.text !== 'a') yield { text: `${one.text}${which}`, count: 0 };
          }
        },
      }),
      delayOf(20),
    );
    const firstAnswer = Promise.withResolvers<void>();
    async function* requests(): AsyncGenerator<Note> {
      yield* ['a', 'b'].map((text) => ({ text, count: 0 }));
      await firstAnswer.promise;
      for (let i = 0; i < 100; i++) yield { text: `c${i}`, count: 0 };
    }
    const answers: string[] = [];
    for await (const { text } of client.chat(requests())) {
      answers.push(text);
      firstAnswer.resolve();
    }
    await cancelled;
    const [loser = 0, winner = 0] = order;
    expect(loser).not.toBe(winner);
    expect(received[loser]).toEqual(['a', 'b']);
    expect(received[winner]).toEqual(['a', 'b', ...Array.from({ length: 100 }, (_, i) => `c${i}`)]);
    expect(answers).toEqual(['b', ...Array.from({ length: 100 }, (_, i) => `c${i}`)].map((text) => text + winner));
  });

  it('ends at both servers when the caller cancels it', async () => {
    const ended: Promise<void>[] = [];
    const both = Promise.withResolvers<void>();
    const client = await pair(
      () => ({
        count: (_, context) => ({
          async *[Symbol.asyncIterator]() {
            if (ended.push(aborted(context.signal)) === 2) both.resolve();
            await aborted(context.signal);
            yield note;
          },
        }),
      }),
      delayOf(10),
    );
    const cancel = new AbortController();
    const call = failure(collect(client.count(note, { signal: cancel.signal })));
    await both.promise;
    cancel.abort();
    expect(await call).toMatchObject({ reason: 'CANCELLED' });
    await Promise.all(ended);
  });

  it('has the answer of the server that can, where the other refuses', async () => {
    let calls = 0;
    const second = Promise.withResolvers<void>();
    const client = await pair(
      () => ({
        async *count() {
          // The first one fails once there is a second, which answers later.
          if (++calls === 1) {
            await second.promise;
            throw new Error('broken');
          }
          second.resolve();
          await new Promise((resolve) => setTimeout(resolve, 50));
          yield note;
        },
      }),
      delayOf(10),
    );
    expect(await collect(client.count(note))).toEqual([note]);
    expect(calls).toBe(2);
  });

  it('is made again for no more than one call in twenty', async () => {
    let calls = 0;
    const client = await pair(
      () => ({
        async *count() {
          calls++;
          await new Promise((resolve) => setTimeout(resolve, 4));
          yield note;
        },
      }),
      delayOf(0),
      0.05,
    );
    for (let i = 0; i < 100; i++) await collect(client.count(note));
    // Each of a hundred is late; where the machine is busy one of the five may come too late to be worth it.
    expect(calls).toBeLessThanOrEqual(105);
    expect(calls).toBeGreaterThan(100);
  });

  it('waits on where there is no other server, and the failure of the first counts', async () => {
    let calls = 0;
    const services = [
      meshService(EchoDefinition, {
        ...echo,
        say: async () => {
          calls++;
          await new Promise((resolve) => setTimeout(resolve, 60));
          throw new Error('broken');
        },
      }),
    ];
    const server = await serve({ name: 'echo', services, at: { address: '127.0.0.1:0' } });
    closers.push(() => server.close());
    const hedge = { methods: { say: delayOf(5) }, share: 1 };
    const { client, close } = connect(EchoDefinition, { address: server.address }, { hedge });
    closers.push(close);
    expect(await failure(client.say(note))).toMatchObject({ reason: 'INTERNAL' });
    expect(calls).toBe(1);
  });
});

describe('a call', () => {
  it('is made once where its method was not said to be safe, too little is known, or everything is in this process', async () => {
    const network = createMemoryNetwork();
    let calls = 0;
    const slow = async (n: Note) => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 30));
      return n;
    };
    const services = [meshService(EchoDefinition, { ...echo, say: slow })];
    const inMemory = await serve({ name: 'echo', services, at: { network } });
    closers.push(() => inMemory.close());
    const addresses: string[] = [];
    for (const name of ['a', 'b']) {
      const server = await serve({ name, services, at: { address: '127.0.0.1:0' } });
      closers.push(() => server.close());
      addresses.push(server.address);
    }
    const address = `static:${addresses.join()}`;
    const clients = [
      connect(EchoDefinition, { network, name: 'echo' }, { hedge: { methods: { say: delayOf(1) }, share: 1 } }),
      connect(EchoDefinition, { address }, { hedge: { methods: { count: delayOf(1) }, share: 1 } }),
      connect(EchoDefinition, { address }, { hedge: { methods: { say: delayOf(undefined) }, share: 1 } }),
    ];
    for (const { client, close } of clients) {
      closers.push(close);
      expect(await client.say(note)).toEqual(note);
    }
    expect(calls).toBe(3);
  });

  it('goes round all servers as ever where nothing is late', async () => {
    const client = await pair((which) => ({ say: async () => ({ text: String(which), count: 0 }) }), delayOf(5_000));
    const texts: string[] = [];
    for (let i = 0; i < 10; i++) texts.push((await client.say(note)).text);
    expect(texts.filter((text) => text === '0')).toHaveLength(5);
  });
});
