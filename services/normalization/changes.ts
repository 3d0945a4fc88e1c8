import type { IdentityRule, ReviewState } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import { addKeys } from './product-keys.ts';
import { inChunks, type Writing } from './schema.ts';

/** Where a key leads, and why. */
export interface KeyState {
  readonly productId: string;
  readonly rule: IdentityRule;
  readonly confidence: number;
  readonly evidence: string;
}

/** How a review stands. */
export interface ReviewStanding {
  readonly state: ReviewState;
  readonly decidedBy: string;
  /** Epoch ms; null while open. */
  readonly decidedAt: number | null;
  /** Number of the event that decided it; null where none did. */
  readonly eventId: number | null;
}

/** What a partner said of a key, and which shared key leads from it, "" for its own. */
export interface RecordState {
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly sharedKey: string;
}

/** A value before and after. */
export interface Change<Value> {
  readonly before: Value;
  readonly after: Value;
}

/** All that a decision changes: enough to take it back exactly. */
export interface Changes {
  /** Null where the key was, or is, no key of its own. */
  readonly keys: readonly (Change<KeyState | null> & { readonly partner: string; readonly key: string })[];
  /** Where ids lead that are no products of their own; null for one that is. */
  readonly formerIds: readonly (Change<string | null> & { readonly id: string })[];
  /** Whether two products are kept apart. */
  readonly apart: readonly (Change<boolean> & { readonly one: string; readonly other: string })[];
  readonly reviews: readonly (Change<ReviewStanding> & { readonly id: string })[];
  readonly records: readonly (Change<RecordState> & { readonly partner: string; readonly key: string })[];
}

export const noChanges: Changes = { keys: [], formerIds: [], apart: [], reviews: [], records: [] };

/** The changes that take these back. */
export function inverse(changes: Changes): Changes {
  const turned = <Entry extends Change<unknown>>(entries: readonly Entry[]): Entry[] =>
    entries.map((entry) => ({ ...entry, before: entry.after, after: entry.before })).reverse();
  return {
    keys: turned(changes.keys),
    formerIds: turned(changes.formerIds),
    apart: turned(changes.apart),
    reviews: turned(changes.reviews),
    records: turned(changes.records),
  };
}

/**
 * Names of all that changes: two decisions that share one build on each other. Reviews and records follow from the keys they
 * are about.
 */
export function entitiesOf(changes: Changes): string[] {
  return [
    ...changes.keys.map(({ partner, key }) => `key ${partner} ${key}`),
    ...changes.formerIds.map(({ id }) => `id ${id}`),
    ...changes.apart.map(({ one, other }) => `apart ${one} ${other}`),
    ...changes.reviews.map(({ id }) => `review ${id}`),
  ];
}

/** Writes changes down. What is there must be what they expect; it is, where nothing else has changed the same entities. */
export async function writeChanges(vertical: string, changes: Changes, { tx, events }: Writing): Promise<void> {
  await writeKeys(vertical, changes.keys, tx);
  const led = changes.formerIds.flatMap(({ id, after }) => (after === null ? [] : [{ id, after }]));
  const freed = changes.formerIds.filter(({ after }) => after === null);
  if (freed.length > 0) {
    await tx.query('DELETE FROM former_ids WHERE former_id = ANY($1::text[])', [freed.map(({ id }) => id)]);
  }
  if (led.length > 0) {
    await tx.query(
      `INSERT INTO former_ids (former_id, product_id) SELECT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT (former_id) DO UPDATE SET product_id = excluded.product_id`,
      [led.map(({ id }) => id), led.map(({ after }) => after)],
    );
  }
  for (const { one, other, after } of changes.apart) {
    await tx.query(
      after
        ? 'INSERT INTO kept_apart (one_id, other_id) VALUES ($1, $2) ON CONFLICT DO NOTHING'
        : 'DELETE FROM kept_apart WHERE one_id = $1 AND other_id = $2',
      [one, other],
    );
  }
  for (const { id, after } of changes.reviews) {
    await tx.query(
      'UPDATE reviews SET state = $2, decided_by = $3, decided_at = $4, event_id = $5 WHERE review_id = $1',
      [id, after.state, after.decidedBy, after.decidedAt === null ? null : new Date(after.decidedAt), after.eventId],
    );
  }
  await writeRecords(
    vertical,
    changes.records.map(({ partner, key, after }) => ({ partner, key, ...after })),
    { tx, events },
  );
}

async function writeKeys(vertical: string, keys: Changes['keys'], tx: Store): Promise<void> {
  const [added, gone, moved] = [
    keys.filter(({ before }) => before === null),
    keys.filter(({ after }) => after === null),
    keys.filter(({ before, after }) => before !== null && after !== null),
  ];
  await addKeys(
    vertical,
    added.map(({ partner, key, after }) => ({ partner, key, ...after! })),
    tx,
  );
  await inChunks(gone, async (part) => {
    await tx.query(
      `DELETE FROM product_keys USING unnest($2::text[], $3::text[]) AS old (partner, key)
       WHERE vertical = $1 AND product_keys.partner = old.partner AND product_keys.key = old.key`,
      [vertical, part.map(({ partner }) => partner), part.map(({ key }) => key)],
    );
  });
  await inChunks(moved, async (part) => {
    const rows = await tx.query(
      `UPDATE product_keys SET product_id = new.product_id, rule = new.rule, confidence = new.confidence,
         evidence = new.evidence
       FROM unnest($2::text[], $3::text[], $4::text[], $5::smallint[], $6::double precision[], $7::text[], $8::text[])
         AS new (partner, key, product_id, rule, confidence, evidence, was)
       WHERE vertical = $1 AND product_keys.partner = new.partner AND product_keys.key = new.key
         AND product_keys.product_id = new.was
       RETURNING 1`,
      [
        vertical,
        part.map(({ partner }) => partner),
        part.map(({ key }) => key),
        part.map(({ after }) => after!.productId),
        part.map(({ after }) => after!.rule),
        part.map(({ after }) => after!.confidence),
        part.map(({ after }) => after!.evidence),
        part.map(({ before }) => before!.productId),
      ],
    );
    // Decisions are taken in turn, so this means that the memory is not what is stored: nothing of it may be written.
    if (rows.length !== part.length)
      throw new Error(`of ${part.length} keys of ${vertical} ${rows.length} are where they were`);
  });
}

/** Remembers what partners say, in place of what they said of the same keys. */
export async function writeRecords(
  vertical: string,
  records: readonly (RecordState & { readonly partner: string; readonly key: string })[],
  { tx, events }: Writing,
): Promise<void> {
  await inChunks(records, async (part) => {
    await tx.query(
      `INSERT INTO records (vertical, partner, key, shared_key, attributes, turn)
       SELECT $1, new.*, $6::bigint FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS new
       ON CONFLICT (vertical, partner, key)
       DO UPDATE SET shared_key = excluded.shared_key, attributes = excluded.attributes, turn = excluded.turn`,
      [
        vertical,
        part.map(({ partner }) => partner),
        part.map(({ key }) => key),
        part.map(({ sharedKey }) => sharedKey),
        part.map(({ attributes }) => JSON.stringify(attributes)),
        events.turn,
      ],
    );
  });
}
