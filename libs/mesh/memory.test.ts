import { describe, expect, it } from 'vitest';
import { connect } from './connect.ts';
import { createMemoryNetwork } from './memory.ts';
import { serve } from './serve.ts';
import { meshService } from './service.ts';
import { bench, collect, EchoDefinition, echo, failure, type Note, streamOf } from './test-service.ts';

const note: Note = Object.freeze({ text: 'x', count: 3 });

describe('the memory transport', () => {
  it('hands messages over as they are, without a copy', async () => {
    const at = bench('memory');
    const received: unknown[] = [];
    const client = (
      await at.serve({
        say: async (n) => {
          received.push(n);
          return n;
        },
        async *chat(notes) {
          for await (const n of notes) {
            received.push(n);
            yield n;
          }
        },
      })
    ).connect();
    expect(await client.say(note)).toBe(note);
    expect((await collect(client.chat(streamOf(note, note)))).every((n) => n === note)).toBe(true);
    expect(received.every((n) => n === note)).toBe(true);
    expect(received).toHaveLength(3);
    await at.close();
  });

  it('lets a handler run only as far as its reader asks', async () => {
    const at = bench('memory');
    let made = 0;
    const client = (
      await at.serve({
        async *count(n) {
          for (;;) {
            made++;
            yield n;
          }
        },
      })
    ).connect();
    let read = 0;
    for await (const _ of client.count(note)) if (++read === 5) break;
    expect(made).toBe(5);
    await at.close();
  });

  it('reaches a server that comes up later, and one that takes its place', async () => {
    const network = createMemoryNetwork();
    const { client, close } = connect(EchoDefinition, { network, name: 'echo' }, { retry: { baseDelayMs: 20 } });
    const early = client.say(note);
    const up = (text: string) =>
      serve({
        name: 'echo',
        services: [meshService(EchoDefinition, { ...echo, say: async () => ({ text, count: 0 }) })],
        at: { network },
      });
    const first = await up('first');
    expect(await early).toEqual({ text: 'first', count: 0 });
    await first.drain();
    const second = await up('second');
    expect(await client.say(note)).toEqual({ text: 'second', count: 0 });
    await second.close();
    expect(await failure(client.say(note))).toMatchObject({ reason: 'UNREACHABLE' });
    await close();
  });

  it('refuses a second server of the same name', async () => {
    const network = createMemoryNetwork();
    const options = { name: 'echo', services: [meshService(EchoDefinition, echo)], at: { network } };
    const server = await serve(options);
    await expect(serve(options)).rejects.toThrow('already up');
    await server.close();
  });

  it('refuses a method that the server does not have', async () => {
    const network = createMemoryNetwork();
    const server = await serve({ name: 'echo', services: [], at: { network } });
    const { client } = connect(EchoDefinition, { network, name: 'echo' });
    expect(await failure(client.say(note))).toMatchObject({ reason: 'UNKNOWN_METHOD', code: 12 });
    expect(await failure(client.count(note).next())).toMatchObject({ reason: 'UNKNOWN_METHOD' });
    await server.close();
  });

  it('refuses to serve a service of which an RPC is missing', () => {
    const { say: _, ...rest } = echo;
    expect(() => meshService(EchoDefinition, rest as typeof echo)).toThrow('EchoService has no implementation of say');
  });
});
