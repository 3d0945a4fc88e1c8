import type { SharedState } from '../../../libs/shared/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import type { Standing } from './standing.ts';
import { addTo, noTally, type Tallies, type Tally } from './tally.ts';

/** Standings by partner and market; what is not there is in good standing. */
export type Standings = ReadonlyMap<string, Standing>;

/** Where checks and standings are kept beyond the process. Buckets are numbered stretches of time. */
export interface CheckStore {
  /** Adds to a bucket. False where it could not be done now, and nothing was added. */
  add(bucket: number, added: Tallies): Promise<boolean>;
  /** Everything of these buckets. */
  read(buckets: readonly number[]): Promise<ReadonlyMap<number, Tallies>>;
  /** Lets go of buckets before this one. */
  forget(before: number): Promise<void>;
  /** The standings as they were written last. */
  standings(): Promise<Standings>;
  /** Writes the standings. */
  write(standings: Standings): Promise<void>;
}

/** Beside the clicks: they survive a restart. */
export class StoredChecks implements CheckStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async add(bucket: number, added: Tallies): Promise<boolean> {
    const rows = [...added].map(([key, tally]) => ({ key, ...tally }));
    await this.#store.query(
      `INSERT INTO accuracy_checks AS known (bucket, key, accurate, dearer, cheaper, gone, failed)
       SELECT $1::bigint, key, accurate, dearer, cheaper, gone, failed FROM jsonb_to_recordset($2::jsonb)
         AS more(key text, accurate bigint, dearer bigint, cheaper bigint, gone bigint, failed bigint)
       ON CONFLICT (bucket, key) DO UPDATE SET accurate = known.accurate + excluded.accurate,
         dearer = known.dearer + excluded.dearer, cheaper = known.cheaper + excluded.cheaper,
         gone = known.gone + excluded.gone, failed = known.failed + excluded.failed`,
      [bucket, JSON.stringify(rows)],
    );
    return true;
  }

  async read(buckets: readonly number[]): Promise<ReadonlyMap<number, Tallies>> {
    const rows = await this.#store.query<Tally & { bucket: number; key: string }>(
      'SELECT * FROM accuracy_checks WHERE bucket = ANY($1::bigint[])',
      [[...buckets]],
    );
    const found = new Map<number, Map<string, Tally>>(buckets.map((bucket) => [bucket, new Map()]));
    for (const { bucket, key, ...tally } of rows) found.get(bucket)?.set(key, tally);
    return found;
  }

  async forget(before: number): Promise<void> {
    await this.#store.query('DELETE FROM accuracy_checks WHERE bucket < $1', [before]);
  }

  async standings(): Promise<Standings> {
    const rows = await this.#store.query<Omit<Standing, 'judgedAt'> & { key: string; judged_at: number }>(
      'SELECT * FROM accuracy_standings',
    );
    return new Map(rows.map(({ key, action, since, judged_at }) => [key, { action, since, judgedAt: judged_at }]));
  }

  async write(standings: Standings): Promise<void> {
    const rows = [...standings].map(([key, { action, since, judgedAt }]) => ({
      key,
      action,
      since,
      judged_at: judgedAt,
    }));
    await this.#store.transaction(async (tx) => {
      await tx.query('DELETE FROM accuracy_standings');
      await tx.query(
        `INSERT INTO accuracy_standings SELECT * FROM jsonb_populate_recordset(NULL::accuracy_standings, $1::jsonb)`,
        [JSON.stringify(rows)],
      );
    });
  }
}

/** Nobody reads what is older: the longest window, and as long again for standings without checks. */
const KEPT_MS = 14 * 86_400_000;
/** A replica that dies while it adds is waited for so long. */
const LEASE_MS = 5_000;
const STANDINGS = 'query/accuracy/standings';

/** In the shared state: the checks of all replicas together, one value a bucket. */
export class SharedChecks implements CheckStore {
  readonly #state: SharedState;
  readonly #holder: string;

  /** @param holder names this replica: a text that no other has */
  constructor(state: SharedState, holder: string) {
    this.#state = state;
    this.#holder = holder;
  }

  async add(bucket: number, added: Tallies): Promise<boolean> {
    const lease = 'query/accuracy/adding';
    // One at a time: whoever comes second adds with the next turn.
    if ((await this.#state.acquire(lease, this.#holder, LEASE_MS)) !== this.#holder) return false;
    try {
      const all = new Map([...(await this.read([bucket])).get(bucket)!].map(([key, tally]) => [key, { ...tally }]));
      for (const [key, tally] of added) {
        const own = all.get(key) ?? noTally();
        addTo(own, tally);
        all.set(key, own);
      }
      await this.#state.set(bucketKey(bucket), Buffer.from(JSON.stringify([...all])), KEPT_MS);
      return true;
    } finally {
      await this.#state.release(lease, this.#holder);
    }
  }

  async read(buckets: readonly number[]): Promise<ReadonlyMap<number, Tallies>> {
    const held = await this.#state.getMany(buckets.map(bucketKey));
    return new Map(buckets.map((bucket, at) => [bucket, mapIn<Tally>(held[at])]));
  }

  /** Every value has an end of its own. */
  async forget(): Promise<void> {}

  async standings(): Promise<Standings> {
    return mapIn<Standing>(await this.#state.get(STANDINGS));
  }

  async write(standings: Standings): Promise<void> {
    await this.#state.set(STANDINGS, Buffer.from(JSON.stringify([...standings])), KEPT_MS);
  }
}

function bucketKey(bucket: number): string {
  return `query/accuracy/checks/${bucket}`;
}

function mapIn<Value>(held: Buffer | undefined): Map<string, Value> {
  return new Map(held === undefined ? [] : (JSON.parse(held.toString('utf8')) as [string, Value][]));
}
