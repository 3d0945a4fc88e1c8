// What stands between a client and an edge, and breaks connections off when it is told to. It takes requests to have no bodies.
import { connect, createServer, type Socket } from 'node:net';

/** A proxy that knows nothing of HTTP but where the head of a request ends. */
export interface CuttingProxy {
  readonly url: string;
  /** Heads of the requests that came through, in order. */
  readonly heads: readonly string[];
  /** Breaks off what is open. */
  cut(): void;
  /** Lets so many more bytes of the answer through, and breaks off in the midst of it. Resolves once it has. */
  cutAfter(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts one in front of an edge. */
export async function startCuttingProxy(edgeUrl: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(edgeUrl);
  const heads: string[] = [];
  const open = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  let torn = Promise.withResolvers<void>();
  const cut = (): void => {
    for (const socket of open) socket.destroy();
    open.clear();
    left = Number.POSITIVE_INFINITY;
    torn.resolve();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let head = '';
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      // Whoever breaks off on one side is gone on the other.
      one.on('error', () => undefined);
      one.on('close', () => {
        open.delete(one);
        other.destroySoon();
      });
    }
    client.on('data', (chunk) => {
      upstream.write(chunk);
      const [last = '', ...whole] = (head + chunk).split('\r\n\r\n').reverse();
      heads.push(...whole.reverse());
      head = last;
    });
    upstream.on('data', (chunk: Buffer) => {
      if (chunk.length < left) {
        left -= chunk.length;
        client.write(chunk);
      } else client.write(chunk.subarray(0, left), cut);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    heads,
    cut,
    cutAfter: (bytes) => {
      left = bytes;
      torn = Promise.withResolvers();
      return torn.promise;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
