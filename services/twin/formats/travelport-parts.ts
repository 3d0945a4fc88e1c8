import { airlineName } from '../../../libs/reference/index.ts';
import { dateOf, dayOf, offsetText } from '../dates.ts';
import { brandName, type Cabin, styleOf } from '../flights/fares.ts';
import { airportOf, type Flight } from '../flights/network.ts';
import {
  type FlightOffer,
  isCodeshare,
  type PassengerFare,
  type SoldLeg,
  type SoldSegment,
} from '../flights/offers.ts';
import { amountText, filingCurrency, minorPerUnit, toWholeUnits } from '../money.ts';
import { type BrokenPrice, breakPrice } from '../scenario.ts';
import { escapeXml } from './soap.ts';
import type { Travellers } from './travelport-request.ts';

/** Cabins in uAPI's words. */
export const cabinNames: Readonly<Record<Cabin, string>> = {
  economy: 'Economy',
  premium_economy: 'PremiumEconomy',
  business: 'Business',
  first: 'First',
};

/** Key of a segment: what is sold as what on which leg, so that the twin can tell later without remembering. */
export function segmentKey(segment: SoldSegment, leg: number): string {
  return Buffer.from(`${segment.flight.id}|${segment.carrier}${segment.number}|${leg}`).toString('base64');
}

/** Id of the flight and number of the leg in a key made by {@link segmentKey}. */
export function readSegmentKey(key: string): { readonly flight: string; readonly leg: number } | undefined {
  const parts = Buffer.from(key, 'base64').toString().split('|');
  if (parts.length !== 3 || !/^\d$/.test(parts[2]!)) return undefined;
  return { flight: parts[0]!, leg: Number(parts[2]) };
}

/** An attribute with an amount as uAPI writes it: currency and number in one. */
export function priceText(minor: number, currency: string): string {
  return `${currency}${amountText(minor, currency)}`;
}

/** "2026-01-22T20:00:00.000+01:00". */
export function timeText(wall: string, offset: number): string {
  return `${wall}:00.000${offsetText(offset)}`;
}

/** "P0DT18H0M0S". */
export function travelTime(minutes: number): string {
  return `P${Math.floor(minutes / 1440)}DT${Math.floor((minutes % 1440) / 60)}H${minutes % 60}M0S`;
}

/** Attributes that a flight's details and its segment share. */
export function flightTimes(flight: Flight): string {
  return `Origin="${flight.origin}" Destination="${flight.destination}" DepartureTime="${timeText(flight.departure, flight.departureOffset)}" ArrivalTime="${timeText(flight.arrival, flight.arrivalOffset)}" FlightTime="${flight.minutes}"`;
}

/** Attributes of the terminals, with a space before each. */
export function terminals(flight: Flight): string {
  const from = flight.originTerminal === undefined ? '' : ` OriginTerminal="${flight.originTerminal}"`;
  return flight.destinationTerminal === undefined
    ? from
    : `${from} DestinationTerminal="${flight.destinationTerminal}"`;
}

/** Who flies, where that is not who sells: with the number or without. Some carriers are named for their own flights too. */
export function codeshareInfo(segment: SoldSegment, nameOwn: boolean): string {
  const { flight } = segment;
  const name = escapeXml((airlineName(flight.carrier) ?? flight.carrier).toUpperCase().slice(0, 24));
  if (!isCodeshare(segment)) {
    if (!nameOwn || styleOf(flight.carrier) !== 4) return '';
    return `<air:CodeshareInfo OperatingCarrier="${flight.carrier}">${name}</air:CodeshareInfo>`;
  }
  const number = segment.operatingNumberKnown ? ` OperatingFlightNumber="${flight.number}"` : '';
  return `<air:CodeshareInfo OperatingCarrier="${flight.carrier}"${number}>${name}</air:CodeshareInfo>`;
}

/** Booking code of a segment: premium fares book their economy feeders in Y. */
export function bookingCode(offer: FlightOffer, leg: SoldLeg, segment: SoldSegment): string {
  return segment.cabin === offer.family.cabin ? leg.bookingClass : 'Y';
}

