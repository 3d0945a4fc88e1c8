import { notify, type Store } from '../../libs/store/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { Changes } from './changes.ts';
import { type EventBatch, type EventLog, type EventRow, toEvent } from './events.ts';
import type { FormerIds } from './former-ids.ts';
import type { Attributes } from './record-vertical.ts';

/** What processes that share a database tell each other on: the number of a writing transaction. */
export const channel = 'turns';

/** Rows read at a time. */
const pageSize = 2000;

interface RecordRow {
  readonly vertical: string;
  readonly partner: string;
  readonly key: string;
  readonly shared_key: string;
  readonly attributes: string;
}

/**
 * Keeps the memory right where several processes write to one database. Writing transactions are numbered in the database, one
 * after the other; a process that finds a number in between takes over what was written under it, before it goes on.
 */
export class CatchUp {
  readonly #events: EventLog;
  readonly #formerIds: FormerIds;
  #catalogues: ReadonlyMap<string, Catalogue> = new Map();

  constructor(events: EventLog, formerIds: FormerIds) {
    this.#events = events;
    this.#formerIds = formerIds;
  }

  /** The catalogues whose memory it is. */
  take(catalogues: ReadonlyMap<string, Catalogue>): void {
    this.#catalogues = catalogues;
  }

  /**
   * Begins to write, in a transaction and in turn. `behind`: others had written, and what was concluded from the memory before
   * may be wrong; the memory is right from here on.
   */
  async begin(tx: Store): Promise<{ batch: EventBatch; behind: boolean }> {
    const [row] = await tx.query<{ turn: number }>('UPDATE turns SET turn = turn + 1 RETURNING turn');
    const { turn } = row!;
    await notify(tx, channel, String(turn));
    const behind = turn !== this.#events.turn + 1;
    // Not reached before it is committed: another process may get the number where this transaction fails.
    if (behind) await this.#read(tx, turn - 1);
    return { batch: this.#events.begin(turn), behind };
  }

  /** Takes over what others wrote, in a transaction and in turn. */
  async look(tx: Store): Promise<void> {
    const [row] = await tx.query<{ turn: number }>('SELECT turn FROM turns');
    if (row!.turn !== this.#events.turn) await this.#read(tx, row!.turn);
  }

  async #read(tx: Store, upTo: number): Promise<void> {
    const since = this.#events.turn;
    for (let more = true; more; ) {
      const rows = await tx.query<EventRow & { changes: string | null }>(
        `SELECT *, null AS undone_by FROM events WHERE event_id > $1 ORDER BY event_id LIMIT ${pageSize}`,
        [this.#events.last],
      );
      for (const row of rows) this.#apply(row);
      const last = rows.at(-1);
      if (last !== undefined) {
        this.#events.advance({ last: last.event_id, kinds: new Set(rows.map(({ kind }) => kind)) });
      }
      more = rows.length === pageSize;
    }
    const records = await tx.query<RecordRow>(
      'SELECT vertical, partner, key, shared_key, attributes FROM records WHERE turn > $1 ORDER BY turn, partner, key',
      [since],
    );
    for (const { vertical, partner, key, shared_key, attributes } of records) {
      const memory = this.#catalogues.get(vertical)?.memory;
      const lead = shared_key === '' ? memory?.key(partner, key) : memory?.key('', shared_key);
      if (memory === undefined || lead === undefined) continue;
      memory.addRecord(memory.newRef(), memory.prepare(partner, key, JSON.parse(attributes) as Attributes), lead);
    }
    this.#events.reached(upTo);
  }

  #apply(row: EventRow & { changes: string | null }): void {
    const catalogue = this.#catalogues.get(row.vertical);
    if (catalogue === undefined) return;
    if (row.changes !== null) {
      // Records come by themselves, with what else was said of them since.
      const changes = { ...(JSON.parse(row.changes) as Changes), records: [] };
      this.#formerIds.apply(changes);
      catalogue.apply(changes);
      return;
    }
    for (const { partner, key } of toEvent(row).keys) {
      if (catalogue.memory?.key(partner, key) === undefined) catalogue.memory?.addKey(partner, key, row.product_id);
    }
  }
}
