// What an operation costs, in points. A point is about what asking one partner once costs the platform.
import type { Identity } from '../../../../libs/clients/index.ts';
import type { SearchRequest } from '../../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { descriptors } from '../../../../libs/vertical/index.ts';
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
  const vertical = verticalOf(search);
  // Without criteria it is refused before anybody is asked.
  if (vertical === undefined) return Math.max(1, method.cost);
  const further = furtherElements(search[vertical as keyof SearchRequest]);
  const points = (partners: number): number =>
    method.cost + Math.ceil(Math.max(1, partners) * (1 + further / ELEMENTS_AS_MUCH_AGAIN));
  if (search.partners.length > 0) return points(new Set(search.partners).size);
  const count = counts.count({ vertical, market: search.market }, among);
  return typeof count === 'number' ? points(count) : count.then(points);
}

let verticals: readonly string[] | undefined;

/** The vertical that a search names, as its field is called. */
function verticalOf(search: SearchRequest): string | undefined {
  verticals ??= descriptors()
    .getMessage('entrepot.query.v1.SearchRequest')
    ?.oneofs.find(({ name }) => name === 'vertical')
    ?.fields.map(({ localName }) => localName);
  return verticals?.find((name) => search[name as keyof SearchRequest] !== undefined);
}

/** Elements beyond the first of each list in a message, at any depth. */
function furtherElements(message: unknown): number {
  if (typeof message !== 'object' || message === null) return 0;
  if (Array.isArray(message)) {
    return Math.max(0, message.length - 1) + message.reduce((sum: number, one) => sum + furtherElements(one), 0);
  }
  return Object.values(message).reduce((sum: number, one) => sum + furtherElements(one), 0);
}
