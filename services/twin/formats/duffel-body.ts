import { airlineName } from '../../../libs/reference/index.ts';
import { type Airport, resolvePlace } from '../flights/airports.ts';
import { styleOf } from '../flights/fares.ts';
import { airportOf } from '../flights/network.ts';
import type { FlightOffer, SoldLeg, SoldSegment } from '../flights/offers.ts';
import { amountText } from '../money.ts';
import { fractionOf } from '../random.ts';
import { type BrokenPrice, breakPrice } from '../scenario.ts';
import { type DuffelPassenger, type DuffelSearch, kindOf, offerId, passengerId } from './duffel-ids.ts';

// Bodies are put together as text: parts that repeat (airports, carriers, aircraft) are written once and kept, and an
// answer of a hundred offers costs less than building and walking its objects would.

const text = JSON.stringify as (value: string) => string;

/** What an offer needs to be written besides itself. */
export interface OfferContext {
  readonly search: DuffelSearch;
  /** The search as in ids. */
  readonly searchText: string;
  readonly lifetimeSeconds: number;
}

/** What differs from the offer as it was made. */
export interface OfferState {
  /** In the id. */
  readonly index: number;
  /** Of all passengers, minor units. */
  readonly base: number;
  readonly broken: BrokenPrice | undefined;
  /** Fields only a single offer has. */
  readonly single: boolean;
}

/** `data` of an offer request, with or without its offers. */
export function requestJson(context: OfferContext, offers: readonly string[] | undefined): string {
  const { search, searchText } = context;
  const created = timeText(search.createdSecond);
  const slices = search.slices.map(({ origin, destination, day }) => {
    const from = placeJson(origin);
    const to = placeJson(destination);
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    return `{"origin_type":${text(from.type)},"origin":${from.json},"destination_type":${text(to.type)},"destination":${to.json},"departure_date":"${date}","created_at":"${created}"}`;
  });
  return `{"slices":[${slices.join(',')}],"passengers":${passengersJson(context)},${offers === undefined ? '' : `"offers":[${offers.join(',')}],`}"live_mode":false,"id":"orq_0000${searchText}","created_at":"${created}","cabin_class":${search.cabin === undefined ? 'null' : text(search.cabin)}}`;
}

/** One offer. */
export function offerJson(context: OfferContext, offer: FlightOffer, state: OfferState): string {
  const { search, searchText, lifetimeSeconds } = context;
  const id = offerId(searchText, state.index);
  const created = timeText(search.createdSecond);
  const total = breakPrice(amountText(state.base + offer.tax, offer.currency), offer.currency, state.broken);
  const currency = text(offer.currency);
  const hold = offer.family.refundFee !== undefined;
  const until = `${new Date((search.createdSecond + 86_400) * 1000).toISOString().slice(0, 19)}Z`;
  const unit = id.slice(-9);
  return [
    `{"updated_at":"${created}","total_emissions_kg":${emissions(offer)}`,
    total.currency === undefined ? '' : `,"total_currency":${text(total.currency)}`,
    total.amount === undefined ? '' : `,"total_amount":"${total.amount}"`,
    `,"tax_currency":${currency},"tax_amount":"${amountText(offer.tax, offer.currency)}"`,
    ',"slices":[',
    offer.legs.map((leg, index) => legJson(context, offer, leg, `${unit}${index}`)).join(','),
    `],"payment_requirements":{"requires_instant_payment":${!hold},"price_guarantee_expires_at":${hold ? `"${until}"` : 'null'},"payment_required_by":${hold ? `"${until}"` : 'null'}}`,
    `,"passengers":${passengersJson(context)},"passenger_identity_documents_required":false,"partial":false`,
    `,"owner":${carrierJson(offer.owner)},"live_mode":false,"id":"${id}"`,
    `,"expires_at":"${timeText(search.createdSecond + lifetimeSeconds).slice(0, 20)}000000Z","created_at":"${created}"`,
    `,"conditions":${offerConditions(offer, state.base)},"base_currency":${currency},"base_amount":"${amountText(state.base, offer.currency)}"`,
    state.single ? ',"available_services":[]' : '',
    ',"allowed_passenger_identity_document_types":["passport"]}',
  ].join('');
}

function legJson(context: OfferContext, offer: FlightOffer, leg: SoldLeg, unit: string): string {
  const { flights, minutes } = leg.itinerary;
  const from = airportJson(airportOf(flights[0]!.origin));
  const to = airportJson(airportOf(flights.at(-1)!.destination));
  const segments = leg.segments.map((segment, index) => segmentJson(context, offer, leg, segment, `${unit}${index}`));
  const style = styleOf(leg.itinerary.carrier);
  return `{"segments":[${segments.join(',')}],"origin_type":"airport","origin":${from},"id":"sli_0000${context.searchText.slice(0, 7)}${unit}","fare_brand_name":${style === 2 ? 'null' : text(offer.brand)},"duration":"${duration(minutes, style === 1)}","destination_type":"airport","destination":${to},"conditions":{"change_before_departure":${changeCondition(offer, offer.base)}}}`;
}