/** What travellers of one kind pay, among the fares of an offer. */
export function fareOf(offer: FlightOffer, travellers: Travellers): PassengerFare {
  return offer.fares.find((fare) => fare.kind === travellers.kind)!;
}

/**
 * Price attributes. The base is in the currency in which fares from there are filed, which need not be that of the total;
 * then the base in the total's currency stands beside it. In price points single travellers have no approximate taxes.
 */
export function prices(
  amounts: { readonly base: number; readonly tax: number; readonly total: number },
  currency: string,
  offer: FlightOffer,
  broken: BrokenPrice | undefined,
  approximateTaxes = true,
): string {
  const base = priceText(amounts.base, currency);
  const filed = filingCurrency(airportOf(offer.legs[0]!.itinerary.flights[0]!.origin).country);
  const filedBase =
    filed === currency ? base : priceText(toWholeUnits(amounts.base, currency, filed) * minorPerUnit(filed), filed);
  const equivalent = filed === currency ? '' : ` EquivalentBasePrice="${base}"`;
  const total = breakPrice(amountText(amounts.total, currency), currency, broken);
  const totals =
    total.amount === undefined
      ? ''
      : ` TotalPrice="${total.currency ?? ''}${total.amount}" ApproximateTotalPrice="${total.currency ?? ''}${total.amount}"`;
  const taxes = priceText(amounts.tax, currency);
  return `${totals} BasePrice="${filedBase}" ApproximateBasePrice="${base}"${equivalent} Taxes="${taxes}"${approximateTaxes ? ` ApproximateTaxes="${taxes}"` : ''}`;
}

/** Taxes of one traveller. */
export function taxInfos(fare: PassengerFare, currency: string): string {
  return fare.taxes
    .map(({ code, minor }) => `<air:TaxInfo Category="${code}" Amount="${priceText(minor, currency)}"/>`)
    .join('');
}

/** How fares were added up, for people who can read it. */
export function fareCalculation(offer: FlightOffer, fare: PassengerFare): string {
  const legs = offer.legs.map((leg) => {
    const { flights } = leg.itinerary;
    const stops = flights.map(
      (flight, i) => `${i < flights.length - 1 ? 'X/' : ''}${flight.carrier} ${flight.destination}`,
    );
    return `${flights[0]!.origin} ${stops.join(' ')} ${amountText(leg.base[fare.kind]!, offer.currency)}${leg.fareBasis}`;
  });
  return `<air:FareCalc>${legs.join(' ')} NUC${amountText(fare.base, offer.currency)}END ROE1.0</air:FareCalc>`;
}

/** One element for each traveller. */
export function passengerTypes({ code, age, count }: Travellers): string {
  const element = `<air:PassengerType Code="${code}"${age === undefined ? '' : ` Age="${escapeXml(age)}"`}/>`;
  return element.repeat(count);
}

/** What changing and cancelling cost; carriers of one style do not say. */
export function penalties(offer: FlightOffer, fare: PassengerFare): string {
  if (styleOf(offer.owner) === 0) return '';
  const { changeFee, refundFee } = offer.family;
  const amount = (fee: number): string =>
    `<air:Amount>${priceText(Math.round(fare.base * fee), offer.currency)}</air:Amount>`;
  const all = '<air:Percentage>100.00</air:Percentage>';
  const change = `<air:ChangePenalty PenaltyApplies="Anytime">${changeFee === undefined ? all : amount(changeFee)}</air:ChangePenalty>`;
  const cancel = `<air:CancelPenalty PenaltyApplies="Anytime">${refundFee === undefined ? all : amount(refundFee)}</air:CancelPenalty>`;
  const late = `<air:CancelPenalty NoShow="true" PenaltyApplies="After Departure">${all}</air:CancelPenalty>`;
  return `${change}${cancel}${late}`;
}

