// The floor of an answer: a bare server that writes the bytes that it was last given with PUT.
import { createServer } from 'node:http';

let bytes: Buffer = Buffer.alloc(0);
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'PUT') bytes = Buffer.concat(chunks);
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
