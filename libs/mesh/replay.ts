import { release } from './call-stream.ts';

/** Messages kept for another attempt; a call that has sent more than these is not tried again. */
const kept = 16;

/** One attempt's place in the messages. */
interface Reader {
  position: number;
  wake: (() => void) | undefined;
  over: boolean;
}

/** What one attempt sends, and a way to end it. */
export interface AttemptRequests<Message> extends AsyncIterable<Message> {
  /** The attempt gets no more messages: it reads an end. */
  stop(): void;
}

/**
 * A caller's request messages, readable once for each attempt of the call. Until the first answer arrives, the messages
 * that were read are kept, so that another attempt can send them again; after that they are let go as soon as every attempt
 * that still reads has them.
 */
export class ReplayableRequests<Message> {
  readonly #source: AsyncIterator<Message>;
  readonly #onError: (thrown: unknown) => void;
  readonly #readers = new Set<Reader>();
  /** Messages from number `#first` on. */
  #messages: Message[] = [];
  #first = 0;
  #replayable = true;
  #reading = false;
  #ended = false;

  /** `onError` is told when the caller's own iterable throws; readers only see the end. */
  constructor(source: AsyncIterable<Message>, onError: (thrown: unknown) => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#onError = onError;
  }

  /** Whether another attempt could still send everything. */
  get replayable(): boolean {
    return this.#replayable;
  }

  /** No other attempt will be made. */
  settle(): void {
    this.#replayable = false;
    this.#trim();
  }

  /** All messages from the first on. Ends the reading of the attempts before. */
  attempt(): AttemptRequests<Message> {
    for (const reader of this.#readers) this.#stop(reader);
    return this.beside();
  }

  /** All messages from the first on, while the attempts before go on reading. */
  beside(): AttemptRequests<Message> {
    const reader: Reader = { position: 0, wake: undefined, over: false };
    this.#readers.add(reader);
    return {
      [Symbol.asyncIterator]: () => ({ next: () => this.#next(reader) }),
      stop: () => this.#stop(reader),
    };
  }

  /** The call is over: readers end, and the caller's source cleans up. Waits for neither. */
  close(): void {
    for (const reader of this.#readers) this.#stop(reader);
    this.#ended = true;
    this.settle();
    release(this.#source);
  }

  #next(reader: Reader): Promise<IteratorResult<Message>> {
    if (!reader.over && reader.position < this.#first + this.#messages.length) {
      const value = this.#messages[reader.position++ - this.#first] as Message;
      this.#trim();
      return Promise.resolve({ done: false, value });
    }
    if (reader.over || this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      reader.wake = () => resolve(this.#next(reader));
      this.#read();
    });
  }

  /** Reads one message for whoever waits for it. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    const over = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.#source.next().then(
      (result) => {
        this.#reading = false;
        if (this.#ended) return;
        if (result.done === true) return over();
        this.#keep(result.value);
        this.#wake();
      },
      (thrown: unknown) => {
        if (this.#ended) return;
        this.#onError(thrown);
        over();
      },
    );
  }

  #wake(): void {
    for (const reader of this.#readers) {
      const { wake } = reader;
      reader.wake = undefined;
      wake?.();
    }
  }

  #stop(reader: Reader): void {
    reader.over = true;
    this.#readers.delete(reader);
    reader.wake?.();
    this.#trim();
  }

  #keep(message: Message): void {
    if (this.#replayable && this.#messages.length === kept) this.#replayable = false;
    this.#messages.push(message);
  }

  /** Lets go of what every reader has had, unless another attempt may need it. */
  #trim(): void {
    if (this.#replayable) return;
    let least = this.#first + this.#messages.length;
    for (const { position } of this.#readers) least = Math.min(least, position);
    const had = least - this.#first;
    if (had <= 0) return;
    this.#messages.splice(0, had);
    this.#first = least;
  }
}
