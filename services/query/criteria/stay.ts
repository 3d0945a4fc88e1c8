import type { StayCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { findCity, findPlace, zoneAt } from '../../../libs/reference/index.ts';
import { type CriteriaCheck, daysBetween } from './check.ts';

const mostNights = 30;
const mostRooms = 8;
const mostAdults = 8;
const mostRadiusKm = 200;

/** Checks what a client asks for when it searches places to stay. */
export function checkStay(criteria: StayCriteria, check: CriteriaCheck): void {
  const timeZone = checkWhere(criteria, check);
  const arrives = check.date('checkIn', criteria.checkIn);
  if (arrives && timeZone !== undefined) check.notPast('checkIn', criteria.checkIn, timeZone);
  if (check.date('checkOut', criteria.checkOut) && arrives) {
    const nights = daysBetween(criteria.checkIn, criteria.checkOut);
    if (nights < 1) check.refuse('checkOut', `is ${criteria.checkOut}; it must be after checkIn (${criteria.checkIn})`);
    if (nights > mostNights) check.refuse('checkOut', `makes ${nights} nights; at most ${mostNights} are possible`);
  }
  checkRooms(criteria, check);
}

/** Where the stay is; returns the place's zone where it is known. */
function checkWhere({ where, radiusKm }: StayCriteria, check: CriteriaCheck): string | undefined {
  if (radiusKm !== undefined) checkRadius('radiusKm', radiusKm, check);
  if (where === undefined) {
    check.refuse('place', 'is missing; give place (an IATA code) or area (a circle)');
    return undefined;
  }
  if (where.$case === 'place') {
    const place = findCity(where.value) ?? findPlace(where.value);
    if (place === undefined) {
      const shown = JSON.stringify(where.value.slice(0, 40));
      check.refuse('place', `is ${shown}, no city or airport; give its IATA code: "PMI"`);
    }
    return place?.timeZone;
  }
  const { center, radiusKm: areaRadius } = where.value;
  checkRadius('area.radiusKm', areaRadius, check);
  if (radiusKm !== undefined) check.refuse('radiusKm', 'stands beside area, which has its own radiusKm; leave it out');
  if (center === undefined) {
    check.refuse('area.center', 'is missing; give latitude and longitude');
    return undefined;
  }
  const { latitude, longitude } = center;
  return check.position('area.center', center) ? zoneAt(latitude, longitude) : undefined;
}

function checkRadius(field: string, radiusKm: number, check: CriteriaCheck): void {
  if (!(radiusKm > 0 && radiusKm <= mostRadiusKm)) {
    check.refuse(field, `is ${radiusKm}; it must be more than 0 and at most ${mostRadiusKm} kilometres`);
  }
}

function checkRooms({ rooms }: StayCriteria, check: CriteriaCheck): void {
  if (rooms.length === 0) check.refuse('rooms', 'is empty; give each room with its guests: [{"adults": 2}]');
  if (rooms.length > mostRooms) check.refuse('rooms', `has ${rooms.length} entries; at most ${mostRooms} are possible`);
  for (const [index, room] of rooms.entries()) {
    check.within(`rooms[${index}].adults`, room.adults, 1, mostAdults);
    check.ages(`rooms[${index}].childAges`, room.childAges);
  }
}
