/** What is kept of AlpineBits messages, as far as it is read here: XML as `parseBody` makes it. */

/** One element is no list. */
export type Many<T> = T | readonly T[] | '' | undefined;

/** HotelDescriptiveContent with HotelInfo. */
export interface HotelNode {
  readonly '@HotelCode': string;
  readonly HotelInfo?: {
    readonly Position?: { readonly '@Latitude'?: string; readonly '@Longitude'?: string };
    readonly Descriptions?:
      | { readonly MultimediaDescriptions?: { readonly MultimediaDescription?: Many<MediaNode> } | '' }
      | '';
  };
  readonly ContactInfos?: { readonly ContactInfo?: Many<ContactNode> } | '';
  readonly Policies?:
    | { readonly Policy?: Many<{ readonly TaxPolicies?: { readonly TaxPolicy?: Many<TaxNode> } }> }
    | '';
}

export interface ContactNode {
  readonly Addresses?: { readonly Address?: Many<AddressNode> } | '';
  readonly Phones?:
    | { readonly Phone?: Many<{ readonly '@PhoneTechType'?: string; readonly '@PhoneNumber'?: string }> }
    | '';
}

export interface AddressNode {
  readonly '@Language'?: string;
  readonly AddressLine?: Many<string>;
  readonly PostalCode?: string;
  readonly CityName?: string;
  readonly CountryName?: { readonly '@Code'?: string };
}

export interface TaxNode {
  readonly '@Amount'?: string;
  readonly '@CurrencyCode'?: string;
  readonly '@ChargeUnit'?: string;
  readonly TaxDescription?: Described | '';
}

/** Texts by language. */
export interface Described {
  readonly Text?: Many<{ readonly '@Language'?: string; readonly '#text'?: string }>;
}

/** HotelDescriptiveContent with the room types of a house. */
export interface RoomsNode {
  readonly '@HotelCode': string;
  readonly FacilityInfo?: { readonly GuestRooms?: { readonly GuestRoom?: Many<RoomNode> } | '' } | '';
}

/** A room type; its single rooms are elements without the occupancy. */
export interface RoomNode {
  readonly '@Code': string;
  readonly '@MinOccupancy'?: string;
  readonly '@MaxOccupancy'?: string;
  readonly '@MaxChildOccupancy'?: string;
  readonly TypeRoom?: { readonly '@StandardOccupancy'?: string; readonly '@RoomClassificationCode'?: string };
  readonly MultimediaDescriptions?: { readonly MultimediaDescription?: Many<MediaNode> };
}

export interface MediaNode {
  readonly '@InfoCode'?: string;
  readonly TextItems?: { readonly TextItem?: Many<{ readonly Description?: Many<TextNode> }> };
  readonly ImageItems?: { readonly ImageItem?: Many<ImageNode> } | '';
}

export interface ImageNode {
  readonly '@Category'?: string;
  readonly ImageFormat?: Many<{ readonly URL?: string }>;
}

export interface TextNode {
  readonly '@Language'?: string;
  readonly '#text'?: string;
}

/** A night of a room type, or of the whole house ("*"), as it was told last. */
export interface NightNode {
  readonly hotel: string;
  readonly told: {
    readonly StatusApplicationControl: { readonly '@InvTypeCode'?: string };
    readonly InvCounts?: { readonly InvCount?: Many<{ readonly '@CountType'?: string; readonly '@Count'?: string }> };
  };
  readonly night: string;
}

/** A rate plan of a house. */
export interface PlanNode {
  readonly hotel: string;
  readonly plan: RatePlanNode;
}

/** The rate of one night that was laid over a plan later. */
export interface OverlayNode {
  readonly hotel: string;
  readonly code: string;
  readonly rate: RateNode;
  readonly night: string;
}

export interface RatePlanNode {
  readonly '@RatePlanCode': string;
  readonly '@CurrencyCode'?: string;
  readonly BookingRules?: { readonly BookingRule?: Many<RuleNode> } | '';
  readonly Rates?: { readonly Rate?: Many<RateNode> } | '';
  readonly Supplements?: { readonly Supplement?: Many<SupplementNode> } | '';
  readonly Offers?: { readonly Offer?: Many<OfferNode> } | '';
}

