import { Cabin, type FlightCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { findPlace, type Place } from '../../../libs/reference/index.ts';
import type { CriteriaCheck } from './check.ts';

const mostPassengers = 9;
const mostSlices = 6;
const lapAge = 2;

/** Checks what a client asks for when it searches flights. */
export function checkFlight(criteria: FlightCriteria, check: CriteriaCheck): void {
  const { origin, destination, departureDate, returnDate, slices } = criteria;
  if (slices.length > 0) {
    for (const [field, value] of Object.entries({ origin, destination, departureDate, returnDate })) {
      if (value !== '')
        check.refuse(field, 'stands beside slices; give either slices or origin, destination and dates');
    }
    checkSlices(criteria, check);
  } else {
    const from = checkDirection(origin, destination, '', check);
    const departs = check.date('departureDate', departureDate);
    if (departs && from !== undefined) check.notPast('departureDate', departureDate, from.timeZone);
    if (returnDate !== '' && check.date('returnDate', returnDate) && departs && returnDate < departureDate) {
      check.refuse('returnDate', `is ${returnDate}, before the departure on ${departureDate}`);
    }
  }
  checkPassengers(criteria, check);
  if (criteria.cabin < Cabin.UNSPECIFIED || criteria.cabin > Cabin.FIRST) {
    check.refuse('cabin', 'is no cabin; it must be economy, premium economy, business, first or left out');
  }
  if (criteria.maxStops !== undefined) check.within('maxStops', criteria.maxStops, 0, 9);
}

function checkSlices({ slices }: FlightCriteria, check: CriteriaCheck): void {
  if (slices.length > mostSlices)
    check.refuse('slices', `has ${slices.length} entries; at most ${mostSlices} are possible`);
  let previous = '';
  for (const [index, slice] of slices.entries()) {
    const at = `slices[${index}].`;
    const from = checkDirection(slice.origin, slice.destination, at, check);
    if (!check.date(`${at}departureDate`, slice.departureDate)) continue;
    if (slice.departureDate < previous) {
      check.refuse(`${at}departureDate`, `is ${slice.departureDate}, before the slice that precedes it (${previous})`);
    } else if (index === 0 && from !== undefined) {
      check.notPast(`${at}departureDate`, slice.departureDate, from.timeZone);
    }
    previous = slice.departureDate;
  }
}

/** Both ends of a direction; returns the place of departure where it is known. */
function checkDirection(origin: string, destination: string, at: string, check: CriteriaCheck): Place | undefined {
  const from = checkPlace(origin, `${at}origin`, check);
  const to = checkPlace(destination, `${at}destination`, check);
  if (from !== undefined && to !== undefined && from.airports.some((airport) => to.airports.includes(airport))) {
    check.refuse(
      `${at}destination`,
      `is ${destination}, where the journey starts (${origin}); it must be another place`,
    );
  }
  return from;
}

function checkPlace(code: string, field: string, check: CriteriaCheck): Place | undefined {
  const place = findPlace(code);
  if (place === undefined) {
    const shown = JSON.stringify(code.slice(0, 40));
    check.refuse(field, code === '' ? 'is missing' : `is ${shown}, no airport or city; give its IATA code: "LHR"`);
  }
  return place;
}

function checkPassengers({ adults, childAges }: FlightCriteria, check: CriteriaCheck): void {
  check.within('adults', adults, 1, mostPassengers);
  check.ages('childAges', childAges);
  if (adults >= 1 && adults <= mostPassengers && adults + childAges.length > mostPassengers) {
    check.refuse(
      'childAges',
      `makes ${adults + childAges.length} passengers; at most ${mostPassengers} can travel together`,
    );
  }
  const infants = childAges.filter((age) => age < lapAge).length;
  if (infants > adults) {
    check.refuse(
      'childAges',
      `has ${infants} below ${lapAge} years for ${adults} adults; each travels on an adult's lap`,
    );
  }
}
