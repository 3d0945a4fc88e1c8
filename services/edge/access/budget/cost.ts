// What an operation costs, in points. A point is about what asking one partner once costs the platform.
import type { Identity } from '../../../../libs/clients/index.ts';
import type { SearchRequest } from '../../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { PublicMethod } from '../../api/method.ts';

/** How many partners a search asks that names none. */
export interface PartnerCounts {
  count(
    search: { readonly vertical: string; readonly market: string },
    among: ReadonlySet<string> | undefined,
  ): number | Promise<number>;
}

/** Elements of lists in criteria that cost as much as the rest of them: each adds a quarter. */
const ELEMENTS_AS_MUCH_AGAIN = 4;

/**
 * Points of an operation: what its method costs, and of a search a point for each partner that is asked, more for broad criteria:
 * a quarter for each further room, leg, child or whatever the criteria of its vertical list.
 */
export function pointsOf(
  method: PublicMethod,
  request: object,
  { partners: among }: Identity,
  counts: PartnerCounts,
): number | Promise<number> {
  if (method.name !== 'Search') return method.cost;
  const search = request as SearchRequest;
  // Without criteria it is refused before anybody is asked.
  if (search.vertical === undefined) return Math.max(1, method.cost);
  const { $case: vertical, value: criteria } = search.vertical;
  const further = furtherElements(criteria);
  const points = (partners: number): number =>
    method.cost + Math.ceil(Math.max(1, partners) * (1 + further / ELEMENTS_AS_MUCH_AGAIN));
  if (search.partners.length > 0) return points(new Set(search.partners).size);
  const count = counts.count({ vertical, market: search.market }, among);
  return typeof count === 'number' ? points(count) : count.then(points);
}

/** Elements beyond the first of each list in a message, at any depth. */
function furtherElements(message: unknown): number {
  if (typeof message !== 'object' || message === null) return 0;
  if (Array.isArray(message)) {
    return Math.max(0, message.length - 1) + message.reduce((sum: number, one) => sum + furtherElements(one), 0);
  }
  return Object.values(message).reduce((sum: number, one) => sum + furtherElements(one), 0);
}
