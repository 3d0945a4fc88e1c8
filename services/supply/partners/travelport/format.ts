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
  readonly Envelope?: { readonly Body?: UapiPayload };
}

/** What a SOAP body can hold. */
export interface UapiPayload {
  readonly Fault?: SoapFault;
  readonly LowFareSearchRsp?: LowFareSearchRsp;
  readonly LowFareSearchAsynchRsp?: LowFareSearchRsp;
  readonly RetrieveLowFareSearchRsp?: LowFareSearchRsp;
  readonly AirPriceRsp?: AirPriceRsp;
}

export interface SoapFault {
  readonly faultcode?: string;
  readonly faultstring?: string;
  readonly detail?: { readonly ErrorInfo?: ErrorInfo; readonly AvailabilityErrorInfo?: ErrorInfo };
}

export interface ErrorInfo {
  readonly Code?: string;
  readonly Type?: string;
  readonly Service?: string;
  readonly Description?: string;
  readonly TransactionId?: string;
}

export interface ResponseMessage {
  readonly '@Code'?: string;
  /** "Error", "Warning" or "Info". */
  readonly '@Type'?: string;
  readonly '#text'?: string;
}

export interface LowFareSearchRsp {
  readonly ResponseMessage?: Many<ResponseMessage>;
  readonly NextResultReference?: Many<{ readonly '@ProviderCode'?: string; readonly '#text'?: string }>;
  readonly FlightDetailsList?: { readonly FlightDetails?: Many<FlightDetails> };
  readonly AirSegmentList?: { readonly AirSegment?: Many<AirSegment> };
  readonly FareInfoList?: { readonly FareInfo?: Many<FareInfo> };
  readonly RouteList?: { readonly Route?: Many<{ readonly Leg?: Many<Leg> }> };
  readonly BrandList?: { readonly Brand?: Many<Brand> };
  readonly AirPricePointList?: { readonly AirPricePoint?: Many<AirPricePoint> };
  readonly AirPricingSolution?: Many<AirPricingSolution>;
  readonly AsyncProviderSpecificResponse?: Many<{
    readonly '@MoreResults'?: string;
    readonly '@ProviderCode'?: string;
  }>;
}

export interface AirPriceRsp {
  readonly ResponseMessage?: Many<ResponseMessage>;
  readonly AirItinerary?: { readonly AirSegment?: Many<AirSegment> };
  readonly AirPriceResult?: Many<{
    readonly AirPricingSolution?: Many<AirPricingSolution>;
    readonly AirPriceError?: Many<{ readonly Code?: string; readonly Message?: string }>;
  }>;
}

export interface FlightDetails {
  readonly '@Key'?: string;
  readonly '@OriginTerminal'?: string;
  readonly '@DestinationTerminal'?: string;
}

export interface AirSegment {
  readonly '@Key'?: string;
  readonly '@Group'?: string;
  readonly '@Carrier'?: string;
  readonly '@FlightNumber'?: string;
  readonly '@Origin'?: string;
  readonly '@Destination'?: string;
  /** ISO 8601 with the offset that the partner believes the airport to have. */
  readonly '@DepartureTime'?: string;
  readonly '@ArrivalTime'?: string;
  /** Minutes. */
  readonly '@FlightTime'?: string;
  readonly '@Equipment'?: string;
  readonly '@NumberOfStops'?: string;
  readonly CodeshareInfo?: CodeshareInfo | string;
  readonly FlightDetailsRef?: Many<{ readonly '@Key'?: string }>;
  /** In AirPriceRsp the details stand in the segment. */
  readonly FlightDetails?: Many<FlightDetails>;
}

export interface CodeshareInfo {
  readonly '@OperatingCarrier'?: string;
  readonly '@OperatingFlightNumber'?: string;
  readonly '#text'?: string;
}

export interface FareInfo {
  readonly '@Key'?: string;
  readonly '@FareBasis'?: string;
  readonly BaggageAllowance?:
    | { readonly NumberOfPieces?: string; readonly MaxWeight?: { readonly '@Value'?: string } | '' }
    | '';
  readonly Brand?: Brand | '';
}

export interface Brand {
  readonly '@BrandID'?: string;
  readonly '@Name'?: string;
}

export interface Leg {
  readonly '@Key'?: string;
  readonly '@Group'?: string;
}

/** Attributes that every priced element has. */
export interface Priced {
  readonly '@Key'?: string;
  /** Currency and amount in one: "EUR178.74", "KRW863900". */
  readonly '@TotalPrice'?: string;
  readonly '@Taxes'?: string;
  readonly '@CompleteItinerary'?: string;
  readonly AirPricingInfo?: Many<AirPricingInfo>;
}

/** Price points: a price with, for each leg, the options that can be had at it. */
export type AirPricePoint = Priced;

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
  /** With offset, or a date alone. */
  readonly '@LatestTicketingTime'?: string;
  readonly '@Refundable'?: string;
  readonly '@ProviderCode'?: string;
  /** One for each passenger of the type. */
  readonly PassengerType?: Many<{ readonly '@Code'?: string }>;
  /** In AirPriceRsp fares stand in the pricing info. */
  readonly FareInfo?: Many<FareInfo>;
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
  readonly '@BookingCode'?: string;
  readonly '@CabinClass'?: string;
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
