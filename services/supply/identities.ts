import { hash } from 'node:crypto';
import type { Context } from '@opentelemetry/api';
import { LRUCache } from 'lru-cache';
import type {
  NormalizationServiceDefinition,
  PartnerEvidence,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { IdentityChange } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { ColumnBatch } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshClient } from '../../libs/mesh/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import type { ProductKey } from './map-rows.ts';
import { ProductFollower } from './product-follower.ts';

/** Options of {@link Identities}. */
export interface IdentitiesOptions {
  /** Keys whose product is remembered, of each kind (shared ones, each partner's own); default 100,000 (about 20 MB), sensible 10,000 to 1,000,000. */
  readonly cachedKeys?: number;
  /** How long a remembered product is taken as true, in ms; default 600,000: a merge in the catalogue shows after it at the latest. */
  readonly cachedForMs?: number;
  /** How long to wait before following products again where that ended, in ms; default 1,000, doubled each time up to 30,000. */
  readonly waitMs?: number;
  /** How long normalization may take for one call, in ms; default 2,000, sensible 200 to 10,000. */
  readonly timeoutMs?: number;
}

/** Who waits for identities: one search. */
export interface IdentityListener {
  /** What was decided, or that it could not be asked for: `ids`, provisional ones, are done with either way. */
  settled(ids: readonly string[], changes: IdentityChange[], unavailable: boolean): void;
}

/** Distinct keys of one partner's rows with what normalization decides by. */
export interface Evidence {
  readonly vertical: string;
  readonly partner: string;
  readonly keys: readonly ProductKey[];
  /** One row a key. */
  readonly rows: ColumnBatch;
}

/** What the identities have done, for metrics. */
export interface IdentityStats {
  readonly cached: number;
  readonly calls: number;
  readonly failures: number;
}

/** Rows of one call: fewer than normalization takes, for a row that is new to it costs it about half a millisecond, and all wait. */
const MOST_ROWS = 1_000;
const log = logger('supply.identities');

/**
 * Which product a key is: remembered, or asked for. All searches of the process share one call at a time; whatever comes
 * up meanwhile goes with the next one. A failed call settles nothing: its keys keep their provisional ids.
 */
export class Identities {
  readonly #client: MeshClient<NormalizationServiceDefinition>;
  readonly #timeoutMs: number;
  /** By scope, then by text. */
  readonly #known = new Map<string, LRUCache<string, string>>();
  readonly #cache: { readonly max: number; readonly ttl: number; readonly ttlResolution: number };
  /** Asked for or about to be, with those who wait, by provisional id. */
  readonly #pending = new Map<string, Set<IdentityListener>>();
  readonly #queue: { evidence: Evidence; trace: Context | undefined }[] = [];
  readonly #closing = new AbortController();
  readonly #follower: ProductFollower;
  #calling = false;
  /** Changes of products heard of: what was decided before one is told, but not remembered. */
  #changes = 0;
  #calls = 0;
  #failures = 0;

