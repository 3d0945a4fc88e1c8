/**
 * The parts of Duffel's answers that are read. Everything may be missing or of another type: the API changes and answers are
 * not trusted, so whoever reads a field checks it.
 */

/** An answer: an offer request with its offers, a list of offers, one offer, or errors. */
export interface DuffelBody {
  readonly data?: DuffelOffer | DuffelOfferRequest | readonly DuffelOffer[] | null;
  readonly meta?: { readonly after?: string | null; readonly status?: number; readonly request_id?: string } | null;
  readonly errors?: readonly DuffelError[];
  readonly warnings?: readonly DuffelError[];
}

export interface DuffelOfferRequest {
  readonly id?: string;
  readonly offers?: readonly DuffelOffer[];
}

export interface DuffelError {
  readonly type?: string;
  readonly code?: string;
  readonly title?: string;
  readonly message?: string;
  readonly source?: { readonly field?: string; readonly pointer?: string } | string;
}

export interface DuffelOffer {
  readonly id?: string;
  readonly total_amount?: string;
  readonly total_currency?: string;
  readonly tax_amount?: string | null;
  readonly tax_currency?: string | null;
  readonly expires_at?: string | null;
  readonly total_emissions_kg?: string | null;
  readonly slices?: readonly DuffelSlice[];
  readonly passengers?: readonly { readonly id?: string; readonly type?: string | null }[];
  readonly conditions?: {
    readonly refund_before_departure?: DuffelCondition | null;
    readonly change_before_departure?: DuffelCondition | null;
  } | null;
}

/** null where the airline does not say. */
export interface DuffelCondition {
  readonly allowed?: boolean;
}

export interface DuffelSlice {
  /** ISO 8601, zero-padded or not: "PT02H05M", "PT5H4M". */
  readonly duration?: string | null;
  readonly fare_brand_name?: string | null;
  readonly segments?: readonly DuffelSegment[];
}

export interface DuffelSegment {
  readonly origin?: DuffelPlace;
  readonly destination?: DuffelPlace;
  readonly origin_terminal?: string | null;
  readonly destination_terminal?: string | null;
  /** Wall time at the origin; no offset. */
  readonly departing_at?: string;
  /** Wall time at the destination; no offset. */
  readonly arriving_at?: string;
  readonly duration?: string | null;
  readonly marketing_carrier?: DuffelCarrier;
  /** May carry leading zeros. */
  readonly marketing_carrier_flight_number?: string;
  readonly operating_carrier?: DuffelCarrier | null;
  readonly operating_carrier_flight_number?: string | null;
  readonly aircraft?: { readonly iata_code?: string } | null;
  readonly passengers?: readonly DuffelSegmentPassenger[];
  /** Landings on the way under the same flight number. */
  readonly stops?: readonly unknown[];
}

export interface DuffelPlace {
  readonly iata_code?: string;
  /** IANA zone; null for a city. */
  readonly time_zone?: string | null;
}

export interface DuffelCarrier {
  readonly iata_code?: string | null;
}

export interface DuffelSegmentPassenger {
  readonly passenger_id?: string;
  readonly cabin_class?: string;
  readonly fare_basis_code?: string | null;
  /** What is included; an empty list where the airline does not say. */
  readonly baggages?: readonly { readonly type?: string; readonly quantity?: number }[];
}
