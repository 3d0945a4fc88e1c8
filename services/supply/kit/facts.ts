import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { DynamicType } from '../../../libs/expression/index.ts';
import { findCity, findPlace, zoneAt } from '../../../libs/reference/index.ts';

/** What follows from the criteria of a search and every manifest of the vertical would work out anew: `search.…`. */

type Facts = Readonly<Record<string, unknown>>;

interface VerticalFacts {
  readonly types: Readonly<Record<string, DynamicType>>;
  of(criteria: Facts): Facts;
}

const DAY_MS = 86_400_000;
const DEFAULT_RADIUS_KM = 20;

interface Point {
  readonly latitude?: number;
  readonly longitude?: number;
}

const facts: Readonly<Record<string, VerticalFacts>> = {
  stay: {
    types: {
      'search.latitude': 'double',
      'search.longitude': 'double',
      'search.radius_km': 'double',
      'search.zone': 'string',
      'search.nights': 'int',
    },
    of(criteria) {
      const area = criteria.area as { center?: Point; radius_km?: number } | undefined;
      const code = typeof criteria.place === 'string' ? criteria.place : undefined;
      const place = code === undefined ? undefined : (findCity(code) ?? findPlace(code));
      const center: Point | undefined = area?.center ?? place;
      const nights = (Date.parse(String(criteria.check_out)) - Date.parse(String(criteria.check_in))) / DAY_MS;
      return {
        'search.latitude': center?.latitude,
        'search.longitude': center?.longitude,
        'search.radius_km': area?.radius_km ?? criteria.radius_km ?? DEFAULT_RADIUS_KM,
        'search.zone': zoneOf(center),
        'search.nights': Number.isInteger(nights) ? nights : undefined,
      };
    },
  },
  ride: {
    types: { 'search.zone': 'string' },
    of: ({ pickup }) => ({ 'search.zone': zoneOf((pickup as { point?: Point } | undefined)?.point) }),
  },
};

function zoneOf(point: Point | undefined): string | undefined {
  const { latitude, longitude } = point ?? {};
  return latitude === undefined || longitude === undefined ? undefined : zoneAt(latitude, longitude);
}

/** Types of the facts of a vertical. */
export function factVariables(vertical: string): Readonly<Record<string, DynamicType>> {
  return facts[vertical]?.types ?? {};
}

const known = new WeakMap<Criteria, Facts>();

/** The facts of a search, worked out once. @param view the criteria as expressions see them */
export function factsOf(vertical: string, criteria: Criteria, view: Facts): Facts {
  let found = known.get(criteria);
  if (found === undefined) {
    found = facts[vertical]?.of(view) ?? {};
    known.set(criteria, found);
  }
  return found;
}
