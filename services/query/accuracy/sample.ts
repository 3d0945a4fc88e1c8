import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { OfferHandle } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Vertical } from '../../../libs/vertical/index.ts';
import { offerIdOf } from '../offers.ts';
import type { ResultSet } from '../result-set.ts';
import type { Search } from '../search.ts';
import { textOf } from '../verify.ts';
import { type Figure, figureOf } from './figure.ts';
import { leadTimeOf } from './lead-time.ts';
import type { Kind } from './tally.ts';

/** A shown offer that is to be asked again: all that has to be known of it then, without the search. */
export interface Sample extends Kind {
  readonly searchId: string;
  readonly offerId: string;
  readonly handle: OfferHandle;
  readonly vertical: Vertical;
  readonly criteria: Criteria;
  readonly currency: string;
  readonly locale: string;
  readonly productId: string;
  readonly productProvisional: boolean;
  readonly shown: Figure;
  /** When the partner had said so. */
  readonly shownAt: Temporal.Instant | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What was shown of a row. @param now epoch ms */
export function sampleOf({ id, request, set }: Search, row: number, now: number): Sample {
  const { vertical, criteria, market, currency, locale } = request;
  const product = set.products.view.ofRow[row]!;
  const { prices, at } = set.partnerPriceOf(row);
  return {
    searchId: id,
    offerId: offerIdOf(id, set, row),
    handle: set.handleOf(row),
    vertical,
    criteria,
    currency,
    locale,
    partner: set.partnerOf(row),
    market,
    leadTime: leadTimeOf(criteria, now),
    productId: set.products.ids[product]!,
    productProvisional: set.products.view.provisional[product] === 1,
    shown: figureOf(prices, at, vertical.priceBound),
    shownAt: set.sourceOf(row).fetchedAt,
    attributes: attributesOf(set, row),
  };
}

function attributesOf(set: ResultSet, row: number): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of set.attributes) {
    const column = set.column(name);
    const text = column === undefined ? '' : textOf(column, row);
    if (text !== '') attributes[name] = text;
  }
  return attributes;
}
