import type { Rejection } from '../../adapter.ts';
import type { AirPricingInfo, AirSegment, BookingInfo, FareInfo, Priced } from './format.ts';

/** A segment in a booking class at a fare. */
export interface Booking {
  readonly segment: AirSegment;
  readonly info: BookingInfo;
  readonly fare: FareInfo;
  /** Number of the part of the journey, from 0. */
  readonly slice: number;
  /** The traveller goes on from it within the same part. */
  readonly connects: boolean;
}

/** A part of a journey, as one choice: journeys of one price point share it. */
export interface Part {
  /** The bookings of the first type of passenger. */
  readonly flown: readonly Booking[];
  /** The bookings of the other types of passenger, in no order. */
  readonly others: readonly Booking[];
  readonly travel_time: string | undefined;
}

/** One journey at one price: a row. */
export interface Journey {
  readonly priced: Priced;
  /** Tells the journeys of one price point apart: "/0.2". */
  readonly option: string;
  readonly infos: readonly AirPricingInfo[];
  readonly slices: readonly Part[];
  /** The bookings of the first type of passenger, of all parts. */
  readonly flown: readonly Booking[];
  /** Those of all types. */
  readonly booked: readonly Booking[];
  /** Why it cannot be read. */
  readonly refused: Rejection | undefined;
}
