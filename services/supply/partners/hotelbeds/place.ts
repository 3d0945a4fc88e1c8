import type { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { GeoPoint } from '../../../../libs/contracts/gen/entrepot/type/v1/geo.ts';
import { findCity, findPlace } from '../../../../libs/reference/index.ts';

const DEFAULT_RADIUS_KM = 20;

/** The circle that is searched; undefined where the criteria name no known place. */
export function searchCircle(
  criteria: StayCriteria,
): { readonly center: GeoPoint; readonly radiusKm: number } | undefined {
  const { where } = criteria;
  if (where?.$case === 'area') {
    const { center, radiusKm } = where.value;
    return center && { center, radiusKm };
  }
  const place = where && (findCity(where.value) ?? findPlace(where.value));
  if (place === undefined) return undefined;
  const { latitude, longitude } = place;
  return { center: { latitude, longitude }, radiusKm: criteria.radiusKm ?? DEFAULT_RADIUS_KM };
}
