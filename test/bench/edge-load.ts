// A closed loop of one request over and over, on plain connections: each asks again once its answer is complete, at which nobody looks.
//
//   POST /run   {@link Run}; answered with what it took: {"ms"}
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

/** What is asked, and how often. */
export interface Run {
  readonly port: number;
  readonly connections: number;
  /** Requests in all. */
  readonly count: number;
  readonly asked: AskedBytes;
}

/** One request as it stands on the wire; bytes in base64. */
export type AskedBytes =
  /** HTTP/1.1, head and body. */
  | { readonly kind: 'http'; readonly bytes: string }
  /** A message to a WebSocket, after the head that opens it and the first message that comes back. */
  | { readonly kind: 'websocket'; readonly open: string; readonly bytes: string }
  /** A gRPC call with one answer. */
  | { readonly kind: 'http2'; readonly path: string; readonly bytes: string };

/** Bytes of an answer, as far as they have come: how long it is in all, once that can be seen. */
type LengthOf = (bytes: Buffer) => number | undefined;

const headEnd = '\r\n\r\n';

/** Of HTTP/1.1. A stream is over with its last chunk. */
function lengthOfHttp(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(headEnd);
  if (at < 0) return undefined;
  const head = bytes.toString('latin1', 0, at);
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`Answered with ${bytes.subarray(0, 1_000)}`);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return at + headEnd.length + Number(length);
  return bytes.subarray(-7).equals(lastChunk) ? bytes.length : undefined;
}

const lastChunk = Buffer.from('\r\n0\r\n\r\n');

/** Of a frame that a server sends. */
function lengthOfFrame(bytes: Buffer): number | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  return head + (short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}

/** A message may come in several frames, of which the last says so. */
function lengthOfMessage(bytes: Buffer): number | undefined {
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfFrame(bytes.subarray(at));
    if (length === undefined || at + length > bytes.length) return undefined;
    if (((bytes[at] ?? 0) & 0x80) !== 0) return at + length;
    at += length;
  }
  return undefined;
}

/** One connection that asks for as long as `next` says so. */
function overSocket(port: number, request: Buffer, lengthOf: LengthOf, next: () => boolean, open?: Buffer) {
  return new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let came: Buffer[] = [];
    /** What comes first is no answer to what is asked: the head of a WebSocket, and its first message. */
    let opening = open !== undefined;
    const ask = (): void => {
      if (next()) return void socket.write(request);
      socket.destroy();
      resolve();
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The connection was closed.')));
    socket.on('connect', () => (open === undefined ? ask() : socket.write(open)));
    socket.on('data', (chunk: Buffer) => {
      came.push(chunk);
      const bytes = came.length === 1 ? chunk : Buffer.concat(came);
      try {
        if (opening) {
          const at = bytes.indexOf(headEnd);
          if (at < 0 || lengthOfMessage(bytes.subarray(at + headEnd.length)) === undefined) return;
          opening = false;
        } else {
          const length = lengthOf(bytes);
          if (length === undefined || bytes.length < length) return;
        }
      } catch (error) {
        return reject(error);
      }
      came = [];
      ask();
    });
  });
}

/** One session that makes one call after the other. */
async function overHttp2(port: number, path: string, message: Buffer, next: () => boolean): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  try {
    while (next()) {
      await new Promise<void>((resolve, reject) => {
        const stream = session.request(headers);
        let status: string | undefined;
        stream.on('response', (answered) => {
          status ??= answered['grpc-status']?.toString();
        });
        stream.on('trailers', (trailers) => {
          status = String(trailers['grpc-status']);
        });
        stream.on('error', reject);
        stream.on('data', () => undefined);
        stream.on('end', () => (status === '0' ? resolve() : reject(new Error(`Answered with status ${status}.`))));
        stream.end(message);
      });
    }
  } finally {
    session.destroy();
  }
}

async function run({ port, connections, count, asked }: Run): Promise<{ ms: number }> {
  let left = count;
  const next = (): boolean => left-- > 0;
  const bytes = Buffer.from(asked.bytes, 'base64');
  const one = (): Promise<void> => {
    if (asked.kind === 'http2') return overHttp2(port, asked.path, bytes, next);
    if (asked.kind === 'http') return overSocket(port, bytes, lengthOfHttp, next);
    return overSocket(port, bytes, lengthOfMessage, next, Buffer.from(asked.open, 'base64'));
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: connections }, one));
  return { ms: performance.now() - from };
}

const control = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  try {
    response.end(JSON.stringify(await run(JSON.parse(text) as Run)));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
process.once('SIGTERM', () => process.exit(0));
