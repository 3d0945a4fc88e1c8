import { LRUCache } from 'lru-cache';
import type { FlightCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import type { GoodCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import type { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { RideCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import type { StayCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/stay.ts';

/**
 * One way of writing for criteria that mean the same. Partners are asked by it too, so two questions that count as one are one,
 * down to the request. Nothing that any partner may tell apart is left out: the order of rooms and slices, upper and lower case of
 * words.
 */

/** Kilometres around a place where the criteria do not say: an absent radius. */
const DEFAULT_RADIUS_KM = 20;

type Vertical = NonNullable<Criteria['vertical']>;

const known = new WeakMap<Criteria, Map<string, Criteria>>();

/**
 * Criteria in their one way of writing; those of the same object are made once.
 * @param market a good is delivered to where nothing else is said
 */
export function canonicalCriteria(criteria: Criteria, market: string): Criteria {
  let byMarket = known.get(criteria);
  if (byMarket === undefined) {
    byMarket = new Map();
    known.set(criteria, byMarket);
  }
  let canonical = byMarket.get(market);
  if (canonical === undefined) {
    canonical = criteria.vertical === undefined ? criteria : { vertical: verticalOf(criteria.vertical, market) };
    byMarket.set(market, canonical);
  }
  return canonical;
}

/** Finding out takes as long as all else here; few are ever in use. */
const locales = new LRUCache<string, string>({ max: 200 });

/** A locale as BCP 47 writes it, "en-GB" for "en-gb"; one that is none as it is. */
export function canonicalLocale(locale: string): string {
  let canonical = locales.get(locale);
  if (canonical === undefined) {
    canonical = writtenLocale(locale);
    locales.set(locale, canonical);
  }
  return canonical;
}

function writtenLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? locale;
  } catch {
    return locale;
  }
}

function verticalOf(vertical: Vertical, market: string): Vertical {
  switch (vertical.$case) {
    case 'flight':
      return { $case: 'flight', value: flight(vertical.value) };
    case 'stay':
      return { $case: 'stay', value: stay(vertical.value) };
    case 'good':
      return { $case: 'good', value: good(vertical.value, market) };
    case 'ride':
      return { $case: 'ride', value: ride(vertical.value) };
  }
}

function flight(criteria: FlightCriteria): FlightCriteria {
  const { origin, destination, slices, childAges } = criteria;
  return {
    ...criteria,
    origin: code(origin),
    destination: code(destination),
    slices: slices.map((slice) => ({
      ...slice,
      origin: code(slice.origin),
      destination: code(slice.destination),
    })),
    childAges: ascending(childAges),
  };
}

function stay(criteria: StayCriteria): StayCriteria {
  const { where, radiusKm, rooms } = criteria;
  return {
    ...criteria,
    where: where?.$case === 'place' ? { $case: 'place', value: code(where.value) } : where,
    radiusKm: where?.$case === 'place' && radiusKm === DEFAULT_RADIUS_KM ? undefined : radiusKm,
    rooms: rooms.map((room) => ({ ...room, childAges: ascending(room.childAges) })),
  };
}

function good(criteria: GoodCriteria, market: string): GoodCriteria {
  const { query, gtin, brand, mpn, category, conditions, shipTo } = criteria;
  return {
    ...criteria,
    query: words(query),
    gtin: gtin.replace(/[\s-]/g, ''),
    brand: words(brand),
    mpn: words(mpn),
    category: words(category),
    conditions: ascending(conditions),
    shipTo: shipTo === undefined ? undefined : delivery(shipTo, market),
  };
}

function delivery(shipTo: NonNullable<GoodCriteria['shipTo']>, market: string): GoodCriteria['shipTo'] {
  const country = code(shipTo.country);
  const postalCode = words(shipTo.postalCode).toUpperCase();
  return country === market && postalCode === '' ? undefined : { country, postalCode };
}

function ride(criteria: RideCriteria): RideCriteria {
  return { ...criteria, pickupAt: criteria.pickupAt.replace(/^(.{10}T\d\d:\d\d):00$/, '$1') };
}

function code(text: string): string {
  return text.trim().toUpperCase();
}

/** Words with one space between them. */
function words(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function ascending<T extends number>(numbers: readonly T[]): T[] {
  return [...numbers].sort((a, b) => a - b);
}
