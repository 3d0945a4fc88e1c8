// The floor of an answer: bare servers of HTTP/1.1 and HTTP/2 that write the bytes that they were last given with PUT. The one of HTTP/2
// answers as gRPC does, with trailers.
//
//   PUT /          the bytes; answered with them, as everything else is
//   GET /http2     the port of the other server: {"port"}
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

let bytes: Buffer = Buffer.alloc(0);
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'PUT') bytes = Buffer.concat(chunks);
    const body = request.url === '/http2' ? JSON.stringify({ port: portOf(http2.address()) }) : bytes;
    response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
  });
});
server.keepAliveTimeout = 60_000;

const http2 = createHttp2Server();
http2.on('stream', (stream: ServerHttp2Stream) => {
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume();
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.end(bytes);
  });
});

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

http2.listen(0, '127.0.0.1', () => {
  server.listen(0, '127.0.0.1', () => console.log(`listening ${portOf(server.address())}`));
});
