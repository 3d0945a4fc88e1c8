import { hash } from 'node:crypto';
import { readColumns } from '../../../libs/columns/index.ts';
import type { ProductContent } from '../../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import type { PartnerEvidence } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Migration, Store } from '../../../libs/store/index.ts';
import { counter, logger } from '../../../libs/telemetry/index.ts';
import { vertical as verticalOf } from '../../../libs/vertical/index.ts';
import { DueTimes } from './due-times.ts';
import { mergeContent } from './merge.ts';
import { readContent } from './read.ts';
import type { ContentRecord, RecordContent } from './record.ts';

/**
 * What partners say of products, by partner and key. It leads to a product through the product's own keys, so it goes with them
 * wherever a merge, a split or a person moves them.
 */
export const contentMigration: Migration = {
  id: '0003-product-content',
  sql: `
    CREATE TABLE product_content (
      vertical text COLLATE "C" NOT NULL,
      partner text COLLATE "C" NOT NULL,
      key text COLLATE "C" NOT NULL,
      locale text COLLATE "C" NOT NULL,
      content jsonb NOT NULL,
      digest text COLLATE "C" NOT NULL,
      first_seen_at timestamptz NOT NULL,
      seen_at timestamptz NOT NULL,
      changed_at timestamptz NOT NULL,
      PRIMARY KEY (vertical, partner, key, locale)
    );
    CREATE INDEX product_content_by_seen ON product_content (seen_at);
  `,
};

/** Options of {@link ContentStore}. */
export interface ContentStoreOptions {
  /** Keys whose next look is remembered; default 100,000, about 0.1 KB each. */
  readonly keys?: number;
  /** Time between two looks at what a partner says of a key, ms; default 6 hours, sensible 10 minutes to a week. */
  readonly lookAgainMs?: number;
  /** How long what nobody says any more is kept, ms; default 90 days. */
  readonly keepMs?: number;
  /** Epoch ms; default Date.now. */
  readonly now?: () => number;
}

const dayMs = 86_400_000;
/** Records that wait to be written; beyond it they are left for the next time that they are said. */
const mostWaiting = 20_000;
/** Rows a statement, so that other work gets its turn between two. */
const rowsAStatement = 250;
/** Records of one partner that a product is made of, those said last. */
const recordsAPartner = 20;

const written = counter('entrepot.normalization.content.records', {
  unit: '{record}',
  description: 'Records of what partners say of products that were new, had changed, or were said again after a day.',
});
const log = logger('normalization.content');

interface Waiting {
  readonly vertical: string;
  readonly partner: string;
  readonly key: string;
  readonly locale: string;
  readonly content: string;
  readonly at: number;
}

/**
 * Remembers what partners say of products. It follows decisions and never holds one up: records are written in the background,
 * and whoever reads waits for those under way. What is lost with the process is said again within the time that supply remembers keys.
 */
export class ContentStore {
  readonly #store: Store;
  readonly #due: DueTimes;
  readonly #lookAgainMs: number;
  readonly #keepMs: number;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;

  /** @param store with the table of {@link contentMigration} and the catalogue's product_keys */
  constructor(store: Store, options: ContentStoreOptions = {}) {
    this.#store = store;
    this.#due = new DueTimes(options.keys ?? 100_000);
    this.#lookAgainMs = options.lookAgainMs ?? 21_600_000;
    this.#keepMs = options.keepMs ?? 90 * dayMs;
    this.#now = options.now ?? Date.now;
  }

