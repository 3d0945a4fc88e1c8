import { dayOf, dayOfEpoch } from '../dates.ts';
import { resolvePlace } from '../flights/airports.ts';
import type { Cabin } from '../flights/fares.ts';
import type { Leg } from '../flights/journeys.ts';
import type { QuotedSegment } from '../flights/quote.ts';
import type { PassengerKind } from '../flights/taxes.ts';
import { isWorldCurrency } from '../money.ts';
import { attribute, child, children, type Element } from './soap.ts';

/** Travellers of one code, and age where given. */
export interface Travellers {
  /** "ADT", "CNN", "INF". */
  readonly code: string;
  readonly age: string | undefined;
  readonly kind: PassengerKind;
  readonly count: number;
}

/** A LowFareSearchReq. */
export interface LowFareRequest {
  readonly legs: readonly Leg[];
  readonly travellers: readonly Travellers[];
  readonly cabin: Cabin | undefined;
  readonly maxChanges: number | undefined;
  readonly maxSolutions: number | undefined;
  readonly currency: string | undefined;
  /** Answer with AirPricingSolution elements instead of an AirPricePointList. */
  readonly solutions: boolean;
  readonly traceId: string;
}

/** A flight as named in an AirPriceReq. */
interface PricedSegment extends QuotedSegment {
  readonly key: string;
}

/** An AirPriceReq. */
export interface PriceRequest {
  readonly segments: readonly PricedSegment[];
  readonly travellers: readonly Travellers[];
  readonly currency: string | undefined;
  /** Booking codes or fare bases were given: only those are priced. */
  readonly exact: boolean;
  readonly traceId: string;
}

/** Why a request is refused, for the fault. */
export interface BadRequest {
  readonly problem: string;
}

const cabinOf: Readonly<Record<string, Cabin>> = {
  Economy: 'economy',
  PremiumEconomy: 'premium_economy',
  Business: 'business',
  First: 'first',
};

/** Reads a LowFareSearchReq. */
export function readLowFare(element: Element, now: number): LowFareRequest | BadRequest {
  const legs: Leg[] = [];
  let earliest = dayOfEpoch(now) - 1;
  const searched = children(element, 'SearchAirLeg');
  if (searched.length === 0) return { problem: 'At least one SearchAirLeg is required' };
  if (searched.length > 6) return { problem: 'At most 6 SearchAirLeg are allowed' };
  for (const leg of searched) {
    const origin = placeOf(child(leg, 'SearchOrigin'));
    const destination = placeOf(child(leg, 'SearchDestination'));
    for (const code of [origin, destination]) {
      if (code === undefined || resolvePlace(code) === undefined) {
        return { problem: `Invalid city or airport code: ${code ?? ''}` };
      }
    }
    const day = dayOf(attribute(child(leg, 'SearchDepTime'), 'PreferredTime')?.slice(0, 10));
    if (day === undefined) return { problem: 'Invalid departure date' };
    if (day < earliest) return { problem: 'Departure date is in the past or out of order' };
    earliest = day;
    legs.push({ origin: origin!, destination: destination!, day });
  }
  const travellers = readTravellers(element);
  if ('problem' in travellers) return travellers;
  const currency = readCurrency(element);
  if (currency !== undefined && !isWorldCurrency(currency)) return { problem: `Invalid currency: ${currency}` };
  const modifiers = child(element, 'AirSearchModifiers');
  const legModifiers = child(searched[0], 'AirLegModifiers');
  const wanted =
    child(child(legModifiers, 'PermittedCabins'), 'CabinClass') ??
    child(child(legModifiers, 'PreferredCabins'), 'CabinClass') ??
    child(child(modifiers, 'PermittedCabins'), 'CabinClass');
  const cabin = attribute(wanted, 'Type');
  if (cabin !== undefined && cabinOf[cabin] === undefined) return { problem: `Invalid cabin: ${cabin}` };
  const type = child(legModifiers, 'FlightType') ?? child(modifiers, 'FlightType');
  const most = attribute(type, 'MaxStops') ?? attribute(type, 'MaxConnections');
  const maxSolutions = Number(attribute(modifiers, 'MaxSolutions') ?? Number.NaN);
  return {
    legs,
    travellers,
    cabin: cabin === undefined ? undefined : cabinOf[cabin],
    maxChanges: most === undefined || !/^\d$/.test(most) ? undefined : Number(most),
    maxSolutions: maxSolutions > 0 ? maxSolutions : undefined,
    currency,
    solutions: attribute(element, 'SolutionResult') === 'true',
    traceId: attribute(element, 'TraceId') ?? '',
  };
}

