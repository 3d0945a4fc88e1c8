// Many watchers of searches over gRPC, that look at nothing but when something comes.
//
//   POST /watch     {"address", "searchIds", "count", "connections"}: they watch from now on; answers when each has the first snapshot
//   GET  /arrived   waits until each was told something since the last call; when it came, by watcher, and the bytes of the last message
import { createServer } from 'node:http';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { WatchSearchRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';

const path = '/entrepot.query.v1.QueryService/WatchSearch';
/** Watchers that begin before the others do: each costs the server a snapshot. */
const atOnce = 100;

let arrived: Float64Array = new Float64Array(0);
let missing = 0;
let bytes = 0;
let everybody = Promise.withResolvers<void>();

interface Watch {
  readonly address: string;
  readonly searchIds: readonly string[];
  readonly count: number;
  readonly connections: number;
}

function expectEverybody(count: number): void {
  arrived = new Float64Array(count);
  missing = count;
  everybody = Promise.withResolvers();
}

async function watch({ address, searchIds, count, connections }: Watch): Promise<void> {
  const clients = Array.from(
    { length: connections },
    // Clients with the same options would share a connection.
    (_, index) => new Client(address, credentials.createInsecure(), { 'grpc.keepalive_time_ms': 60_000 + index }),
  );
  expectEverybody(count);
  for (let watcher = 0; watcher < count; watcher++) {
    const searchId = searchIds[watcher % searchIds.length]!;
    const request = WatchSearchRequest.fromPartial({ searchId });
    const stream = clients[watcher % connections]!.makeServerStreamRequest(
      path,
      (message: WatchSearchRequest) => Buffer.from(WatchSearchRequest.encode(message).finish()),
      // Reading them would cost this process more than sending them costs the other.
      (message: Buffer) => message,
      request,
      new Metadata(),
    );
    stream.on('data', (message: Buffer) => came(watcher, message));
    stream.on('error', (error) => everybody.reject(error));
    if (watcher % atOnce === atOnce - 1) await until(() => missing <= count - watcher - 1);
  }
  await everybody.promise;
}

function came(watcher: number, message: Buffer): void {
  if (arrived[watcher] !== 0) return;
  arrived[watcher] = performance.timeOrigin + performance.now();
  bytes = message.byteLength;
  missing--;
  if (missing === 0) everybody.resolve();
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const control = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', async () => {
    try {
      if (request.url === '/watch') await watch(JSON.parse(text) as Watch);
      else await everybody.promise;
      const answer = { arrived: [...arrived], bytes };
      expectEverybody(arrived.length);
      response.end(JSON.stringify(answer));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
process.once('SIGTERM', () => process.exit(0));
