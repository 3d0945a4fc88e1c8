// Hotelbeds mapped by hand, for searches whose rooms have the same guests: each rate is a stay. What a rate costs and what
// cancelling it does is TypeScript in the partner's folder too, and is the same here.
import {
  Board,
  PaymentTiming,
  RoomClass,
  type StayCriteria,
} from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { distanceKm, findCity, findPlace, zoneAt } from '../../../libs/reference/index.ts';
import type { AnswerContext, PartnerPrice } from '../../../services/supply/adapter.ts';
import { type Derived, derive, orReject } from '../../../services/supply/mapping/reject.ts';
import { beds, roomClass, roomKey } from '../../../services/supply/mapping/rooms.ts';
import { localTimeAt } from '../../../services/supply/mapping/time.ts';
import { type Fee, feesOf } from '../../../services/supply/partners/hotelbeds/cancellation.ts';
import type {
  HotelNode as PricedHotel,
  RateNode as PricedRate,
  RoomNode as PricedRoom,
} from '../../../services/supply/partners/hotelbeds/format.ts';
import { ratePrice } from '../../../services/supply/partners/hotelbeds/price.ts';
import { stars } from '../../../services/supply/partners/hotelbeds/stars.ts';
import { codes, lacking, ownLifetime, type WholeByHand } from './shared.ts';

interface RateNode extends PricedRate {
  readonly rateType?: string;
}

interface HotelNode extends PricedHotel {
  readonly name?: string;
  readonly zoneName?: string;
  readonly latitude?: number | string;
  readonly longitude?: number | string;
  readonly rooms?: readonly (PricedRoom & { readonly rates?: readonly RateNode[] })[];
}

/** A hotel, worked out once for all its rates. */
interface Property {
  readonly code: string;
  readonly name: string;
  readonly zone: string | undefined;
  readonly stars: number | undefined;
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  readonly distanceKm: number | undefined;
  readonly currency: unknown;
}

interface Row {
  readonly property: Derived<Property>;
  readonly room: PricedRoom;
  readonly rate: RateNode;
  readonly price: Derived<PartnerPrice>;
  readonly fees: Derived<readonly Fee[]>;
}

const boards = codes('hotelbeds', 'boards.csv') as ReadonlyMap<string, keyof typeof Board>;
const roomTypes = codes('hotelbeds', 'room-types.csv');
const roomGrades = codes('hotelbeds', 'room-grades.csv');
const bedTypes: Readonly<Record<string, string>> = { DBL: 'DOUBLE', TWN: 'TWIN', SGL: 'SINGLE' };
const DAY_MS = 86_400_000;

function classOf({ code = '', name = '' }: PricedRoom): string | undefined {
  const point = code.indexOf('.');
  return (
    roomTypes.get(point === 3 ? code.slice(0, 3) : '') ??
    roomGrades.get(code.slice(point + 1, point + 3)) ??
    roomClass(name)
  );
}

function bedsOf({ code = '', name = '' }: PricedRoom): readonly string[] | undefined {
  const said = beds(name);
  const kind = said === undefined ? bedTypes[code.slice(0, 3)] : undefined;
  return kind === undefined ? said : [kind];
}

function keyOf(row: Row, context: AnswerContext): string | undefined {
  const board = boards.get(row.rate.boardCode ?? '');
  return roomKey(classOf(row.room), bedsOf(row.room), board, isFree(row, context));
}

function stay(context: AnswerContext): StayCriteria {
  return context.criteria.vertical!.value as StayCriteria;
}

function centerOf({ where }: StayCriteria) {
  if (where?.$case === 'area') return where.value.center;
  return where && (findCity(where.value) ?? findPlace(where.value));
}

function propertyOf(hotel: HotelNode, center: ReturnType<typeof centerOf>, currency: unknown): Property {
  const { name, zoneName } = hotel;
  if (hotel.code === undefined || hotel.code === '') throw lacking('a hotel', 'it has no code');
  if (name === undefined || name === '') throw lacking(hotel.code, 'it has no name');
  const [latitude, longitude] = [Number(hotel.latitude ?? Number.NaN), Number(hotel.longitude ?? Number.NaN)];
  const placed = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude !== 0 || longitude !== 0);
  return {
    code: String(hotel.code),
    name,
    zone: zoneName,
    stars: stars(hotel.categoryCode, hotel.categoryName),
    position: placed ? { latitude, longitude } : undefined,
    distanceKm: placed && center ? distanceKm(center.latitude, center.longitude, latitude, longitude) : undefined,
    currency: hotel.currency ?? currency,
  };
}

function rowOf(
  property: Derived<Property>,
  room: PricedRoom,
  rate: RateNode,
  asked: number,
  context: AnswerContext,
): Row {
  if (property instanceof Error) return { property, room, rate, price: property, fees: property };
  const { code } = property;
  const price = derive('rate of hotel', code, () => {
    if (rate.rooms !== undefined && rate.rooms !== asked) throw lacking(code, `a rate is for ${rate.rooms} rooms`);
    return ratePrice(rate, property, context);
  });
  return { property, room, rate, price, fees: derive('rate of hotel', code, () => feesOf(rate, code)) };
}

