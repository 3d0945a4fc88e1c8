import { OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { ProductExplanation } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Explained } from './explained.ts';
import { offerIdOf } from './offers.ts';
import { absenceOf, entryOf } from './rank.ts';
import { counted } from './tell.ts';

/** Where a product is shown in a search's own order, or why it is not. */
export function explainProduct(search: Explained, productId: string): ProductExplanation {
  const { id, set, ordering } = search;
  const { products } = set;
  const code = products.find(productId);
  const rows = code === undefined ? [] : [...set.heldRows()].filter((row) => products.view.ofRow[row] === code);
  const entries = rows.flatMap((row) => entryOf(ordering, row) ?? []);
  return {
    productId,
    offerIds: rows.map((row) => offerIdOf(id, set, row)),
    position: entries.length === 0 ? 0 : Math.min(...entries) + 1,
    reason: entries.length === 0 ? reasonOf(search, productId, code, rows) : '',
  };
}

function reasonOf(search: Explained, productId: string, code: number | undefined, rows: readonly number[]): string {
  const { id, set, vertical, ordering } = search;
  const { products } = set;
  const settled = products.settledId(productId);
  const renamed = settled === productId ? '' : `It is ${settled} now that its identity is decided. `;
  const [first] = rows;
  if (first !== undefined) {
    const absence = absenceOf({ searchId: id, set, vertical, ordering }, first);
    if (rows.length === 1) return `${renamed}Its only offer is not shown. ${absence}`;
    return `${renamed}None of its ${rows.length} offers is shown. That of ${set.partnerOf(first)}: ${absence}`;
  }
  if (products.wasUnpriced(productId)) {
    return `${renamed}It was sent, but could not be priced; the rejections in the partners' outcomes say why.`;
  }
  if (code !== undefined)
    return `${renamed}Every offer of it has expired, was sold, or is no longer held; search again.`;
  return notSent(search);
}

function notSent({ set, outcomes, progress, completedBecause }: Explained): string {
  const silent = outcomes.filter(({ status }) => !answered.has(status)).map(({ partner }) => partner);
  const rejected = outcomes.flatMap(({ rejections }) => rejections).reduce((sum, { count }) => sum + count, 0);
  const { ofRow, provisional } = set.products.view;
  const undecided = new Set(
    set
      .liveRows()
      .values()
      .map((row) => ofRow[row]!)
      .filter((product) => provisional[product] === 1),
  ).size;
  const open = progress.partnersAsked - progress.partnersDone;
  const more = [
    ...(open > 0 && completedBecause === ''
      ? [`${counted(open, 'partner has', 'partners have')} not answered yet`]
      : []),
    ...(silent.length > 0 ? [`nothing came of ${silent.sort().join(', ')}`] : []),
    ...(rejected > 0 ? [`${counted(rejected, 'row')} became no offer, and may have been of it`] : []),
    ...(undecided > 0
      ? [`${counted(undecided, 'product is', 'products are')} provisional, and it may be one of them under another id`]
      : []),
  ];
  return `No partner sent it${more.length === 0 ? ' for these criteria' : `; ${more.join('; ')}`}.`;
}

/** What these partners have, they have said. */
const answered: ReadonlySet<OutcomeStatus> = new Set([OutcomeStatus.OK, OutcomeStatus.EMPTY, OutcomeStatus.PARTIAL]);
