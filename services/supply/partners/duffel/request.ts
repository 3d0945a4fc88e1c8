import { Cabin, type FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { invalidField } from '../../../../libs/errors/index.ts';
import type { Account, AskContext, PartnerRequest } from '../../adapter.ts';

/** How long Duffel waits for airlines where the partner's configuration does not say, in milliseconds. */
const SUPPLIER_TIMEOUT_MS = 8000;
/** Duffel refuses what is outside. */
const SUPPLIER_TIMEOUT_RANGE = [2000, 60_000] as const;

const CABIN_CLASSES: Readonly<Record<number, string>> = {
  [Cabin.ECONOMY]: 'economy',
  [Cabin.PREMIUM_ECONOMY]: 'premium_economy',
  [Cabin.BUSINESS]: 'business',
  [Cabin.FIRST]: 'first',
};

/** A search: an offer request that answers with its offers. */
export function offerRequest(context: AskContext): PartnerRequest | { readonly unsupported: string } {
  const vertical = context.criteria.vertical;
  if (vertical?.$case !== 'flight') return { unsupported: 'Duffel sells flights alone here.' };
  const criteria = vertical.value;
  const timeout = supplierTimeoutMs(context.account);
  return {
    method: 'POST',
    path: `/air/offer_requests?return_offers=true&supplier_timeout=${timeout}`,
    headers: { ...headers(context.account), 'content-type': 'application/json' },
    body: JSON.stringify({
      data: {
        slices: slicesOf(criteria),
        passengers: [
          ...Array.from({ length: criteria.adults }, () => ({ type: 'adult' })),
          ...criteria.childAges.map((age) => ({ age })),
        ],
        ...(criteria.cabin > Cabin.UNSPECIFIED ? { cabin_class: CABIN_CLASSES[criteria.cabin] } : {}),
        ...(criteria.maxStops === undefined ? {} : { max_connections: criteria.maxStops }),
      },
    }),
  };
}

/** The next page of a list of offers. */
export function nextPage(account: Account, offerRequestId: string | undefined, after: string): PartnerRequest {
  const request = offerRequestId === undefined ? '' : `offer_request_id=${encodeURIComponent(offerRequestId)}&`;
  return { method: 'GET', path: `/air/offers?${request}after=${encodeURIComponent(after)}`, headers: headers(account) };
}

/** One offer as it is now. */
export function offerById(account: Account, offerId: string): PartnerRequest {
  return { method: 'GET', path: `/air/offers/${encodeURIComponent(offerId)}`, headers: headers(account) };
}

function headers(account: Account): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: `Bearer ${account.credential('token')}`,
    'duffel-version': 'v2',
  };
}

function slicesOf(criteria: FlightCriteria): { origin: string; destination: string; departure_date: string }[] {
  if (criteria.slices.length > 0) {
    return criteria.slices.map((slice) => ({
      origin: slice.origin,
      destination: slice.destination,
      departure_date: slice.departureDate,
    }));
  }
  const { origin, destination } = criteria;
  const slices = [{ origin, destination, departure_date: criteria.departureDate }];
  if (criteria.returnDate !== '') {
    slices.push({ origin: destination, destination: origin, departure_date: criteria.returnDate });
  }
  return slices;
}

function supplierTimeoutMs(account: Account): number {
  const option = account.options.supplierTimeoutMs ?? SUPPLIER_TIMEOUT_MS;
  const [least, most] = SUPPLIER_TIMEOUT_RANGE;
  if (typeof option === 'number' && Number.isInteger(option) && option >= least && option <= most) return option;
  throw invalidField(
    'options.supplierTimeoutMs',
    `partner ${account.partner}: whole milliseconds from ${least} to ${most} are allowed`,
  );
}
