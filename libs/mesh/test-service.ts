import { type Connection, type ConnectOptions, type ConnectTarget, connect } from './connect.ts';
import type { MeshImplementation, MessageType } from './definition.ts';
import { createMemoryNetwork } from './memory.ts';
import { type MeshServer, type ServeOptions, serve } from './serve.ts';
import { meshService } from './service.ts';

/** A message of the tests: a text, a number, and bytes for size. */
export interface Note {
  text: string;
  count: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Written as JSON, so that the tests need no generated code. */
const Note: MessageType<Note> = {
  encode: (note) => ({ finish: () => encoder.encode(JSON.stringify(note)) }),
  decode: (bytes) => JSON.parse(decoder.decode(bytes)) as Note,
};

/** One RPC of each kind. */
export const EchoDefinition = {
  name: 'EchoService',
  fullName: 'entrepot.test.v1.EchoService',
  methods: {
    say: method('Say', false, false),
    count: method('Count', false, true),
    sum: method('Sum', true, false),
    chat: method('Chat', true, true),
  },
} as const;

function method<Requests extends boolean, Responses extends boolean>(
  name: string,
  requestStream: Requests,
  responseStream: Responses,
) {
  return { name, requestType: Note, requestStream, responseType: Note, responseStream, options: {} } as const;
}

/** An implementation that echoes; tests replace what they are about. */
export const echo: MeshImplementation<typeof EchoDefinition> = {
  say: async (note) => note,
  async *count(note) {
    for (let i = 0; i < note.count; i++) yield { text: note.text, count: i };
  },
  async sum(notes) {
    let count = 0;
    for await (const note of notes) count += note.count;
    return { text: 'sum', count };
  },
  async *chat(notes) {
    for await (const note of notes) yield { text: `re: ${note.text}`, count: note.count };
  },
};

/** A server and its clients, of one shape, that are taken down together. */
export interface Bench {
  readonly shape: Shape;
  serve(overrides?: Partial<MeshImplementation<typeof EchoDefinition>>, options?: Partial<ServeOptions>): Promise<Peer>;
  close(): Promise<void>;
}

/** A server of the bench and a way to call it. */
export interface Peer {
  readonly server: MeshServer;
  connect(options?: ConnectOptions): Connection<typeof EchoDefinition>['client'];
}

/** The two shapes that every promise of the mesh holds in. */
export const shapes = ['memory', 'gRPC'] as const;
export type Shape = (typeof shapes)[number];

/** A place to put servers up in one shape. */
export function bench(shape: Shape): Bench {
  const network = createMemoryNetwork();
  const closers: (() => Promise<void>)[] = [];
  let servers = 0;
  return {
    shape,
    async serve(overrides, options) {
      const name = `echo-${++servers}`;
      const at = shape === 'memory' ? { network } : { address: '127.0.0.1:0' };
      const services = [meshService(EchoDefinition, { ...echo, ...overrides })];
      const server = await serve({ name, services, at, ...options });
      closers.push(() => server.close());
      const target: ConnectTarget = shape === 'memory' ? { network, name } : { address: server.address };
      return {
        server,
        connect(clientOptions) {
          const connection = connect(EchoDefinition, target, clientOptions);
          closers.push(() => connection.close());
          return connection.client;
        },
      };
    },
    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** All messages of a stream. */
export async function collect<Message>(stream: AsyncIterable<Message>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** A stream of these messages. */
export async function* streamOf<Message>(...messages: Message[]): AsyncGenerator<Message> {
  yield* messages;
}

/** The error of a promise that has to fail. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
