import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { DynamicType } from '../../../libs/expression/index.ts';
import { findCity, findPlace, zoneAt } from '../../../libs/reference/index.ts';

/** What follows from the criteria of a search and every manifest of the vertical would work out anew: `search.…`. */

type Facts = Readonly<Record<string, unknown>>;

/** One of them as it is documented. */
interface Fact {
  readonly type: DynamicType;
  /** What it is, and when it is absent. */
  readonly doc: string;
}

interface VerticalFacts {
  readonly variables: Readonly<Record<string, Fact>>;
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
    variables: {
      'search.latitude': {
        type: 'double',
        doc: 'degrees north of the middle of the search: of area, else of place; absent where the place is not known',
      },
      'search.longitude': { type: 'double', doc: 'degrees east of the same' },
      'search.radius_km': {
        type: 'double',
        doc: `kilometres around it: of area, else radius_km, else ${DEFAULT_RADIUS_KM}; never absent`,
      },
      'search.zone': {
        type: 'string',
        doc: 'IANA time zone of that middle ("Europe/Lisbon"), for the clocks of places that state none; absent where the middle is. The field zone of an item is something else: a district',
      },
      'search.nights': { type: 'int', doc: 'nights from check_in to check_out; absent where these are no dates' },
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
    variables: {
      'search.zone': {
        type: 'string',
        doc: 'IANA time zone of the pickup ("Europe/London"), by whose clock pickup_at is meant; absent without its position',
      },
    },
    of: ({ pickup }) => ({ 'search.zone': zoneOf((pickup as { point?: Point } | undefined)?.point) }),
  },
};

function zoneOf(point: Point | undefined): string | undefined {
  const { latitude, longitude } = point ?? {};
  return latitude === undefined || longitude === undefined ? undefined : zoneAt(latitude, longitude);
}

/** Types of the facts of a vertical. */
export function factVariables(vertical: string): Readonly<Record<string, DynamicType>> {
  return Object.fromEntries(Object.entries(factDocs(vertical)).map(([name, { type }]) => [name, type]));
}

/** The facts of a vertical as they are documented. */
export function factDocs(vertical: string): Readonly<Record<string, Fact>> {
  return facts[vertical]?.variables ?? {};
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
