import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Agent, request } from 'undici';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerFailure } from '../failure.ts';
import type { ResponseHeaders } from '../http.ts';
import { retryAfterMs } from '../rate-limit.ts';
import { malformedFeed, oversizedFeed } from './refusal.ts';

/** What is fetched. */
export interface DownloadRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest file, decompressed. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** A file on its way. */
export interface Download {
  /** It is what it was, as the headers of the request say. */
  readonly unchanged: boolean;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly contentType: string | undefined;
  /** Its pieces, decompressed. Throws PartnerFailure where it breaks off. */
  readonly pieces: AsyncGenerator<Buffer>;
  /** Bytes of the pieces so far. */
  bytes(): number;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** A server that sends nothing for so long has given up, ms. */
const IDLE_MS = 60_000;
/** A server that wants to be left alone for longer is asked again after this. */
const LONGEST_WAIT_MS = 86_400_000;
const GZIP = [0x1f, 0x8b] as const;

/** Fetches a file, as its reader takes it. Throws PartnerFailure for everything but 2xx and 304. */
export async function download({ url, headers, maxBytes, signal }: DownloadRequest): Promise<Download> {
  const agent = new Agent({ connections: 1, headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS });
  const close = (): Promise<void> => agent.destroy();
  try {
    const answer = await request(url, {
      dispatcher: agent,
      headers: { 'accept-encoding': 'gzip', ...headers },
      signal,
    }).catch((cause: unknown) => {
      throw broken(cause, signal);
    });
    const { statusCode: status } = answer;
    const header = (name: string): string | undefined => {
      const value = answer.headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    if (status !== 304 && (status < 200 || status > 299)) throw refusedWith(status, answer.headers);
    const encoding = header('content-encoding') ?? 'identity';
    if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip') {
      throw malformedFeed('its content-encoding was not asked for');
    }
    let bytes = 0;
    const sent = received(answer.body, signal);
    const plain = unpacked(encoding === 'identity' ? sent : gunzipped(sent));
    async function* pieces(): AsyncGenerator<Buffer> {
      for await (const piece of plain) {
        bytes += piece.length;
        if (bytes > maxBytes) throw oversizedFeed(`it has more than ${maxBytes} bytes; see maxBytes`);
        yield piece;
      }
    }
    return {
      unchanged: status === 304,
      etag: header('etag'),
      lastModified: header('last-modified'),
      contentType: header('content-type'),
      pieces: pieces(),
      bytes: () => bytes,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function* received(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw broken(cause, signal);
  }
}

/** A file that is gzip by its first bytes, decompressed; any other as it is. */
async function* unpacked(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
    if (start.length >= GZIP.length) break;
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start;
    yield* pieces;
  }
  yield* start[0] === GZIP[0] && start[1] === GZIP[1] ? gunzipped(all()) : all();
}

/** Decompressed piece by piece: however much a few bytes unpack to, it is held no further than the next piece. */
async function* gunzipped(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  pipeline(Readable.from(pieces, { objectMode: false }), gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof PartnerFailure) throw error;
    throw malformedFeed('it is no gzip, or ends too early', error);
  }
}

function refusedWith(status: number, headers: ResponseHeaders): PartnerFailure {
  const failure =
    status === 401 || status === 403
      ? FailureKind.AUTHENTICATION
      : status === 429
        ? FailureKind.RATE_LIMIT
        : status >= 500
          ? FailureKind.SERVER_ERROR
          : FailureKind.REQUEST_REFUSED;
  const retryAfter = retryAfterMs(headers, Date.now(), LONGEST_WAIT_MS);
  return new PartnerFailure({
    failure,
    detail: `the file was answered with status ${status}`,
    httpStatus: status,
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
  });
}

function broken(cause: unknown, signal: AbortSignal): PartnerFailure {
  if (signal.aborted) {
    return new PartnerFailure({
      failure: FailureKind.TIMEOUT,
      detail: 'the file was not in when its time was over',
      cause,
    });
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new PartnerFailure({
    failure: FailureKind.CONNECTION,
    detail: `the connection broke before the file was in (${code})`,
    cause,
  });
}
