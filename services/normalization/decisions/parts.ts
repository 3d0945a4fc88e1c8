import {
  IdentityRule,
  type KeyName,
  ReviewKind,
  ReviewState,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import type { Catalogue } from '../catalogue.ts';
import type { Changes, KeyState, RecordState, ReviewStanding } from '../changes.ts';
import { etagOf, type ProductRow, productNotFound } from '../products.ts';
import type { ReviewRow } from '../reviews.ts';
import { productIdOf } from '../schema.ts';
import type { DecisionTools } from './transaction.ts';

/** A key with where it leads. */
export interface PlacedKey extends KeyName {
  /** Null for a partner's code that leads by a shared key: it becomes a key of its own where a person moves it. */
  readonly state: KeyState | null;
  /** Where it leads, by whichever key. */
  readonly productId: string;
  /** What its partner said of it; of a code that leads by a shared key. */
  readonly record: RecordState | undefined;
}

interface KeyRow {
  readonly partner: string;
  readonly key: string;
  readonly product_id: string;
  readonly rule: IdentityRule;
  readonly confidence: number;
  readonly evidence: string;
}

const keyColumns = 'product_keys.partner, product_keys.key, product_id, rule, confidence, evidence';

/** All keys of products. */
export async function keysOfProducts(vertical: string, ids: readonly string[], tx: Store): Promise<PlacedKey[]> {
  const rows = await tx.query<KeyRow>(
    `SELECT ${keyColumns} FROM product_keys WHERE vertical = $1 AND product_id = ANY($2::text[]) ORDER BY partner, key`,
    [vertical, ids],
  );
  return rows.map(placed);
}

/** Keys of one decision at most. */
const mostKeys = 1000;

/** Keys by name, in their order. Throws EntrepotError INVALID_FIELD for one that there is not, for none and for too many. */
export async function keysByName(
  catalogue: Catalogue,
  names: readonly KeyName[],
  field: string,
  tx: Store,
): Promise<PlacedKey[]> {
  if (names.length === 0) throw invalidField(field, 'is empty; name at least one key');
  if (names.length > mostKeys) throw invalidField(field, `are more than ${mostKeys}`);
  const rows = await tx.query<KeyRow>(
    `SELECT ${keyColumns} FROM product_keys
     JOIN unnest($2::text[], $3::text[]) AS asked (partner, key) USING (partner, key) WHERE vertical = $1`,
    [catalogue.vertical, names.map(({ partner }) => partner), names.map(({ key }) => key)],
  );
  const found = new Map(rows.map((row) => [`${row.partner}\n${row.key}`, placed(row)]));
  const seen = new Set<string>();
  return names.map((name, index) => {
    const at = `${field}[${index}]`;
    const text = `${name.partner}\n${name.key}`;
    if (seen.has(text)) throw invalidField(at, 'stands there twice');
    seen.add(text);
    const key = found.get(text) ?? codeByName(catalogue, name);
    if (key === undefined) {
      throw invalidField(
        at,
        `is no key of a ${catalogue.vertical} that can go elsewhere; GetProduct tells those that there are`,
      );
    }
    return key;
  });
}

function placed({ partner, key, product_id, rule, confidence, evidence }: KeyRow): PlacedKey {
  const state = { productId: product_id, rule, confidence, evidence };
  return { partner, key, state, productId: product_id, record: undefined };
}

/** A partner's code that leads by a shared key. */
function codeByName({ memory }: Catalogue, { partner, key }: KeyName): PlacedKey | undefined {
  const record = memory?.record(partner, key);
  if (record === undefined || record.lead.partner !== '') return undefined;
  const state = { attributes: record.prepared.record.attributes, sharedKey: record.lead.key };
  return { partner, key, state: null, productId: record.lead.product.productId, record: state };
}

/** What changes where a person says that keys lead to a product. */
export function sendTo(
  keys: readonly PlacedKey[],
  productId: string,
  reason: string,
): Pick<Changes, 'keys' | 'records'> {
  const after = { productId, rule: IdentityRule.PERSON, confidence: 1, evidence: reason };
  return {
    keys: keys.map(({ partner, key, state }) => ({ partner, key, before: state, after })),
    records: keys.flatMap(({ partner, key, record }) =>
      record === undefined ? [] : [{ partner, key, before: record, after: { ...record, sharedKey: '' } }],
    ),
  };
}

/** The id of a product that keys leave another one for: the same for the same keys, `attempt` apart. */
export function splitId(productId: string, keys: readonly KeyName[], attempt: number): string {
  const names = keys.map(({ partner, key }) => JSON.stringify([partner, key])).sort();
  const prefix = productId.slice(0, productId.indexOf('_') + 1);
  return productIdOf(prefix, ['split', productId, ...names, ...(attempt > 0 ? [String(attempt)] : [])].join('\n'));
}

/** How a review stands that a person decided, or that nobody needs to any more. */
export function decidedReview(row: Pick<ReviewRow, 'review_id'>, after: ReviewStanding): Changes['reviews'][number] {
  return { id: row.review_id, before: openReview, after };
}

const openReview: ReviewStanding = { state: ReviewState.OPEN, decidedBy: '', decidedAt: null, eventId: null };

/**
 * Open reviews that changes leave nothing to decide of: both sides are one product now, or a key that may have changed its
 * meaning was sent elsewhere.
 */
async function obsoleteReviews(
  catalogue: Catalogue,
  changes: Pick<Changes, 'keys'>,
  { merged, except, standing }: { merged: boolean; except: string; standing: ReviewStanding },
  tx: Store,
): Promise<Changes['reviews']> {
  const { memory } = catalogue;
  if (memory === undefined || changes.keys.length === 0) return [];
  const after = new Map(changes.keys.map((change) => [`${change.partner}\n${change.key}`, change.after?.productId]));
  const codes = changes.keys.flatMap(({ partner, key }) => {
    const known = memory.key(partner, key);
    return known === undefined ? [{ partner, code: key }] : [...known.records];
  });
  const rows = await tx.query<ReviewRow>(
    `SELECT DISTINCT reviews.* FROM reviews JOIN unnest($2::text[], $3::text[]) AS moved (partner, code)
       ON (left_partner = partner AND left_key = code) OR (right_partner = partner AND right_key = code)
     WHERE state = ${ReviewState.OPEN} AND vertical = $1 AND review_id <> $4 ORDER BY review_id`,
    [catalogue.vertical, codes.map(({ partner }) => partner), codes.map(({ code }) => code), except],
  );
  const leadsTo = (partner: string, code: string): string | undefined => {
    const own = after.get(`${partner}\n${code}`);
    const lead = memory.record(partner, code)?.lead;
    return own ?? (lead && (after.get(`${lead.partner}\n${lead.key}`) ?? lead.product.productId));
  };
  return rows
    .filter(({ kind, left_partner, left_key, right_partner, right_key }) => {
      const left = leadsTo(left_partner, left_key);
      if (kind === ReviewKind.SAME_PRODUCT) return left === leadsTo(right_partner, right_key);
      return !merged;
    })
    .map((row) => decidedReview(row, standing));
}

/** Products by id, former ids followed. Throws EntrepotError PRODUCT_NOT_FOUND, INVALID_FIELD for more than one vertical. */
export async function findProducts(
  ids: readonly { readonly id: string; readonly field: string }[],
  { products, formerIds, catalogues }: DecisionTools,
  tx: Store,
): Promise<{ rows: ProductRow[]; catalogue: Catalogue }> {
  const stored = await products.rows([...new Set(ids.map(({ id }) => formerIds.follow(id)))], tx);
  const rows = ids.map(({ id, field }) => {
    const row = stored.get(formerIds.follow(id));
    if (row === undefined) throw productNotFound(id);
    const [first] = stored.values();
    if (row.vertical !== first!.vertical) {
      throw invalidField(field, `is a ${row.vertical}, the other a ${first!.vertical}; products are of one vertical`);
    }
    return row;
  });
  return { rows, catalogue: catalogues.get(rows[0]!.vertical)! };
}

/** Refuses with CONFLICT what somebody decides of a product that is not what it was when it was looked at. */
export function checkEtag(row: ProductRow, etag: string): void {
  if (etag === '' || etag === etagOf(row)) return;
  throw conflict(`the product ${row.product_id} is not any more what it was; look at it again`, {
    productId: row.product_id,
    etag: etagOf(row),
  });
}

/** CONFLICT. */
export function conflict(message: string, metadata: Readonly<Record<string, string>>): EntrepotError {
  return new EntrepotError({ reason: 'CONFLICT', message: `${message}.`, metadata });
}

/** Their names alone. */
export function namesOf(keys: readonly PlacedKey[]): { partner: string; key: string }[] {
  return keys.map(({ partner, key }) => ({ partner, key }));
}

/** The evidence of what a person decides. */
export function personSays(author: string, reason: string): string {
  return reason === '' ? `${author} decided` : `${author}: ${reason}`;
}

/** What becomes of reviews where a person sends keys elsewhere: of the one that this answers, and of those that it leaves nothing to decide. */
export async function settledReviews(
  catalogue: Catalogue,
  sent: Pick<Changes, 'keys'>,
  {
    merged,
    review,
    standing,
  }: { merged: boolean; review?: ReviewRow | undefined; standing: Omit<ReviewStanding, 'state'> },
  tx: Store,
): Promise<Changes['reviews']> {
  const obsolete = { ...standing, state: ReviewState.OBSOLETE };
  const others = await obsoleteReviews(
    catalogue,
    sent,
    { merged, except: review?.review_id ?? '', standing: obsolete },
    tx,
  );
  if (review === undefined) return others;
  return [decidedReview(review, { ...standing, state: merged ? ReviewState.SAME : ReviewState.DIFFERENT }), ...others];
}
