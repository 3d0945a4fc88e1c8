import type { Logger } from '../../libs/telemetry/index.ts';
import type { FanOut } from './fan-out.ts';
import type { Entry } from './findings.ts';
import type { Journal } from './journal.ts';
import type { Looker } from './lookers.ts';

/** What a replica needs of the service. */
export interface ReplicaOptions {
  readonly log: Logger;
  /** Milliseconds that a search goes on without listeners, so that a client can resume. */
  readonly graceMs: number;
}

/**
 * A fan-out's part in the replicas that share it: one of them asks partners and writes down what happens, the others follow, and
 * one of those goes on where it dies. Once nothing more will come, nobody needs to.
 */
export class Replica {
  readonly #fanOut: FanOut;
  readonly #journal: Journal;
  readonly #options: ReplicaOptions;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #elsewhere: { readonly looker: RemoteReaders; readonly leave: () => void } | undefined;
  #syncing: Promise<void> | undefined;
  #stopped = false;

  constructor(fanOut: FanOut, journal: Journal, options: ReplicaOptions) {
    this.#fanOut = fanOut;
    this.#journal = journal;
    this.#options = options;
  }

  /** Something happened here. */
  record(entry: Entry): void {
    this.#journal.write(entry);
  }

  /** Resolves when what has happened here is written down, or cannot be; undefined where it is. */
  written(): Promise<void> | undefined {
    return this.#journal.written();
  }

  /** This process asks partners. */
  async own(): Promise<void> {
    await this.#guarded(async () => {
      await this.#journal.own();
      await this.#attend();
    });
  }

  /** Another process asks partners, or did until it died. Resolves when everything that it has told is taken in. */
  async follow(): Promise<void> {
    this.#fanOut.follow();
    // What is told while the journal is read is read with the next news.
    await this.#attend();
    await this.sync();
  }

  /** Takes in what others have told since. */
  sync(): Promise<void> {
    this.#syncing ??= this.#read().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Nothing more will come: there is nothing to be the owner of. */
  async over(): Promise<void> {
    if (this.#journal.owned) this.#journal.write({ $case: 'over', value: true });
    this.stop();
    if (this.#journal.owned) await this.#journal.disown();
  }

  /** Another process may go on with it. */
  async leave(): Promise<void> {
    this.stop();
    await this.#journal.disown();
  }

  /** Takes no part any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#elsewhere?.leave();
    this.#elsewhere = undefined;
  }

  async #attend(): Promise<void> {
    this.#beatLater();
    const unlisten = await this.#journal.listen(() => void this.#guarded(() => this.sync()));
    if (this.#stopped) unlisten();
    else this.#unlisten = unlisten;
  }

  async #read(): Promise<void> {
    this.#fanOut.replay(await this.#journal.news());
  }

  #beatLater(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => void this.#guarded(() => this.#beat()).finally(() => this.#beatLater()),
      this.#journal.heartbeatMs,
    );
    this.#timer.unref();
  }

  async #beat(): Promise<void> {
    await (this.#fanOut.asks ? this.#beatAsOwner() : this.#beatAsFollower());
  }

  async #beatAsOwner(): Promise<void> {
    if (!(await this.#journal.own())) {
      this.#options.log.warn({ search: this.#fanOut.id }, 'another replica has taken the search over');
      this.#fanOut.handOver();
      await this.sync();
      return;
    }
    this.#readElsewhere(await this.#journal.isRead());
  }

  async #beatAsFollower(): Promise<void> {
    if (this.#fanOut.read) await this.#journal.sayRead();
    await this.sync();
    if (this.#fanOut.over || this.#stopped || (await this.#journal.isOwned())) return;
    // The last words of the one that died are in the journal before its lease is.
    if (!(await this.#journal.own())) return;
    await this.sync();
    this.#options.log.warn(
      { search: this.#fanOut.id },
      'the replica that ran the search is gone; going on with it here',
    );
    this.#fanOut.takeOver();
  }

  /** Readers in other processes keep the fan-out alive as those here do. */
  #readElsewhere(read: boolean): void {
    if (read && this.#elsewhere === undefined) {
      const looker = new RemoteReaders();
      this.#elsewhere = { looker, leave: this.#fanOut.look(looker) };
    } else if (!read && this.#elsewhere !== undefined) {
      this.#elsewhere.leave();
      this.#elsewhere = undefined;
      setTimeout(() => {
        if (!this.#fanOut.read) this.#fanOut.cancel('The client went away and did not come back.');
      }, this.#options.graceMs).unref();
    }
  }

  /** Without the shared store the search goes on here alone. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#stopped)
        this.#options.log.debug({ err: error, search: this.#fanOut.id }, 'shared state cannot be reached');
    }
  }
}

/** Readers in another process. */
class RemoteReaders implements Looker {
  readonly read = true;
  readonly wanted = true;
  readonly stays = true;
  readonly served = true;
  changed(): void {}
  completed(): void {}
  ended(): void {}
  failed(): void {}
}
