import type { StayRoom } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { AnswerContext, PartnerPrice } from '../../adapter.ts';
import type { Door } from '../../kit/door.ts';
import { derive, orReject } from '../../mapping/reject.ts';
import type { HotelNode } from './format.ts';
import { includedTaxes } from './price.ts';
import { checkedStay, type Scope, type Stay, stayPrice, staysAt } from './stays.ts';

/** What expressions would say badly: rates that make one stay together, what they cost, and what cancelling them does. */

interface Names {
  readonly guests: readonly (readonly number[])[];
  readonly kinds: readonly (readonly number[])[];
  readonly hotels: unknown;
  readonly stated_currency: unknown;
  /** Only in the answer to rates that were asked for again. */
  readonly checked: unknown;
}

export const map: Door = {
  rows(_body: never, context, names) {
    const { hotels, checked, stated_currency: currency, guests, kinds } = names as unknown as Names;
    if (typeof checked === 'object') return checkedStay(checked as HotelNode, { context, kinds: [], currency });
    if (!Array.isArray(hotels)) return undefined;
    const scope: Scope = {
      context,
      currency,
      kinds: kinds.map((kind) => {
        const [adults = 0, ...childAges] = kind;
        return { adults, childAges, rooms: guests.filter((one) => one.join() === kind.join()).length };
      }),
    };
    return hotels.flatMap((hotel: HotelNode) => staysAt(hotel, scope));
  },
  price(stay: Stay, context: AnswerContext): PartnerPrice {
    orReject(stay.fees);
    return orReject(derive('rate of hotel', stay.hotel.code, () => stayPrice(stay, context)));
  },
  charges: ({ hotel, currency_of: currency, parts }: Stay) =>
    includedTaxes(
      parts.map(({ rate }) => rate),
      { code: hotel.code, currency },
    ),
  fields: {
    rooms: roomsOf,
  },
};

/** A rate's guests are those of each of its rooms. */
function roomsOf({ parts }: Stay): StayRoom[] {
  const rooms = new Map<string, StayRoom>();
  for (const { room, rate } of parts) {
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
