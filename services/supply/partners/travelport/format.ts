/**
 * The parts of uAPI's answers that are read, as the XML parser makes them: attributes prefixed with "@", an element that
 * occurs once is no list, an empty element is "". Nothing is trusted to be there.
 */

/** One element, several, none, or an empty one. */
export type Many<T> = T | readonly T[] | '' | undefined;

/** The elements of a member, whether it occurs never, once or often. */
export function list<T extends object>(many: Many<T>): readonly T[] {
  if (typeof many !== 'object' || many === null) return [];
  return Array.isArray(many) ? many : [many as T];
}

export interface UapiBody {
  readonly Envelope?: { readonly Body?: unknown };
}

export interface LowFareSearchRsp {
  readonly AirPricePointList?: { readonly AirPricePoint?: Many<Priced> };
  readonly AirPricingSolution?: Many<AirPricingSolution>;
}

export interface AirPriceRsp {
  readonly AirPriceResult?: Many<{ readonly AirPricingSolution?: Many<AirPricingSolution> }>;
}

/** Elements by key, as the manifest joins them. */
export interface Joins {
  readonly segments: Readonly<Record<string, AirSegment>>;
  readonly fares: Readonly<Record<string, FareInfo>>;
  readonly legs_by_key: Readonly<Record<string, { readonly '@Group'?: string }>>;
}

export interface AirSegment {
  readonly '@Group'?: string;
  /** ISO 8601 with the offset that the partner believes the airport to have. */
  readonly '@DepartureTime'?: string;
  readonly '@ArrivalTime'?: string;
}

export interface FareInfo {
  readonly BaggageAllowance?:
    | { readonly NumberOfPieces?: string; readonly MaxWeight?: { readonly '@Value'?: string } | '' }
    | '';
}

/** What every priced element has; all that price points have: a price with, for each leg, the options to be had at it. */
export interface Priced {
  readonly '@Key'?: string;
  /** Currency and amount in one: "EUR178.74", "KRW863900". */
  readonly '@TotalPrice'?: string;
  readonly '@Taxes'?: string;
  readonly '@CompleteItinerary'?: string;
  readonly AirPricingInfo?: Many<AirPricingInfo>;
}

/** Solutions: a price with one journey. */
export interface AirPricingSolution extends Priced {
  readonly Journey?: Many<{
    readonly '@TravelTime'?: string;
    readonly AirSegmentRef?: Many<{ readonly '@Key'?: string }>;
  }>;
  readonly AirSegmentRef?: Many<{ readonly '@Key'?: string }>;
}

/** The price for one type of passenger, and what it buys. */
export interface AirPricingInfo {
  readonly '@TotalPrice'?: string;
  readonly '@Taxes'?: string;
  /** For one passenger, by code: "XT", "YQ". */
  readonly TaxInfo?: Many<{ readonly '@Category'?: string; readonly '@Amount'?: string }>;
  /** With offset, or a date alone. */
  readonly '@LatestTicketingTime'?: string;
  readonly '@Refundable'?: string;
  /** One for each passenger of the type. */
  readonly PassengerType?: Many<{ readonly '@Code'?: string }>;
  readonly BookingInfo?: Many<BookingInfo>;
  readonly FlightOptionsList?: { readonly FlightOption?: Many<FlightOption> };
  readonly ChangePenalty?: Many<Penalty>;
  readonly CancelPenalty?: Many<Penalty>;
  readonly BaggageAllowances?: { readonly BaggageAllowanceInfo?: Many<BaggageAllowanceInfo> };
}

export interface FlightOption {
  readonly '@LegRef'?: string;
  readonly Option?: Many<Option>;
}

export interface Option {
  readonly '@Key'?: string;
  readonly '@TravelTime'?: string;
  readonly BookingInfo?: Many<BookingInfo>;
}

export interface BookingInfo {
  readonly '@FareInfoRef'?: string;
  readonly '@SegmentRef'?: string;
}

export interface Penalty {
  /** "Anytime", "Before Departure" or "After Departure". */
  readonly '@PenaltyApplies'?: string;
  readonly '@NoShow'?: string;
  readonly Amount?: string;
  readonly Percentage?: string;
}

export interface BaggageAllowanceInfo {
  /** The first text is the allowance: "0P", "2P", "20K". */
  readonly TextInfo?: Many<{ readonly Text?: string | readonly string[] }>;
}
