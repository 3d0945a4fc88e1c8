/** The parts of Hotelbeds' answers that are read in TypeScript. Everything may be missing or of another type; whoever reads checks. */

/** Numbers come as numbers or as texts, depending on the field and the operation. */
export type NumberOrText = number | string;

export interface HotelNode {
  readonly code?: NumberOrText;
  /** "4EST", "5LUX", "H3_5", "SUP", "APTH2", … */
  readonly categoryCode?: string;
  /** "4 STARS", "SUPERIOR 4*", … */
  readonly categoryName?: string;
  readonly currency?: string;
  readonly rooms?: readonly RoomNode[];
}

export interface RoomNode {
  readonly code?: string;
  readonly name?: string;
  readonly rates?: readonly RateNode[];
}

/** The price of `rooms` rooms of one type, each with `adults` and `children`, for the whole stay. */
export interface RateNode {
  readonly rateKey?: string;
  /** "NOR", "NRF" (not refundable), "SPE", … */
  readonly rateClass?: string;
  /** What the platform pays. */
  readonly net?: NumberOrText;
  /** What the guest pays, in the account's currency. */
  readonly sellingRate?: NumberOrText;
  /** The hotel prescribes sellingRate. Only ever true or missing. */
  readonly hotelMandatory?: boolean;
  /** What the guest pays at the hotel, in the hotel's currency. */
  readonly hotelSellingRate?: NumberOrText;
  readonly hotelCurrency?: string;
  /** "AT_WEB" or "AT_HOTEL". */
  readonly paymentType?: string;
  readonly packaging?: boolean;
  readonly boardCode?: string;
  readonly cancellationPolicies?: readonly PolicyNode[];
  readonly taxes?: {
    readonly allIncluded?: boolean;
    readonly taxes?: readonly TaxNode[];
  } | null;
  readonly rooms?: number;
  readonly adults?: number;
  readonly children?: number;
  /** "8,5" */
  readonly childrenAges?: string;
}

/** From the moment on cancelling costs the amount; in no promised order. */
export interface PolicyNode {
  readonly amount?: NumberOrText;
  readonly hotelAmount?: NumberOrText;
  readonly hotelCurrency?: string;
  /** ISO 8601 with offset. */
  readonly from?: string;
}

export interface TaxNode {
  readonly included?: boolean;
  readonly amount?: NumberOrText;
  readonly currency?: string;
  /** The same in the account's currency. */
  readonly clientAmount?: NumberOrText;
  readonly clientCurrency?: string;
  /** "TAX", "FEE" or "TAXESANDFEE", where it is stated. */
  readonly type?: string;
  /** What it is called, where it is stated: "City tax". */
  readonly subType?: string;
}
