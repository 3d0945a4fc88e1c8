import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpAnswer } from '../http.ts';

/** How one answer of a conversation goes wrong. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drip' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'halves'; readonly ms: number }
  /** The token is refused once; then it goes on with the first answer, which gives another, and with the refused one. */
  | { readonly kind: 'refuseToken' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'truncated' };

/** A recording that is replayed to one client, with one of its answers going wrong. */
export class Conversation {
  readonly #answers: readonly HttpAnswer[];
  readonly #requests: readonly string[];
  readonly #fault: Fault;
  readonly #at: number;
  readonly #reached = Promise.withResolvers<void>();
  #isReached = false;
  #next = 0;
  #refused = false;
  #aborted = 0;
  #waiting: (() => void)[] = [];

  /**
   * @param at which answer goes wrong; it is given to every request from there on
   * @param requests those of the recording ("GET /v1/offers?page=2"), for a client that may leave out the first ones
   */
  constructor(
    answers: readonly HttpAnswer[],
    fault: Fault = { kind: 'none' },
    at = answers.length - 1,
    requests: readonly string[] = [],
  ) {
    this.#answers = answers;
    this.#requests = requests.map(withoutQuery);
    this.#fault = fault;
    this.#at = at;
  }

  /** The client has asked for what goes wrong. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** Whether the client closed a connection before its answer was whole; waits for it as long as is said. */
  async aborted(withinMs: number): Promise<boolean> {
    if (this.#aborted > 0) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#aborted > 0;
  }

  /** Answers a request of it: "GET /v1/offers?page=2". */
  answer(request: string, response: ServerResponse): void {
    // Skipped is what leads to the first request.
    if (this.#next === 0) this.#next = Math.max(0, this.#requests.indexOf(withoutQuery(request)));
    response.on('close', () => {
      if (response.writableFinished) return;
      this.#aborted++;
      for (const done of this.#waiting.splice(0)) done();
    });
    const { kind } = this.#fault;
    const last = this.#answers.length - 1;
    const position = Math.min(this.#next, last);
    if (kind === 'refuseToken' && position === this.#at) this.#refuse(response);
    else if (position < this.#at || kind === 'refuseToken') {
      this.#next++;
      send(response, this.#answers[position]!);
    } else {
      this.#isReached = true;
      this.#reached.resolve();
      this.#fail(response, this.#answers[position]!);
    }
  }

  /** 401, then a new token, then what was asked for. */
  #refuse(response: ServerResponse): void {
    if (!this.#refused) {
      this.#refused = true;
      response.writeHead(401).end();
      return;
    }
    if (!this.#isReached) {
      this.#isReached = true;
      send(response, this.#answers[0]!);
      return;
    }
    this.#next++;
    send(response, this.#answers[this.#at]!);
  }

  #fail(response: ServerResponse, answer: HttpAnswer): void {
    const fault = this.#fault;
    const headers = plainHeaders(answer);
    switch (fault.kind) {
      case 'none':
      case 'refuseToken':
        send(response, answer);
        return;
      case 'hang':
        return;
      case 'wait':
        setTimeout(() => send(response, answer), fault.ms);
        return;
      case 'halves': {
        const half = answer.body.length >> 1;
        response.writeHead(200, headers).write(answer.body.subarray(0, half));
        setTimeout(() => response.end(answer.body.subarray(half)), fault.ms);
        return;
      }
      case 'drip': {
        response.writeHead(200, headers);
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
        return;
      }
      case 'reset':
        response.destroy();
        return;
      case 'cut':
        response.writeHead(200, { ...headers, 'content-length': String(answer.body.length) });
        // What is written goes out before the connection ends.
        response.write(answer.body.subarray(0, Math.max(1, answer.body.length >> 1)), () => response.destroy());
        return;
      case 'truncated':
        response.writeHead(200, headers).end(answer.body.subarray(0, Math.max(1, answer.body.length >> 1)));
        return;
      case 'huge':
        response.writeHead(200, headers).end(Buffer.alloc(fault.bytes, ' '));
        return;
      case 'answer':
        response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
    }
  }
}

/** A partner on this machine that replays recordings, to several clients at once where each has a path of its own. */
export class FaultServer {
  readonly #server: Server;
  readonly #conversations = new Map<string, Conversation>();
  #active = 0;
  #peak = 0;
  #requests: IncomingMessage[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#requests.push(request);
      this.#active++;
      this.#peak = Math.max(this.#peak, this.#active);
      response.on('close', () => this.#active--);
      request.resume().on('end', () => this.#answer(request, response));
    });
  }

  /** Starts one, on a free port of the loopback where nothing else is said. Rejects where the port is taken. */
  static async start(at: { host?: string; port?: number } = {}): Promise<FaultServer> {
    const made = new FaultServer();
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', reject).listen(at.port ?? 0, at.host ?? '127.0.0.1', resolve);
    });
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests under way at once, at most, since it was asked last. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#active;
    return peak;
  }

  /** Requests since it was asked last. */
  takeRequests(): readonly IncomingMessage[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  /** Answers what is asked below a path with a conversation; "" for everything that has no path of its own. */
  open(path: string, conversation: Conversation): Conversation {
    this.#conversations.set(path, conversation);
    return conversation;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): void {
    const conversation = this.#conversations.get(`/${url.split(/[/?]/, 2)[1]}`) ?? this.#conversations.get('');
    if (conversation === undefined) response.writeHead(404).end();
    else conversation.answer(`${method} ${url}`, response);
  }
}

function withoutQuery(request: string): string {
  return request.replace(/[?].*$/s, '');
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, plainHeaders(answer)).end(answer.body);
}

function plainHeaders({ headers }: HttpAnswer): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== 'content-length' && name !== 'content-encoding') kept[name] = String(value);
  }
  return kept;
}