  constructor(client: MeshClient<NormalizationServiceDefinition>, options: IdentitiesOptions = {}) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs ?? 2_000;
    const ttl = options.cachedForMs ?? 600_000;
    this.#cache = { max: options.cachedKeys ?? 100_000, ttl, ttlResolution: 1_000 };
    this.#follower = new ProductFollower(client, {
      changed: (productIds) => this.#forget(productIds),
      missed: () => {
        this.#changes++;
        this.#known.clear();
      },
      ...(options.waitMs !== undefined && { waitMs: options.waitMs }),
    });
  }

  /** The settled product of a key; undefined when it is not known yet. */
  known({ scope, text }: ProductKey): string | undefined {
    return this.#known.get(scope)?.get(text);
  }

  /** Whether the key of a provisional id is already being asked for; if so, the listener hears of it too. */
  join(provisionalId: string, listener: IdentityListener): boolean {
    const waiting = this.#pending.get(provisionalId);
    waiting?.add(listener);
    return waiting !== undefined;
  }

  /** Asks for keys that are neither known nor joined. `trace` is the span that the call is a child of, if it leads it. */
  ask(evidence: Evidence, listener: IdentityListener, trace?: Context): void {
    for (const key of evidence.keys) this.#pending.set(provisionalId(key), new Set([listener]));
    this.#queue.push({ evidence, trace });
    // From the first key on it is of interest what becomes of products.
    this.#follower.start(this.#closing.signal);
    if (this.#calling) return;
    this.#calling = true;
    // What else this turn of the event loop brings goes with the first call.
    queueMicrotask(() => void this.#run());
  }

  /** The listener no longer wants to hear. What it asked for is still remembered when it comes. */
  leave(provisionalIds: Iterable<string>, listener: IdentityListener): void {
    for (const id of provisionalIds) this.#pending.get(id)?.delete(listener);
  }

  stats(): IdentityStats {
    let cached = 0;
    for (const { size } of this.#known.values()) cached += size;
    return { cached, calls: this.#calls, failures: this.#failures };
  }

  /** Gives up the call under way; whoever waits hears that identity is unavailable. */
  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const asked = this.#take();
      let ids: readonly string[] | undefined;
      const changes = this.#changes;
      try {
        ids = await this.#resolve(
          asked.map(({ evidence }) => evidence),
          asked[0]!.trace,
        );
      } catch (error) {
        this.#failures++;
        const { reason, message } = toEntrepotError(error);
        log.warn({ reason, detail: message }, 'normalization did not answer; products stay provisional');
      }
      this.#settle(
        asked.map(({ evidence }) => evidence),
        ids,
        changes === this.#changes,
      );
    }
    this.#calling = false;
  }

  /** The evidence of one vertical that fits into one call: all that is queued, as a rule. */
  #take(): { evidence: Evidence; trace: Context | undefined }[] {
    const { vertical } = this.#queue[0]!.evidence;
    const taken: { evidence: Evidence; trace: Context | undefined }[] = [];
    let rows = 0;
    for (let i = 0; i < this.#queue.length; ) {
      const { evidence } = this.#queue[i]!;
      const fits = taken.length === 0 || rows + evidence.keys.length <= MOST_ROWS;
      if (evidence.vertical === vertical && fits) {
        rows += evidence.keys.length;
        taken.push(...this.#queue.splice(i, 1));
      } else {
        i++;
      }
    }
    return taken;
  }

  async #resolve(asked: readonly Evidence[], trace: Context | undefined): Promise<readonly string[]> {
    this.#calls++;
    const { vertical } = asked[0]!;
    const evidence: PartnerEvidence[] = asked.map(({ partner, rows }) => ({ partner, rows }));
    const { identities } = await this.#client.resolve(
      { vertical, evidence },
      { timeoutMs: this.#timeoutMs, signal: this.#closing.signal, ...(trace !== undefined && { trace }) },
    );
    const expected = asked.reduce((sum, { keys }) => sum + keys.length, 0);
    if (identities.length !== expected || identities.some(({ productId }) => productId === '')) {
      throw new Error(`normalization decided ${identities.length} of ${expected} rows`);
    }
    return identities.map(({ productId }) => productId);
  }

  /** What led to products that changed is asked for again when it comes up. */
  #forget(productIds: ReadonlySet<string>): void {
    this.#changes++;
    for (const known of this.#known.values()) {
      const gone = [...known].filter(([, productId]) => productIds.has(productId));
      for (const [text] of gone) known.delete(text);
    }
  }

  #remember({ scope, text }: ProductKey, productId: string): void {
    let known = this.#known.get(scope);
    if (known === undefined) {
      known = new LRUCache(this.#cache);
      this.#known.set(scope, known);
    }
    known.set(text, productId);
  }

  #settle(asked: readonly Evidence[], productIds: readonly string[] | undefined, remember: boolean): void {
    const told = new Map<IdentityListener, { ids: string[]; changes: IdentityChange[] }>();
    let position = 0;
    for (const { keys } of asked) {
      for (const key of keys) {
        const productId = productIds?.[position++];
        const provisional = provisionalId(key);
        if (productId !== undefined && remember) this.#remember(key, productId);
        for (const listener of this.#pending.get(provisional) ?? []) {
          let news = told.get(listener);
          if (news === undefined) {
            news = { ids: [], changes: [] };
            told.set(listener, news);
          }
          news.ids.push(provisional);
          if (productId !== undefined) news.changes.push({ provisionalProductId: provisional, productId });
        }
        this.#pending.delete(provisional);
      }
    }
    for (const [listener, { ids, changes }] of told) listener.settled(ids, changes, productIds === undefined);
  }
}

/** A product id for a key that is not settled: the same for the same key, in any process. */
export function provisionalId({ scope, text }: ProductKey): string {
  return `~${hash('sha256', `${scope}=${text}`, 'base64url').slice(0, 22)}`;
}
