// One WebSocket: who it is, what runs on it, and its end.
import type { FastifyRequest } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { Identity } from '../../../../libs/clients/index.ts';
import { EntrepotError, invalidField, toEntrepotError } from '../../../../libs/errors/index.ts';
import { identityNow } from '../../access/still-let-in.ts';
import { credentialsOf, type EdgeCall, endCall } from '../../call.ts';
import type { Door } from '../../door.ts';
import { originOf } from '../../rest/errors.ts';
import type { OpenStreams } from '../open-streams.ts';
import { closeCodeOf, tooSlow } from './close-code.ts';
import { problemText, readyText } from './frames.ts';
import { type Begin, RefusedMessage, readMessage } from './message.ts';
import { cancelledByClient, runOperation } from './operation.ts';
import { Outbox } from './outbox.ts';

/** A socket that is open. */
export class SocketConnection {
  readonly #socket: WebSocket;
  readonly #request: FastifyRequest;
  readonly #call: EdgeCall;
  readonly #door: Door;
  readonly #streams: OpenStreams;
  readonly #outbox: Outbox;
  readonly #operations = new Map<string, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #leave: () => void;
  /** Messages are taken in the order in which they came, also while it is being found out who sends them. */
  #taken: Promise<void> = Promise.resolve();
  #hello: NodeJS.Timeout | undefined;
  #alive = true;
  #ending = false;

