import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpAnswer } from '../http.ts';

/** How the last answer of a conversation goes wrong. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drip' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'halves'; readonly ms: number }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'truncated' };

/** A partner on this machine that replays a recording, and lets its last answer go wrong. */
export class FaultServer {
  readonly #server: Server;
  #answers: readonly HttpAnswer[];
  #fault: Fault = { kind: 'none' };
  #next = 0;
  #active = 0;
  #peak = 0;
  #aborted = 0;
  #waiting: (() => void)[] = [];
  #requests: IncomingMessage[] = [];

  private constructor(answers: readonly HttpAnswer[]) {
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      this.#requests.push(request);
      this.#active++;
      this.#peak = Math.max(this.#peak, this.#active);
      response.on('close', () => {
        this.#active--;
        if (response.writableFinished) return;
        this.#aborted++;
        for (const done of this.#waiting.splice(0)) done();
      });
      request.resume().on('end', () => this.#answer(response));
    });
  }

  /** Starts one, on a free port of the loopback where nothing else is said. Rejects where the port is taken. */
  static async start(answers: readonly HttpAnswer[], at: { host?: string; port?: number } = {}): Promise<FaultServer> {
    const made = new FaultServer(answers);
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', reject).listen(at.port ?? 0, at.host ?? '127.0.0.1', resolve);
    });
    return made;
  }

  /** Replays another recording from now on. */
  load(answers: readonly HttpAnswer[]): void {
    this.#answers = answers;
    this.rewind({ kind: 'none' });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests under way at once, at most, since the recording was rewound. */
  get peak(): number {
    return this.#peak;
  }

  /** Requests since the recording was rewound. */
  get asked(): number {
    return this.#next;
  }

  /** What these requests were. */
  get requests(): readonly IncomingMessage[] {
    return this.#requests;
  }

  /** Begins the recording again, with a fault at its end. */
  rewind(fault: Fault): void {
    this.#fault = fault;
    this.#next = 0;
    this.#peak = 0;
    this.#aborted = 0;
    this.#requests = [];
  }

  /** Whether the other side closed a connection before its answer was whole; waits for it as long as is said. */
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

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(response: ServerResponse): void {
    const last = this.#answers.length - 1;
    const at = Math.min(this.#next++, last);
    const answer = this.#answers[at]!;
    if (at < last) send(response, answer);
    else this.#fail(response, answer);
  }

  #fail(response: ServerResponse, answer: HttpAnswer): void {
    const fault = this.#fault;
    const headers = plainHeaders(answer);
    switch (fault.kind) {
      case 'none':
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
