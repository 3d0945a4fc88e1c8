// How a request is written: which protocol, which codec, where its message is, and how long its client waits.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseTimeout as connectTimeout, parseContentType as connectType } from '@connectrpc/connect/protocol-connect';
import { parseTimeout as grpcTimeout, parseContentType as grpcWebType } from '@connectrpc/connect/protocol-grpc-web';
import type { FastifyRequest } from 'fastify';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import type { PublicMethod } from '../api/method.ts';
import { defaultTimeoutMs, type PatienceLimits, timeoutWithin } from '../deadline.ts';
import { type CodecName, envelopeBytes, malformed } from './codec.ts';

/** How a request, and so its answer, is written. */
export interface Wire {
  readonly protocol: 'connect' | 'grpc-web';
  readonly codec: CodecName;
  /** Messages stand in envelopes; otherwise the one message is the body. */
  readonly enveloped: boolean;
}

/** How a request is written; undefined where it is of no protocol that is known here. */
export function wireOf(request: FastifyRequest): Wire | undefined {
  if (request.method === 'GET') {
    const { encoding } = request.query as Readonly<Record<string, unknown>>;
    if (encoding !== 'proto' && encoding !== 'json') return undefined;
    return { protocol: 'connect', codec: encoding, enveloped: false };
  }
  const contentType = request.headers['content-type'] ?? null;
  const connect = connectType(contentType);
  if (connect !== undefined) {
    return { protocol: 'connect', codec: connect.binary ? 'proto' : 'json', enveloped: connect.stream };
  }
  const web = grpcWebType(contentType);
  if (web === undefined || web.text) return undefined;
  return { protocol: 'grpc-web', codec: web.binary ? 'proto' : 'json', enveloped: true };
}

/**
 * How a request for a method is written.
 * @throws EntrepotError UNSUPPORTED_MEDIA_TYPE
 */
export function requireWire(request: FastifyRequest, method: PublicMethod): Wire {
  const wire = wireOf(request);
  if (wire !== undefined && (wire.protocol === 'grpc-web' || wire.enveloped === method.streams)) return wire;
  const types = method.streams
    ? 'application/connect+proto, application/connect+json'
    : 'application/proto, application/json';
  throw unsupported(`${method.name} takes ${types}, application/grpc-web+proto or application/grpc-web+json.`);
}

/**
 * The request's message as bytes, unpacked.
 * @param mostBytes of an unpacked message
 * @throws EntrepotError MALFORMED_BODY, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
 */
export async function messageBytes(request: FastifyRequest, wire: Wire, mostBytes: number): Promise<Uint8Array> {
  if (request.method === 'GET') return unpacked(...messageOfQuery(request), mostBytes);
  const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  if (!wire.enveloped) return unpacked(body, one(request.headers['content-encoding']), mostBytes);
  const encoding = one(request.headers[wire.protocol === 'connect' ? 'connect-content-encoding' : 'grpc-encoding']);
  const [flags, message] = onlyMessage(body);
  return unpacked(message, flags === 1 ? (encoding ?? 'none, but compressed') : undefined, mostBytes);
}

/** The message in a GET's parameters, and how it is compressed. */
function messageOfQuery(request: FastifyRequest): [Uint8Array, string | undefined] {
  const { message, base64, compression } = request.query as Readonly<Record<string, unknown>>;
  if (typeof message !== 'string') throw malformed('The parameter "message" is missing.');
  return [Buffer.from(message, base64 === '1' ? 'base64url' : 'utf8'), one(compression)];
}

/** The one message of a body of envelopes, and its flags. */
function onlyMessage(body: Buffer): [number, Uint8Array] {
  if (body.byteLength < envelopeBytes) throw malformed('The body has no message in an envelope.');
  const flags = body.readUInt8(0);
  const end = envelopeBytes + body.readUInt32BE(1);
  if (end > body.byteLength) throw malformed('The message is shorter than its envelope says.');
  if (end < body.byteLength) throw malformed('The body has more than one message.');
  if (flags > 1) throw malformed(`An envelope with flags ${flags} holds no message.`);
  return [flags, body.subarray(envelopeBytes, end)];
}

const gunzipAsync = promisify(gunzip);

/** A small body that would unpack to a large one is given up as soon as it has passed the limit. */
async function unpacked(bytes: Uint8Array, encoding: string | undefined, mostBytes: number): Promise<Uint8Array> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return bytes;
  if (encoding !== 'gzip') throw unsupported(`Compression "${encoding}" is not known here; send gzip or identity.`);
  try {
    return await gunzipAsync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new EntrepotError({
        reason: 'BODY_TOO_LARGE',
        message: `Unpacked, the message has over ${mostBytes} bytes.`,
      });
    }
    throw malformed('The message is not compressed with gzip, as it says.');
  }
}

/**
 * How long the client waits, from now on, as it says in its protocol's header.
 * @throws EntrepotError INVALID_FIELD
 */
export function timeoutOf(request: FastifyRequest, wire: Wire, method: PublicMethod, limits: PatienceLimits): number {
  const name = wire.protocol === 'connect' ? 'connect-timeout-ms' : 'grpc-timeout';
  const header = one(request.headers[name]);
  if (header === undefined) return defaultTimeoutMs(method, limits);
  const parse = wire.protocol === 'connect' ? connectTimeout : grpcTimeout;
  const { timeoutMs } = parse(header, Number.MAX_SAFE_INTEGER);
  if (timeoutMs === undefined) throw invalidField(name, `"${header.slice(0, 20)}" is no timeout.`);
  return timeoutWithin(method, timeoutMs, limits);
}

function unsupported(message: string): EntrepotError {
  return new EntrepotError({ reason: 'UNSUPPORTED_MEDIA_TYPE', message });
}

function one(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
