import { JournalEntry, SearchRecord } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import { PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { SharedState } from '../../libs/shared/index.ts';
import { counter, type Logger } from '../../libs/telemetry/index.ts';
import type { Entry } from './findings.ts';
import { newSearchId } from './ids.ts';

const lostWrites = counter('entrepot.query.journal.lost', {
  description: 'Fan-outs whose journal could not be written, so that no other replica can go on with them',
});

/** What query's replicas share: which searches there are, and what happened in their fan-outs. */
export class Journals {
  readonly shared: SharedState;
  /** Names this process in what it writes. */
  readonly writer = newSearchId();
  /** How long an owner that says nothing counts as alive, ms. */
  readonly leaseMs: number;
  readonly #ttlMs: number;
  readonly #log: Logger;

  /** @param ttlMs how long a search is held that nobody looks at */
  constructor(
    shared: SharedState,
    { leaseMs, ttlMs }: { readonly leaseMs: number; readonly ttlMs: number },
    log: Logger,
  ) {
    this.shared = shared;
    this.leaseMs = leaseMs;
    this.#ttlMs = ttlMs;
    this.#log = log;
  }

  /** Writes down what a search is. Never rejects: without it no other replica knows the search. */
  async putSearch(id: string, record: SearchRecord): Promise<void> {
    await this.#try(id, () => this.shared.set(searchKey(id), encoded(SearchRecord.encode(record)), this.#ttlMs));
  }

  /** What a search is; undefined where nobody knows it. */
  async search(id: string): Promise<SearchRecord | undefined> {
    const bytes = await this.shared.get(searchKey(id));
    return bytes && SearchRecord.decode(bytes);
  }

  /** Writes down a look at a search that page tokens are given out for. */
  async putView(searchId: string, viewKey: string, options: PageOptions): Promise<void> {
    await this.#try(searchId, () =>
      this.shared.set(viewOfKey(searchId, viewKey), encoded(PageOptions.encode(options)), this.#ttlMs),
    );
  }

  /** A look at a search; undefined where nobody knows it. */
  async view(searchId: string, viewKey: string): Promise<PageOptions | undefined> {
    const bytes = await this.shared.get(viewOfKey(searchId, viewKey));
    return bytes && PageOptions.decode(bytes);
  }

  /** The journal of a fan-out. */
  of(fanOutId: string): Journal {
    return new Journal(fanOutId, this, this.#ttlMs, this.#log);
  }

  async #try(search: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      lostWrites.add(1);
      this.#log.warn({ err: error, search }, 'other replicas will not know this search');
    }
  }
}

/** What happened in one fan-out, as every replica can read it, and who of them asks partners for it. */
export class Journal {
  readonly #id: string;
  readonly #journals: Journals;
  readonly #ttlMs: number;
  readonly #log: Logger;
  #queue: Buffer[] = [];
  #writing: Promise<void> | undefined;
  #broken = false;
  /** Only the owner writes as one. */
  #owned = false;
  #read = 0;

  constructor(id: string, journals: Journals, ttlMs: number, log: Logger) {
    this.#id = id;
    this.#journals = journals;
    this.#ttlMs = ttlMs;
    this.#log = log;
  }

  /** How often an owner says that it is alive, ms. */
  get heartbeatMs(): number {
    return this.#journals.leaseMs / 3;
  }

  /** Writes an entry, with others of the same moment. */
  write(entry: Entry): void {
    if (this.#broken) return;
    this.#queue.push(encoded(JournalEntry.encode({ entry, writer: this.#journals.writer })));
    this.#writing ??= this.#flush();
  }

  /** Resolves when everything is written that was given so far, or cannot be; undefined where it is. */
  written(): Promise<void> | undefined {
    return this.#writing;
  }

  /** Entries that others have written since the last call. */
  async news(): Promise<Entry[]> {
    const bytes = await this.#journals.shared.read(this.#logKey, this.#read);
    this.#read += bytes.length;
    const entries = bytes.map((one) => JournalEntry.decode(one));
    return entries.flatMap(({ entry, writer }) =>
      entry === undefined || writer === this.#journals.writer ? [] : [entry],
    );
  }

  /** The first entries, whoever wrote them. */
  async first(count: number): Promise<Entry[]> {
    const bytes = await this.#journals.shared.read(this.#logKey, 0);
    return bytes.slice(0, count).flatMap((one) => JournalEntry.decode(one).entry ?? []);
  }

  /** Listens for entries of others. */
  listen(heard: () => void): Promise<() => void> {
    return this.#journals.shared.subscribe(this.#channel, (writer) => {
      if (writer !== this.#journals.writer) heard();
    });
  }

  /** This process is the owner, as far as it knows. */
  get owned(): boolean {
    return this.#owned;
  }

  /** Becomes the owner, or goes on being it. False where somebody else is. */
  async own(): Promise<boolean> {
    const { shared, writer, leaseMs } = this.#journals;
    this.#owned = (await shared.acquire(this.#lease, writer, leaseMs)) === writer;
    return this.#owned;
  }

  /** Is the owner no longer. */
  async disown(): Promise<void> {
    this.#owned = false;
    await this.written();
    const { shared, writer } = this.#journals;
    await shared.release(this.#lease, writer).catch(() => false);
  }

  /** Somebody reads it here: the owner is not to give it up. */
  async sayRead(): Promise<void> {
    const { shared, leaseMs } = this.#journals;
    await shared.set(this.#readers, Buffer.from('1'), leaseMs);
  }

  /** Whether somebody reads it in another process. */
  async isRead(): Promise<boolean> {
    return (await this.#journals.shared.get(this.#readers)) !== undefined;
  }

  /** Whether anybody is the owner. */
  async isOwned(): Promise<boolean> {
    return (await this.#journals.shared.holderOf(this.#lease)) !== undefined;
  }

  async #flush(): Promise<void> {
    // What happens in the same turn goes in one call.
    await new Promise(setImmediate);
    const { shared, writer } = this.#journals;
    try {
      while (this.#queue.length > 0) {
        const entries = this.#queue;
        this.#queue = [];
        const fence = this.#owned ? { lease: this.#lease, holder: writer } : undefined;
        const length = await shared.append(this.#logKey, entries, this.#ttlMs, fence);
        if (length === undefined) {
          // Another replica has taken it over; what it will write is what counts.
          this.#owned = false;
          this.#queue = [];
          return;
        }
        await shared.publish(this.#channel, writer);
      }
    } catch (error) {
      this.#broken = true;
      this.#queue = [];
      lostWrites.add(1);
      this.#log.warn({ err: error, search: this.#id }, 'the journal of a fan-out cannot be written any more');
    } finally {
      this.#writing = undefined;
    }
  }

  get #logKey(): string {
    return `query:journal:${this.#id}`;
  }

  get #readers(): string {
    return `query:readers:${this.#id}`;
  }

  get #lease(): string {
    return `query:owner:${this.#id}`;
  }

  get #channel(): string {
    return `query:news:${this.#id}`;
  }
}

function searchKey(id: string): string {
  return `query:search:${id}`;
}

function viewOfKey(searchId: string, viewKey: string): string {
  return `query:view:${searchId}:${viewKey}`;
}

function encoded(writer: { finish(): Uint8Array }): Buffer {
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