  /** Takes in what decided rows say. Rows of keys that were looked at a short time ago cost one look-up. */
  observe(vertical: string, evidence: PartnerEvidence): void {
    const spec = verticalOf(vertical);
    const { partner, rows } = evidence;
    if (rows === undefined || !spec.hasContent) return;
    const reader = readContent(spec, readColumns(rows));
    if (reader === undefined) return;
    const now = this.#now();
    const due = this.#due.of(`${vertical}:${partner}`);
    for (let row = 0; row < rows.rowCount; row++) {
      const key = reader.key(row);
      if (key === '' || due.get(key) > now) continue;
      if (this.#waiting.length >= mostWaiting) return;
      due.set(key, now + this.#lookAgainMs);
      const content = reader.content(row);
      if (content === undefined) continue;
      this.#waiting.push({ vertical, partner, key, locale: '', content: JSON.stringify(content), at: now });
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** What is known of products, by id; those of which nothing is are left out. */
  async contentOf(productIds: readonly string[]): Promise<Map<string, ProductContent>> {
    await this.settled();
    if (productIds.length === 0) return new Map();
    const rows = await this.#store.query<StoredRow>(
      `SELECT * FROM (
         SELECT k.product_id, c.partner, c.key, c.locale, c.content, c.first_seen_at, c.seen_at, c.changed_at,
           row_number() OVER (PARTITION BY k.product_id, c.partner ORDER BY c.seen_at DESC, c.key, c.locale) AS nth
         FROM product_keys k JOIN product_content c
           ON c.vertical = k.vertical AND c.partner = k.partner AND c.key = k.key
         WHERE k.product_id = ANY($1)
       ) AS said WHERE nth <= $2`,
      [[...new Set(productIds)], recordsAPartner],
    );
    const merged = new Map<string, ProductContent>();
    for (const [productId, own] of Map.groupBy(rows, (row) => row.product_id)) {
      const content = mergeContent(own.map(recordOf));
      if (content !== undefined) merged.set(productId, content);
    }
    return merged;
  }

  /** Deletes what nobody has said for long. */
  async prune(): Promise<void> {
    await this.settled();
    await this.#store.query('DELETE FROM product_content WHERE seen_at < $1', [new Date(this.#now() - this.#keepMs)]);
  }

  /** When nothing waits to be written. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 || this.#scheduled) {
      this.#schedule();
      await this.#writing;
    }
    await this.#writing;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    // What other calls bring until it is this one's turn is written with it.
    await new Promise((resolve) => setImmediate(resolve));
    this.#scheduled = false;
    const taken = this.#waiting;
    this.#waiting = [];
    // A key that waits twice is written once: a statement cannot change a row twice.
    const last = new Map(taken.map((one) => [`${one.vertical}\n${one.partner}\n${one.key}\n${one.locale}`, one]));
    const all = [...last.values()];
    for (let start = 0; start < all.length; start += rowsAStatement) {
      const part = all.slice(start, start + rowsAStatement);
      try {
        written.add(await this.#upsert(part));
      } catch (error) {
        for (const { vertical, partner, key } of part) this.#due.of(`${vertical}:${partner}`).set(key, 0);
        // Not the error itself: it holds the statement with everything that partners say.
        const detail = error instanceof Error ? error.message : String(error);
        log.error({ detail, records: part.length }, 'content could not be written; it is when it is said again');
      }
    }
  }

  /** @returns rows written: what says the same as before is passed over, but once a day */
  async #upsert(part: readonly Waiting[]): Promise<number> {
    const rows = await this.#store.query(
      `INSERT INTO product_content AS old
         (vertical, partner, key, locale, content, digest, first_seen_at, seen_at, changed_at)
       SELECT vertical, partner, key, locale, content::jsonb, digest, at, at, at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
         AS new (vertical, partner, key, locale, content, digest, at)
       ON CONFLICT (vertical, partner, key, locale) DO UPDATE SET
         content = excluded.content,
         digest = excluded.digest, seen_at = excluded.seen_at,
         changed_at = CASE WHEN old.digest = excluded.digest THEN old.changed_at ELSE excluded.changed_at END
       WHERE old.digest <> excluded.digest OR old.seen_at < excluded.seen_at - interval '1 day'
       RETURNING 1`,
      [
        part.map(({ vertical }) => vertical),
        part.map(({ partner }) => partner),
        part.map(({ key }) => key),
        part.map(({ locale }) => locale),
        part.map(({ content }) => content),
        part.map(({ content }) => hash('sha256', content, 'base64url').slice(0, 16)),
        part.map(({ at }) => new Date(at)),
      ],
    );
    return rows.length;
  }
}

interface StoredRow {
  readonly product_id: string;
  readonly partner: string;
  readonly key: string;
  readonly locale: string;
  readonly content: RecordContent;
  readonly first_seen_at: Date;
  readonly seen_at: Date;
  readonly changed_at: Date;
}

function recordOf({ partner, key, locale, content, first_seen_at, seen_at, changed_at }: StoredRow): ContentRecord {
  return {
    partner,
    key,
    locale,
    content,
    firstSeenAt: first_seen_at.getTime(),
    seenAt: seen_at.getTime(),
    changedAt: changed_at.getTime(),
  };
}
