import { type AnswerContext, type PartnerPrice, Rejection } from '../../adapter.ts';
import { type Derived, derive } from '../../mapping/reject.ts';
import { type Fee, feesOf, sumFees } from './cancellation.ts';
import type { HotelNode, RateNode, RoomNode } from './format.ts';
import { ratePrice, sumPrices } from './price.ts';
import { stars } from './stars.ts';

/** A rate in its room type. */
export interface Part {
  readonly room: RoomNode;
  readonly rate: RateNode;
}

/** One stay: a rate for all rooms, or where rooms with different guests are asked for a rate for each kind of them. */
export interface Stay {
  readonly hotel: HotelNode;
  readonly stars: number | undefined;
  /** As stated, of the hotel or the whole answer. */
  readonly currency_of: unknown;
  /** Rooms that the rate has to be for, where the guests of all are the same. */
  readonly asked: number | undefined;
  readonly parts: readonly Part[];
  /** Of the first part. */
  readonly room: RoomNode | undefined;
  readonly rate: RateNode | undefined;
  readonly keys: readonly unknown[];
  /** What cancelling costs, ascending. */
  readonly fees: Derived<readonly Fee[]>;
  /** Epoch ms until which cancelling is free, where it is when the answer comes. */
  readonly free_until: number | undefined;
}

/** Rooms with the same guests. */
export interface Kind {
  readonly rooms: number;
  /** In each of the rooms. */
  readonly adults: number;
  /** In each of the rooms, youngest first. */
  readonly childAges: readonly number[];
}

/** What is known of a hotel and the answer that it stands in. */
export interface Scope {
  readonly context: AnswerContext;
  readonly kinds: readonly Kind[];
  /** Beside the list, for a hotel that has none of its own. */
  readonly currency: unknown;
}

/** The stays at a hotel, in the order of its rates. */
export function staysAt(hotel: HotelNode, scope: Scope): Stay[] {
  const parts = partsOf(hotel);
  const { kinds } = scope;
  const of = hotelOf(hotel, scope);
  if (kinds.length > 1) return together(of, parts, scope);
  return parts.map((part) => stayOf(of, [part], scope.context, kinds[0]?.rooms));
}

/** Every rate of a hotel as one stay: the answer to rates that were asked for again. None where it has no rate. */
export function checkedStay(hotel: HotelNode, scope: Scope): Stay[] {
  const parts = partsOf(hotel);
  return parts.length === 0 ? [] : [stayOf(hotelOf(hotel, scope), parts, scope.context)];
}

/** The price of a stay: all of its rates together. */
export function stayPrice(stay: Pick<Stay, 'hotel' | 'currency_of' | 'parts'>, context: AnswerContext): PartnerPrice {
  const { hotel, currency_of: currency, parts } = stay;
  const of = { code: hotel.code, currency };
  if (parts.length === 1) return ratePrice(parts[0]!.rate, of, context);
  return sumPrices(parts.map(({ rate }) => ratePrice(rate, of, context)));
}

type OfHotel = Pick<Stay, 'hotel' | 'stars' | 'currency_of'>;

function hotelOf(hotel: HotelNode, scope: Scope): OfHotel {
  return {
    hotel,
    stars: stars(hotel?.categoryCode, hotel?.categoryName),
    currency_of: hotel?.currency ?? scope.currency,
  };
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
function together(hotel: OfHotel, parts: readonly Part[], { context, kinds }: Scope): Stay[] {
  const plans = new Map<string, ({ part: Part; total: number } | undefined)[]>();
  const unreadable: Stay[] = [];
  for (const part of parts) {
    const price = derive('rate of hotel', hotel.hotel.code, () => stayPrice({ ...hotel, parts: [part] }, context));
    if (price instanceof Rejection) {
      unreadable.push(stayOf(hotel, [part], context));
      continue;
    }
    const kind = kinds.findIndex((one) => isFor(part.rate, one));
    if (kind < 0) continue;
    const { boardCode, rateClass, paymentType, packaging } = part.rate;
    const plan = [boardCode, rateClass, paymentType, packaging].join();
    const cheapest = plans.get(plan) ?? kinds.map(() => undefined);
    plans.set(plan, cheapest);
    const before = cheapest[kind];
    if (before === undefined || price.totalMinor < before.total) cheapest[kind] = { part, total: price.totalMinor };
  }
  const stays: Stay[] = [];
  for (const cheapest of plans.values()) {
    const chosen = cheapest.flatMap((one) => one?.part ?? []);
    if (chosen.length === kinds.length) stays.push(stayOf(hotel, chosen, context));
  }
  return [...stays, ...unreadable];
}

/** Whether a rate is for a kind of room. Ages decide only where the rate states them. */
function isFor(rate: RateNode, { rooms, adults, childAges }: Kind): boolean {
  if (rate.rooms !== rooms || rate.adults !== adults || (rate.children ?? 0) !== childAges.length) return false;
  if (typeof rate.childrenAges !== 'string' || rate.childrenAges === '') return true;
  const ages = rate.childrenAges.split(',').map(Number);
  return ages.toSorted((a, b) => a - b).join() === childAges.join();
}

function stayOf(of: OfHotel, parts: readonly Part[], context: AnswerContext, asked?: number): Stay {
  const { code } = of.hotel ?? {};
  const fees = derive('rate of hotel', code, () =>
    parts.length === 1 ? feesOf(parts[0]!.rate, code) : sumFees(parts.map(({ rate }) => feesOf(rate, code))),
  );
  const first = fees instanceof Rejection ? undefined : fees[0]?.from;
  return {
    hotel: of.hotel,
    stars: of.stars,
    currency_of: of.currency_of,
    asked: asked ?? parts[0]?.rate?.rooms,
    parts,
    room: parts[0]?.room,
    rate: parts[0]?.rate,
    keys: parts.map(({ rate }) => rate?.rateKey),
    fees,
    free_until: first !== undefined && first > context.fetchedAt ? first : undefined,
  };
}
