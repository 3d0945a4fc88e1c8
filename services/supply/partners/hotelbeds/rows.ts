import { RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { GeoPoint } from '../../../../libs/contracts/gen/entrepot/type/v1/geo.ts';
import { type AnswerContext, type PartnerPrice, Rejection } from '../../adapter.ts';
import { type Derived, derive } from '../../mapping/reject.ts';
import { type Fee, feesOf, sumFees } from './cancellation.ts';
import type { HotelNode, RateNode, RoomNode } from './format.ts';
import { isFor, type Occupancy } from './occupancy.ts';
import { ratePrice, sumPrices } from './price.ts';
import { type Property, propertyOf } from './property.ts';

/** A rate in its room type. */
export interface Part {
  readonly room: RoomNode;
  readonly rate: RateNode;
}

/** One stay: a rate for all rooms, or where rooms with different guests are asked for a rate for each kind of them. */
export interface HotelbedsRow {
  readonly property: Derived<Property>;
  readonly parts: readonly Part[];
  readonly price: Derived<PartnerPrice>;
  /** What cancelling costs, ascending. */
  readonly fees: Derived<readonly Fee[]>;
}

/** What rows of one answer have in common. */
export interface RowScope {
  readonly context: AnswerContext;
  readonly center: GeoPoint | undefined;
  readonly occupancies: readonly Occupancy[];
  readonly wrapperCurrency: unknown;
}

/** The rows of a hotel, in the order of its rates. */
export function rowsOfHotel(hotel: HotelNode, scope: RowScope): HotelbedsRow[] {
  const property = derive('a hotel', '', () => propertyOf(hotel, scope.center, scope.wrapperCurrency));
  const parts = partsOf(hotel);
  if (scope.occupancies.length <= 1) return parts.map((part) => rowOf(property, [part], scope));
  return together(property, parts, scope);
}

/** Every rate of a hotel as one row: the answer to rates that were asked for again. Undefined where it has none. */
export function rowOfChecked(hotel: HotelNode, scope: RowScope): HotelbedsRow | undefined {
  const parts = partsOf(hotel);
  if (parts.length === 0) return undefined;
  const property = derive('a hotel', '', () => propertyOf(hotel, scope.center, scope.wrapperCurrency));
  return rowOf(property, parts, { ...scope, occupancies: [] });
}

function partsOf(hotel: HotelNode): Part[] {
  const parts: Part[] = [];
  const rooms = hotel?.rooms;
  if (!Array.isArray(rooms)) return parts;
  for (const room of rooms as readonly RoomNode[]) {
    if (!Array.isArray(room?.rates)) continue;
    for (const rate of room.rates as readonly RateNode[]) parts.push({ room, rate });
  }
  return parts;
}

/**
 * Rooms with different guests come as separate rates, each for its kind of room. A stay is the cheapest rate for each kind
 * among those of the same board, class and time of payment; a hotel that cannot house all of them has none. A rate that
 * cannot be read stays a row, which is rejected.
 */
function together(property: Derived<Property>, parts: readonly Part[], scope: RowScope): HotelbedsRow[] {
  const plans = new Map<string, (HotelbedsRow | undefined)[]>();
  const unreadable: HotelbedsRow[] = [];
  for (const part of parts) {
    const row = rowOf(property, [part], { ...scope, occupancies: [] });
    if (row.price instanceof Rejection) {
      unreadable.push(row);
      continue;
    }
    const kind = scope.occupancies.findIndex((occupancy) => isFor(part.rate, occupancy));
    if (kind < 0) continue;
    const { boardCode, rateClass, paymentType, packaging } = part.rate;
    const plan = [boardCode, rateClass, paymentType, packaging].join();
    const cheapest = plans.get(plan) ?? scope.occupancies.map(() => undefined);
    plans.set(plan, cheapest);
    const before = cheapest[kind]?.price;
    if (before === undefined || before instanceof Rejection || row.price.totalMinor < before.totalMinor) {
      cheapest[kind] = row;
    }
  }
  const rows: HotelbedsRow[] = [];
  for (const cheapest of plans.values()) {
    const chosen = cheapest.flatMap((row) => row?.parts ?? []);
    if (chosen.length === scope.occupancies.length) rows.push(rowOf(property, chosen, { ...scope, occupancies: [] }));
  }
  return [...rows, ...unreadable];
}

/** Derives a row. With one kind of room asked for, each rate must be for all of them. */
function rowOf(property: Derived<Property>, parts: readonly Part[], scope: RowScope): HotelbedsRow {
  if (property instanceof Rejection) return { property, parts, price: property, fees: property };
  const [first] = parts;
  const price = derive('rate of hotel', property.code, () => {
    if (parts.length > 1) return sumPrices(parts.map(({ rate }) => priceOf(rate, property, scope)));
    return priceOf(first!.rate, property, scope);
  });
  const fees = derive('rate of hotel', property.code, () =>
    parts.length > 1 ? sumFees(parts.map(({ rate }) => feesOf(rate, property))) : feesOf(first!.rate, property),
  );
  return { property, parts, price, fees };
}

function priceOf(rate: RateNode, property: Property, scope: RowScope): PartnerPrice {
  if (typeof rate.rateKey !== 'string' || rate.rateKey === '') {
    throw new Rejection(RejectionReason.MISSING_FIELD, `a rate of hotel ${property.code} has no rateKey`);
  }
  const [asked] = scope.occupancies;
  if (asked !== undefined && rate.rooms !== undefined && rate.rooms !== asked.rooms) {
    throw new Rejection(
      RejectionReason.MISSING_FIELD,
      `a rate of hotel ${property.code} is for ${rate.rooms} rooms, not for the ${asked.rooms} asked for`,
    );
  }
  return ratePrice(rate, property, scope.context);
}
