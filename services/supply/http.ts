import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { type Dispatcher, Pool } from 'undici';
import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { cancelled, PartnerFailure } from './failure.ts';

/** Header names in lower case; a repeated header is a list. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A complete answer, decompressed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Buffer;
}

/** One request with what bounds it. */
export interface HttpRequest {
  /** Scheme, host and port: "https://api.example.com". */
  readonly origin: string;
  /** Path with query, starts with "/". */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Epoch milliseconds at which the request is given up and its connection closed; may be put off while it is under way. */
  readonly deadline: number;
  /** Closes the connection when aborted. */
  readonly signal: AbortSignal;
  /** Largest body in bytes, as received and decompressed. */
  readonly maxBodyBytes: number;
}

/** What sends requests: the client below, or one that answers from a recording. */
export interface HttpSender {
  /** The complete answer whatever its status. Throws PartnerFailure for everything that is none. */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** Options of {@link HttpClient}. */
export interface HttpClientOptions {
  /** Connections to one origin, default 256; sensible from the sum of its partners' `concurrency` up. */
  readonly connections?: number;
  /** Time to connect in ms, default 5,000; sensible 500 to 10,000. */
  readonly connectTimeoutMs?: number;
}

const ACCEPT_ENCODING = 'gzip, br, zstd, deflate';
const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const;

/**
 * Sends requests to partners: one pool of kept-alive connections an origin, no pipelining, no redirects, a hard deadline
 * (an answer that drips in slowly is given up all the same), a bounded body. Giving up closes the connection.
 */
export class HttpClient implements HttpSender {
  readonly #pools = new Map<string, Pool>();
  readonly #options: Required<HttpClientOptions>;

  constructor(options: HttpClientOptions = {}) {
    this.#options = { connections: options.connections ?? 256, connectTimeoutMs: options.connectTimeoutMs ?? 5_000 };
  }

  /** The complete answer whatever its status. Throws PartnerFailure for everything that is none. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    if (request.signal.aborted) throw cancelled();
    const answer = await new Promise<HttpAnswer>((resolve, reject) => {
      const exchange = new Exchange(request, resolve, reject);
      this.#pool(request.origin).dispatch(
        {
          path: request.path,
          method: request.method,
          headers: { 'accept-encoding': ACCEPT_ENCODING, ...request.headers },
          body: request.body ?? null,
          // The deadline alone counts, and may be put off.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        exchange,
      );
    });
    const encoding = answer.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity' || answer.body.length === 0) return answer;
    return { ...answer, body: await decompress(answer, String(encoding), request.maxBodyBytes) };
  }

  /** Closes every connection, also those in use. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const { connections, connectTimeoutMs } = this.#options;
    const pool = new Pool(origin, { connections, pipelining: 1, connect: { timeout: connectTimeoutMs } });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** One request under way: undici's own handler interface, because a stream for each answer costs more than the answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #startedAt = Date.now();
  readonly #request: HttpRequest;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (failure: PartnerFailure) => void;
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(request: HttpRequest, resolve: (answer: HttpAnswer) => void, reject: (failure: PartnerFailure) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(this.#onTimeout, Math.max(1, request.deadline - this.#startedAt));
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection: aborting here keeps the request from being written at all.
    if (this.#settled) controller.abort(GIVEN_UP);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const announced = Number(headers['content-length']);
    if (announced > this.#request.maxBodyBytes) this.#fail(tooLarge(announced, this.#request.maxBodyBytes, status));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#size += chunk.length;
    if (this.#size > this.#request.maxBodyBytes) {
      this.#fail(tooLarge(this.#size, this.#request.maxBodyBytes, this.#status));
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    this.#settle();
    // Copied even when it is one piece: a piece keeps the whole receive buffer alive, and bodies are held for minutes.
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks, this.#size) });
    this.#chunks = [];
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (!this.#settled) this.#fail(connectionFailure(error, this.#status));
  }

  readonly #onTimeout = (): void => {
    const { deadline } = this.#request;
    const left = deadline - Date.now();
    if (left > 0) {
      this.#timer = setTimeout(this.#onTimeout, left);
      return;
    }
    const got =
      this.#status === 0 ? 'no answer' : `status ${this.#status} and ${this.#size} bytes of an unfinished body`;
    this.#fail(
      new PartnerFailure({
        failure: FailureKind.TIMEOUT,
        detail: `${got} within ${Math.max(1, Math.round(deadline - this.#startedAt))} ms; the request was aborted`,
        ...(this.#status > 0 && { httpStatus: this.#status }),
      }),
    );
  };

  readonly #onAbort = (): void => {
    this.#fail(cancelled());
  };

  #fail(failure: PartnerFailure): void {
    if (this.#settled) return;
    this.#settle();
    this.#chunks = [];
    this.#controller?.abort(GIVEN_UP);
    this.#reject(failure);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#request.signal.removeEventListener('abort', this.#onAbort);
  }
}

const GIVEN_UP = new Error('given up');

function tooLarge(size: number, limit: number, httpStatus: number): PartnerFailure {
  return new PartnerFailure({
    failure: FailureKind.TOO_LARGE,
    detail: `the answer has ${size} bytes or more, the limit is ${limit}; raise maxBodyBytes or ask for fewer offers`,
    httpStatus,
  });
}

function connectionFailure(error: Error, httpStatus: number): PartnerFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const answered = httpStatus > 0;
  const status = answered ? { httpStatus } : {};
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    const detail = `no connection or no answer in time (${code})`;
    return new PartnerFailure({ failure: FailureKind.TIMEOUT, detail, cause: error, ...status });
  }
  if (error.name === 'HTTPParserError' || code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    const detail = `the answer is not HTTP (${code})`;
    return new PartnerFailure({ failure: FailureKind.MALFORMED, detail, cause: error, ...status });
  }
  const detail = answered
    ? `the connection broke in the middle of the answer (${code})`
    : `could not connect, or the connection broke before an answer (${code})`;
  const reset = code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
  return new PartnerFailure({
    failure: FailureKind.CONNECTION,
    detail,
    unanswered: reset && !answered,
    cause: error,
    ...status,
  });
}

async function decompress(answer: HttpAnswer, encoding: string, maxOutputLength: number): Promise<Buffer> {
  const decode = decoders[encoding.trim().toLowerCase() as keyof typeof decoders];
  const httpStatus = answer.status;
  if (decode === undefined) {
    const detail = `content-encoding ${JSON.stringify(encoding.slice(0, 40))} was not asked for and is not known`;
    throw new PartnerFailure({ failure: FailureKind.MALFORMED, detail, httpStatus });
  }
  try {
    return await decode(answer.body, { maxOutputLength });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(maxOutputLength + 1, maxOutputLength, httpStatus);
    }
    const detail = `the body is not ${encoding}, though its content-encoding says so`;
    throw new PartnerFailure({ failure: FailureKind.MALFORMED, detail, httpStatus, cause: error });
  }
}