  /** @throws EntrepotError DRAINING when the edge stops */
  constructor(socket: WebSocket, request: FastifyRequest, door: Door, streams: OpenStreams) {
    this.#socket = socket;
    this.#request = request;
    this.#call = request.call;
    this.#door = door;
    this.#streams = streams;
    const { heartbeatMs, stalledMs, socket: limits } = streams.options;
    this.#leave = streams.add((error) => void this.#end(error));
    this.#outbox = new Outbox(socket, {
      maxBufferedBytes: limits.maxBufferedBytes,
      stalledMs,
      onStalled: (error) => this.#cut(error),
    });
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.once('close', () => this.#closed());
    // Who sent the request has said who it is (see access/guard.ts); who could not is given a while to.
    if (this.#call.identity !== undefined) this.#recognised(this.#call.identity);
    else this.#hello = setTimeout(() => this.#unknown(limits.helloMs), limits.helloMs);
  }

  #recognised(identity: Identity): void {
    clearTimeout(this.#hello);
    this.#outbox.send(readyText(identity.client, this.#streams.options.heartbeatMs));
  }

  #unknown(helloMs: number): void {
    const message = `Say who you are within ${helloMs} ms: {"hello":{"key":"…"}}.`;
    this.#refuse(new EntrepotError({ reason: 'CREDENTIALS_MISSING', message }), tooSlow);
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#alive = true;
    if (this.#ending) return;
    if (isBinary) {
      this.#refuse(new EntrepotError({ reason: 'MALFORMED_BODY', message: 'Messages are JSON, as text.' }));
      return;
    }
    const text = data.toString();
    if (this.#call.identity !== undefined) {
      this.#take(text, this.#call.identity);
      return;
    }
    // What comes before it is known from whom is not let pile up.
    this.#socket.pause();
    this.#taken = this.#taken.then(async () => {
      this.#socket.resume();
      if (this.#ending) return;
      if (this.#call.identity === undefined) await this.#takeHello(text);
      else this.#take(text, this.#call.identity);
    });
  }

  async #takeHello(text: string): Promise<void> {
    try {
      const message = readMessage(text);
      if (message.kind !== 'hello') {
        const say = 'Say who you are first: {"hello":{"key":"…"}}.';
        throw new EntrepotError({ reason: 'CREDENTIALS_MISSING', message: say });
      }
      const credentials = { ...credentialsOf(this.#request), key: message.key };
      this.#call.identify = () => this.#door.access.identify(credentials);
      this.#call.identity = await this.#call.identify();
      this.#recognised(this.#call.identity);
    } catch (thrown) {
      this.#refuse(thrown instanceof RefusedMessage ? thrown.error : toEntrepotError(thrown));
    }
  }

  #take(text: string, identity: Identity): void {
    try {
      const message = readMessage(text);
      if (message.kind === 'hello') {
        throw new RefusedMessage(invalidField('hello', `It is known who you are: ${identity.client}.`));
      }
      // What is cancelled may just have ended by itself.
      if (message.kind === 'cancel') this.#operations.get(message.id)?.abort(cancelledByClient);
      else this.#begin(message, identity);
    } catch (thrown) {
      const { id, error } = thrown as RefusedMessage;
      if (error.reason === 'MALFORMED_BODY') this.#refuse(error);
      else this.#outbox.send(problemText(id, error, originOf(this.#call)));
    }
  }

  /** @throws RefusedMessage */
  #begin(message: Begin, identity: Identity): void {
    const { id } = message;
    const { maxOperations } = this.#streams.options.socket;
    if (this.#operations.has(id)) {
      // Told without the id: with it, it would be the end of the other one.
      throw new RefusedMessage(invalidField('id', `The operation ${JSON.stringify(id)} still runs; take another id.`));
    }
    if (this.#operations.size >= maxOperations) {
      const said = `This socket runs ${maxOperations} operations already; end one first.`;
      const metadata = { limit: String(maxOperations) };
      throw new RefusedMessage(new EntrepotError({ reason: 'TOO_MANY_STREAMS', message: said, metadata }), id);
    }
    const ending = new AbortController();
    this.#operations.set(id, ending);
    const run = runOperation(message, this.#door, this.#outbox, identity, this.#call, ending.signal).then((last) => {
      // Before its last message: who reads that may use the id again.
      this.#operations.delete(id);
      this.#outbox.send(last);
      this.#running.delete(run);
    });
    this.#running.add(run);
  }

  #beat(): void {
    void this.#lookAgain();
    // A client that is still reading answers later; one that does not is given up for that.
    if (this.#outbox.full) return;
    if (!this.#alive) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  /** Who would not be let in any more is not kept either: its operations end with why, and the socket after them. */
  async #lookAgain(): Promise<void> {
    const { identify } = this.#call;
    const now = identify && (await identityNow(identify));
    if (now instanceof EntrepotError) {
      if (!this.#ending) await this.#end(now);
    } else if (now !== undefined) this.#call.identity = now;
  }

  /** Says what is wrong, and closes. */
  #refuse(error: EntrepotError, code = closeCodeOf(error)): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#outbox.send(problemText(undefined, error, originOf(this.#call)));
    this.#close(code, error);
  }

  /** Every operation ends with why and where to go on, and the socket after them. */
  async #end(error: EntrepotError): Promise<void> {
    this.#ending = true;
    const cut = setTimeout(() => this.#socket.terminate(), this.#streams.options.drainMs);
    this.#socket.once('close', () => clearTimeout(cut));
    for (const operation of this.#operations.values()) operation.abort(error);
    await Promise.all(this.#running);
    this.#close(closeCodeOf(error), error);
  }

  /** Gives up a client that reads nothing: it is told why where there is still room, and not waited for. */
  #cut(error: EntrepotError): void {
    this.#ending = true;
    for (const operation of this.#operations.values()) operation.abort(error);
    this.#close(tooSlow, error);
    this.#socket.terminate();
  }

  #close(code: number, { reason }: EntrepotError): void {
    this.#socket.close(code, reason);
  }

  #closed(): void {
    this.#ending = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#hello);
    this.#leave();
    const gone = new EntrepotError({ reason: 'CANCELLED', message: 'The client closed its connection.' });
    for (const operation of this.#operations.values()) operation.abort(gone);
    this.#outbox.close();
    endCall(this.#call, 101);
  }
}
