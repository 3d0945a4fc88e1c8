// Rows in the format of Amadeus' flight offers, some 2 to 4 KB of JSON each: one way or return, direct or by way of a hub, for
// one or two travellers, with brands, bags and operating carriers that are there or not.
import { type CompactRow, compactRows } from './rows.ts';

const hubs = ['DUB', 'KEF', 'AMS'] as const;

/** The text of an answer. */
export function amadeusBody(count: number, variant: number, date: string): string {
  const back = Temporal.PlainDate.from(date).add({ days: 7 }).toString();
  const data = compactRows(variant, count, variant, date).map((row, index) => offerOf(row, index, date, back));
  return JSON.stringify({ meta: { count, links: { self: 'https://api.example/v2/shopping/flight-offers' } }, data });
}

function offerOf(row: CompactRow, index: number, date: string, back: string): object {
  const ways = index % 3 === 0 ? [[row.from, row.to, date] as const] : waysOf(row, date, back);
  const itineraries = ways.map(([from, to, day], way) => itinerary(row, from, to, day, `${index}-${way}`));
  const segments = itineraries.flatMap((one) => one.segments);
  return {
    type: 'flight-offer',
    id: String(index + 1),
    source: 'GDS',
    instantTicketingRequired: false,
    nonHomogeneous: false,
    oneWay: false,
    lastTicketingDate: date,
    numberOfBookableSeats: (index % 9) + 1,
    itineraries,
    price: {
      currency: row.currency,
      total: row.price,
      base: (Number(row.price) - Number(row.tax)).toFixed(2),
      fees: [
        { amount: '0.00', type: 'SUPPLIER' },
        { amount: '0.00', type: 'TICKETING' },
      ],
      grandTotal: row.price,
    },
    pricingOptions: { fareType: ['PUBLISHED'], includedCheckedBagsOnly: row.bags > 0 },
    validatingAirlineCodes: [row.carrier],
    travelerPricings: Array.from({ length: (index % 2) + 1 }, (_, traveller) => ({
      travelerId: String(traveller + 1),
      fareOption: 'STANDARD',
      travelerType: 'ADULT',
      price: { currency: row.currency, total: row.price, base: row.price },
      fareDetailsBySegment: segments.map(({ id }) => fareOf(row, id, index)),
    })),
  };
}

function waysOf(row: CompactRow, date: string, back: string) {
  return [[row.from, row.to, date] as const, [row.to, row.from, back] as const];
}

function itinerary(row: CompactRow, from: string, to: string, day: string, id: string) {
  const hub = row.via === '' ? undefined : hubs[row.minutes % hubs.length]!;
  const legs =
    hub === undefined
      ? [[from, to]]
      : [
          [from, hub],
          [hub, to],
        ];
  const segments = legs.map(([origin, destination], leg) => ({
    departure: { iataCode: origin, terminal: '5', at: `${day}T0${6 + leg * 3}:${row.departs.slice(14, 16)}:00` },
    arrival: { iataCode: destination, at: `${day}T${leg === 0 ? '08' : '21'}:${row.arrives.slice(14, 16)}:00` },
    carrierCode: row.carrier,
    number: row.number,
    aircraft: { code: row.aircraft },
    ...(row.bags !== 2 && { operating: { carrierCode: leg === 0 ? row.operator : hubs[0].slice(0, 2) } }),
    duration: `PT${1 + leg * 6}H${row.minutes % 60}M`,
    id: `${id}-${leg}`,
    numberOfStops: row.minutes % 17 === 0 ? 1 : 0,
    blacklistedInEU: false,
  }));
  return { duration: `PT${Math.floor(row.minutes / 60)}H${row.minutes % 60}M`, segments };
}

function fareOf(row: CompactRow, segmentId: string, index: number): object {
  const brand = index % 4 !== 0 && { brandedFare: row.brand.toUpperCase(), brandedFareLabel: row.brand };
  const bags = row.bags === 2 ? { weight: 23, weightUnit: 'KG' } : { quantity: row.bags };
  return {
    segmentId,
    cabin: row.cabin,
    fareBasis: row.basis,
    ...brand,
    class: 'O',
    ...(index % 7 !== 0 && { includedCheckedBags: bags }),
  };
}
