// The gates that need nothing but the operation itself.
import {
  Delivery,
  type SearchRequest,
  type WatchSearchRequest,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { Permission, permissionToJSON } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { Admission } from '../../../libs/mesh/index.ts';
import { leastSearchMs } from '../deadline.ts';
import type { Gate, Operation } from './public-api.ts';

/** Only who is permitted what a method asks for. Refuses with NOT_PERMITTED, metadata "permission". */
export const permitted: Gate = ({ method, caller }) => {
  if (method.permission === Permission.UNSPECIFIED || caller.identity.permissions.has(method.permission)) return;
  const permission = permissionToJSON(method.permission).replace('PERMISSION_', '');
  throw new EntrepotError({
    reason: 'NOT_PERMITTED',
    message: `The client "${caller.identity.client}" is not permitted ${permission}, which ${method.name} asks for.`,
    metadata: { permission },
  });
};

/** Searches only in markets that the client may search in. Refuses with NOT_PERMITTED, metadata "market". */
export const withinMarkets: Gate = ({ method, request, caller }) => {
  const { markets, client } = caller.identity;
  if (markets === undefined || method.name !== 'Search') return;
  const { market } = request as SearchRequest;
  // A market that is missing is query's to refuse, with all else that is wrong.
  if (market === '' || markets.has(market)) return;
  throw new EntrepotError({
    reason: 'NOT_PERMITTED',
    message: `The client "${client}" may search in ${[...markets].join(', ')}, not in ${market}.`,
    metadata: { market },
  });
};

/** Begins no search for which there is too little time. Refuses with DEADLINE_EXCEEDED, metadata "leastMs". */
export const inTime: Gate = ({ method, caller: { timeoutMs } }) => {
  if (method.name !== 'Search' || timeoutMs >= leastSearchMs) return;
  throw new EntrepotError({
    reason: 'DEADLINE_EXCEEDED',
    message: `No partner can answer within ${Math.floor(timeoutMs)} ms; give a search ${leastSearchMs} or more. Timeouts are in milliseconds.`,
    metadata: { leastMs: String(leastSearchMs) },
  });
};

/** Whether an operation is a stream that stays open; a search that is asked for its end alone is over when its deadline is. */
export function staysOpen({ method, request }: Operation): boolean {
  return method.streams && (request as Partial<SearchRequest>).delivery !== Delivery.FINAL;
}

/** Takes a place for each operation, and refuses with OVERLOADED where there is none. */
export function admitted(admission: Admission): Gate {
  return (operation) => {
    const place = admission.enter(staysOpen(operation) ? 'stream' : 'call', operation.caller.identity.client);
    operation.quiet = () => place.quiet();
    // Who resumes is told the little that has changed, and may wait long for it: all clients of an edge that was killed come at once.
    if (operation.method.name === 'WatchSearch' && (operation.request as WatchSearchRequest).cursor !== '')
      place.quiet();
    return (error) => place.leave(error);
  };
}
