import {
  type KeyName,
  type ProductEvent,
  ProductEventKind,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import type { Changes } from './changes.ts';
import { inChunks } from './schema.ts';

/** Something that happens in a transaction. */
export interface NewEvent {
  readonly kind: ProductEventKind;
  readonly vertical: string;
  readonly productId: string;
  readonly otherProductIds?: readonly string[];
  readonly keys?: readonly KeyName[];
  readonly author: string;
  readonly version: string;
  readonly evidence: string;
  /** Of a decision: everything that it changes, so that it can be taken back. */
  readonly changes?: Changes;
  /** Of UNDONE: the event that is taken back. */
  readonly undoes?: number;
}

/** What was committed, for those who follow. */
export interface Happened {
  readonly last: number;
  readonly kinds: ReadonlySet<ProductEventKind>;
}

/** Author of what keys alone decide. */
export const byRule = 'rule';
/** Author of what the matcher decides. */
export const byMatcher = 'matcher';
/** Version of the rules that decide by keys: changes with what they take for the same key. */
export const rulesVersion = 'keys-2';

/** Kinds of events that tell of what is new, which is not followed unless it is asked for. */
export const newsKinds: readonly ProductEventKind[] = [ProductEventKind.CREATED, ProductEventKind.JOINED];

/** Decisions and what took them back. */
export const decisionKinds: readonly ProductEventKind[] = [
  ProductEventKind.MERGED,
  ProductEventKind.SPLIT,
  ProductEventKind.MOVED,
  ProductEventKind.KEPT_APART,
  ProductEventKind.UNDONE,
];

/** Numbers events, and tells those who follow of them. Rows are written once and never changed. */
export class EventLog {
  readonly #now: () => number;
  readonly #followers = new Set<(happened: Happened) => void>();
  #last: number | undefined;
  #turn = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Number of the last event. */
  get last(): number {
    if (this.#last === undefined) throw new Error('the events were not opened');
    return this.#last;
  }

  /** The last writing transaction, of whichever process, that the memory knows of. */
  get turn(): number {
    return this.#turn;
  }

  /** Reads how far the events go, before anything else is read. */
  async open(store: Store): Promise<void> {
    const [row] = await store.query<{ last: number | null; turn: number }>(
      'SELECT turn, (SELECT max(event_id) FROM events) AS last FROM turns',
    );
    this.#last = row!.last ?? 0;
    this.#turn = row!.turn;
  }

  /** Events of the writing transaction with this number; only one at a time may be open. */
  begin(turn: number): EventBatch {
    return new EventBatch(this.last, turn, new Date(this.#now()), (happened) => {
      this.#turn = turn;
      if (happened !== undefined) this.advance(happened);
    });
  }

  /** Up to this writing transaction everything is known, what happened in it included. */
  reached(turn: number): void {
    this.#turn = turn;
  }

  /** Something happened, here or in another process. */
  advance(happened: Happened): void {
    this.#last = happened.last;
    for (const follower of this.#followers) follower(happened);
  }

  /** Hears of what was committed until the returned function is called. */
  follow(follower: (happened: Happened) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

/** Events of one transaction. */
export class EventBatch {
  /** When they happen. */
  readonly at: Date;
  /** Number of the transaction. */
  readonly turn: number;
  readonly #before: number;
  readonly #committed: (happened: Happened | undefined) => void;
  readonly #events: NewEvent[] = [];

  constructor(before: number, turn: number, at: Date, committed: (happened: Happened | undefined) => void) {
    this.#before = before;
    this.turn = turn;
    this.at = at;
    this.#committed = committed;
  }

  /** What products become that change in this transaction: the number of its first event, which no product has yet. */
  get version(): number {
    return this.#before + 1;
  }

  /** Adds an event; its number. */
  add(event: NewEvent): number {
    this.#events.push(event);
    return this.#before + this.#events.length;
  }

  /** Writes the events down, in the transaction. */
  async write(tx: Store): Promise<void> {
    let next = this.version;
    await inChunks(this.#events, async (part) => {
      const from = next;
      next += part.length;
      await tx.query(
        `INSERT INTO events (event_id, kind, vertical, product_id, other_product_ids, keys, author, version, evidence,
           happened_at, undoes, changes)
         SELECT id, kind, vertical, product_id, others, keys, author, version, evidence, $10, nullif(undoes, 0),
           nullif(changes, '')
         FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
           $9::text[], $11::bigint[], $12::text[])
           AS new (id, kind, vertical, product_id, others, keys, author, version, evidence, undoes, changes)`,
        [
          part.map((_, index) => from + index),
          part.map(({ kind }) => kind),
          part.map(({ vertical }) => vertical),
          part.map(({ productId }) => productId),
          part.map(({ otherProductIds = [] }) => otherProductIds.join(' ')),
          part.map(({ keys = [] }) => keysText(keys)),
          part.map(({ author }) => author),
          part.map(({ version }) => version),
          part.map(({ evidence }) => evidence),
          this.at,
          part.map(({ undoes = 0 }) => undoes),
          part.map(({ changes }) => (changes === undefined ? '' : JSON.stringify(changes))),
        ],
      );
    });
  }

  /** The transaction is committed. */
  committed(): void {
    const kinds = new Set(this.#events.map(({ kind }) => kind));
    this.#committed(kinds.size === 0 ? undefined : { last: this.#before + this.#events.length, kinds });
  }
}

/** An event as it is stored. */
export interface EventRow {
  readonly event_id: number;
  readonly kind: ProductEventKind;
  readonly vertical: string;
  readonly product_id: string;
  readonly other_product_ids: string;
  readonly keys: string;
  readonly author: string;
  readonly version: string;
  readonly evidence: string;
  readonly happened_at: Date;
  readonly undoes: number | null;
  readonly undone_by: number | null;
}

/** What an event is read with, from `events` left-joined with `undone_events`. */
export const eventColumns = `events.event_id, kind, vertical, product_id, other_product_ids, keys, author, version, evidence,
  happened_at, undoes, undone_by`;

/** Events with what took them back. */
export const eventTables = 'events LEFT JOIN undone_events USING (event_id)';

/** A stored event as the contract has it. */
export function toEvent(row: EventRow): ProductEvent {
  return {
    eventId: eventIdOf(row.event_id),
    kind: row.kind,
    vertical: row.vertical,
    productId: row.product_id,
    otherProductIds: row.other_product_ids === '' ? [] : row.other_product_ids.split(' '),
    keys: keysOfText(row.keys),
    author: row.author,
    version: row.version,
    evidence: row.evidence,
    happenedAt: Temporal.Instant.fromEpochMilliseconds(row.happened_at.getTime()),
    undoneBy: row.undone_by === null ? '' : eventIdOf(row.undone_by),
    undoes: row.undoes === null ? '' : eventIdOf(row.undoes),
  };
}

/** An event's number as clients see it: ids in the order of their numbers, up to 10^15 events. */
export function eventIdOf(number: number): string {
  return `ev_${String(number).padStart(15, '0')}`;
}

/** The number of an event id; undefined for a text that is none. */
export function eventNumberOf(id: string): number | undefined {
  const match = /^ev_(\d{15})$/.exec(id);
  return match === null ? undefined : Number(match[1]);
}

function keysText(keys: readonly KeyName[]): string {
  return keys.length === 0 ? '' : JSON.stringify(keys.map(({ partner, key }) => [partner, key]));
}

function keysOfText(text: string): KeyName[] {
  if (text === '') return [];
  return (JSON.parse(text) as [string, string][]).map(([partner, key]) => ({ partner, key }));
}
