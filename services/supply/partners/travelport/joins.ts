import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../../adapter.ts';
import { type Segment, segmentOf } from '../../mapping/itinerary.ts';
import { type Derived, derive } from '../../mapping/reject.ts';
import {
  type AirPriceRsp,
  type AirSegment,
  type FareInfo,
  type FlightDetails,
  type LowFareSearchRsp,
  list,
} from './format.ts';

/** A segment with what it was made from. */
export interface JoinedSegment {
  readonly element: AirSegment;
  readonly segment: Derived<Segment>;
  readonly details: readonly FlightDetails[];
}

/** Everything that rows refer to by key, each worked out once for all rows of the answer. */
export interface Joins {
  readonly segments: ReadonlyMap<string, JoinedSegment>;
  readonly fares: ReadonlyMap<string, FareInfo>;
  /** Brand names by brand id. */
  readonly brands: ReadonlyMap<string, string>;
  /** Position of a leg within the journey by the leg's key. */
  readonly legs: ReadonlyMap<string, number>;
}

/** The joins of a search's answer. */
export function joinsOf(answer: LowFareSearchRsp): Joins {
  const details = new Map<string, FlightDetails>();
  for (const detail of list(answer.FlightDetailsList?.FlightDetails)) details.set(detail['@Key'] ?? '', detail);
  const segments = new Map<string, JoinedSegment>();
  for (const element of list(answer.AirSegmentList?.AirSegment)) {
    const own: FlightDetails[] = [];
    for (const reference of list(element.FlightDetailsRef)) {
      const detail = details.get(reference['@Key'] ?? '');
      if (detail !== undefined) own.push(detail);
    }
    segments.set(element['@Key'] ?? '', joined(element, own));
  }
  const fares = new Map<string, FareInfo>();
  for (const fare of list(answer.FareInfoList?.FareInfo)) fares.set(fare['@Key'] ?? '', fare);
  const brands = new Map<string, string>();
  for (const brand of list(answer.BrandList?.Brand)) {
    if (brand['@BrandID'] !== undefined && brand['@Name'] !== undefined) brands.set(brand['@BrandID'], brand['@Name']);
  }
  const legs = new Map<string, number>();
  for (const route of list(answer.RouteList?.Route)) {
    for (const leg of list(route.Leg)) legs.set(leg['@Key'] ?? '', Number(leg['@Group'] ?? 0));
  }
  return { segments, fares, brands, legs };
}

/** The joins of a priced itinerary, where segments hold their details and pricing infos their fares. */
export function joinsOfPriced(answer: AirPriceRsp): Joins {
  const segments = new Map<string, JoinedSegment>();
  for (const element of list(answer.AirItinerary?.AirSegment)) {
    segments.set(element['@Key'] ?? '', joined(element, list(element.FlightDetails)));
  }
  const fares = new Map<string, FareInfo>();
  for (const result of list(answer.AirPriceResult)) {
    for (const solution of list(result.AirPricingSolution)) {
      for (const info of list(solution.AirPricingInfo)) {
        for (const fare of list(info.FareInfo)) fares.set(fare['@Key'] ?? '', fare);
      }
    }
  }
  return { segments, fares, brands: new Map(), legs: new Map() };
}

/** The segment behind a reference. Throws Rejection BROKEN_REFERENCE. */
export function segmentBehind(joins: Joins, key: string | undefined): JoinedSegment {
  const segment = joins.segments.get(key ?? '');
  if (segment === undefined)
    throw new Rejection(RejectionReason.BROKEN_REFERENCE, `segment ${key} is not in the answer`);
  return segment;
}

/** The fare behind a reference. Throws Rejection BROKEN_REFERENCE. */
export function fareBehind(joins: Joins, key: string | undefined): FareInfo {
  const fare = joins.fares.get(key ?? '');
  if (fare === undefined) throw new Rejection(RejectionReason.BROKEN_REFERENCE, `fare ${key} is not in the answer`);
  return fare;
}

function joined(element: AirSegment, details: readonly FlightDetails[]): JoinedSegment {
  return { element, details, segment: derive('segment', element['@Key'], () => segmentOfUapi(element, details)) };
}

/**
 * Times have an offset, which is what the partner believed when it answered: the wall time counts, in the airport's own zone.
 *
 * No CodeshareInfo: the carrier itself flies, under its own number. A CodeshareInfo with a carrier's code: that one flies,
 * under the number beside it, or under an unknown one. A CodeshareInfo with a name alone: somebody else flies, unknown who.
 */
function segmentOfUapi(element: AirSegment, details: readonly FlightDetails[]): Segment {
  const codeshare = element.CodeshareInfo;
  const named = codeshare !== undefined && codeshare !== '';
  const operating = typeof codeshare === 'object' ? codeshare['@OperatingCarrier'] : undefined;
  const stops = element['@NumberOfStops'];
  return segmentOf({
    origin: element['@Origin'],
    destination: element['@Destination'],
    departure: element['@DepartureTime'],
    arrival: element['@ArrivalTime'],
    marketingCarrier: element['@Carrier'],
    marketingNumber: element['@FlightNumber'],
    operatingCarrier: named ? operating : element['@Carrier'],
    operatingNumber: typeof codeshare === 'object' ? codeshare['@OperatingFlightNumber'] : undefined,
    technicalStops: stops === undefined ? Math.max(0, details.length - 1) : Number(stops) || 0,
  });
}
