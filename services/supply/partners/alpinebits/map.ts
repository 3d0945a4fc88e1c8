import type { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { distanceKm, findCity, findPlace } from '../../../../libs/reference/index.ts';
import type { AnswerContext } from '../../adapter.ts';
import type { Door, RowValues } from '../../kit/door.ts';
import { contentFields, inLanguage } from './content.ts';
import { type Discounts, discountsOf } from './discounts.ts';
import {
  childOf,
  covers,
  type HotelNode,
  listOf,
  type NightNode,
  type OverlayNode,
  type PlanNode,
  type RatePlanNode,
  type RoomNode,
  type RoomsNode,
} from './format.ts';
import { fits, type Guests, guestsOf } from './guests.ts';
import { cityTaxes, type Extra, nightPrice, staticRate, supplements, type Worked } from './price.ts';
import { allowed, type Nights } from './rules.ts';

/** What was found of the houses of a search. */
interface Body {
  readonly rows: readonly HotelNode[];
  readonly rooms: readonly RoomsNode[];
  readonly plans: readonly (PlanNode | OverlayNode)[];
  readonly nights: readonly NightNode[];
}

const BOARDS: Readonly<Record<string, string>> = {
  '1': 'ALL_INCLUSIVE',
  '3': 'BREAKFAST',
  '10': 'FULL_BOARD',
  '12': 'HALF_BOARD',
  '14': 'ROOM_ONLY',
};
const DEFAULT_RADIUS_KM = 20;
const DAY_MS = 86_400_000;

/** Stays are not told but worked out: for each room type that is free every night, each rate plan that has a price for it. */
export const map: Door = {
  rows(body: Body, context) {
    const criteria = context.criteria.vertical?.value as StayCriteria;
    const nights = nightsOf(criteria);
    return body.rows
      .filter((hotel) => isNear(hotel, criteria))
      .flatMap((hotel) => staysOf(hotel, body, criteria, nights, context));
  },
  fields: contentFields,
};

function nightsOf({ checkIn, checkOut }: StayCriteria): Nights {
  const dates: string[] = [];
  for (let at = Date.parse(checkIn); at < Date.parse(checkOut); at += DAY_MS)
    dates.push(new Date(at).toISOString().slice(0, 10));
  return { checkIn, checkOut, dates };
}

function isNear({ HotelInfo: info }: HotelNode, { where, radiusKm }: StayCriteria): boolean {
  const [latitude, longitude] = [Number(info?.Position?.['@Latitude']), Number(info?.Position?.['@Longitude'])];
  const place = where?.$case === 'place' ? (findCity(where.value) ?? findPlace(where.value)) : where?.value.center;
  const radius = (where?.$case === 'area' ? where.value.radiusKm : undefined) ?? radiusKm ?? DEFAULT_RADIUS_KM;
  return place !== undefined && distanceKm(place.latitude, place.longitude, latitude, longitude) <= radius;
}

function staysOf(
  hotel: HotelNode,
  body: Body,
  criteria: StayCriteria,
  nights: Nights,
  context: AnswerContext,
): RowValues[] {
  const code = hotel['@HotelCode'];
  const told = body.rooms.find((rooms) => rooms['@HotelCode'] === code);
  const rooms = listOf(childOf(childOf(told?.FacilityInfo).GuestRooms).GuestRoom).filter(isType);
  const free = freeRooms(
    body.nights.filter((night) => night.hotel === code),
    nights,
  );
  const own = body.plans.filter((plan) => plan.hotel === code);
  const overlays = own.filter((one) => 'night' in one);
  const plans = own.filter((one) => 'plan' in one).map(({ plan }) => plan);
  return rooms
    .filter((room) => free(room['@Code']) >= criteria.rooms.length)
    .flatMap((room) => plans.map((plan) => stayOf({ hotel, room, plan, overlays, criteria, nights, context })))
    .filter((stay) => stay !== undefined)
    .map((stay) => ({ hotel, stay }));
}

/** Elements without the occupancy are the single rooms of a type. */
function isType(room: RoomNode): boolean {
  return room['@MaxOccupancy'] !== undefined;
}

/** Rooms of a type that are free every night. A night that was not told of, or has no count, has none. */
function freeRooms(told: readonly NightNode[], { dates }: Nights): (room: string) => number {
  const counts = new Map<string, number>();
  for (const { told: piece, night } of told) {
    const count = listOf(piece.InvCounts?.InvCount).find((one) => one['@CountType'] === '2')?.['@Count'];
    counts.set(`${piece.StatusApplicationControl['@InvTypeCode'] ?? '*'} ${night}`, Number(count ?? 0));
  }
  const closed = dates.some((night) => counts.has(`* ${night}`));
  return (room) => (closed ? 0 : Math.min(...dates.map((night) => counts.get(`${room} ${night}`) ?? 0)));
}

interface Parts {
  readonly hotel: HotelNode;
  readonly room: RoomNode;
  readonly plan: RatePlanNode;
  readonly overlays: readonly OverlayNode[];
  readonly criteria: StayCriteria;
  readonly nights: Nights;
  readonly context: AnswerContext;
}

/** One room type under one plan, for every room that is asked for; undefined where it is not sold to these guests for these nights. */
function stayOf(parts: Parts) {
  const { hotel, room, plan, criteria, nights, context } = parts;
  if (!allowed(listOf(childOf(plan.BookingRules).BookingRule), room['@Code'], nights)) return undefined;
  const currency = plan['@CurrencyCode'];
  const parties = criteria.rooms.map((asked) => guestsOf(plan, asked));
  if (parties.includes('unsold')) return undefined;
  const known = parties.filter((party) => typeof party === 'object');
  if (known.some((party) => !fits(room, party))) return undefined;
  const prices =
    currency === undefined || known.length < parties.length
      ? ['unclear' as const]
      : known.map((guests) => worked(parts, guests, currency));
  if (prices.includes('unsold')) return undefined;
  const adults = criteria.rooms.reduce((sum, asked) => sum + asked.adults, 0);
  const children = criteria.rooms.reduce((sum, asked) => sum + asked.childAges.length, 0);
  const persons = (adults + children) * nights.dates.length;
  const taxes = cityTaxes(hotel, persons, context.locale);
  const meals = staticRate(plan)?.MealsIncluded;
  const stay = {
    id: `${hotel['@HotelCode']}/${room['@Code']}/${plan['@RatePlanCode']}`,
    plan: plan['@RatePlanCode'],
    room: room['@Code'],
    roomName: nameOf(room, context.locale),
    classification: room.TypeRoom?.['@RoomClassificationCode'],
    board: meals?.['@MealPlanIndicator'] === 'false' ? 'ROOM_ONLY' : BOARDS[meals?.['@MealPlanCodes'] ?? ''],
    currency,
    adults,
    children,
  };
  const rooms = prices.filter((price) => typeof price === 'object');
  if (rooms.length < prices.length || taxes === 'unclear') return { ...stay, total: 0, unclear: true };
  return {
    ...stay,
    total: rooms.reduce((sum, price) => sum + price.total, 0),
    supplements: rooms.flatMap((price) => price.supplements),
    taxes,
  };
}

/** What one room costs its guests for all nights, minor units, and what of it are supplements. */
interface RoomPrice {
  readonly total: number;
  readonly supplements: readonly Extra[];
}

function worked(parts: Parts, guests: Guests, currency: string): RoomPrice | Exclude<Worked, number> {
  const { room, plan, overlays, nights, context } = parts;
  const rates = listOf(childOf(plan.Rates).Rate).filter((rate) => rate['@InvTypeCode'] === room['@Code']);
  const laid = overlays.filter(
    ({ code, rate }) => code === plan['@RatePlanCode'] && rate['@InvTypeCode'] === room['@Code'],
  );
  const discounts = discountsOf(plan, guests, nights.dates.length);
  if (discounts === 'unclear') return discounts;
  let total = 0;
  for (const [at, date] of nights.dates.entries()) {
    const rate = laid.find(({ night }) => night === date)?.rate ?? rates.find((one) => covers(one, date));
    const price = rate === undefined ? 'unsold' : nightPrice(rate, staticRate(plan), room, guests, currency);
    if (typeof price === 'string') return price;
    if (discounts.freeNights[at] === true) continue;
    const less = childrenFree(price.children, guests, discounts);
    if (less === undefined) return 'unclear';
    total += price.adults + price.children.reduce((sum, each) => sum + each, 0) - less;
  }
  const discounted = discounts.freeNights.includes(true) || discounts.freeChildren > 0;
  const more = supplements(plan, nights.dates, guests, discounted, currency, context.locale);
  if (more === 'unclear') return more;
  return { total: more.reduce((sum, { amount }) => sum + amount, total), supplements: more };
}

/** What the free children of a night would have paid; undefined where it depends on which of them are the first. */
function childrenFree(
  prices: readonly number[],
  { children }: Guests,
  { freeChildren, qualifies }: Discounts,
): number | undefined {
  const qualified = prices.filter((_, at) => qualifies(children[at]!));
  if (freeChildren < qualified.length && new Set(qualified).size > 1) return undefined;
  return qualified.slice(0, freeChildren).reduce((sum, each) => sum + each, 0);
}

function nameOf(room: RoomNode, locale: string): string {
  const titles = listOf(room.MultimediaDescriptions?.MultimediaDescription)
    .filter((media) => media['@InfoCode'] === '25')
    .flatMap((media) => listOf(media.TextItems?.TextItem).flatMap((item) => listOf(item.Description)));
  return inLanguage(titles, locale)?.['#text'] ?? room['@Code'];
}