function segmentJson(
  context: OfferContext,
  offer: FlightOffer,
  leg: SoldLeg,
  segment: SoldSegment,
  unit: string,
): string {
  const { flight } = segment;
  const style = styleOf(flight.carrier);
  const operating = segment.operatingNumberKnown ? text(numberText(flight.carrier, flight.number)) : 'null';
  const cabin = text(segment.cabin);
  const cabinName = text(cabinNames[segment.cabin]![styleOf(segment.carrier) % 2]!);
  const bags = baggageJson(offer, style);
  const passengers = context.search.passengers.map(
    (_, index) =>
      `{"passenger_id":"${passengerId(context.searchText, index)}","fare_basis_code":${text(leg.fareBasis)},"cabin_class_marketing_name":${cabinName},"cabin_class":${cabin},"baggages":${bags}}`,
  );
  return `{"passengers":[${passengers.join(',')}],"origin_terminal":${optional(flight.originTerminal)},"origin":${airportJson(airportOf(flight.origin))},"operating_carrier_flight_number":${operating},"operating_carrier":${carrierJson(flight.carrier)},"marketing_carrier_flight_number":${text(numberText(segment.carrier, segment.number))},"marketing_carrier":${carrierJson(segment.carrier)},"id":"seg_0000${context.searchText.slice(0, 7)}${unit}","duration":"${duration(flight.minutes, style === 1 || style === 3)}","distance":${style === 4 ? 'null' : `"${flight.km.toFixed(5)}"`},"destination_terminal":${optional(flight.destinationTerminal)},"destination":${airportJson(airportOf(flight.destination))},"departing_at":"${flight.departure}:00","arriving_at":"${flight.arrival}:00","aircraft":${style === 2 ? 'null' : aircraftJson(flight.aircraft)}}`;
}

const cabinNames: Readonly<Record<string, readonly string[]>> = {
  economy: ['Economy', 'ECONOMY'],
  premium_economy: ['Premium Economy', 'PREMIUM'],
  business: ['Business', 'BUSINESS'],
  first: ['First', 'FIRST'],
};

/** Some carriers' numbers come with leading zeros. */
function numberText(carrier: string, number: number): string {
  return styleOf(carrier) === 3 ? `${number}`.padStart(4, '0') : `${number}`;
}

/** "PT2H5M", "P1DT2H", or with two digits throughout: "PT02H05M". */
function duration(minutes: number, padded: boolean): string {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  const head = days > 0 ? `P${days}DT` : 'PT';
  if (padded) return `${head}${`${hours}`.padStart(2, '0')}H${`${rest}`.padStart(2, '0')}M`;
  return `${head}${hours > 0 ? `${hours}H` : ''}${rest > 0 || hours === 0 ? `${rest}M` : ''}`;
}

function emissions(offer: FlightOffer): string {
  if (styleOf(offer.owner) === 4) return 'null';
  let km = 0;
  for (const leg of offer.legs) for (const { flight } of leg.segments) km += flight.km;
  const seat = offer.family.cabin === 'economy' ? 0.082 : offer.family.cabin === 'premium_economy' ? 0.12 : 0.22;
  const seats = offer.fares.reduce((sum, fare) => sum + (fare.kind === 'infant' ? 0 : fare.count), 0);
  return `"${Math.round(km * seat * seats)}"`;
}

/** One carrier in five does not say what may be refunded or changed. */
function offerConditions(offer: FlightOffer, base: number): string {
  const { refundFee } = offer.family;
  const refund = styleOf(offer.owner) === 0 ? 'null' : conditionJson(refundFee, base, offer.currency);
  return `{"refund_before_departure":${refund},"change_before_departure":${changeCondition(offer, base)}}`;
}

function changeCondition(offer: FlightOffer, base: number): string {
  return styleOf(offer.owner) === 0 ? 'null' : conditionJson(offer.family.changeFee, base, offer.currency);
}

function conditionJson(fee: number | undefined, base: number, currency: string): string {
  if (fee === undefined) return '{"penalty_currency":null,"penalty_amount":null,"allowed":false}';
  return `{"penalty_currency":"${currency}","penalty_amount":"${amountText(Math.round(base * fee), currency)}","allowed":true}`;
}

/** One carrier in five says nothing of bags. */
function baggageJson(offer: FlightOffer, style: number): string {
  if (style === 2) return '[]';
  const { checkedBags, cabinBags } = offer.family;
  const checked = checkedBags === 0 ? [] : [`{"type":"checked","quantity":${checkedBags}}`];
  return `[${[...checked, `{"type":"carry_on","quantity":${cabinBags}}`].join(',')}]`;
}

