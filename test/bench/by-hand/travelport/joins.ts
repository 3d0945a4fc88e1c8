import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from '../../../../services/supply/adapter.ts';
import { type Segment, segmentOf } from '../../../../services/supply/mapping/itinerary.ts';
import { type Derived, derive } from '../../../../services/supply/mapping/reject.ts';
import {
  type LowFareSearchRsp as Answer,
  type BookingInfo as Booked,
  type FareInfo as Fare,
  list,
  type Many,
  type AirSegment as Timed,
} from '../../../../services/supply/partners/travelport/format.ts';

/** What is read beside what the partner's own TypeScript reads. */

interface Keyed {
  readonly '@Key'?: string;
}

export interface FlightDetails extends Keyed {
  readonly '@OriginTerminal'?: string;
  readonly '@DestinationTerminal'?: string;
}

export interface AirSegment extends Timed, Keyed {
  readonly '@Origin'?: string;
  readonly '@Destination'?: string;
  readonly '@Carrier'?: string;
  readonly '@FlightNumber'?: string;
  readonly '@FlightTime'?: string;
  readonly '@Equipment'?: string;
  readonly '@NumberOfStops'?: string;
  readonly CodeshareInfo?:
    | { readonly '@OperatingCarrier'?: string; readonly '@OperatingFlightNumber'?: string }
    | string;
  readonly FlightDetailsRef?: Many<Keyed>;
}

export interface FareInfo extends Fare, Keyed {
  readonly '@FareBasis'?: string;
  readonly Brand?: { readonly '@BrandID'?: string; readonly '@Name'?: string } | '';
}

export interface BookingInfo extends Booked {
  readonly '@BookingCode'?: string;
  readonly '@CabinClass'?: string;
}

export interface LowFareSearchRsp extends Answer {
  readonly FlightDetailsList?: { readonly FlightDetails?: Many<FlightDetails> };
  readonly AirSegmentList?: { readonly AirSegment?: Many<AirSegment> };
  readonly FareInfoList?: { readonly FareInfo?: Many<FareInfo> };
  readonly BrandList?: { readonly Brand?: Many<{ readonly '@BrandID'?: string; readonly '@Name'?: string }> };
  readonly RouteList?: { readonly Route?: Many<{ readonly Leg?: Many<Keyed & { readonly '@Group'?: string }> }> };
}

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
  const details = byKey(answer.FlightDetailsList?.FlightDetails);
  const segments = new Map<string, JoinedSegment>();
  for (const element of list(answer.AirSegmentList?.AirSegment)) {
    const own: FlightDetails[] = [];
    for (const reference of list(element.FlightDetailsRef)) {
      const detail = details.get(reference['@Key'] ?? '');
      if (detail !== undefined) own.push(detail);
    }
    const segment = derive('segment', element['@Key'], () => segmentOfUapi(element, own));
    segments.set(element['@Key'] ?? '', { element, details: own, segment });
  }
  const brands = new Map<string, string>();
  for (const { '@BrandID': id, '@Name': name } of list(answer.BrandList?.Brand)) {
    if (id !== undefined && name !== undefined) brands.set(id, name);
  }
  const legs = new Map<string, number>();
  for (const route of list(answer.RouteList?.Route)) {
    for (const leg of list(route.Leg)) legs.set(leg['@Key'] ?? '', Number(leg['@Group'] ?? 0));
  }
  return { segments, fares: byKey(answer.FareInfoList?.FareInfo), brands, legs };
}

/** The element behind a reference. Throws Rejection BROKEN_REFERENCE. */
export function behind<T>(elements: ReadonlyMap<string, T>, key: string | undefined, what: string): T {
  const element = elements.get(key ?? '');
  if (element !== undefined) return element;
  throw new Rejection(RejectionReason.BROKEN_REFERENCE, `${what} ${key} is not in the answer`);
}

function byKey<T extends Keyed>(elements: Many<T>): Map<string, T> {
  const map = new Map<string, T>();
  for (const element of list(elements)) map.set(element['@Key'] ?? '', element);
  return map;
}

function segmentOfUapi(element: AirSegment, details: readonly FlightDetails[]): Segment {
  const codeshare = element.CodeshareInfo;
  const named = codeshare !== undefined && codeshare !== '';
  const stops = element['@NumberOfStops'];
  return segmentOf({
    origin: element['@Origin'],
    destination: element['@Destination'],
    departure: element['@DepartureTime'],
    arrival: element['@ArrivalTime'],
    marketingCarrier: element['@Carrier'],
    marketingNumber: element['@FlightNumber'],
    operatingCarrier:
      typeof codeshare === 'object' ? codeshare['@OperatingCarrier'] : named ? undefined : element['@Carrier'],
    operatingNumber: typeof codeshare === 'object' ? codeshare['@OperatingFlightNumber'] : undefined,
    technicalStops: stops === undefined ? Math.max(0, details.length - 1) : Number(stops) || 0,
  });
}
