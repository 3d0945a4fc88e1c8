import { dateOf, dayOfEpoch, monthOf } from '../dates.ts';
import { amountText, convert } from '../money.ts';
import { closedSeason, type FreeNights, freeNights, personPrices } from '../stays/allotments.ts';
import type { Hotel, RoomType } from '../stays/hotels.ts';
import { type ListedHotel, listHotel } from '../stays/sellers.ts';
import type { Seller } from './format.ts';
import { escapeXml } from './soap.ts';

/** Nights from today that are told. */
const horizon = 120;

const namespaces = (root: string): string =>
  `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.opentravel.org/OTA/2003/05" xsi:schemaLocation="http://www.opentravel.org/OTA/2003/05 ${root}.xsd"`;

function document(root: string, version: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${namespaces(root)} Version="${version}">${content}</${root}>\n`;
}

/** The seller's code of a room type: as on the doors of the region. */
export function roomCode({ code }: RoomType): string {
  return code.replace('.', '-');
}

/** Codes of a rate plan: "BAR-HB". */
export function planCode(plan: 'NOR' | 'NRF', board: string): string {
  return `${plan === 'NRF' ? 'NRF' : 'BAR'}-${board}`;
}

/** Board and plan behind a code. */
export function readPlanCode(code: string): { readonly plan: 'NOR' | 'NRF'; readonly board: string } | undefined {
  const parts = /^(BAR|NRF)-(RO|BB|HB|FB|AI)$/.exec(code);
  return parts === null ? undefined : { plan: parts[1] === 'NRF' ? 'NRF' : 'NOR', board: parts[2]! };
}

function heading(listed: ListedHotel): string {
  return `HotelCode="${listed.code}" HotelName="${escapeXml(listed.name)}"`;
}

/** OTA_PingRQ: what the client can do. */
export function pingXml(): string {
  const echo = {
    versions: [
      {
        version: '2020-10',
        actions: [
          { action: 'action_OTA_Ping' },
          {
            action: 'action_OTA_HotelInvCountNotif',
            supports: [
              'OTA_HotelInvCountNotif_accept_categories',
              'OTA_HotelInvCountNotif_accept_deltas',
              'OTA_HotelInvCountNotif_accept_complete_set',
              'OTA_HotelInvCountNotif_accept_closing_seasons',
            ],
          },
          {
            action: 'action_OTA_HotelRatePlanNotif_RatePlans',
            supports: [
              'OTA_HotelRatePlanNotif_accept_overlay',
              'OTA_HotelRatePlanNotif_accept_Supplements',
              'OTA_HotelRatePlanNotif_accept_RatePlan_BookingRule',
              'OTA_HotelRatePlanNotif_accept_FreeNightsOffers',
              'OTA_HotelRatePlanNotif_accept_FamilyOffers',
            ],
          },
          { action: 'action_OTA_HotelDescriptiveContentNotif_Inventory' },
          { action: 'action_OTA_HotelDescriptiveContentNotif_Info' },
        ],
      },
    ],
  };
  return document('OTA_PingRQ', '8.000', `<EchoData>${escapeXml(JSON.stringify(echo))}</EchoData>`);
}

/** What FreeRooms messages are made from. */
export interface FreeRoomsContext {
  readonly seed: number;
  readonly seller: Seller;
  readonly hotel: Hotel;
  readonly edition: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** OTA_HotelInvCountNotifRQ with everything that is free; the last night of a piece is in it. */
export function freeRoomsXml(context: FreeRoomsContext): string {
  const { seed, seller, hotel, edition, now } = context;
  const today = dayOfEpoch(now);
  const closed = closedPieces(hotel, today).map(
    ({ first, last }) =>
      `<Inventory><StatusApplicationControl Start="${dateOf(first)}" End="${dateOf(last)}" AllInvCode="true"/></Inventory>`,
  );
  const pieces = hotel.rooms.flatMap((room) =>
    freeNights(seed, seller, hotel, room, today, horizon, edition).map((piece) => inventory(room, piece)),
  );
  const inventories = [...closed, ...pieces].join('') || '<Inventory/>';
  return freeRooms(context, `<UniqueID Type="16" ID="1" Instance="CompleteSet"/>`, inventories);
}

/** The same with what changed since the edition before; undefined where nothing did. */
export function freeRoomsDelta(context: FreeRoomsContext): string | undefined {
  const { seed, seller, hotel, edition, now } = context;
  const today = dayOfEpoch(now);
  const inventories = hotel.rooms.flatMap((room) => {
    const before = freeNights(seed, seller, hotel, room, today, horizon, edition - 1);
    const known = new Set(before.map(keyOf));
    return freeNights(seed, seller, hotel, room, today, horizon, edition)
      .filter((piece) => !known.has(keyOf(piece)))
      .map((piece) => inventory(room, piece));
  });
  return inventories.length === 0 ? undefined : freeRooms(context, '', inventories.join(''));
}

function freeRooms({ seed, seller, hotel }: FreeRoomsContext, unique: string, inventories: string): string {
  const listed = listHotel(seed, seller, hotel);
  return document(
    'OTA_HotelInvCountNotifRQ',
    '4',
    `${unique}<Inventories ${heading(listed)}>${inventories}</Inventories>`,
  );
}

function keyOf({ first, last, rooms }: FreeNights): string {
  return `${first}|${last}|${rooms}`;
}

/** Closed is a piece without a count. */
function inventory(room: RoomType, { first, last, rooms }: FreeNights): string {
  const counts = rooms === 0 ? '' : `<InvCounts><InvCount CountType="2" Count="${rooms}"/></InvCounts>`;
  return `<Inventory><StatusApplicationControl Start="${dateOf(first)}" End="${dateOf(last)}" InvTypeCode="${roomCode(room)}"/>${counts}</Inventory>`;
}

function closedPieces(hotel: Hotel, today: number): { first: number; last: number }[] {
  const pieces: { first: number; last: number }[] = [];
  for (let night = today; night < today + horizon; night++) {
    if (!closedSeason(hotel, night)) continue;
    const piece = pieces.at(-1);
    if (piece !== undefined && piece.last === night - 1) piece.last = night;
    else pieces.push({ first: night, last: night });
  }
  return pieces;
}

const mealCodes: Readonly<Record<string, string>> = { RO: '14', BB: '3', HB: '12', FB: '10', AI: '1' };
const boardNames: Readonly<Record<string, readonly [en: string, it: string]>> = {
  RO: ['Room only', 'Solo pernottamento'],
  BB: ['Bed and breakfast', 'Camera e colazione'],
  HB: ['Half board', 'Mezza pensione'],
  FB: ['Full board', 'Pensione completa'],
  AI: ['All inclusive', 'Tutto compreso'],
};

/** OTA_HotelRatePlanNotifRQ: all rate plans anew, or as overlays the rates that changed since the edition before. */
export function ratePlansXml(context: FreeRoomsContext, overlay: boolean): string | undefined {
  const { seed, seller, hotel } = context;
  const plans: string[] = [];
  for (const board of ['RO', ...hotel.boards.map(({ code }) => code)]) {
    for (const plan of ['NOR', 'NRF'] as const) {
      const rates = ratesXml(context, board, plan, overlay);
      if (rates !== '')
        plans.push(overlay ? overlayXml(seller, board, plan, rates) : planXml(context, board, plan, rates));
    }
  }
  if (plans.length === 0) return undefined;
  const listed = listHotel(seed, seller, hotel);
  return document('OTA_HotelRatePlanNotifRQ', '1.000', `<RatePlans ${heading(listed)}>${plans.join('')}</RatePlans>`);
}

function planStart(seller: Seller, board: string, plan: 'NOR' | 'NRF', type: 'New' | 'Overlay'): string {
  return `<RatePlan RatePlanNotifType="${type}" CurrencyCode="${seller.currency}" RatePlanCode="${planCode(plan, board)}">`;
}

function overlayXml(seller: Seller, board: string, plan: 'NOR' | 'NRF', rates: string): string {
  return `${planStart(seller, board, plan, 'Overlay')}<Rates>${rates}</Rates></RatePlan>`;
}

function planXml(context: FreeRoomsContext, board: string, plan: 'NOR' | 'NRF', rates: string): string {
  const { seller, hotel, now } = context;
  const today = dayOfEpoch(now);
  const [start, end] = [dateOf(today), dateOf(today + horizon - 1)];
  const [en, it] = boardNames[board]!;
  const days = (element: string, sunday: number): string =>
    `<${element} Mon="1" Tue="1" Weds="1" Thur="1" Fri="1" Sat="1" Sun="${sunday}"/>`;
  // Some houses want a week, from any day but Sunday to any day.
  const strict = hotel.index % 3 === 0;
  const lengths = `<LengthOfStay Time="${strict ? 3 : 1}" TimeUnit="Day" MinMaxMessageType="SetMinLOS"/><LengthOfStay Time="${strict ? 14 : 28}" TimeUnit="Day" MinMaxMessageType="SetMaxLOS"/>`;
  const rules = `<BookingRules><BookingRule Start="${start}" End="${end}"><LengthsOfStay>${lengths}</LengthsOfStay><DOW_Restrictions>${days('ArrivalDaysOfWeek', strict ? 0 : 1)}${days('DepartureDaysOfWeek', 1)}</DOW_Restrictions><RestrictionStatus Restriction="Master" Status="Open"/></BookingRule></BookingRules>`;
  const stated = `<Rate RateTimeUnit="Day" UnitMultiplier="1"><BaseByGuestAmts><BaseByGuestAmt Type="7"/></BaseByGuestAmts><MealsIncluded MealPlanIndicator="${board !== 'RO'}" MealPlanCodes="${mealCodes[board]}"/></Rate>`;
  return `${planStart(seller, board, plan, 'New')}${rules}<Rates>${stated}${rates}</Rates>${supplementsXml(hotel, seller, start, end)}${offersXml(hotel)}${descriptionXml('title', `${en}${plan === 'NRF' ? ', not refundable' : ''}`, `${it}${plan === 'NRF' ? ', non rimborsabile' : ''}`)}${descriptionXml('intro', `${en} in our house.`, `${it} nella nostra casa.`)}</RatePlan>`;
}

/** Rates by room and month, first and last night included; in an overlay only those with other prices than before. */
function ratesXml(context: FreeRoomsContext, board: string, plan: 'NOR' | 'NRF', overlay: boolean): string {
  const { seed, seller, hotel, edition, now } = context;
  const amount = amountWriter(hotel, seller);
  let xml = '';
  for (const room of hotel.rooms) {
    for (const { first, last } of months(dayOfEpoch(now))) {
      const of = (at: number) => personPrices(seed, seller, hotel, room, board, plan, monthOf(first), at);
      const prices = of(edition);
      if (overlay && JSON.stringify(prices) === JSON.stringify(of(edition - 1))) continue;
      const base = prices.base
        .map(
          (minor, i) =>
            `<BaseByGuestAmt NumberOfGuests="${i + 1}" AgeQualifyingCode="10" AmountAfterTax="${amount(minor)}"/>`,
        )
        .join('');
      const more =
        room.guests > prices.base.length
          ? `<AdditionalGuestAmounts><AdditionalGuestAmount AgeQualifyingCode="10" Amount="${amount(prices.adult)}"/><AdditionalGuestAmount AgeQualifyingCode="8" MaxAge="2" Amount="0"/><AdditionalGuestAmount AgeQualifyingCode="8" MinAge="2" MaxAge="16" Amount="${amount(prices.child)}"/></AdditionalGuestAmounts>`
          : '';
      xml += `<Rate InvTypeCode="${roomCode(room)}" Start="${dateOf(first)}" End="${dateOf(last)}"><BaseByGuestAmts>${base}</BaseByGuestAmts>${more}</Rate>`;
    }
  }
  return xml;
}

function months(today: number): { first: number; last: number }[] {
  const pieces: { first: number; last: number }[] = [];
  for (let night = today; night < today + horizon; night++) {
    const piece = pieces.at(-1);
    if (piece !== undefined && monthOf(piece.first) === monthOf(night)) piece.last = night;
    else pieces.push({ first: night, last: night });
  }
  return pieces;
}

/** "96.50" in some houses, "96.5" in others. */
function amountWriter(hotel: Hotel, seller: Seller): (minor: number) => string {
  return hotel.index % 2 === 0
    ? (minor) => amountText(minor, seller.currency)
    : (minor) => amountText(minor, seller.currency).replace(/\.?0+$/, '');
}

/** What comes on top: the final cleaning of every stay, a parking space for those who want one. */
function supplementsXml(hotel: Hotel, seller: Seller, start: string, end: string): string {
  if (hotel.index % 4 === 3) return '';
  const amount = amountWriter(hotel, seller);
  const cost = (euroCents: number): string => amount(convert(euroCents, 'EUR', seller.currency));
  const supplement = (
    code: string,
    mandatory: boolean,
    charge: string,
    cents: number,
    en: string,
    it: string,
  ): string =>
    `<Supplement InvType="EXTRA" InvCode="${code}" AddToBasicRateIndicator="true" MandatoryIndicator="${mandatory}" ChargeTypeCode="${charge}">${descriptionXml('title', en, it)}${descriptionXml('intro', `${en}.`, `${it}.`)}</Supplement><Supplement InvType="EXTRA" InvCode="${code}" Amount="${cost(cents)}" Start="${start}" End="${end}"/>`;
  const cleaning = supplement('CLEAN', true, '18', 2000 + hotel.stars * 500, 'Final cleaning', 'Pulizia finale');
  const parking = supplement('PARK', false, '19', 900, 'Parking space', 'Posto auto');
  return `<Supplements>${cleaning}${hotel.index % 2 === 0 ? parking : ''}</Supplements>`;
}

/** Who can stay, then what is given away: the seventh night, or the first child. */
function offersXml(hotel: Hotel): string {
  const who = `<Offer><OfferRules><OfferRule><Occupancy AgeQualifyingCode="10" MinAge="16"/><Occupancy AgeQualifyingCode="8"/></OfferRule></OfferRules></Offer>`;
  const free = `<Offer><Discount Percent="100" NightsRequired="7" NightsDiscounted="1" DiscountPattern="0000001"/></Offer>`;
  const family = `<Offer><Discount Percent="100"/><Guests><Guest AgeQualifyingCode="8" MaxAge="6" MinCount="1" FirstQualifyingPosition="1" LastQualifyingPosition="1"/></Guests></Offer>`;
  return `<Offers>${who}${hotel.index % 3 === 1 ? free : ''}${hotel.index % 4 === 1 ? family : ''}</Offers>`;
}

function descriptionXml(name: string, en: string, it: string): string {
  return `<Description Name="${name}"><Text TextFormat="PlainText" Language="en">${escapeXml(en)}</Text><Text TextFormat="PlainText" Language="it">${escapeXml(it)}</Text></Description>`;
}