function passengersJson({ search, searchText }: OfferContext): string {
  return `[${search.passengers.map((passenger, index) => passengerJson(passenger, passengerId(searchText, index))).join(',')}]`;
}

function passengerJson(passenger: DuffelPassenger, id: string): string {
  const type = passenger.type ?? { adult: 'adult', child: 'child', infant: 'infant_without_seat' }[kindOf(passenger)];
  return `{"type":"${type}","loyalty_programme_accounts":[],"id":"${id}","given_name":null,"family_name":null,"age":${passenger.age ?? 'null'}}`;
}

const airports = new Map<string, string>();

function airportJson(airport: Airport): string {
  let json = airports.get(airport.code);
  if (json === undefined) {
    const country = airport.country.toLowerCase();
    const city = cityFields(airport.cityCode, airport.cityName, airport.country);
    json = `${airportFields(airport, country).slice(0, -1)},"city":{${city}},"airports":null}`;
    airports.set(airport.code, json);
  }
  return json;
}

function airportFields(airport: Airport, country: string): string {
  return JSON.stringify({
    type: 'airport',
    time_zone: airport.timeZone,
    name: airport.name,
    longitude: airport.longitude,
    latitude: airport.latitude,
    id: `arp_${airport.code.toLowerCase()}_${country}`,
    icao_code: null,
    iata_country_code: airport.country,
    iata_code: airport.code,
    iata_city_code: airport.cityCode,
    city_name: airport.cityName,
  });
}

function cityFields(code: string, name: string, country: string): string {
  return JSON.stringify({
    type: 'city',
    time_zone: null,
    name,
    longitude: null,
    latitude: null,
    id: `cit_${code.toLowerCase()}_${country.toLowerCase()}`,
    icao_code: null,
    iata_country_code: country,
    iata_code: code,
    iata_city_code: code,
    city_name: null,
  }).slice(1, -1);
}

/** A searched place: a city with its airports, or an airport. */
function placeJson(code: string): { readonly type: 'airport' | 'city'; readonly json: string } {
  const found = resolvePlace(code);
  if (found === undefined) throw new RangeError(`no place ${code}`);
  const { place, airports: served } = found;
  if (place.kind === 'airport') return { type: 'airport', json: airportJson(served[0]!) };
  const list = served.map((airport) => airportFields(airport, airport.country.toLowerCase()));
  return {
    type: 'city',
    json: `{${cityFields(place.code, place.name, place.country)},"city":null,"airports":[${list.join(',')}]}`,
  };
}

const carriers = new Map<string, string>();

function carrierJson(code: string): string {
  let json = carriers.get(code);
  if (json === undefined) {
    json = JSON.stringify({ name: airlineName(code) ?? code, id: opaqueId('arl', code), iata_code: code });
    carriers.set(code, json);
  }
  return json;
}

const aircraftNames: Readonly<Record<string, string>> = {
  '223': 'Airbus A220-300',
  '320': 'Airbus A320',
  '321': 'Airbus A321',
  '32N': 'Airbus A320neo',
  '332': 'Airbus A330-200',
  '333': 'Airbus A330-300',
  '351': 'Airbus A350-1000',
  '359': 'Airbus A350-900',
  '388': 'Airbus A380-800',
  '738': 'Boeing 737-800',
  '73H': 'Boeing 737-800 (winglets)',
  '77W': 'Boeing 777-300ER',
  '788': 'Boeing 787-8',
  '789': 'Boeing 787-9',
  '7M8': 'Boeing 737 MAX 8',
  AT7: 'ATR 72',
  CR9: 'Canadair Regional Jet 900',
  DH4: 'De Havilland Canada DHC-8-400',
  E90: 'Embraer 190',
  E95: 'Embraer 195',
};

const aircraft = new Map<string, string>();

function aircraftJson(code: string): string {
  let json = aircraft.get(code);
  if (json === undefined) {
    json = JSON.stringify({ name: aircraftNames[code] ?? code, id: opaqueId('arc', code), iata_code: code });
    aircraft.set(code, json);
  }
  return json;
}

function opaqueId(kind: string, code: string): string {
  return `${kind}_0000${Math.floor(fractionOf(`${kind}|${code}`) * 36 ** 9)
    .toString(36)
    .padStart(9, '0')}${code}`;
}

function optional(value: string | undefined): string {
  return value === undefined ? 'null' : text(value);
}

/** "2026-01-05T10:20:30.000000Z": six digits of a second. */
function timeText(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}.${`${(second * 7919) % 1_000_000}`.padStart(6, '0')}Z`;
}
