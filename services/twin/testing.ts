import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { parseYaml } from '../../libs/config/index.ts';
import { type TwinConfig, twinSchema } from './config.ts';
import { dateOf, dayOfEpoch } from './dates.ts';
import { createTwin, type Twin } from './server.ts';

/** The moment at which tests take place: nothing in them depends on the machine's clock. */
export const testNow = Date.UTC(2026, 0, 5, 10, 0, 0);

/** Four sellers without delays or faults; two of them the same flights, two the same hotels. */
export function testConfig(more: Readonly<Record<string, unknown>> = {}): TwinConfig {
  const text = JSON.stringify({
    seed: 7,
    sellers: {
      duffel: {
        format: 'duffel',
        currency: 'GBP',
        coverage: 1,
        lowCostCoverage: 1,
        codeshareShare: 0.3,
        maxOffers: 400,
      },
      travelport: {
        format: 'travelport',
        currency: 'EUR',
        coverage: 1,
        lowCostCoverage: 1,
        codeshareShare: 0.6,
        maxOffers: 400,
        compress: true,
      },
      hotelbeds: { format: 'hotelbeds', currency: 'EUR', coverage: 0.9, maxOffers: 100 },
      'hotelbeds-direct': { format: 'hotelbeds', currency: 'GBP', coverage: 0.9, maxOffers: 100 },
    },
    ...more,
  });
  return parseYaml<TwinConfig>(text, 'test', twinSchema).value;
}

/** A twin for tests. `clock.now` can be moved. */
export async function startTestTwin(
  config: TwinConfig = testConfig(),
): Promise<{ twin: Twin; clock: { now: number } }> {
  const clock = { now: testNow };
  const twin = await createTwin({ config, now: () => clock.now });
  return { twin, clock };
}

/** The date that many days after the tests' now. */
export function daysAhead(days: number): string {
  return dateOf(dayOfEpoch(testNow) + days);
}

/** An answer read whole. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function hear(url: string, init: RequestInit): Promise<Heard> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Headers that Duffel wants. */
export const duffelHeaders = {
  authorization: 'Bearer twin',
  'duffel-version': 'v2',
  'content-type': 'application/json',
};

/** Asks a seller in Duffel's format. With a body it posts. */
export function askDuffel(
  twin: Twin,
  path: string,
  body?: unknown,
  headers: Record<string, string> = duffelHeaders,
): Promise<Heard> {
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return hear(`${twin.url}/duffel${path}`, init);
}

/** A Duffel offer request for slices like "LHR-JFK" on days ahead. */
export function duffelSearch(
  slices: readonly (readonly [string, number])[],
  passengers: readonly object[] = [{ type: 'adult' }],
) {
  return {
    data: {
      slices: slices.map(([pair, days]) => {
        const [origin, destination] = pair.split('-');
        return { origin, destination, departure_date: daysAhead(days) };
      }),
      passengers,
    },
  };
}

/** The parts of a Duffel offer that tests look at. */
export interface DuffelOfferJson {
  readonly id: string;
  readonly base_amount: string;
  readonly tax_amount: string;
  readonly total_amount?: string;
  readonly total_currency?: string;
  readonly expires_at: string;
  readonly owner: { readonly iata_code: string };
  readonly slices: readonly {
    readonly duration: string;
    readonly fare_brand_name: string | null;
    readonly segments: readonly {
      readonly origin: { readonly iata_code: string; readonly time_zone: string };
      readonly destination: { readonly iata_code: string; readonly time_zone: string };
      readonly departing_at: string;
      readonly arriving_at: string;
      readonly duration: string;
      readonly marketing_carrier: { readonly iata_code: string };
      readonly marketing_carrier_flight_number: string;
      readonly operating_carrier: { readonly iata_code: string };
      readonly operating_carrier_flight_number: string | null;
      readonly passengers: readonly { readonly cabin_class: string; readonly baggages: readonly object[] }[];
    }[];
  }[];
}

/** The offers of a Duffel search. */
export async function duffelOffers(twin: Twin, search: unknown): Promise<DuffelOfferJson[]> {
  const { text } = await askDuffel(twin, '/air/offer_requests?return_offers=true', search);
  return (JSON.parse(text) as { data: { offers: DuffelOfferJson[] } }).data.offers;
}

/** A LowFareSearchReq in its envelope. */
export function lowFareSearch(
  slices: readonly (readonly [string, number])[],
  options: { readonly passengers?: string; readonly attributes?: string; readonly modifiers?: string } = {},
): string {
  const legs = slices.map(([pair, days]) => {
    const [origin, destination] = pair.split('-');
    return `<air:SearchAirLeg><air:SearchOrigin><com:CityOrAirport Code="${origin}" PreferCity="true"/></air:SearchOrigin><air:SearchDestination><com:CityOrAirport Code="${destination}" PreferCity="true"/></air:SearchDestination><air:SearchDepTime PreferredTime="${daysAhead(days)}"/></air:SearchAirLeg>`;
  });
  return soap(
    `<air:LowFareSearchReq xmlns:air="http://www.travelport.com/schema/air_v52_0" xmlns:com="http://www.travelport.com/schema/common_v52_0" TraceId="a&amp;b" TargetBranch="P1" ${options.attributes ?? ''}>${legs.join('')}${options.passengers ?? '<com:SearchPassenger Code="ADT"/>'}${options.modifiers ?? ''}</air:LowFareSearchReq>`,
  );
}

