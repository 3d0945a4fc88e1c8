export { type AircraftType, findAircraft } from './aircraft.ts';
export { airlineName } from './airlines.ts';
export { type BoardName, boardOf } from './boards.ts';
export { type GoodsCategory, goodsCategories, goodsCategory } from './categories.ts';
export { type ConditionName, conditionOf } from './conditions.ts';
export { distanceKm } from './geo.ts';
export { gtin14 } from './gtin.ts';
export { epochMsToLocal, localToEpochMs, type PlacedTime, placeLocal, utcOffsetMinutes } from './local-time.ts';
export { airportZone, findCity, findPlace, type Place, placeNamesNear, zoneAt } from './places.ts';
