import type { SharedState } from '../../libs/shared/index.ts';
import type { Store } from '../../libs/store/index.ts';

/** Searches and hand-offs, or what was added to them. */
export interface Counts {
  searches: number;
  handoffs: number;
}

/** Counts of one day (by UTC: "2026-11-20"), by key. */
export type DayCounts = ReadonlyMap<string, Readonly<Counts>>;

/** Where counts are kept beyond the process. */
export interface CountStore {
  /** Adds to the counts of a day. False where it could not be done now, and nothing was added. */
  add(day: string, added: DayCounts): Promise<boolean>;
  /** Everything of these days. */
  read(days: readonly string[]): Promise<ReadonlyMap<string, DayCounts>>;
}

/** The table, as a migration of the clicks' store. */
export const countsMigration = {
  id: '0002-handoff-counts',
  sql: `
    CREATE TABLE handoff_counts (
      day date NOT NULL,
      key text NOT NULL,
      searches bigint NOT NULL,
      handoffs bigint NOT NULL,
      PRIMARY KEY (day, key)
    );`,
};

/** Counts beside the clicks: they survive a restart, of the one process that has the store. */
export class StoredCounts implements CountStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async add(day: string, added: DayCounts): Promise<boolean> {
    const keys = [...added.keys()];
    const counts = [...added.values()];
    await this.#store.query(
      `INSERT INTO handoff_counts (day, key, searches, handoffs)
       SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[])
       ON CONFLICT (day, key) DO UPDATE SET searches = handoff_counts.searches + excluded.searches,
         handoffs = handoff_counts.handoffs + excluded.handoffs`,
      [day, keys, counts.map(({ searches }) => searches), counts.map(({ handoffs }) => handoffs)],
    );
    await this.#store.query("DELETE FROM handoff_counts WHERE day < $1::date - interval '40 days'", [day]);
    return true;
  }

  async read(days: readonly string[]): Promise<ReadonlyMap<string, DayCounts>> {
    const rows = await this.#store.query<Counts & { day: string; key: string }>(
      'SELECT day::text AS day, key, searches, handoffs FROM handoff_counts WHERE day = ANY($1::date[])',
      [[...days]],
    );
    const found = new Map<string, Map<string, Counts>>(days.map((day) => [day, new Map()]));
    for (const { day, key, searches, handoffs } of rows) found.get(day)?.set(key, { searches, handoffs });
    return found;
  }
}

/** Nobody reads counts that are older. */
const KEPT_MS = 40 * 86_400_000;
/** A replica that dies while it adds is waited for so long. */
const LEASE_MS = 5_000;

/** Counts in the shared state: those of all replicas together, one value a day. */
export class SharedCounts implements CountStore {
  readonly #state: SharedState;
  readonly #holder: string;

  /** @param holder names this replica: a text that no other has */
  constructor(state: SharedState, holder: string) {
    this.#state = state;
    this.#holder = holder;
  }

  async add(day: string, added: DayCounts): Promise<boolean> {
    const lease = 'query/handoffs/adding';
    // One at a time: whoever comes second adds with the next turn.
    if ((await this.#state.acquire(lease, this.#holder, LEASE_MS)) !== this.#holder) return false;
    try {
      const all = new Map((await this.read([day])).get(day));
      for (const [key, { searches, handoffs }] of added) {
        const before = all.get(key);
        all.set(key, {
          searches: (before?.searches ?? 0) + searches,
          handoffs: (before?.handoffs ?? 0) + handoffs,
        });
      }
      const rows = [...all].map(([key, { searches, handoffs }]) => [key, searches, handoffs]);
      await this.#state.set(keyOf(day), Buffer.from(JSON.stringify(rows)), KEPT_MS);
      return true;
    } finally {
      await this.#state.release(lease, this.#holder);
    }
  }

  async read(days: readonly string[]): Promise<ReadonlyMap<string, DayCounts>> {
    const held = await this.#state.getMany(days.map(keyOf));
    return new Map(days.map((day, at) => [day, countsIn(held[at])]));
  }
}

function keyOf(day: string): string {
  return `query/handoffs/${day}`;
}

function countsIn(held: Buffer | undefined): DayCounts {
  if (held === undefined) return new Map();
  const rows = JSON.parse(held.toString('utf8')) as [key: string, searches: number, handoffs: number][];
  return new Map(rows.map(([key, searches, handoffs]) => [key, { searches, handoffs }]));
}
