import { Cabin, type FlightCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { invalidField } from '../../../../libs/errors/index.ts';
import type { Account, AskContext, PartnerRequest } from '../../adapter.ts';
import { attributes, escapeXml } from './xml.ts';

const NAMESPACES = {
  'xmlns:air': 'http://www.travelport.com/schema/air_v52_0',
  'xmlns:com': 'http://www.travelport.com/schema/common_v52_0',
};
/** The only content source that is asked: Galileo. */
const PROVIDER = '1G';

const CABIN_CLASSES: Readonly<Record<number, string>> = {
  [Cabin.ECONOMY]: 'Economy',
  [Cabin.PREMIUM_ECONOMY]: 'PremiumEconomy',
  [Cabin.BUSINESS]: 'Business',
  [Cabin.FIRST]: 'First',
};

/** A search. `nextResult` is the reference behind which the next page lies. */
export function lowFareSearch(
  context: AskContext,
  nextResult?: { readonly provider: string; readonly reference: string },
): PartnerRequest | { readonly unsupported: string } {
  const vertical = context.criteria.vertical;
  if (vertical?.$case !== 'flight') return { unsupported: 'Travelport sells flights alone here.' };
  const criteria = vertical.value;
  const cabin = CABIN_CLASSES[criteria.cabin];
  const preferred = cabin === undefined ? '' : `<com:CabinClass${attributes({ Type: cabin })}/>`;
  const modifiers =
    preferred === ''
      ? ''
      : `<air:AirLegModifiers><air:PreferredCabins>${preferred}</air:PreferredCabins></air:AirLegModifiers>`;
  const legs = legsOf(criteria).map(
    ({ origin, destination, date }) =>
      '<air:SearchAirLeg>' +
      `<air:SearchOrigin><com:CityOrAirport${attributes({ Code: origin, PreferCity: 'true' })}/></air:SearchOrigin>` +
      `<air:SearchDestination><com:CityOrAirport${attributes({ Code: destination, PreferCity: 'true' })}/></air:SearchDestination>` +
      `<air:SearchDepTime${attributes({ PreferredTime: date })}/>${modifiers}</air:SearchAirLeg>`,
  );
  const stops =
    criteria.maxStops === undefined ? '' : `<air:FlightType${attributes({ MaxStops: criteria.maxStops })}/>`;
  const next =
    nextResult === undefined
      ? ''
      : `<com:NextResultReference${attributes({ ProviderCode: nextResult.provider })}>${escapeXml(nextResult.reference)}</com:NextResultReference>`;
  return post(
    context.account,
    'LowFareSearchReq',
    { SolutionResult: context.account.options.solutionResult === true ? 'true' : 'false' },
    next +
      legs.join('') +
      '<air:AirSearchModifiers>' +
      `<air:PreferredProviders><com:Provider${attributes({ Code: PROVIDER })}/></air:PreferredProviders>${stops}` +
      '</air:AirSearchModifiers>' +
      passengersOf(criteria, false) +
      `<air:AirPricingModifiers${attributes({ CurrencyType: context.currency || undefined })}/>`,
  );
}

/** A segment as it is asked to be priced again. */
export interface PricedSegment {
  readonly carrier: string;
  readonly flightNumber: string;
  readonly origin: string;
  readonly destination: string;
  /** As the partner wrote it, offset and all. */
  readonly departure: string;
  readonly arrival: string;
  readonly bookingCode: string;
  readonly fareBasis: string;
  readonly slice: number;
  /** The traveller goes on from it within the same slice. */
  readonly connects: boolean;
}

/** Asks for the price of segments in given booking classes and fares, for the same travellers. */
export function airPrice(context: AskContext, segments: readonly PricedSegment[], provider: string): PartnerRequest {
  const vertical = context.criteria.vertical;
  const passengers = vertical?.$case === 'flight' ? passengersOf(vertical.value, true) : '';
  const itinerary = segments.map((segment, position) => {
    const start = `<air:AirSegment${attributes({
      Key: position,
      Group: segment.slice,
      Carrier: segment.carrier,
      FlightNumber: segment.flightNumber,
      ProviderCode: provider,
      Origin: segment.origin,
      Destination: segment.destination,
      DepartureTime: segment.departure,
      ArrivalTime: segment.arrival,
      ClassOfService: segment.bookingCode,
    })}`;
    return segment.connects ? `${start}><air:Connection/></air:AirSegment>` : `${start}/>`;
  });
  const fares = segments.map(
    ({ fareBasis, bookingCode }, position) =>
      `<air:AirSegmentPricingModifiers${attributes({ AirSegmentRef: position, FareBasisCode: fareBasis || undefined })}>` +
      `<air:PermittedBookingCodes><air:BookingCode${attributes({ Code: bookingCode })}/></air:PermittedBookingCodes>` +
      '</air:AirSegmentPricingModifiers>',
  );
  return post(
    context.account,
    'AirPriceReq',
    {},
    `<air:AirItinerary>${itinerary.join('')}</air:AirItinerary>` +
      `<air:AirPricingModifiers${attributes({ InventoryRequestType: 'DirectAccess', CurrencyType: context.currency || undefined })}/>` +
      passengers +
      `<air:AirPricingCommand>${fares.join('')}</air:AirPricingCommand>`,
  );
}

function post(account: Account, name: string, extra: Record<string, string>, content: string): PartnerRequest {
  const credentials = `${account.credential('username')}:${account.credential('password')}`;
  const root = attributes({ ...NAMESPACES, TargetBranch: targetBranch(account), AuthorizedBy: 'user', ...extra });
  return {
    method: 'POST',
    path: '/AirService',
    headers: {
      accept: 'text/xml',
      authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
      'content-type': 'text/xml; charset=utf-8',
      soapaction: '""',
    },
    body:
      '<?xml version="1.0" encoding="UTF-8"?>' +
      '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>' +
      `<air:${name}${root}><com:BillingPointOfSaleInfo OriginApplication="UAPI"/>${content}</air:${name}>` +
      '</soap:Body></soap:Envelope>',
  };
}

function targetBranch(account: Account): string {
  const branch = account.options.targetBranch;
  if (typeof branch === 'string' && branch !== '') return branch;
  throw invalidField(
    'options.targetBranch',
    `partner ${account.partner}: the branch that Travelport assigned, "P1234567"`,
  );
}

function legsOf(criteria: FlightCriteria): { origin: string; destination: string; date: string }[] {
  if (criteria.slices.length > 0) {
    return criteria.slices.map(({ origin, destination, departureDate }) => ({
      origin,
      destination,
      date: departureDate,
    }));
  }
  const { origin, destination } = criteria;
  const legs = [{ origin, destination, date: criteria.departureDate }];
  if (criteria.returnDate !== '') legs.push({ origin: destination, destination: origin, date: criteria.returnDate });
  return legs;
}

/** Adults from 12 years (ADT), children with their age (CNN), those below 2 on a lap (INF). */
function passengersOf(criteria: FlightCriteria, keyed: boolean): string {
  const types: { Code: string; Age?: number }[] = Array.from({ length: criteria.adults }, () => ({ Code: 'ADT' }));
  for (const age of criteria.childAges) {
    if (age >= 12) types.push({ Code: 'ADT' });
    else types.push({ Code: age < 2 ? 'INF' : 'CNN', Age: age });
  }
  return types
    .map((type, position) => `<com:SearchPassenger${attributes({ Key: keyed ? position : undefined, ...type })}/>`)
    .join('');
}
