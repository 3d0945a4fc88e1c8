import type { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { Screen } from './screen.ts';
import { Subscription } from './subscription.ts';
import type { Position } from './tokens.ts';

/** What the publisher needs to know of its search. */
export interface Published {
  /** There is something to show: who is asked is known, and prices can be had. */
  readonly ready: boolean;
  /** The search is complete. */
  readonly complete: boolean;
  /** Revision of what there is to show. */
  readonly revision: number;
  /** Resolves when what has happened is where other replicas find it; undefined where there is nothing to wait for. */
  written(): Promise<void> | undefined;
  /** What there was to be published is. */
  shown(screen: Screen): void;
  /** Nothing can be shown. */
  broken(error: EntrepotError): void;
  /** The last reader is gone. */
  deserted(): void;
}

/**
 * Turns what changes into updates of one screen, for any number of readers. Changes that come close together share an update; the
 * first offers and the completion go out at once. Nothing is made while nobody reads.
 */
export class Publisher {
  readonly screen: Screen;
  readonly #search: Published;
  readonly #minIntervalMs: number;
  readonly #readers = new Map<Subscription<SearchUpdate>, { readonly final: boolean }>();
  #dirty = false;
  #urgent = false;
  #publishing = false;
  #timer: NodeJS.Timeout | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #failure: EntrepotError | undefined;
  #over = false;

  /** @param minIntervalMs between two updates */
  constructor(screen: Screen, search: Published, minIntervalMs: number) {
    this.screen = screen;
    this.#search = search;
    this.#minIntervalMs = minIntervalMs;
  }

  /** Somebody reads. */
  get read(): boolean {
    return this.#readers.size > 0;
  }

  /** Somebody reads who goes on when the search is complete. */
  get stays(): boolean {
    for (const { final } of this.#readers.values()) if (!final) return true;
    return false;
  }

  /** Whoever reads can read the complete search. */
  get served(): boolean {
    return this.screen.log.complete && !this.#dirty && !this.#publishing;
  }

  /**
   * A new reader.
   * @param from the position that it knows; undefined for none
   * @param final it wants one snapshot of the complete search
   */
  subscribe(from: Position | undefined, final: boolean): Subscription<SearchUpdate> {
    const { log } = this.screen;
    let position = from;
    let sent = false;
    // Whoever wants one snapshot gets it with all that is known when it asks.
    const known = this.#search.revision;
    const reader = new Subscription<SearchUpdate>({
      read: () => {
        if (this.#failure !== undefined) throw this.#failure;
        if (final) {
          if (sent) return 'end';
          const whole = log.complete && log.revision >= known;
          if (!whole && !(this.#over && !this.#busy)) return undefined;
          if (!log.complete) return 'end';
          sent = true;
          return log.since(undefined).update;
        }
        if (!log.upToDate(position)) {
          const read = log.since(position);
          position = read.position;
          return read.update;
        }
        return this.#over && !this.#busy ? 'end' : undefined;
      },
      left: () => {
        this.#readers.delete(reader);
        if (this.#readers.size === 0) this.#search.deserted();
      },
    });
    this.#readers.set(reader, { final });
    if (this.#dirty || this.#search.revision !== log.revision || !this.screen.whole) this.changed(true);
    return reader;
  }

  /** Something changed. An urgent change goes out at once, together with all that waits. */
  changed(urgent: boolean): void {
    this.#dirty = true;
    this.#urgent ||= urgent;
    if (this.#publishing || !this.#wanted()) return;
    const wait = this.#urgent ? 0 : this.#publishedAt + this.#minIntervalMs - performance.now();
    if (wait <= 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#publish();
    } else {
      this.#timer ??= setTimeout(() => this.#due(), wait);
    }
  }

  /** Every reader is told that the search failed. */
  fail(error: EntrepotError): void {
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#wakeAll();
  }

  /** Nothing more will come: readers end once they have read what there is. */
  end(): void {
    this.#over = true;
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#due();
    }
    this.#wakeAll();
  }

  /** Nobody will read it again. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** What waited for others has waited long enough. Whoever it was for may have gone meanwhile. */
  #due(): void {
    this.#timer = undefined;
    if (this.#wanted()) void this.#publish();
  }

  get #busy(): boolean {
    return this.#publishing || (this.#dirty && this.#wanted());
  }

  /** Whether anybody would see an update now. */
  #wanted(): boolean {
    if (this.#failure !== undefined || !this.#search.ready) return false;
    for (const { final } of this.#readers.values()) if (!final || this.#search.complete) return true;
    return false;
  }

  async #publish(): Promise<void> {
    this.#publishing = true;
    this.#dirty = false;
    this.#urgent = false;
    try {
      // What a reader has seen must not be lost with this process.
      const written = this.#search.written();
      if (written !== undefined) await written;
      if (await this.screen.draw()) this.#urgent = this.#dirty = true;
    } catch (error) {
      const message = 'The page could not be put together; the trace id finds out why.';
      this.#search.broken(
        error instanceof EntrepotError ? error : new EntrepotError({ reason: 'INTERNAL', message, cause: error }),
      );
    } finally {
      this.#publishing = false;
      this.#publishedAt = performance.now();
    }
    this.#search.shown(this.screen);
    this.#wakeAll();
    if (this.#dirty) this.changed(false);
  }

  #wakeAll(): void {
    wakeSome([...this.#readers.keys()], 0);
  }
}

/** Readers that are woken before what they were told goes out: with thousands, the first would wait for the last. */
const wokenAtOnce = 64;

function wakeSome(readers: readonly Subscription<SearchUpdate>[], from: number): void {
  const until = Math.min(readers.length, from + wokenAtOnce);
  for (let at = from; at < until; at++) readers[at]!.wake();
  if (until < readers.length) setImmediate(wakeSome, readers, until);
}
