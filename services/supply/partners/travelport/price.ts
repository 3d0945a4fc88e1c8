import type { Charge } from '../../../../libs/columns/index.ts';
import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ChargeKind, ChargeTerms } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseAmount } from '../../../../libs/money/index.ts';
import { type AnswerContext, type PartnerPrice, Rejection } from '../../adapter.ts';
import { minorUnits, statedTaxBasis } from '../../mapping/reject.ts';
import { instantOf, isDate } from '../../mapping/time.ts';
import { list } from './format.ts';
import type { Journey } from './journey.ts';

/** Where the sun rises first, UTC+14: a date is over there 10 hours before it is over in UTC. */
const EARLIEST_END_OF_DATE_MS = 10 * 3_600_000;

/**
 * What a journey without a total of its own costs: what each type of passenger pays, times how many there are. undefined
 * where there is a total: the manifest maps it.
 */
export function summedPrice({ priced, infos, refused }: Journey, context: AnswerContext): PartnerPrice | undefined {
  if (refused !== undefined) throw refused;
  if (priced['@TotalPrice'] !== undefined) return undefined;
  const what = priced['@Key'] ?? 'a row';
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
  return { currency, totalMinor, taxMinor, dueLaterMinor: 0, basis: statedTaxBasis(context) };
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

/** What airlines levy themselves, for fuel and the like; every other code is a tax or what airports collect. */
const CARRIER_CODES: ReadonlySet<string> = new Set(['YQ', 'YR']);

/** Taxes of all passengers by code and currency, all of them inside the total. */
export function taxes({ priced, infos }: Journey): Charge[] {
  const what = priced['@Key'] ?? 'a row';
  const sums = new Map<string, Charge>();
  for (const { TaxInfo: stated, PassengerType: types } of infos) {
    const passengers = Math.max(1, list(types).length);
    for (const { '@Category': name = '', '@Amount': amount } of list(stated)) {
      const each = chargedAmount(amount, name, what);
      const key = `${name} ${each.currency}`;
      sums.set(key, {
        name,
        kind: CARRIER_CODES.has(name) ? ChargeKind.CARRIER : ChargeKind.TAX,
        terms: ChargeTerms.INCLUDED,
        currency: each.currency,
        amountMinor: (sums.get(key)?.amountMinor ?? 0) + each.minor * passengers,
      });
    }
  }
  return [...sums.values()];
}

function chargedAmount(stated: string | undefined, name: string, of: string): { currency: string; minor: number } {
  const amount = parseAmount(stated?.slice(3), stated?.slice(0, 3));
  if (!('rejected' in amount)) return amount;
  throw new Rejection(RejectionReason.INVALID_CHARGE, `tax ${name} of ${of}: ${amount.example}`);
}

/** Until the manifest's lifetime is over or the ticket has to be issued, whichever comes first. */
export function expiresAt({ infos }: Journey, context: AnswerContext): number {
  let until = context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1000;
  for (const info of infos) {
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