/** Who may stay, or what is given away. */
export interface OfferNode {
  readonly OfferRules?: { readonly OfferRule?: Many<OfferRuleNode> } | '';
  readonly Discount?: DiscountNode | '';
  readonly Guests?: { readonly Guest?: Many<GuestNode> } | '';
}

export interface OfferRuleNode {
  readonly Occupancy?: Many<OccupancyNode>;
  /** Conditions that are not read: with any of them the plan is not understood. */
  readonly [other: string]: unknown;
}

export interface OccupancyNode {
  /** "10" are adults, "8" children. */
  readonly '@AgeQualifyingCode'?: string;
  readonly '@MinAge'?: string;
  readonly [other: string]: unknown;
}

export interface DiscountNode {
  readonly '@Percent'?: string;
  readonly '@NightsRequired'?: string;
  readonly '@NightsDiscounted'?: string;
  /** A digit for each of the nights required: "1" is free. */
  readonly '@DiscountPattern'?: string;
}

export interface GuestNode {
  readonly '@AgeQualifyingCode'?: string;
  readonly '@MaxAge'?: string;
  readonly '@MinCount'?: string;
  readonly '@FirstQualifyingPosition'?: string;
  readonly '@LastQualifyingPosition'?: string;
}

interface Range {
  readonly '@Start'?: string;
  readonly '@End'?: string;
}

export interface RateNode extends Range {
  readonly '@InvTypeCode'?: string;
  readonly '@RateTimeUnit'?: string;
  readonly '@UnitMultiplier'?: string;
  readonly BaseByGuestAmts?: { readonly BaseByGuestAmt?: Many<BaseNode> };
  readonly AdditionalGuestAmounts?: { readonly AdditionalGuestAmount?: Many<AdditionalNode> };
  readonly MealsIncluded?: { readonly '@MealPlanIndicator'?: string; readonly '@MealPlanCodes'?: string };
}

export interface BaseNode {
  readonly '@Type'?: string;
  readonly '@NumberOfGuests'?: string;
  readonly '@AmountAfterTax'?: string;
}

export interface AdditionalNode {
  readonly '@AgeQualifyingCode'?: string;
  /** From this age on, in years; absent is from birth. */
  readonly '@MinAge'?: string;
  /** Below this age: the bracket above begins with it. */
  readonly '@MaxAge'?: string;
  readonly '@Amount'?: string;
}

export interface RuleNode extends Range {
  /** "ROOMTYPE" for a rule of one room type. */
  readonly '@CodeContext'?: string;
  readonly '@Code'?: string;
  readonly LengthsOfStay?: { readonly LengthOfStay?: Many<LengthNode> };
  readonly DOW_Restrictions?: {
    readonly ArrivalDaysOfWeek?: Readonly<Record<string, string>>;
    readonly DepartureDaysOfWeek?: Readonly<Record<string, string>>;
  };
  readonly RestrictionStatus?: { readonly '@Restriction'?: string; readonly '@Status'?: string };
}

export interface LengthNode {
  readonly '@Time'?: string;
  readonly '@MinMaxMessageType'?: string;
}

export interface SupplementNode extends Range {
  readonly '@InvCode'?: string;
  readonly '@Amount'?: string;
  readonly '@MandatoryIndicator'?: string;
  readonly '@ChargeTypeCode'?: string;
  /** Of those without dates: "title", "intro". */
  readonly Description?: Many<Described & { readonly '@Name'?: string }>;
}

/** Elements as a list. */
export function listOf<T>(elements: Many<T>): readonly T[] {
  if (elements === undefined || elements === '') return [];
  return Array.isArray(elements) ? (elements as readonly T[]) : [elements as T];
}

/** A child that XML leaves empty. */
export function childOf<T extends object>(child: T | '' | undefined): Partial<T> {
  return child === undefined || child === '' ? {} : child;
}

/** Whether a date lies in a range, of which the last day is part. */
export function covers(range: Range, date: string): boolean {
  return (range['@Start'] ?? '') <= date && date <= (range['@End'] ?? '9999');
}