/** Reads an AirPriceReq. */
export function readPrice(element: Element): PriceRequest | BadRequest {
  const command = child(element, 'AirPricingCommand');
  const modifiers = new Map(
    children(command, 'AirSegmentPricingModifiers').map((each) => [attribute(each, 'AirSegmentRef') ?? '', each]),
  );
  const segments: PricedSegment[] = [];
  let exact = false;
  for (const segment of children(child(element, 'AirItinerary'), 'AirSegment')) {
    const key = attribute(segment, 'Key') ?? '';
    const carrier = attribute(segment, 'Carrier');
    const number = attribute(segment, 'FlightNumber');
    const origin = attribute(segment, 'Origin');
    const destination = attribute(segment, 'Destination');
    const day = dayOf(attribute(segment, 'DepartureTime')?.slice(0, 10));
    if (!carrier || !origin || !destination || day === undefined || number === undefined || !/^\d{1,4}$/.test(number)) {
      return { problem: `AirSegment ${key} lacks carrier, flight number, airports or time` };
    }
    const modifier = modifiers.get(key);
    const fareBasis = attribute(modifier, 'FareBasisCode');
    const permitted = attribute(child(child(modifier, 'PermittedBookingCodes'), 'BookingCode'), 'Code');
    if (fareBasis !== undefined || permitted !== undefined) exact = true;
    segments.push({
      key,
      group: attribute(segment, 'Group') ?? '0',
      carrier,
      number: Number(number),
      origin,
      destination,
      day,
      bookingClass: permitted ?? attribute(segment, 'ClassOfService'),
      fareBasis,
    });
  }
  if (segments.length === 0) return { problem: 'At least one AirSegment is required' };
  const travellers = readTravellers(element);
  if ('problem' in travellers) return travellers;
  const currency = readCurrency(element);
  if (currency !== undefined && !isWorldCurrency(currency)) return { problem: `Invalid currency: ${currency}` };
  return { segments, travellers, currency, exact, traceId: attribute(element, 'TraceId') ?? '' };
}

function placeOf(end: Element | undefined): string | undefined {
  for (const name of ['CityOrAirport', 'Airport', 'City']) {
    const code = attribute(child(end, name), 'Code');
    if (code !== undefined) return code;
  }
  return undefined;
}

function readTravellers(element: Element): Travellers[] | BadRequest {
  const all = children(element, 'SearchPassenger');
  if (all.length === 0) return { problem: 'At least one SearchPassenger is required' };
  if (all.length > 18) return { problem: 'Too many SearchPassenger' };
  const groups = new Map<string, Travellers>();
  for (const each of all) {
    const code = attribute(each, 'Code') ?? '';
    if (!/^[A-Z][A-Z0-9]{2}$/.test(code)) return { problem: `Invalid passenger type code: ${code}` };
    const age = attribute(each, 'Age');
    const known = groups.get(`${code}|${age}`);
    groups.set(`${code}|${age}`, { code, age, kind: kindOf(code), count: (known?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

function kindOf(code: string): PassengerKind {
  if (code === 'INF') return 'infant';
  return code === 'CNN' || code === 'CHD' || code === 'INS' || /^C\d\d$/.test(code) ? 'child' : 'adult';
}

function readCurrency(element: Element): string | undefined {
  return attribute(child(element, 'AirPricingModifiers'), 'CurrencyType');
}
