import { randomBytes } from 'node:crypto';
import { Mismatch } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { SharedState } from '../../../libs/shared/index.ts';
import type { Store } from '../../../libs/store/index.ts';

/** An offer that was not what was shown, with what it takes to find it again. */
export interface KeptMismatch {
  readonly mismatch: Mismatch;
  /** Currency that was asked for. */
  readonly currency: string;
  readonly locale: string;
  readonly productProvisional: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A place in the list of mismatches, latest first. */
export interface MismatchPlace {
  /** Epoch ms. */
  readonly at: number;
  readonly id: string;
}

/** How long and how many mismatches are kept. */
export interface Retention {
  readonly keepDays: number;
  readonly most: number;
}

/** Where mismatches are kept. */
export interface MismatchStore {
  add(kept: KeptMismatch, retention: Retention): Promise<void>;
  /** The mismatch of an id; undefined where there is none. */
  get(id: string): Promise<KeptMismatch | undefined>;
  /**
   * Mismatches, latest first.
   * @param partner of one partner; empty for all
   * @param after those that come after this one in the list; undefined for the first
   * @param since older ones are of no interest, epoch ms
   */
  list(partner: string, after: MismatchPlace | undefined, most: number, since: number): Promise<KeptMismatch[]>;
}

const hourMs = 3_600_000;
const hourDigits = 4;

/** A new id; it says the hour in which it was made, so that what is kept by the hour is found again. */
export function newMismatchId(now: number): string {
  const hour = Math.floor(now / hourMs)
    .toString(36)
    .padStart(hourDigits, '0');
  return `m${hour}${randomBytes(9).toString('hex')}`;
}

const idShape = /^m([0-9a-z]{4})[0-9a-f]{18}$/;

/** Where a mismatch stands in the list. */
export function placeOf({ mismatch: { mismatchId, checkedAt } }: KeptMismatch): MismatchPlace {
  return { at: checkedAt?.epochMilliseconds ?? 0, id: mismatchId };
}

/** Beside the clicks. */
export class StoredMismatches implements MismatchStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async add(kept: KeptMismatch, { keepDays, most }: Retention): Promise<void> {
    const { at, id } = placeOf(kept);
    await this.#store.query(
      'INSERT INTO mismatches (mismatch_id, partner, checked_at, kept) VALUES ($1, $2, $3, $4::jsonb)',
      [id, kept.mismatch.partner, at, JSON.stringify(plain(kept))],
    );
    await this.#store.query(
      `DELETE FROM mismatches WHERE checked_at < $1 OR (checked_at, mismatch_id) IN (
         SELECT checked_at, mismatch_id FROM mismatches ORDER BY checked_at DESC, mismatch_id DESC OFFSET $2)`,
      [at - keepDays * 24 * hourMs, most],
    );
  }

  async get(id: string): Promise<KeptMismatch | undefined> {
    const [row] = await this.#store.query<{ kept: PlainMismatch }>(
      'SELECT kept FROM mismatches WHERE mismatch_id = $1',
      [id],
    );
    return row && keptOf(row.kept);
  }

  async list(partner: string, after: MismatchPlace | undefined, most: number, since: number): Promise<KeptMismatch[]> {
    const rows = await this.#store.query<{ kept: PlainMismatch }>(
      `SELECT kept FROM mismatches
       WHERE ($1 = '' OR partner = $1) AND checked_at >= $5
         AND ($2::bigint IS NULL OR (checked_at, mismatch_id) < ($2::bigint, $3::text))
       ORDER BY checked_at DESC, mismatch_id DESC LIMIT $4`,
      [partner, after?.at ?? null, after?.id ?? '', most, since],
    );
    return rows.map(({ kept }) => keptOf(kept));
  }
}

/** Hours that are looked through at once. */
const atOnce = 24;

/** In the shared state: those of all replicas, a log an hour. */
export class SharedMismatches implements MismatchStore {
  readonly #state: SharedState;
  readonly #now: () => number;
  /** Of an hour, how many its log had when this replica last added to it. */
  #known = { hour: 0, length: 0 };

  /** @param now epoch ms */
  constructor(state: SharedState, now: () => number) {
    this.#state = state;
    this.#now = now;
  }

  async add(kept: KeptMismatch, { keepDays, most }: Retention): Promise<void> {
    const hour = Math.floor(placeOf(kept).at / hourMs);
    if (this.#known.hour !== hour) this.#known = { hour, length: 0 };
    // Each hour has its part of what is kept, and room for a bad one.
    if (this.#known.length >= Math.max(10, most / (keepDays * 2))) return;
    const entry = Buffer.from(JSON.stringify(plain(kept)));
    const length = await this.#state.append(logKey(hour), [entry], keepDays * 24 * hourMs);
    this.#known = { hour, length: length ?? 0 };
  }

  async get(id: string): Promise<KeptMismatch | undefined> {
    const hour = idShape.exec(id)?.[1];
    if (hour === undefined) return undefined;
    return (await this.#hour(Number.parseInt(hour, 36))).find(({ mismatch }) => mismatch.mismatchId === id);
  }

  async list(partner: string, after: MismatchPlace | undefined, most: number, since: number): Promise<KeptMismatch[]> {
    const found: KeptMismatch[] = [];
    const oldest = Math.floor(since / hourMs);
    const last = Math.floor((after?.at ?? this.#now()) / hourMs);
    for (let first = last; first >= oldest && found.length < most; first -= atOnce) {
      const hours = await Promise.all(Array.from({ length: atOnce }, (_, at) => this.#hour(first - at)));
      for (const one of hours.flat()) {
        const ofPartner = partner === '' || one.mismatch.partner === partner;
        if (ofPartner && placeOf(one).at >= since && (after === undefined || isBehind(placeOf(one), after)))
          found.push(one);
      }
    }
    return found.slice(0, most);
  }

  async #hour(hour: number): Promise<KeptMismatch[]> {
    const entries = await this.#state.read(logKey(hour), 0);
    const kept = entries.map((entry) => keptOf(JSON.parse(entry.toString('utf8')) as PlainMismatch));
    return kept.sort((a, b) => (isBehind(placeOf(a), placeOf(b)) ? 1 : -1));
  }
}

/** Whether one comes after the other in a list, latest first. */
function isBehind(one: MismatchPlace, other: MismatchPlace): boolean {
  return one.at < other.at || (one.at === other.at && one.id < other.id);
}

function logKey(hour: number): string {
  return `query/mismatches/${hour}`;
}

type PlainMismatch = Omit<KeptMismatch, 'mismatch'> & { readonly mismatch: unknown };

function plain(kept: KeptMismatch): PlainMismatch {
  return { ...kept, mismatch: Mismatch.toJSON(kept.mismatch) };
}

function keptOf(kept: PlainMismatch): KeptMismatch {
  return { ...kept, mismatch: Mismatch.fromJSON(kept.mismatch) };
}
