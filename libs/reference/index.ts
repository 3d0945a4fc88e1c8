export { airlineName } from './airlines.ts';
export { amenityName, isAmenity } from './amenities.ts';
export { distanceKm } from './geo.ts';
export { gtin14 } from './gtin.ts';
export { epochMsToLocal, localToEpochMs, utcOffsetMinutes } from './local-time.ts';
export { airportZone, findCity, findPlace, type Place, placeNamesNear, zoneAt } from './places.ts';
