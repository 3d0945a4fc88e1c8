// For tests: updates of a search, an edge that answers with them, and requests to it.
import { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Edge } from '../server.ts';

/** An update of the search s1. */
export function update(revision: number, more: object = {}): { update: SearchUpdate } {
  return {
    update: SearchUpdate.fromJSON({
      searchId: 's1',
      revision,
      cursor: `c${revision}`,
      progress: { partnersAsked: 2, partnersDone: revision },
      ...more,
    }),
  };
}

/** The last update of the search s1: one offer. */
export const end = update(2, {
  snapshot: true,
  complete: true,
  upserts: [{ offerId: 'o1', partner: 'sky', price: { total: { currencyCode: 'GBP', amount: '627.00' } } }],
  page: { offerIds: ['o1'], totalSize: 1 },
});

/** Arguments of a search for flights. */
export const flight =
  'flight: {origin: "LHR", destination: "JFK", departureDate: "2027-01-22", adults: 1}, currency: "GBP", market: "GB"';

/** Sends an operation by POST. */
export function post(edge: Edge, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${edge.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
