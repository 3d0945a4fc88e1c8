import type { AnyColumnView } from '../../libs/columns/index.ts';
import type { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { OfferChange, VerifyResponse } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type {
  SupplyServiceDefinition,
  VerifyOfferResponse,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import { formatMinor } from '../../libs/money/index.ts';
import { actionFailed } from './failures.ts';
import type { HeldRow } from './held.ts';
import { wholeOffer } from './offers.ts';
import { priceUnder } from './one-row.ts';
import type { ResultSet } from './result-set.ts';

/** Asks partners again about offers that are held. */
export interface VerifyTools {
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly pricing: MeshClient<PricingServiceDefinition>;
}

/**
 * Asks the partner again. What it says takes the place of the row, under the same offer id, priced as the search was;
 * an offer that the partner no longer sells leaves the search.
 * @throws EntrepotError OFFER_SOLD_OUT, OFFER_EXPIRED, PARTNER_UNAVAILABLE, SUPPLY_UNAVAILABLE, PRICING_UNAVAILABLE,
 * VIEW_EXPIRED
 */
export async function verifyOffer(
  { search, row }: HeldRow,
  { supply, pricing }: VerifyTools,
  options: CallOptions,
): Promise<VerifyResponse> {
  let verified: VerifyOfferResponse;
  try {
    verified = await supply.verifyOffer({ handle: search.set.handleOf(row) }, options);
  } catch (thrown) {
    const error = actionFailed(thrown);
    if (error.reason === 'OFFER_SOLD_OUT' || error.reason === 'OFFER_EXPIRED') {
      search.fanOut.removed([row]);
    }
    throw error;
  }
  return putInPlace({ search, row }, verified, pricing, options);
}

/**
 * Puts what a partner says now in the place of a row, under the same offer id, priced as the search was, and says what changed.
 * @throws EntrepotError PARTNER_UNAVAILABLE, PRICING_UNAVAILABLE, VIEW_EXPIRED
 */
export async function putInPlace(
  { search, row }: HeldRow,
  { batch, offer: made }: VerifyOfferResponse,
  pricing: VerifyTools['pricing'],
  options: CallOptions,
): Promise<VerifyResponse> {
  const { set, pricingView } = search;
  if (batch?.columns?.rowCount !== 1 || made === undefined || made.missing || pricingView === undefined) {
    throw new EntrepotError({
      reason: 'INTERNAL',
      message: 'Supply verified the offer, but did not say how it is now.',
    });
  }
  const priced = await priceUnder(pricing, pricingView, batch, options);
  const replacement = search.fanOut.verified(row, priced);
  if (replacement === undefined) {
    const [unpriced] = priced.quotes.unpriced;
    const message = `The partner's price of now cannot be shown in ${set.currency}: ${unpriced?.detail ?? 'no reason given'}.`;
    throw new EntrepotError({ reason: 'PARTNER_UNAVAILABLE', message });
  }
  search.maker.keep(replacement, made);
  await search.maker.ensure([replacement], options.context);
  const changes = changesBetween(set, row, replacement, search.request.vertical.name);
  const entry = { row: replacement, others: [] };
  const { view: products } = set.products;
  const content = search.contentOf(replacement, products);
  const kept = search.maker.made(replacement) ?? made;
  const offer = wholeOffer(search.id, set, products, entry, kept, search.request.mask, set.prices, content);
  return { offer, changed: changes.length > 0, changes };
}

/** What is different of what was shown. When an offer expires is no such thing: a verified one lives longer. */
function changesBetween(set: ResultSet, before: number, after: number, vertical: string): OfferChange[] {
  const changes: OfferChange[] = [];
  const compare = (field: string, then: string, now: string): void => {
    if (then !== now) changes.push({ field, before: then, after: now });
  };
  const [then, now] = [shownPrices(set, before), shownPrices(set, after)];
  for (const field of Object.keys(then) as (keyof typeof then)[]) compare(`price.${field}`, then[field], now[field]);
  for (const attribute of set.attributes) {
    const column = set.column(attribute);
    if (column !== undefined) compare(`item.${vertical}.${attribute}`, textOf(column, before), textOf(column, after));
  }
  return changes;
}

type ShownField = 'total' | 'total_max' | 'due_later' | 'tax' | 'partner_total' | 'partner_total_max';

function shownPrices(set: ResultSet, row: number): Record<ShownField, string> {
  const { total, totalMax, dueLater, tax } = set.prices.priceOf(row);
  const own = set.partnerPriceOf(row);
  const shown = (minor: number): string => `${formatMinor(minor, set.currency)} ${set.currency}`;
  const currency = own.prices.currency(own.at);
  const stated = (minor: number): string => `${formatMinor(minor, currency)} ${currency}`;
  const ownMax = own.prices.totalMax(own.at);
  return {
    total: shown(total),
    total_max: totalMax >= 0 ? shown(totalMax) : '',
    due_later: dueLater > 0 ? shown(dueLater) : '',
    tax: tax >= 0 ? shown(tax) : '',
    partner_total: stated(own.prices.total(own.at)),
    partner_total_max: ownMax >= 0 ? stated(ownMax) : '',
  };
}

/** A value as text; empty for an absent one. Times are instants in UTC. */
export function textOf(column: AnyColumnView, row: number): string {
  if (!column.has(row)) return '';
  if (column.type === 'string_list') return column.get(row).join(', ');
  if (column.type === 'int64') return Temporal.Instant.fromEpochMilliseconds(column.get(row)).toString();
  return String(column.get(row));
}
