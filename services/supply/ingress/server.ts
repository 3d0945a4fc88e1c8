import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Receiver } from './receive.ts';
import { receive } from './receive.ts';
import { type Headers, isFromPartner, knownByHeaders } from './sender.ts';

/** Where messages of partners are taken. */
export interface IngressAddress {
  /** Address to bind. Default 127.0.0.1: what is sent here changes what is sold, so a proxy with TLS stands before it. */
  readonly host?: string;
  /** Port to bind; 0 for a free one. Default 7012. */
  readonly port?: number;
}

/** A running ingress. */
export interface Ingress {
  /** "http://127.0.0.1:7012". */
  readonly url: string;
  /** Stops accepting, lets messages under way finish for a second, then cuts what is left. */
  close(): Promise<void>;
}

/** Messages under way at once; more are told to come again. */
const MOST_AT_ONCE = 64;
/** How long a sender may take for a message, ms. */
const SENDING_MS = 10_000;
const RETRY_SECONDS = 1;

const gunzipped = promisify(gunzip);

/** Starts taking messages at `POST /push/<partner>`. Nothing else is answered. Receivers may come and go meanwhile. */
export async function startIngress(
  receivers: ReadonlyMap<string, Receiver>,
  address: IngressAddress,
): Promise<Ingress> {
  const app = Fastify({
    routerOptions: { maxParamLength: 128 },
    requestTimeout: SENDING_MS,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    logController: new LogController({ disableRequestLogging: true }),
  });
  takeBytes(app, receivers);
  refuseEarly(app, receivers);
  let underWay = 0;
  app.post<{ Params: { partner: string } }>('/push/:partner', async (request, reply) => {
    const receiver = receivers.get(request.params.partner);
    if (receiver === undefined) return reply.code(404).send();
    if (underWay >= MOST_AT_ONCE) return reply.code(503).header('retry-after', RETRY_SECONDS).send();
    underWay++;
    try {
      const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const body = isPacked(headersOf(request)) ? await unpack(sent, receiver.push.maxBodyBytes) : sent;
      if (typeof body === 'number') return reply.code(body).send();
      const { answer } = await receive(receiver, headersOf(request), body);
      const { status, type, body: text } = answer;
      if (type !== undefined) reply.type(type);
      return reply.code(status).send(text ?? '');
    } finally {
      underWay--;
    }
  });
  app.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send(),
  );
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  const host = address.host ?? '127.0.0.1';
  await app.listen({ host, port: address.port ?? 7012 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    const taken = `Another process listens at ${host}:${address.port ?? 7012}, where partners' messages are to be taken`;
    throw new Error(`${taken}; stop it, or set ENTREPOT_INGRESS_ADDRESS`);
  });
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      const cut = setTimeout(() => app.server.closeAllConnections(), 1_000);
      await app.close();
      clearTimeout(cut);
    },
  };
}

/** Bodies as they came, whatever their type, to each partner's own limit: signatures are of bytes. */
function takeBytes(app: FastifyInstance, receivers: ReadonlyMap<string, Receiver>): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, payload, done) => {
    const most = receiverOf(request, receivers)?.push.maxBodyBytes ?? 0;
    const chunks: Buffer[] = [];
    let size = 0;
    payload.on('data', (chunk: Buffer) => {
      const fitted = size <= most;
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else if (fitted) done(Object.assign(new Error('too large'), { statusCode: 413 }), undefined);
    });
    payload.on('end', () => {
      if (size <= most) done(null, Buffer.concat(chunks, size));
    });
    payload.on('error', (error) => done(error, undefined));
  });
}

/** What can be refused before a byte of the body is read. */
function refuseEarly(app: FastifyInstance, receivers: ReadonlyMap<string, Receiver>): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/push/')) return undefined;
    const receiver = receiverOf(request, receivers);
    if (receiver === undefined) return refuse(reply, 404);
    const headers = headersOf(request);
    const { push, partner } = receiver;
    if (Number(headers['content-length']) > push.maxBodyBytes) return refuse(reply, 413);
    const early = knownByHeaders(push.verify);
    // A signature is of bytes, and nothing says whether of those before or after packing.
    if ((headers['content-encoding'] ?? 'identity') !== 'identity' && !(early && isPacked(headers))) {
      return refuse(early ? reply.header('accept-encoding', 'gzip') : reply, 415);
    }
    if (early && !isFromPartner(push.verify, headers, Buffer.alloc(0), partner.account)) return refuse(reply, 401);
    return undefined;
  });
}

function isPacked(headers: Headers): boolean {
  return /^\s*(x-)?gzip\s*$/i.test(headers['content-encoding'] ?? '');
}

/** What was packed by gzip, to the partner's limit of a message; 413 beyond it, 400 for what is no gzip. */
async function unpack(packed: Buffer, most: number): Promise<Buffer | 400 | 413> {
  try {
    return await gunzipped(packed, { maxOutputLength: most });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 413 : 400;
  }
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).header('connection', 'close').send();
}

function receiverOf(request: FastifyRequest, receivers: ReadonlyMap<string, Receiver>): Receiver | undefined {
  const { partner } = request.params as { readonly partner?: string };
  return partner === undefined ? undefined : receivers.get(partner);
}

/** A header that comes more than once is its values, as HTTP joins them. */
function headersOf({ headers }: FastifyRequest): Headers {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
