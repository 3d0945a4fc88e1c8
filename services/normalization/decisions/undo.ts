import {
  ProductEventKind,
  type UndoRequest,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import { type Changes, entitiesOf, inverse } from '../changes.ts';
import { type EventRow, eventIdOf, eventNumberOf, newsKinds, toEvent } from '../events.ts';
import { conflict, keysOfProducts } from './parts.ts';
import { checkAuthor, type Decided, type DecisionTools, inTransaction, type Outcome } from './transaction.ts';

/** Takes an event back. Throws EntrepotError as NormalizationService.Undo does. */
export function undo(request: UndoRequest, tools: DecisionTools): Promise<Decided> {
  checkAuthor(request);
  const number = eventNumberOf(request.eventId);
  if (number === undefined) throw eventNotFound(request.eventId);
  return inTransaction(request, tools, (tx, batch) => takeBack(number, request.eventId, batch.version, tools, tx));
}

async function takeBack(
  number: number,
  eventId: string,
  by: number,
  tools: DecisionTools,
  tx: Store,
): Promise<Outcome> {
  const [row] = await tx.query<EventRow & { changes: string | null }>(
    'SELECT events.*, undone_by FROM events LEFT JOIN undone_events USING (event_id) WHERE event_id = $1',
    [number],
  );
  if (row === undefined) throw eventNotFound(eventId);
  if (newsKinds.includes(row.kind) || row.changes === null) {
    throw invalidField('eventId', 'is of a kind that cannot be undone; split off or move the keys that it brought');
  }
  if (row.undone_by !== null) {
    const undoing = eventIdOf(row.undone_by);
    throw conflict(`the event was taken back already, by ${undoing}`, { events: undoing });
  }
  const done = JSON.parse(row.changes) as Changes;
  const blocking = await laterThan(number, entitiesOf(done), tx);
  if (blocking.length > 0) {
    const ids = blocking.map(eventIdOf);
    throw conflict(`later events build on it; undo them first: ${ids.join(', ')}`, { events: ids.join(',') });
  }
  const catalogue = tools.catalogues.get(row.vertical)!;
  const event = toEvent(row);
  await tx.query('INSERT INTO undone_events (event_id, undone_by) VALUES ($1, $2)', [number, by]);
  // Taking back what took something back makes that hold again.
  if (row.undoes !== null) await tx.query('DELETE FROM undone_events WHERE event_id = $1', [row.undoes]);
  return {
    catalogue,
    kind: ProductEventKind.UNDONE,
    productId: event.productId,
    otherProductIds: event.otherProductIds,
    keys: event.keys,
    changes: await withLaterKeys(catalogue.vertical, inverse(done), tx),
    undoes: number,
  };
}

/**
 * Events after one that share something with it and hold: neither taken back, nor taking back what came after it as well. Latest
 * first, as they are to be undone.
 */
async function laterThan(number: number, entities: readonly string[], tx: Store): Promise<number[]> {
  const rows = await tx.query<{ event_id: number; undoes: number | null }>(
    `SELECT event_id, undoes FROM events
     WHERE event_id > $2 AND event_id IN (SELECT event_id FROM event_entities WHERE entity = ANY($1::text[]))
       AND NOT EXISTS (SELECT FROM undone_events WHERE undone_events.event_id = events.event_id)
     ORDER BY event_id DESC`,
    [entities, number],
  );
  return rows.filter(({ undoes }) => undoes === null || undoes <= number).map(({ event_id }) => event_id);
}

/** Keys that came to a product since go along where its id comes to lead elsewhere: an id and its keys lead to the same. */
async function withLaterKeys(vertical: string, changes: Changes, tx: Store): Promise<Changes> {
  const leads = new Map(changes.formerIds.flatMap(({ id, after }) => (after === null ? [] : [[id, after]])));
  if (leads.size === 0) return changes;
  const named = new Set(changes.keys.map(({ partner, key }) => `${partner}\n${key}`));
  const later = (await keysOfProducts(vertical, [...leads.keys()], tx)).filter(
    ({ partner, key }) => !named.has(`${partner}\n${key}`),
  );
  const sent = later.map(({ partner, key, state, productId }) => ({
    partner,
    key,
    before: state,
    after: { ...state!, productId: leads.get(productId)! },
  }));
  return { ...changes, keys: [...changes.keys, ...sent] };
}

function eventNotFound(id: string): EntrepotError {
  return new EntrepotError({
    reason: 'EVENT_NOT_FOUND',
    message: `there is no event ${JSON.stringify(id.slice(0, 80))}`,
  });
}
