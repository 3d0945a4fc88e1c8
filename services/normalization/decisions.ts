import {
  type DecideRequest,
  type MergeProducts,
  type MoveKeys,
  type ProductEvent,
  ProductEventKind,
  type ReviewAnswer,
  ReviewKind,
  ReviewState,
  type SplitProduct,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { counter } from '../../libs/telemetry/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { CatchUp } from './catch-up.ts';
import { type Changes, entitiesOf, noChanges, type ReviewStanding, writeChanges } from './changes.ts';
import {
  decidedReview,
  keysByName,
  keysOfProducts,
  obsoleteReviews,
  type PlacedKey,
  sendTo,
  splitId,
} from './decision-parts.ts';
import { type EventBatch, type EventLog, type EventRow, toEvent } from './events.ts';
import type { FormerIds } from './former-ids.ts';
import { etagOf, type ProductRow, type Products, productNotFound } from './products.ts';
import type { Attributes } from './record-vertical.ts';
import { type ReviewRow, reviewNotFound } from './reviews.ts';
import { addProducts, touchProducts } from './schema.ts';
import type { Turns } from './turns.ts';

const decisions = counter('entrepot.normalization.decisions', {
  unit: '{decision}',
  description: 'Decisions of people on products, by vertical and kind of event.',
});

/** What decisions work with. */
export interface DecisionTools {
  readonly store: Store;
  readonly turns: Turns;
  readonly events: EventLog;
  readonly catchUp: CatchUp;
  readonly formerIds: FormerIds;
  readonly products: Products;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
}

/** What a decision made. */
export interface Decided {
  /** Absent where it changed no product. */
  readonly event: ProductEvent | undefined;
  /** Ids of the products concerned. */
  readonly productIds: readonly string[];
}

/** What a decision comes to, before it is written down. */
export interface Outcome {
  readonly catalogue: Catalogue;
  /** Undefined where no product changes. */
  readonly kind: ProductEventKind | undefined;
  readonly productId: string;
  readonly otherProductIds: readonly string[];
  readonly keys: readonly { readonly partner: string; readonly key: string }[];
  readonly changes: Changes;
  /** A product that is made, with its title. */
  readonly made?: { readonly productId: string; readonly title: string } | undefined;
  readonly undoes?: number;
}

/** Who decides, and why. */
export interface Author {
  readonly author: string;
  readonly reason: string;
}

/** Version of what people decide with. */
const byHand = 'person';

/** Decides what a person says. Throws EntrepotError as NormalizationService.Decide does. */
export function decide(request: DecideRequest, tools: DecisionTools): Promise<Decided> {
  const { decision } = request;
  if (decision === undefined) throw invalidField('decision', 'is missing; answer a review, merge, split, or move keys');
  checkAuthor(request);
  return inTransaction(request, tools, (tx, batch) => {
    switch (decision.$case) {
      case 'review':
        return answerReview(decision.value, request, tools, tx, batch);
      case 'merge':
        return merge(decision.value, request, tools, tx, batch);
      case 'split':
        return split(decision.value, request, tools, tx, batch);
      case 'move':
        return move(decision.value, request, tools, tx, batch);
    }
  });
}

/** Runs what a person decides: in turn, in one transaction, and then takes it into the memory. */
export function inTransaction(
  { author, reason }: Author,
  { store, turns, catchUp, formerIds }: DecisionTools,
  work: (tx: Store, batch: EventBatch) => Promise<Outcome>,
): Promise<Decided> {
  return turns.take(async () => {
    const { outcome, event, productIds, batch } = await store.transaction(async (tx) => {
      const { batch } = await catchUp.begin(tx);
      const outcome = await work(tx, batch);
      const { catalogue, kind, productId, otherProductIds, keys, changes, made } = outcome;
      const { vertical } = catalogue;
      const writing = { tx, events: batch };
      if (made !== undefined) await addProducts(vertical, [{ ...made, content: '', endsOn: '' }], writing);
      await writeChanges(vertical, changes, writing);
      if (kind === undefined) return { outcome, event: undefined, productIds: [productId], batch };
      const number = batch.add({
        kind,
        vertical,
        productId,
        otherProductIds,
        keys,
        author,
        version: byHand,
        evidence: reason,
        changes,
        ...(outcome.undoes !== undefined && { undoes: outcome.undoes }),
      });
      await batch.write(tx);
      const concerned = [...new Set([productId, ...otherProductIds])];
      await tx.query(
        'INSERT INTO event_entities (entity, event_id) SELECT entity, $2::bigint FROM unnest($1::text[]) AS new (entity)',
        [[...new Set([...entitiesOf(changes), ...concerned.map((id) => `product ${id}`)])], number],
      );
      await touchProducts(concerned, writing);
      const [row] = await tx.query<EventRow>('SELECT *, null AS undone_by FROM events WHERE event_id = $1', [number]);
      return { outcome, event: toEvent(row!), productIds: concerned, batch };
    });
    formerIds.apply(outcome.changes);
    outcome.catalogue.apply(outcome.changes);
    batch.committed();
    if (outcome.kind !== undefined) {
      decisions.add(1, { vertical: outcome.catalogue.vertical, kind: kindNames.get(outcome.kind) ?? '' });
    }
    const now = [...new Set(productIds.map((id) => formerIds.follow(id)))];
    return { event, productIds: now };
  });
}

const kindNames = new Map(Object.entries(ProductEventKind).map(([name, kind]) => [kind, name]));

/** Products by id, former ids followed. Throws EntrepotError PRODUCT_NOT_FOUND, INVALID_FIELD for more than one vertical. */
async function find(
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

function checkEtag(row: ProductRow, etag: string): void {
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

const mostMerged = 100;
const mostKeys = 1000;

async function merge(
  { intoProductId, productIds, etag }: MergeProducts,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  if (productIds.length === 0) throw invalidField('merge.productIds', 'is empty; name at least one product');
  if (productIds.length > mostMerged) throw invalidField('merge.productIds', `are more than ${mostMerged}`);
  const asked = productIds.map((id, index) => ({ id, field: `merge.productIds[${index}]` }));
  const { rows, catalogue } = await find([{ id: intoProductId, field: 'merge.intoProductId' }, ...asked], tools, tx);
  const [into, ...others] = rows;
  checkEtag(into!, etag);
  const seen = new Set([into!.product_id]);
  others.forEach(({ product_id }, index) => {
    if (seen.has(product_id)) throw invalidField(asked[index]!.field, `is ${product_id} already`);
    seen.add(product_id);
  });
  return mergeInto(
    catalogue,
    into!.product_id,
    others.map(({ product_id }) => product_id),
    author,
    tx,
    {
      eventId: batch.version,
      at: batch.at,
    },
  );
}

async function mergeInto(
  catalogue: Catalogue,
  into: string,
  others: readonly string[],
  { author, reason }: Author,
  tx: Store,
  { eventId, at, review }: { eventId: number; at: Date; review?: ReviewRow },
): Promise<Outcome> {
  const keys = await keysOfProducts(catalogue.vertical, others, tx);
  const sent = sendTo(keys, into, personSays(author, reason));
  const standing = { decidedBy: author, decidedAt: at.getTime(), eventId };
  const obsolete = await obsoleteReviews(
    catalogue,
    sent,
    { merged: true, except: review?.review_id ?? '', standing: { ...standing, state: ReviewState.OBSOLETE } },
    tx,
  );
  const answered = review === undefined ? [] : [decidedReview(review, { ...standing, state: ReviewState.SAME })];
  return {
    catalogue,
    kind: ProductEventKind.MERGED,
    productId: into,
    otherProductIds: others,
    keys: namesOf(keys),
    changes: {
      ...noChanges,
      ...sent,
      formerIds: others.map((id) => ({ id, before: null, after: into })),
      reviews: [...answered, ...obsolete],
    },
  };
}

async function split(
  { productId, keys: names, etag }: SplitProduct,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  const { rows, catalogue } = await find([{ id: productId, field: 'split.productId' }], tools, tx);
  const [product] = rows;
  checkEtag(product!, etag);
  if (names.length > mostKeys) throw invalidField('split.keys', `are more than ${mostKeys}`);
  const keys = await keysByName(catalogue, names, 'split.keys', tx);
  keys.forEach((key, index) => {
    if (key.productId !== product!.product_id) {
      throw invalidField(`split.keys[${index}]`, `is no key of ${product!.product_id} but of ${key.productId}`);
    }
  });
  const all = await keysOfProducts(catalogue.vertical, [product!.product_id], tx);
  if (keys.filter(({ state }) => state !== null).length === all.length) {
    throw invalidField('split.keys', 'are all keys of the product; at least one has to stay');
  }
  return splitOff(catalogue, product!, keys, author, tools, tx, { eventId: batch.version, at: batch.at });
}

async function splitOff(
  catalogue: Catalogue,
  product: ProductRow,
  keys: readonly PlacedKey[],
  { author, reason }: Author,
  { products, formerIds }: DecisionTools,
  tx: Store,
  { eventId, at, review }: { eventId: number; at: Date; review?: ReviewRow },
): Promise<Outcome> {
  const from = product.product_id;
  let id = '';
  let exists = true;
  // The same keys leave for the same id; a product of that id that is one of its own is another one's by now.
  for (let attempt = 0; id === '' || (exists && !formerIds.has(id)); attempt++) {
    id = splitId(from, keys, attempt);
    exists = (await products.rows([id], tx)).has(id);
  }
  const sent = sendTo(keys, id, personSays(author, reason));
  const standing = { decidedBy: author, decidedAt: at.getTime(), eventId };
  const obsolete = await obsoleteReviews(
    catalogue,
    sent,
    { merged: false, except: review?.review_id ?? '', standing: { ...standing, state: ReviewState.OBSOLETE } },
    tx,
  );
  const answered = review === undefined ? [] : [decidedReview(review, { ...standing, state: ReviewState.DIFFERENT })];
  return {
    catalogue,
    kind: ProductEventKind.SPLIT,
    productId: from,
    otherProductIds: [id],
    keys: namesOf(keys),
    made: exists ? undefined : { productId: id, title: titleOf(catalogue, keys) ?? product.title },
    changes: {
      ...noChanges,
      ...sent,
      // Where the split is taken back, the id that was given out leads to where its keys are.
      formerIds: [{ id, before: exists ? formerIds.follow(id) : from, after: null }],
      apart: formerIds.isPair(from, id) ? [] : [{ one: from, other: id, before: false, after: true }],
      reviews: [...answered, ...obsolete],
    },
  };
}

async function move(
  { keys: names, toProductId }: MoveKeys,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  const { rows, catalogue } = await find([{ id: toProductId, field: 'move.toProductId' }], tools, tx);
  const to = rows[0]!.product_id;
  if (names.length > mostKeys) throw invalidField('move.keys', `are more than ${mostKeys}`);
  const keys = await keysByName(catalogue, names, 'move.keys', tx);
  keys.forEach((key, index) => {
    if (key.productId === to) throw invalidField(`move.keys[${index}]`, `is a key of ${to} already`);
  });
  const sources = [...new Set(keys.map(({ productId }) => productId))];
  const left = await keysOfProducts(catalogue.vertical, sources, tx);
  const leaving = new Set(keys.filter(({ state }) => state !== null).map(({ partner, key }) => `${partner}\n${key}`));
  const staying = new Set(
    left.filter(({ partner, key }) => !leaving.has(`${partner}\n${key}`)).map((one) => one.productId),
  );
  const sent = sendTo(keys, to, personSays(author.author, author.reason));
  const standing: ReviewStanding = {
    state: ReviewState.OBSOLETE,
    decidedBy: author.author,
    decidedAt: batch.at.getTime(),
    eventId: batch.version,
  };
  return {
    catalogue,
    kind: ProductEventKind.MOVED,
    productId: to,
    otherProductIds: sources,
    keys: namesOf(keys),
    changes: {
      ...noChanges,
      ...sent,
      // A product that no key leads to any more is what its keys went to.
      formerIds: sources.filter((id) => !staying.has(id)).map((id) => ({ id, before: null, after: to })),
      reviews: await obsoleteReviews(catalogue, sent, { merged: false, except: '', standing }, tx),
    },
  };
}

async function answerReview(
  { reviewId, same }: ReviewAnswer,
  author: Author,
  tools: DecisionTools,
  tx: Store,
  batch: EventBatch,
): Promise<Outcome> {
  const [review] = await tx.query<ReviewRow>('SELECT * FROM reviews WHERE review_id = $1', [reviewId]);
  if (review === undefined) throw reviewNotFound(reviewId);
  if (review.state !== ReviewState.OPEN) {
    throw conflict(`the review was decided by ${review.decided_by}`, { decidedBy: review.decided_by });
  }
  const catalogue = tools.catalogues.get(review.vertical)!;
  const { formerIds } = tools;
  const sideNow = (side: 'left' | 'right'): string =>
    review.kind === ReviewKind.KEY_CHANGED && side === 'left'
      ? formerIds.follow(review.left_product_id)
      : (catalogue.productOf(review[`${side}_partner`], review[`${side}_key`]) ??
        formerIds.follow(review[`${side}_product_id`]));
  const [left, right] = [sideNow('left'), sideNow('right')];
  const at = { eventId: batch.version, at: batch.at, review };
  const standing = { decidedBy: author.author, decidedAt: batch.at.getTime(), eventId: batch.version };
  if (left !== right) {
    const { rows } = await find(
      [
        { id: left, field: 'review' },
        { id: right, field: 'review' },
      ],
      tools,
      tx,
    );
    if (same) return mergeInto(catalogue, rows[0]!.product_id, [rows[1]!.product_id], author, tx, at);
    const [one, other] = [left, right].sort() as [string, string];
    return {
      catalogue,
      kind: ProductEventKind.KEPT_APART,
      productId: left,
      otherProductIds: [right],
      keys: [],
      changes: {
        ...noChanges,
        apart: formerIds.isPair(one, other) ? [] : [{ one, other, before: false, after: true }],
        reviews: [decidedReview(review, { ...standing, state: ReviewState.DIFFERENT })],
      },
    };
  }
  if (review.kind !== ReviewKind.KEY_CHANGED) {
    throw conflict('both sides of the review are one product by now', { productId: left });
  }
  const name = { partner: review.left_partner, key: review.left_key };
  const says = JSON.parse(review.right_attributes) as Attributes;
  const renewed = renewedRecord(catalogue, name, says);
  if (same) {
    const decided = { ...standing, eventId: null, state: ReviewState.SAME };
    return {
      catalogue,
      kind: undefined,
      productId: left,
      otherProductIds: [],
      keys: [],
      changes: { ...noChanges, records: renewed, reviews: [decidedReview(review, decided)] },
    };
  }
  const { rows } = await find([{ id: left, field: 'review' }], tools, tx);
  const keys = await keysByName(catalogue, [name], 'review', tx);
  const outcome = await splitOff(catalogue, rows[0]!, keys, author, tools, tx, at);
  const title = says[catalogue.memory?.vertical.title ?? ''];
  return {
    ...outcome,
    made: outcome.made && { ...outcome.made, title: typeof title === 'string' ? title : outcome.made.title },
    changes: {
      ...outcome.changes,
      records: renewed.map((one) => ({ ...one, after: { ...one.after, sharedKey: '' } })),
    },
  };
}

/** The record of a key with what its partner says now. */
function renewedRecord(
  { memory }: Catalogue,
  { partner, key }: { partner: string; key: string },
  attributes: Attributes,
): Changes['records'] {
  const record = memory?.record(partner, key);
  if (record === undefined) return [];
  const sharedKey = record.lead.partner === '' ? record.lead.key : '';
  const before = { attributes: record.prepared.record.attributes, sharedKey };
  return [{ partner, key, before, after: { attributes, sharedKey } }];
}

/** What a person calls what keys lead to: the title of the first record among theirs. */
function titleOf({ memory }: Catalogue, keys: readonly PlacedKey[]): string | undefined {
  for (const { partner, key } of keys) {
    const known = memory?.key(partner, key);
    const record = memory?.record(partner, key) ?? known?.records.values().next().value;
    const title = record?.prepared.record.attributes[memory!.vertical.title];
    if (typeof title === 'string') return title;
  }
  return undefined;
}

function namesOf(keys: readonly PlacedKey[]): { partner: string; key: string }[] {
  return keys.map(({ partner, key }) => ({ partner, key }));
}

function personSays(author: string, reason: string): string {
  return reason === '' ? `${author} decided` : `${author}: ${reason}`;
}

const longestAuthor = 200;
const longestReason = 2000;

/** Throws EntrepotError INVALID_FIELD. */
export function checkAuthor({ author, reason }: Author): void {
  if (author.trim() === '') throw invalidField('author', 'is empty; say who decides');
  if (author.length > longestAuthor) throw invalidField('author', `is longer than ${longestAuthor} characters`);
  if (author === 'matcher' || author === 'rule') throw invalidField('author', 'is no person');
  if (reason.length > longestReason) throw invalidField('reason', `is longer than ${longestReason} characters`);
}