function payment(rate: RateNode): 'NOW' | 'AT_PROPERTY' | undefined {
  if (rate.paymentType === 'AT_WEB') return 'NOW';
  return rate.paymentType === 'AT_HOTEL' ? 'AT_PROPERTY' : undefined;
}

function isFree({ fees, rate }: Row, context: AnswerContext): boolean | undefined {
  const first = orReject(fees)[0];
  if (first !== undefined) return first.from > context.fetchedAt;
  return rate.rateClass === 'NRF' ? false : undefined;
}

function freeUntil({ fees }: Row, context: AnswerContext): number | undefined {
  const first = orReject(fees)[0];
  return first !== undefined && first.from > context.fetchedAt ? first.from : undefined;
}

function nightsOf({ checkIn, checkOut }: { readonly checkIn: string; readonly checkOut: string }): number {
  return (Date.parse(checkOut) - Date.parse(checkIn)) / DAY_MS;
}

export const hotelbeds: WholeByHand<Row, { readonly hotels: { hotels: readonly HotelNode[]; currency?: string } }> = {
  read({ hotels: { hotels, currency } }, context) {
    const criteria = stay(context);
    const center = centerOf(criteria);
    const rows: Row[] = [];
    for (const hotel of hotels) {
      const property = derive('a hotel', '', () => propertyOf(hotel, center, currency));
      for (const room of hotel.rooms ?? []) {
        for (const rate of room.rates ?? []) rows.push(rowOf(property, room, rate, criteria.rooms.length, context));
      }
    }
    return { rows };
  },
  columns: {
    property_code: (row) => orReject(row.property).code,
    property_name: (row) => orReject(row.property).name,
    latitude: (row) => orReject(row.property).position?.latitude,
    longitude: (row) => orReject(row.property).position?.longitude,
    star_rating: (row) => orReject(row.property).stars,
    distance_km: (row) => orReject(row.property).distanceKm,
    board: ({ rate }) => boards.get(rate.boardCode ?? ''),
    room_name: ({ room }) => room.name,
    free_cancellation: isFree,
    free_cancellation_until: freeUntil,
    payment_timing: ({ rate }) => payment(rate),
    zone: (row) => orReject(row.property).zone,
    nights: (_row, context) => nightsOf(stay(context)),
    room_class: ({ room }) => classOf(room),
    beds: ({ room }) => bedsOf(room),
    room_key: keyOf,
  },
  price: (row) => {
    orReject(row.fees);
    return orReject(row.price);
  },
  expiresAt: ownLifetime,
  item(row, context, wanted) {
    const { code, name, zone, stars: rating, position, distanceKm: distance } = orReject(row.property);
    const { room, rate } = row;
    const { checkIn, checkOut, ...criteria } = stay(context);
    const center = position ?? centerOf({ checkIn, checkOut, ...criteria });
    const clock = center === undefined ? 'UTC' : zoneAt(center.latitude, center.longitude);
    const until = freeUntil(row, context);
    const count = rate.rooms ?? 1;
    return {
      $case: 'stay',
      value: {
        propertyCode: code,
        propertyName: name,
        zone: zone ?? '',
        starRating: rating,
        latitude: position?.latitude,
        longitude: position?.longitude,
        distanceKm: distance,
        nights: nightsOf({ checkIn, checkOut }),
        board: Board[boards.get(rate.boardCode ?? '') ?? 'UNSPECIFIED'],
        roomName: room.name ?? '',
        freeCancellation: isFree(row, context),
        freeCancellationUntil: until === undefined ? undefined : localTimeAt(until, clock),
        cancellationSteps: wanted('cancellation_steps')
          ? orReject(row.fees).map(({ from, amount }) => ({ from: localTimeAt(from, clock), amount }))
          : [],
        paymentTiming: PaymentTiming[payment(rate) ?? 'UNSPECIFIED'],
        ratePlan: rate.rateClass ?? '',
        recheckRequired: rate.rateType === 'RECHECK',
        address: '',
        phone: '',
        chain: '',
        imageUrls: [],
        amenities: [],
        propertyDescription: '',
        roomClass: RoomClass[(classOf(room) ?? 'UNSPECIFIED') as keyof typeof RoomClass],
        beds: [...(bedsOf(room) ?? [])],
        roomKey: keyOf(row, context) ?? '',
        rooms: wanted('rooms')
          ? [
              {
                code: room.code ?? '',
                name: room.name ?? '',
                count,
                adults: count * (rate.adults ?? 0),
                children: count * (rate.children ?? 0),
              },
            ]
          : [],
      },
    };
  },
};
