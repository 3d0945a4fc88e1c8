import {
  type ListEventsRequest,
  type ListEventsResponse,
  ProductEventKind,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { decisionKinds, type EventRow, eventColumns, eventTables, newsKinds, toEvent } from './events.ts';
import type { FormerIds } from './former-ids.ts';
import { pageSizeOf } from './pages.ts';
import { invalidToken, openToken, sealToken } from './tokens.ts';

/** The kinds that are asked for; without any all that people decide. Throws EntrepotError INVALID_FIELD. */
export function kindsOf(asked: readonly ProductEventKind[]): readonly ProductEventKind[] {
  const all = [...newsKinds, ...decisionKinds];
  asked.forEach((kind, index) => {
    if (!all.includes(kind)) throw invalidField(`kinds[${index}]`, `is ${kind}; there is none`);
  });
  return asked.length === 0 ? decisionKinds : asked;
}

/** A page of events, latest first. Throws EntrepotError INVALID_FIELD, INVALID_TOKEN. */
export async function listEvents(
  { productId, vertical, kinds: asked, pageSize, pageToken }: ListEventsRequest,
  formerIds: FormerIds,
  store: Store,
): Promise<ListEventsResponse> {
  const size = pageSizeOf(pageSize, 50, 1000);
  const kinds = kindsOf(asked);
  const view = `${vertical} ${productId} ${[...new Set(kinds)].sort().join()}`;
  const before = pageToken === '' ? Number.MAX_SAFE_INTEGER : readToken(pageToken, view);
  const now = formerIds.follow(productId);
  const ids = productId === '' ? [] : [now, ...formerIds.of(now)];
  const rows = await store.query<EventRow>(
    `SELECT ${eventColumns} FROM ${eventTables}
     WHERE event_id < $1 AND kind = ANY($2::smallint[]) AND ($3::text = '' OR vertical = $3::text)
       ${everyDecision(kinds)}
       ${ids.length === 0 ? 'AND cardinality($4::text[]) = 0' : ofProducts}
     ORDER BY event_id DESC LIMIT ${size + 1}`,
    [before, kinds, vertical, ids],
  );
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    events: page.map(toEvent),
    nextPageToken: rows.length > size && last !== undefined ? sealToken('events', [view, last.event_id]) : '',
  };
}

const ofProducts = `AND event_id IN (
  SELECT event_id FROM events WHERE product_id = ANY($4::text[])
  UNION ALL SELECT event_id FROM event_entities WHERE entity IN (SELECT 'product ' || id FROM unnest($4::text[]) AS asked (id)))`;

/** Decisions alone have an index of their own, for there are few among very many. */
export function everyDecision(kinds: readonly ProductEventKind[]): string {
  return kinds.some((kind) => newsKinds.includes(kind)) ? '' : `AND kind > ${ProductEventKind.JOINED}`;
}

function readToken(token: string, view: string): number {
  const [of, number] = openToken<[string, number]>(token, 'events', ['string', 'number'], 'pageToken');
  if (of !== view) {
    throw invalidToken('pageToken', 'belongs to other events; send what the page before was asked with');
  }
  return number;
}
