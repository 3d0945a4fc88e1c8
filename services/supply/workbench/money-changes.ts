import type { Expectation, MoneySums } from './case-file.ts';
import type { OfferView, PriceView } from './offer-view.ts';

/** What all offers cost together, by currency. */
export function sumsOf(offers: readonly { readonly price: PriceView }[]): Record<string, MoneySums> {
  const sums: Record<string, MoneySums> = {};
  for (const currency of [...new Set(offers.map(({ price }) => price.currency))].sort()) {
    const prices = offers.map(({ price }) => price).filter((price) => price.currency === currency);
    const tax = sumOf(prices.map((price) => price.tax));
    const dueLater = sumOf(prices.map((price) => price.dueLater));
    sums[currency] = {
      offers: prices.length,
      total: sumOf(prices.map(({ total }) => total))!,
      ...(tax !== undefined && { tax }),
      ...(dueLater !== undefined && { dueLater }),
    };
  }
  return sums;
}

/** Sum of decimals of one currency, with as many digits as they have; undefined where there is none. */
function sumOf(amounts: readonly (string | undefined)[]): string | undefined {
  const there = amounts.filter((amount) => amount !== undefined);
  if (there.length === 0) return undefined;
  const digits = Math.max(...there.map((amount) => amount.split('.')[1]?.length ?? 0));
  const minor = there.reduce((sum, amount) => sum + minorOf(amount, digits), 0n);
  const text = String(minor).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function minorOf(amount: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0'));
}

/** Names of what an offer costs, as people say them. */
const PARTS = {
  total: 'total',
  totalMax: 'upper total',
  tax: 'tax',
  dueLater: 'due later',
  currency: 'currency',
  basis: 'tax basis',
  charges: 'charges',
} as const satisfies Record<keyof PriceView, string>;

const NO_AMOUNTS: ReadonlySet<string> = new Set(['currency', 'basis', 'charges']);

/**
 * What is otherwise in money between what a case expected and what it became, a sentence each: nobody should commit a tripled
 * charge without having read it.
 */
export function moneyChanges(expected: Partial<Expectation>, actual: Expectation): string[] {
  const found: string[] = [];
  const now = new Map(actual.offers.map((offer) => [idOf(offer), priceOf(offer)]));
  for (const [at, offer] of (expected.offers ?? []).entries()) {
    const before = priceOf(offer);
    if (before === undefined) continue;
    const id = idOf(offer);
    const after = id === undefined ? priceOf(actual.offers[at]) : now.get(id);
    if (after === undefined) continue;
    found.push(...changesOf(id ?? `offer ${at}`, before, after));
  }
  found.push(...sumChanges(expected.sums, actual.sums));
  const { verify } = expected;
  if (verify?.price !== undefined && actual.verify?.price !== undefined) {
    found.push(...changesOf('verified', verify.price, actual.verify.price));
  }
  return found;
}

function sumChanges(before: Expectation['sums'] = {}, after: Expectation['sums'] = {}): string[] {
  return Object.entries(before).flatMap(([currency, { offers, ...was }]) => {
    const now = after[currency];
    if (now === undefined) return [`no offer is in ${currency} any more, there were ${offers}`];
    const count = now.offers === offers ? '' : `, of ${now.offers} offers instead of ${offers}`;
    return changesOf(`all offers in ${currency}`, { ...was, currency }, { ...now, currency }).map(
      (line) => line + count,
    );
  });
}

function changesOf(whose: string, before: Partial<PriceView>, after: Partial<PriceView>): string[] {
  return Object.entries(PARTS).flatMap(([part, name]) => {
    const [was, is] = [before[part as keyof PriceView], after[part as keyof PriceView]];
    // Null is absent; what a price without its currency leaves out is not looked at.
    if ((was ?? undefined) === is || (was === undefined && before.currency === undefined)) return [];
    const isAmount = !NO_AMOUNTS.has(part);
    const unit = (price: Partial<PriceView>): string => (isAmount ? ` ${price.currency ?? ''}`.trimEnd() : '');
    const text = (value: string | null | undefined, price: Partial<PriceView>): string =>
      value === undefined || value === null ? 'none' : `${value}${unit(price)}`;
    return [`${whose}: ${name} ${text(was, before)} → ${text(is, after)}${isAmount ? timesText(was, is) : ''}`];
  });
}

/** How many times as much, where that is more than a little. */
function timesText(was: string | null | undefined, is: string | null | undefined): string {
  const [before, after] = [Number(was), Number(is)];
  if (!(before > 0) || !(after > 0)) return '';
  const times = after / before;
  return times >= 1.5 || times <= 0.67 ? ` (${Number(times.toPrecision(3))} times as much)` : '';
}

function idOf(offer: Readonly<Record<string, unknown>>): string | undefined {
  return typeof offer.id === 'string' ? offer.id : undefined;
}

function priceOf(offer: Readonly<Record<string, unknown>> | undefined): Partial<OfferView['price']> | undefined {
  const price = offer?.price;
  return typeof price === 'object' && price !== null ? price : undefined;
}
