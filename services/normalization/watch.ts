import type {
  ProductEventKind,
  WatchProductsRequest,
  WatchProductsResponse,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { type EventLog, type EventRow, eventColumns, eventTables, type Happened, toEvent } from './events.ts';
import { everyDecision, kindsOf } from './list-events.ts';
import { invalidToken, openToken, sealToken } from './tokens.ts';

/** Most events in one answer: a watcher that is slow reads them in such parts when it is ready for them. */
const mostEvents = 500;

/** Follows the events of a store for any number of watchers; each reads them from the store itself, so that nothing queues up. */
export class Watchers {
  readonly #store: Store;
  readonly #events: EventLog;
  readonly #wakes = new Set<() => void>();
  #closed = false;

  constructor(store: Store, events: EventLog) {
    this.#store = store;
    this.#events = events;
  }

  /** What happens from a cursor on; ends when the service does. Throws EntrepotError INVALID_TOKEN, INVALID_FIELD. */
  async *watch(
    { vertical, cursor, kinds: asked }: WatchProductsRequest,
    { signal, quiet, whenDraining }: Pick<MeshContext, 'signal' | 'quiet' | 'whenDraining'>,
  ): AsyncGenerator<WatchProductsResponse> {
    const kinds = kindsOf(asked);
    let at = cursor === '' ? this.#events.last : this.#read(cursor);
    let woken = true;
    let ending = false;
    let wake: (() => void) | undefined;
    const onWake = (): void => {
      woken = true;
      wake?.();
    };
    const leave = this.#events.follow((happened) => {
      if (concerns(happened, kinds)) onWake();
    });
    this.#wakes.add(onWake);
    whenDraining?.(() => {
      ending = true;
      onWake();
    });
    signal.addEventListener('abort', onWake, { once: true });
    try {
      yield { events: [], cursor: cursorOf(at) };
      quiet?.();
      while (!this.#closed && !ending && !signal.aborted) {
        if (!woken) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        woken = false;
        const upTo = this.#events.last;
        const rows = await this.#after(at, upTo, vertical, kinds);
        if (rows.length === mostEvents) woken = true;
        // What does not concern the watcher it need not be asked about again.
        at = rows.length === mostEvents ? rows.at(-1)!.event_id : upTo;
        if (rows.length > 0) yield { events: rows.map(toEvent), cursor: cursorOf(at) };
      }
    } finally {
      leave();
      this.#wakes.delete(onWake);
      signal.removeEventListener('abort', onWake);
    }
  }

  /** Ends all watching. */
  close(): void {
    this.#closed = true;
    for (const wake of this.#wakes) wake();
  }

  #after(after: number, upTo: number, vertical: string, kinds: readonly ProductEventKind[]): Promise<EventRow[]> {
    if (after === upTo) return Promise.resolve([]);
    return this.#store.query<EventRow>(
      `SELECT ${eventColumns} FROM ${eventTables}
       WHERE event_id > $1 AND event_id <= $2 AND kind = ANY($3::smallint[]) ${everyDecision(kinds)}
         AND ($4::text = '' OR vertical = $4::text)
       ORDER BY event_id LIMIT ${mostEvents}`,
      [after, upTo, kinds, vertical],
    );
  }

  #read(cursor: string): number {
    const [number] = openToken<[number]>(cursor, 'watch', ['number'], 'cursor');
    if (number > this.#events.last) {
      throw invalidToken('cursor', 'is of a catalogue with more events than this one; read what is held anew');
    }
    return number;
  }
}

function cursorOf(number: number): string {
  return sealToken('watch', [number]);
}

function concerns({ kinds }: Happened, wanted: readonly ProductEventKind[]): boolean {
  return wanted.some((kind) => kinds.has(kind));
}
