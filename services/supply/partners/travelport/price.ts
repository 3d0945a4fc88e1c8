import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type AnswerContext, type PartnerPrice, Rejection } from '../../adapter.ts';
import { minorUnits, orReject, statedTaxBasis } from '../../mapping/reject.ts';
import { instantOf, isDate } from '../../mapping/time.ts';
import { list, type Priced } from './format.ts';
import type { TravelportRow } from './rows.ts';

/** Where the sun rises first, UTC+14: a date is over there 10 hours before it is over in UTC. */
const EARLIEST_END_OF_DATE_MS = 10 * 3_600_000;

interface Amounts {
  readonly currency: string;
  readonly totalMinor: number;
  readonly taxMinor: number;
}

/** Amounts by priced element: the rows of a price point share one. */
const amounts = new WeakMap<Priced, Amounts>();

/**
 * TotalPrice with its taxes, for all passengers. The total is in the currency of the sale; base price and approximate amounts
 * may be in others and are not looked at.
 */
export function price(row: TravelportRow, context: AnswerContext): PartnerPrice {
  orReject(row.itinerary);
  let known = amounts.get(row.priced);
  if (known === undefined) {
    known = amountsOf(row);
    amounts.set(row.priced, known);
  }
  return { ...known, dueLaterMinor: 0, basis: statedTaxBasis(context) };
}

function amountsOf({ priced, infos }: TravelportRow): Amounts {
  const what = priced['@Key'] ?? 'a row';
  if (priced['@TotalPrice'] !== undefined) {
    const total = money(priced['@TotalPrice'], 'total', what);
    const tax = taxIn(total.currency, priced['@Taxes'], what);
    return { currency: total.currency, totalMinor: total.minor, taxMinor: tax };
  }
  // Without a total of its own: what each type of passenger pays, times how many there are.
  let currency: string | undefined;
  let totalMinor = 0;
  let taxMinor = 0;
  for (const info of infos) {
    const passengers = list(info.PassengerType).length;
    const each = money(info['@TotalPrice'], 'total of a passenger', what);
    if (passengers === 0 || (currency !== undefined && currency !== each.currency)) {
      throw new Rejection(RejectionReason.INVALID_AMOUNT, `${what} has no total and its parts do not add up`);
    }
    currency = each.currency;
    totalMinor += each.minor * passengers;
    const tax = taxIn(currency, info['@Taxes'], what);
    taxMinor = tax < 0 || taxMinor < 0 ? -1 : taxMinor + tax * passengers;
  }
  if (currency === undefined) throw new Rejection(RejectionReason.INVALID_AMOUNT, `${what} has no total`);
  return { currency, totalMinor, taxMinor };
}

/** The taxes where they are in the total's currency; -1 where they are not stated or in another. */
function taxIn(currency: string, stated: string | undefined, what: string): number {
  if (stated === undefined || !stated.startsWith(currency)) return -1;
  return money(stated, 'taxes', what).minor;
}

/** "EUR178.74": three letters of currency, then the amount. */
function money(stated: string | undefined, what: string, of: string): { currency: string; minor: number } {
  const currency = stated?.slice(0, 3);
  return { minor: minorUnits(stated?.slice(3), currency, what, of), currency: currency as string };
}

/** Until the manifest's lifetime is over or the ticket has to be issued, whichever comes first. */
export function expiresAt(row: TravelportRow, context: AnswerContext): number {
  let until = context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1000;
  for (const info of row.infos) {
    const stated = info['@LatestTicketingTime'];
    if (stated !== undefined) until = Math.min(until, ticketingEnd(stated));
  }
  return until;
}

/** A date alone has no zone: it counts as over where it is over first. */
function ticketingEnd(stated: string): number {
  const instant = isDate(stated) ? instantOf(`${stated}T00:00Z`) : instantOf(stated);
  if (instant === undefined) throw new Rejection(RejectionReason.INVALID_TIME, `LatestTicketingTime "${stated}"`);
  return isDate(stated) ? instant + EARLIEST_END_OF_DATE_MS : instant;
}
