/** Messages and enums of entrepot.offer.v1: what is sought, what is offered, and how each partner ended. */
export {
  Cabin,
  Flight,
  FlightCriteria,
  FlightSegment,
  FlightSlice,
  FlightSliceCriteria,
} from './gen/entrepot/offer/v1/flight.ts';
export { Availability, Condition, Good, GoodCriteria, ShipTo } from './gen/entrepot/offer/v1/good.ts';
export { Charge, Criteria, Item, Offer, OfferSummary, Price, UnitPrice } from './gen/entrepot/offer/v1/offer.ts';
export {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  PartnerOutcome,
  RejectionCount,
  RejectionReason,
  RepairCount,
  RepairReason,
} from './gen/entrepot/offer/v1/outcome.ts';
export { PriceKind, Propulsion, Ride, RideClass, RideCriteria, RidePlace } from './gen/entrepot/offer/v1/ride.ts';
export {
  Board,
  CancellationStep,
  PaymentTiming,
  RoomClass,
  RoomCriteria,
  Stay,
  StayCriteria,
  StayRoom,
} from './gen/entrepot/offer/v1/stay.ts';