/** Attributes of a pricing info after its prices. */
export function pricingAttributes(offer: FlightOffer, ticketBy: string): string {
  const refundable = offer.family.refundFee === undefined ? '' : ' Refundable="true"';
  return ` LatestTicketingTime="${ticketBy}" PricingMethod="Guaranteed"${refundable} ETicketability="Yes" PlatingCarrier="${offer.owner}" ProviderCode="1G"`;
}

/** A fare of one leg and one kind of travellers. In a price quote bags stand elsewhere, and brands have their names. */
export function fareInfo(
  key: string,
  offer: FlightOffer,
  leg: SoldLeg,
  travellers: Travellers,
  effective: string,
  brandId: string,
  quote: boolean,
): string {
  const flights = leg.itinerary.flights;
  const departs = flights[0]!.departure.slice(0, 10);
  const amount = priceText(leg.base[travellers.kind]!, offer.currency);
  return `<air:FareInfo Key="${key}" FareBasis="${leg.fareBasis}" PassengerTypeCode="${travellers.code}" Origin="${flights[0]!.origin}" Destination="${flights.at(-1)!.destination}" EffectiveDate="${effective}" DepartureDate="${departs}" Amount="${amount}"${quote ? '' : ' NegotiatedFare="false"'} NotValidBefore="${departs}" NotValidAfter="${departs}">${quote ? '' : allowance(offer)}<air:FareRuleKey FareInfoRef="${key}" ProviderCode="1G">gws-${Buffer.from(`${leg.fareBasis}${key}`).toString('base64')}</air:FareRuleKey>${brand(key, offer, brandId, quote)}</air:FareInfo>`;
}

/** Bags as pieces or, with carriers of one style, as a weight. */
function allowance(offer: FlightOffer): string {
  const { checkedBags } = offer.family;
  if (styleOf(offer.journey.carrier) === 1) {
    return `<air:BaggageAllowance><air:MaxWeight Value="${checkedBags * 20}" Unit="Kilograms"/></air:BaggageAllowance>`;
  }
  return `<air:BaggageAllowance><air:NumberOfPieces>${checkedBags}</air:NumberOfPieces><air:MaxWeight/></air:BaggageAllowance>`;
}

/** The name stands here in price quotes; in searches it is in the list of brands. */
function brand(key: string, offer: FlightOffer, brandId: string, named: boolean): string {
  if (!isBranded(offer)) return `<air:Brand Key="${key}" BrandFound="false" UpSellBrandFound="false"/>`;
  const name = named ? ` Name="${escapeXml(offer.brand)}" Carrier="${offer.journey.carrier}"` : '';
  return `<air:Brand Key="${key}" BrandID="${brandId}" UpSellBrandFound="false"${name}/>`;
}

/** Carriers of one style file no brands with the GDS. */
export function isBranded(offer: FlightOffer): boolean {
  return styleOf(offer.journey.carrier) !== 3;
}

/** A brand in the list at the end of an answer. */
export function brandElement(offer: FlightOffer, brandId: string): string {
  const name = escapeXml(brandName(offer.journey.carrier, offer.family));
  return `<air:Brand Key="${brandId}" BrandID="${brandId}" Name="${name}" Carrier="${offer.journey.carrier}"><air:Title Type="External" LanguageCode="EN">${name}</air:Title><air:Title Type="Short" LanguageCode="EN">${name.slice(0, 10).replace(/&[a-z]*$/, '')}</air:Title></air:Brand>`;
}

/** By when tickets have to be issued: the end of the day of booking plus two, or of departure where that is earlier. */
export function ticketBy(offer: FlightOffer, bookedDay: number): string {
  const first = offer.legs[0]!.itinerary.flights[0]!;
  const departs = dayOf(first.departure.slice(0, 10)) ?? bookedDay;
  const date = dateOf(Math.min(bookedDay + 2, departs));
  // Half of the carriers give a moment, the others a date alone.
  return styleOf(offer.owner) % 2 === 0 ? timeText(`${date}T23:59`, first.departureOffset) : date;
}
