// AlpineBits stays mapped by hand. Working out what a stay costs is TypeScript in the partner's folder too, and is the same here.
import type { StayCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { ChargeKind, ChargeTerms } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { distanceKm, findCity, findPlace } from '../../../libs/reference/index.ts';
import { statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import type { HotelNode as LocatedHotel } from '../../../services/supply/partners/alpinebits/format.ts';
import { map } from '../../../services/supply/partners/alpinebits/map.ts';
import { type ByHand, lacking, ownLifetime } from './shared.ts';

interface HotelNode extends LocatedHotel {
  readonly '@HotelName'?: string;
  readonly HotelInfo?: LocatedHotel['HotelInfo'] & {
    readonly CategoryCodes?: { readonly HotelCategory?: { readonly '@CodeDetail'?: string } };
  };
}

interface Stay {
  readonly id: string;
  readonly total: number;
  readonly currency: string;
  readonly taxes?: readonly { readonly name: string; readonly amount: number; readonly currency: string }[];
  readonly unclear?: boolean;
  readonly board: string | undefined;
  readonly roomName: string;
}

/** A house, worked out once for all its stays. */
interface House {
  readonly code: string;
  readonly name: string | undefined;
  readonly latitude: number;
  readonly longitude: number;
  readonly stars: number | undefined;
  readonly distanceKm: number | undefined;
}

interface Row {
  readonly house: House;
  readonly stay: Stay;
}

const STARS = /:([1-5])s?$/;

function houseOf(hotel: HotelNode, center: { latitude: number; longitude: number } | undefined): House {
  const { Position: position, CategoryCodes: categories } = hotel.HotelInfo ?? {};
  const [latitude, longitude] = [Number(position?.['@Latitude']), Number(position?.['@Longitude'])];
  const stars = STARS.exec(categories?.HotelCategory?.['@CodeDetail'] ?? '')?.[1];
  return {
    code: hotel['@HotelCode'],
    name: hotel['@HotelName'],
    latitude,
    longitude,
    stars: stars === undefined ? undefined : Number(stars),
    distanceKm: center && distanceKm(center.latitude, center.longitude, latitude, longitude),
  };
}

function nightsOf({ checkIn, checkOut }: StayCriteria): number {
  return (Date.parse(checkOut) - Date.parse(checkIn)) / 86_400_000;
}

export const alpinebits: ByHand<Row, object> = {
  read(body, context) {
    const { where } = context.criteria.vertical!.value as StayCriteria;
    const center =
      where?.$case === 'area' ? where.value.center : where && (findCity(where.value) ?? findPlace(where.value));
    const made = map.rows!(body as never, context, {}) as readonly { hotel: HotelNode; stay: Stay }[];
    const houses = new Map<HotelNode, House>();
    return {
      rows: made.map(({ hotel, stay }) => {
        const house = houses.get(hotel) ?? houseOf(hotel, center);
        houses.set(hotel, house);
        return { house, stay };
      }),
    };
  },
  columns: {
    property_code: ({ house }) => house.code,
    property_name: ({ house }) => house.name,
    latitude: ({ house }) => house.latitude,
    longitude: ({ house }) => house.longitude,
    star_rating: ({ house }) => house.stars,
    distance_km: ({ house }) => house.distanceKm,
    board: ({ stay }) => stay.board,
    room_name: ({ stay }) => stay.roomName,
    nights: (_row, context) => nightsOf(context.criteria.vertical!.value as StayCriteria),
  },
  price({ stay: { id, total, currency, taxes = [], unclear } }, context) {
    if (unclear === true) throw lacking(id, 'its price cannot be worked out');
    let dueLaterMinor = 0;
    for (const tax of taxes) if (tax.currency === currency) dueLaterMinor += tax.amount;
    const price = { currency, totalMinor: total, taxMinor: -1, dueLaterMinor, basis: statedTaxBasis(context) };
    if (taxes.length === 0) return price;
    const charges = taxes.map(({ name, amount, currency: own }) => ({
      name,
      kind: ChargeKind.CITY_TAX,
      terms: ChargeTerms.ADDED_LATER,
      currency: own,
      amountMinor: amount,
    }));
    return { ...price, charges };
  },
  expiresAt: ownLifetime,
};