/** Something in a SOAP envelope. */
export function soap(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${body}</soap:Body></soap:Envelope>`;
}

/** Asks the seller in Travelport's format. */
export function askTravelport(
  twin: Twin,
  body: string,
  headers: Record<string, string> = { authorization: `Basic ${btoa('Universal API/u:p')}` },
): Promise<Heard> {
  return hear(`${twin.url}/travelport/AirService`, { method: 'POST', headers, body });
}

/** An element as parsed: attributes under "@name", children by local name, each a list, text under "#text". */
export interface Node {
  readonly [name: string]: readonly Node[] | string | undefined;
}

/** The body of a SOAP envelope. Throws for XML that is not well-formed. */
export function parseSoap(text: string): Node {
  const root = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    alwaysCreateTextNode: true,
    isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
  }).parse(text, true) as Node;
  return nodes(nodes(root, 'Envelope')[0], 'Body')[0]!;
}

/** Children of a name. */
export function nodes(node: Node | undefined, name: string): readonly Node[] {
  const found = node?.[name];
  return Array.isArray(found) ? found : [];
}

/** An attribute; empty where there is none. */
export function at(node: Node | undefined, name: string): string {
  const value = node?.[`@${name}`];
  return typeof value === 'string' ? value : '';
}

/** Asks a seller in Hotelbeds' format, signed for a second that may be off. */
export function askHotelbeds(
  twin: Twin,
  operation: string,
  body: unknown,
  options: { readonly seller?: string; readonly secret?: string; readonly offSeconds?: number } = {},
): Promise<Heard> {
  const second = Math.floor(testNow / 1000) + (options.offSeconds ?? 0);
  const signature = createHash('sha256')
    .update(`key${options.secret ?? 'twin'}${second}`)
    .digest('hex');
  return hear(`${twin.url}/${options.seller ?? 'hotelbeds'}/hotel-api/1.0/${operation}`, {
    method: 'POST',
    headers: {
      'api-key': 'key',
      'x-signature': signature,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify(body),
  });
}

/** An availability request for a circle around the middle of Paris. */
export function staySearch(nights: number, occupancies: readonly object[] = [{ rooms: 1, adults: 2, children: 0 }]) {
  return {
    stay: { checkIn: daysAhead(60), checkOut: daysAhead(60 + nights) },
    occupancies,
    geolocation: { latitude: 48.8566, longitude: 2.3522, radius: 20, unit: 'km' },
  };
}

/** The parts of a Hotelbeds hotel that tests look at. */
export interface HotelJson {
  readonly code: number;
  readonly name: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly minRate: string;
  readonly currency?: string;
  readonly rooms: readonly {
    readonly code: string;
    readonly rates: readonly RateJson[];
  }[];
}

/** The parts of a Hotelbeds rate that tests look at. */
export interface RateJson {
  readonly rateKey: string;
  readonly rateClass: string;
  readonly rateType: string;
  readonly net: string;
  readonly sellingRate?: string;
  readonly hotelMandatory?: boolean;
  readonly paymentType: string;
  readonly rooms: number;
  readonly adults: number;
  readonly children: number;
  readonly childrenAges?: string;
  readonly cancellationPolicies: readonly { readonly amount: string; readonly from: string }[];
  readonly taxes?: {
    readonly allIncluded: boolean;
    readonly taxes: readonly { readonly included: boolean; readonly amount: string; readonly currency: string }[];
  };
}

/** The hotels of an availability answer. */
export function hotelsIn(heard: Heard): HotelJson[] {
  return (JSON.parse(heard.text) as { hotels: { hotels?: HotelJson[] } }).hotels.hotels ?? [];
}

/** All rates of hotels. */
export function ratesIn(hotels: readonly HotelJson[]): RateJson[] {
  return hotels.flatMap((hotel) => hotel.rooms.flatMap((room) => room.rates));
}

/** Minor units of a two-digit decimal. */
export function cents(text: string | undefined): number {
  const parts = /^(-?)(\d+)\.(\d\d)$/.exec(text ?? '');
  if (parts === null) throw new Error(`no amount with two digits: ${text}`);
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 100 + Number(parts[3]));
}

/** Kinds of values by path, list positions folded. */
export function kindsOf(value: unknown, at = '', found = new Map<string, Set<string>>()): Map<string, Set<string>> {
  if (Array.isArray(value)) {
    for (const item of value) kindsOf(item, `${at}[]`, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) kindsOf(item, `${at}.${name}`, found);
  } else {
    const set = found.get(at) ?? new Set();
    found.set(at, set.add(value === null ? 'null' : typeof value));
  }
  return found;
}
