import type { RideCriteria, RidePlace } from '../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import type { GeoPoint } from '../../../libs/contracts/gen/entrepot/type/v1/geo.ts';
import { distanceKm, localToEpochMs, zoneAt } from '../../../libs/reference/index.ts';
import type { CriteriaCheck } from './check.ts';

const longestAddress = 200;
const farthestKm = 1_000;
const mostDaysAhead = 365;
const mostPassengers = 16;
const mostLuggage = 32;
const dayMs = 86_400_000;

/** Checks what a client asks for when it searches rides. */
export function checkRide(criteria: RideCriteria, check: CriteriaCheck): void {
  const pickup = checkPlace('pickup', criteria.pickup, check);
  const dropoff = checkPlace('dropoff', criteria.dropoff, check);
  if (pickup !== undefined && dropoff !== undefined) checkDistance(pickup, dropoff, check);
  if (criteria.pickupAt !== '') checkPickupAt(criteria.pickupAt, pickup, check);
  check.within('passengers', criteria.passengers, 1, mostPassengers);
  check.within('luggage', criteria.luggage, 0, mostLuggage);
}

/** One end of the ride; returns its position where it is one. */
function checkPlace(field: string, place: RidePlace | undefined, check: CriteriaCheck): GeoPoint | undefined {
  if (place !== undefined) check.noLonger(`${field}.address`, place.address, longestAddress);
  if (place?.point === undefined) {
    check.refuse(`${field}.point`, 'is missing; give latitude and longitude');
    return undefined;
  }
  return check.position(`${field}.point`, place.point) ? place.point : undefined;
}

function checkDistance(pickup: GeoPoint, dropoff: GeoPoint, check: CriteriaCheck): void {
  const km = distanceKm(pickup.latitude, pickup.longitude, dropoff.latitude, dropoff.longitude);
  if (km === 0) check.refuse('dropoff.point', 'is where the ride starts; it must be another place');
  if (km > farthestKm) {
    check.refuse('dropoff.point', `is ${Math.round(km)} km from the pickup; at most ${farthestKm} km are possible`);
  }
}

const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/;

function checkPickupAt(text: string, pickup: GeoPoint | undefined, check: CriteriaCheck): void {
  const timeZone = pickup === undefined ? 'UTC' : zoneAt(pickup.latitude, pickup.longitude);
  const at = form.test(text) ? localToEpochMs(text, timeZone) : undefined;
  if (at === undefined) {
    const shown = JSON.stringify(text.slice(0, 40));
    check.refuse(
      'pickupAt',
      `is ${shown}; it must be a local time that exists there, without offset: "2026-01-22T18:30"`,
    );
  } else if (pickup !== undefined && at < check.now) {
    check.refuse('pickupAt', `is ${text}, which has passed in ${timeZone}; leave it out for as soon as possible`);
  } else if (at > check.now + mostDaysAhead * dayMs) {
    check.refuse('pickupAt', `is ${text}; at most ${mostDaysAhead} days ahead are possible`);
  }
}
