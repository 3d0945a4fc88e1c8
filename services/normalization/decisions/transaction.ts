import {
  type ProductEvent,
  ProductEventKind,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import { counter } from '../../../libs/telemetry/index.ts';
import type { Catalogue } from '../catalogue.ts';
import type { CatchUp } from '../catch-up.ts';
import { type Changes, entitiesOf, writeChanges } from '../changes.ts';
import { type EventBatch, type EventLog, type EventRow, toEvent } from '../events.ts';
import type { FormerIds } from '../former-ids.ts';
import type { Products } from '../products.ts';
import { addProducts, touchProducts } from '../schema.ts';
import type { Turns } from '../turns.ts';

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

const longestAuthor = 200;

const longestReason = 2000;

/** Throws EntrepotError INVALID_FIELD. */
export function checkAuthor({ author, reason }: Author): void {
  if (author.trim() === '') throw invalidField('author', 'is empty; say who decides');
  if (author.length > longestAuthor) throw invalidField('author', `is longer than ${longestAuthor} characters`);
  if (author === 'matcher' || author === 'rule') throw invalidField('author', 'is no person');
  if (reason.length > longestReason) throw invalidField('reason', `is longer than ${longestReason} characters`);
}
