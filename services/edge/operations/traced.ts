// What the span of a client's request says of it: who asked what, of which search, and why it was refused.
import { trace } from '@opentelemetry/api';
import type { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { searchAttribute } from '../../../libs/telemetry/index.ts';
import type { Gate } from '../api/public-api.ts';

/** The client that asked. */
export const clientAttribute = 'entrepot.client';
/** The RPC that was asked for, and the mark of a request's own span. */
export const methodAttribute = 'entrepot.method';
/** The protocol that it was asked in. */
export const protocolAttribute = 'entrepot.protocol';
/** The vertical of the search that it began. */
export const verticalAttribute = 'entrepot.search.vertical';
/** Why it was refused, or failed. */
export const reasonAttribute = 'entrepot.error.reason';
/** On the request that began a search, and on none that only looks at it. */
export const begunAttribute = 'entrepot.search.begun';

/** Writes an operation onto its request's span. Where that is not recorded, nothing is done. */
export const traced: Gate = (operation) => {
  const { method, request, caller } = operation;
  const span = trace.getSpan(caller.trace);
  if (span?.isRecording() !== true) return;
  span.setAttributes({
    [clientAttribute]: caller.identity.client,
    [methodAttribute]: method.fullName,
    [protocolAttribute]: caller.protocol,
  });
  const searchId = searchIn(request);
  if (searchId !== undefined) span.setAttribute(searchAttribute, searchId);
  else {
    operation.first = (message) => {
      const begun = (message as { update?: { searchId?: string } }).update?.searchId;
      if (begun !== undefined) span.setAttributes({ [searchAttribute]: begun, [begunAttribute]: true });
    };
  }
  return (error) => {
    // Told at the end: until then a view may fill in what the client left out.
    const vertical = verticalOf(operation.request);
    if (vertical !== undefined) span.setAttribute(verticalAttribute, vertical);
    if (error !== undefined) span.setAttribute(reasonAttribute, error.reason);
  };
};

/** The search that a request is about: it names it, or an offer of it. What cannot be an id of one is not kept, whatever a client sends. */
function searchIn(request: object): string | undefined {
  const { searchId, offerId } = request as { readonly searchId?: string; readonly offerId?: string };
  if (searchId !== undefined && searchId !== '') return /^\w{1,16}$/.exec(searchId)?.[0];
  return /^(\w{1,16})-[^-]+-[^-]+$/.exec(offerId ?? '')?.[1];
}

/** What a search is for; absent of a request that begins none. */
function verticalOf(request: object): string | undefined {
  return (request as Partial<SearchRequest>).vertical?.$case;
}
