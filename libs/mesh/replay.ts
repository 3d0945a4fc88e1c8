import { release } from './call-stream.ts';

/** Messages kept for another attempt; a call that has sent more than these is not tried again. */
const kept = 16;

/**
 * A caller's request messages, readable once for each attempt of the call. Until the first answer arrives, the messages
 * that were read are kept, so that another attempt can send them again; after that they are let go. The newest attempt
 * is the only one that gets messages.
 */
export class ReplayableRequests<Message> {
  readonly #source: AsyncIterator<Message>;
  readonly #onError: (thrown: unknown) => void;
  #sent: Message[] | undefined = [];
  #reading: Promise<IteratorResult<Message>> | undefined;
  #stopReading: (() => void) | undefined;
  #attempt = 0;

  /** `onError` is told when the caller's own iterable throws; readers only see the end. */
  constructor(source: AsyncIterable<Message>, onError: (thrown: unknown) => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#onError = onError;
  }

  /** Whether another attempt could still send everything. */
  get replayable(): boolean {
    return this.#sent !== undefined;
  }

  /** No other attempt will be made. */
  settle(): void {
    this.#sent = undefined;
  }

  /** All messages from the first on. Ends the reading of the attempt before. */
  attempt(): AsyncIterable<Message> {
    const attempt = ++this.#attempt;
    this.#stopReading?.();
    let position = 0;
    const next = (): Promise<IteratorResult<Message>> => {
      if (attempt !== this.#attempt) return Promise.resolve({ done: true, value: undefined });
      const earlier = this.#sent;
      if (earlier !== undefined && position < earlier.length) {
        return Promise.resolve({ done: false, value: earlier[position++] as Message });
      }
      position++;
      return this.#read(attempt);
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  /** The call is over: readers end, and the caller's source cleans up. Waits for neither. */
  close(): void {
    this.#attempt++;
    this.#stopReading?.();
    this.#sent = undefined;
    release(this.#source);
  }

  #read(attempt: number): Promise<IteratorResult<Message>> {
    return new Promise((resolve) => {
      const stop = () => resolve({ done: true, value: undefined });
      this.#stopReading = stop;
      // A read may still be waiting on behalf of the attempt before; what it brings is for this one.
      this.#reading ??= this.#source.next();
      this.#reading.then(
        (result) => {
          if (attempt !== this.#attempt) return;
          this.#reading = undefined;
          if (result.done !== true) this.#keep(result.value);
          resolve(result);
        },
        (thrown: unknown) => {
          if (attempt !== this.#attempt) return;
          this.#onError(thrown);
          stop();
        },
      );
    });
  }

  #keep(message: Message): void {
    if (this.#sent === undefined) return;
    if (this.#sent.length === kept) this.#sent = undefined;
    else this.#sent.push(message);
  }
}
