import type { Item } from '../../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { CancellationStep, StayRoom } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { zoneAt } from '../../../../libs/reference/index.ts';
import type { AnswerContext } from '../../adapter.ts';
import { orReject } from '../../mapping/reject.ts';
import { localTimeAt } from '../../mapping/time.ts';
import { searchCircle } from './place.ts';
import type { Property } from './property.ts';
import { boardOf, paymentOf } from './rate.ts';
import type { HotelbedsRow } from './rows.ts';

const DAY_MS = 86_400_000;

/**
 * Until when cancelling is free; undefined where it is not, or not said. Without any policy only a rate of the class that is
 * not refundable says something.
 */
export function freeUntil(row: HotelbedsRow, context: AnswerContext): number | undefined {
  const first = orReject(row.fees)[0];
  return first !== undefined && first.from > context.fetchedAt ? first.from : undefined;
}

/** Whether cancelling is free when the answer came. */
export function isFree(row: HotelbedsRow, context: AnswerContext): boolean | undefined {
  const first = orReject(row.fees)[0];
  if (first !== undefined) return first.from > context.fetchedAt;
  return row.parts.some(({ rate }) => rate.rateClass === 'NRF') ? false : undefined;
}

/** Names of the room types, each once. */
export function roomName(row: HotelbedsRow): string {
  const [first] = row.parts;
  if (row.parts.length === 1) return first?.room.name ?? '';
  return [...new Set(row.parts.map(({ room }) => room.name ?? ''))].join(' + ');
}

/** The whole stay. */
export function item(row: HotelbedsRow, context: AnswerContext, wanted: (field: string) => boolean): Item['vertical'] {
  const property = orReject(row.property);
  const rate = row.parts[0]?.rate;
  const until = freeUntil(row, context);
  const clock = until !== undefined || wanted('cancellation_steps') ? zoneOf(property, context) : '';
  return {
    $case: 'stay',
    value: {
      propertyCode: property.code,
      propertyName: property.name,
      latitude: property.latitude,
      longitude: property.longitude,
      starRating: property.stars,
      distanceKm: property.distanceKm,
      board: boardOf(rate),
      roomName: roomName(row),
      freeCancellation: isFree(row, context),
      freeCancellationUntil: until === undefined ? undefined : localTimeAt(until, clock),
      paymentTiming: paymentOf(rate),
      zone: property.zone ?? '',
      nights: nightsOf(context),
      rooms: wanted('rooms') ? roomsOf(row) : [],
      cancellationSteps: wanted('cancellation_steps') ? stepsOf(row, clock) : [],
      ratePlan: rate?.rateClass ?? '',
      recheckRequired: row.parts.some(({ rate: part }) => part.rateType === 'RECHECK'),
    },
  };
}

/** The zone of the property by its position; of one without a position, that of the middle of the search. */
function zoneOf(property: Property, context: AnswerContext): string {
  const { latitude, longitude } = property;
  if (latitude !== undefined && longitude !== undefined) return zoneAt(latitude, longitude);
  const vertical = context.criteria.vertical;
  const center = vertical?.$case === 'stay' ? searchCircle(vertical.value)?.center : undefined;
  return center === undefined ? 'UTC' : zoneAt(center.latitude, center.longitude);
}

function stepsOf(row: HotelbedsRow, timeZone: string): CancellationStep[] {
  return orReject(row.fees).map(({ from, amount }) => ({ from: localTimeAt(from, timeZone), amount }));
}

/** A rate's guests are those of each of its rooms. */
function roomsOf(row: HotelbedsRow): StayRoom[] {
  const rooms = new Map<string, StayRoom>();
  for (const { room, rate } of row.parts) {
    const code = room.code ?? '';
    const count = rate.rooms ?? 1;
    const before = rooms.get(code);
    rooms.set(code, {
      code,
      name: room.name ?? '',
      count: (before?.count ?? 0) + count,
      adults: (before?.adults ?? 0) + count * (rate.adults ?? 0),
      children: (before?.children ?? 0) + count * (rate.children ?? 0),
    });
  }
  return [...rooms.values()];
}

function nightsOf(context: AnswerContext): number {
  const vertical = context.criteria.vertical;
  if (vertical?.$case !== 'stay') return 0;
  const nights = (Date.parse(vertical.value.checkOut) - Date.parse(vertical.value.checkIn)) / DAY_MS;
  return Number.isInteger(nights) ? nights : 0;
}
