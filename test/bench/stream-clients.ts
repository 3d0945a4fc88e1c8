// Many clients of streams at an edge, over plain connections: they look at nothing but when something comes.
//
//   POST /follow    {"port", "searchIds", "sse", "websocket"}: so many follow more than before; answers when each has the first snapshot
//   POST /arrived   waits until each was told something since the last call; when it came, and the bytes of the last message
import { createServer } from 'node:http';
import { connect } from 'node:net';

/** Clients that begin before the others do: each costs the edge a snapshot. */
const atOnce = 50;

interface Follow {
  readonly port: number;
  readonly searchIds: readonly string[];
  readonly sse: number;
  readonly websocket: number;
}

let arrived: number[] = [];
let missing = 0;
let bytes = 0;
let failure: Error | undefined;
let everybody = Promise.withResolvers<void>();

function expectEverybody(): void {
  if (failure !== undefined) throw failure;
  arrived = arrived.map(() => 0);
  missing = arrived.length;
  everybody = Promise.withResolvers();
  // Whoever waits for it sees how it failed; until then it is not unhandled.
  everybody.promise.catch(() => undefined);
}

async function follow({ port, searchIds, sse, websocket }: Follow): Promise<void> {
  for (let index = 0; index < sse + websocket; index++) {
    const searchId = searchIds[arrived.length % searchIds.length]!;
    const client = arrived.push(0) - 1;
    missing++;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('A stream has ended.')));
    if (index < sse) {
      socket.write(
        `GET /v1/searches/${searchId}/updates HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`,
      );
      socket.on('data', (chunk) => came(client, chunk));
    } else {
      socket.write(
        `GET /v1/stream HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\nsec-websocket-protocol: entrepot.v1\r\n\r\n`,
      );
      socket.once('data', () => socket.write(frame({ id: '1', method: 'WatchSearch', request: { searchId } })));
      socket.on('data', (chunk) => came(client, chunk));
    }
    if (index % atOnce === atOnce - 1) await until(() => missing === 0);
  }
  await until(() => missing === 0);
}

/** A masked text frame, whose mask changes nothing. */
function frame(message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
}

function came(client: number, chunk: string | Buffer): void {
  if (arrived[client] !== 0 || !chunk.includes('cursor')) return;
  arrived[client] = performance.timeOrigin + performance.now();
  bytes = chunk.length;
  missing--;
  if (missing === 0) everybody.resolve();
}

function fail(error: Error): void {
  failure ??= error;
  everybody.reject(error);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (failure !== undefined) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const control = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  try {
    if (request.url === '/follow') await follow(JSON.parse(text) as Follow);
    else await everybody.promise;
    const answer = { arrived, bytes };
    expectEverybody();
    response.end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
process.once('SIGTERM', () => process.exit(0));
