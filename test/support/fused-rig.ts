// Everything in one process, the pretend partners without delays or faults until a test asks for some.
import { type Fused, type FusedOptions, startFused } from '../../services/entrepot/fused.ts';
import { askedPartners } from './asked-partners.ts';

/** JSON as it came. The tests look into it by path; a wrong path fails them. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An answer of the edge. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface MoneyJson {
  readonly currencyCode: string;
  readonly amount: string;
}

export interface OfferJson {
  readonly offerId: string;
  readonly productId: string;
  readonly productProvisional?: boolean;
  readonly partner: string;
  readonly item: {
    readonly flight?: {
      readonly stops?: number;
      readonly slices: readonly {
        readonly origin: string;
        readonly destination: string;
        readonly segments: readonly { readonly departure: { readonly dateTime: string } }[];
      }[];
    };
    readonly stay?: { readonly propertyCode: string; readonly propertyName: string };
  };
  readonly price: { readonly total: MoneyJson; readonly partnerTotal: MoneyJson };
  readonly fetchedAt: string;
  readonly expiresAt: string;
  readonly otherOffers?: readonly { readonly offerId: string; readonly partner: string; readonly total: MoneyJson }[];
}

export interface OutcomeJson {
  readonly partner: string;
  readonly status: string;
  readonly failure?: string;
  readonly detail?: string;
  readonly rowsReceived?: number;
  readonly offersKept?: number;
  readonly rejections?: readonly { readonly reason: string; readonly count: number; readonly example?: string }[];
  readonly requests?: number;
  readonly cache?: string;
  readonly cacheAgeMs?: number;
  readonly appliedFilters?: readonly string[];
  readonly retryAfterMs?: number;
}

export interface PageJson {
  readonly searchId: string;
  readonly complete?: boolean;
  readonly offers?: readonly OfferJson[];
  readonly nextPageToken?: string;
  readonly totalSize?: number;
  readonly outcomes: readonly OutcomeJson[];
  readonly progress: { readonly offers?: number; readonly offersMatching?: number; readonly elapsedMs?: number };
  readonly facets?: readonly Json[];
  readonly cursor: string;
  readonly currency?: string;
  readonly askedAgain?: Json;
}

export interface ProblemJson {
  readonly status: number;
  readonly reason: string;
  readonly detail: string;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a seller of the twin has been asked. */
export interface Asked {
  readonly requests: number;
  readonly abandoned: number;
  readonly open: number;
}

export interface Rig extends Fused {
  call<Body>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  /** A search as one document; throws unless it is 200. */
  search(request: unknown, headers?: Record<string, string>): Promise<PageJson>;
  /** What happens at a seller from now on; `{}` for nothing bad. */
  scenario(seller: string, scenario: Readonly<Record<string, unknown>>): Promise<void>;
  asked(seller: string): Promise<Asked>;
}

export const flightSellers = ['amadeus', 'duffel', 'duffel-leisure', 'travelport'];
export const staySellers = ['hotelbeds', 'hotelbeds-direct', 'hotelbeds-select'];
export const goodSellers = ['ebay'];
export const rideSellers = ['karhoo', 'uber'];

/** The date that many days from today, in UTC. */
export function daysAhead(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString();
}

/** The search that the README shows, with changes. */
export function flightSearch(
  changes: Readonly<Record<string, unknown>> = {},
  flight: Readonly<Record<string, unknown>> = {},
) {
  return {
    flight: { origin: 'LHR', destination: 'JFK', departureDate: daysAhead(60), adults: 1, ...flight },
    currency: 'GBP',
    market: 'GB',
    pageSize: 20,
    orderBy: 'price',
    ...changes,
  };
}

/** A search for five nights in Palma, with changes. */
export function staySearch(
  changes: Readonly<Record<string, unknown>> = {},
  stay: Readonly<Record<string, unknown>> = {},
) {
  return {
    stay: { place: 'PMI', checkIn: daysAhead(60), checkOut: daysAhead(65), rooms: [{ adults: 2 }], ...stay },
    currency: 'GBP',
    market: 'GB',
    pageSize: 20,
    ...changes,
  };
}

/** Starts everything on free ports, keeping nothing on disk, with the shipped partners that are asked. */
export async function startRig(options: FusedOptions = {}): Promise<Rig> {
  const config = askedPartners();
  const fused = await startFused({ port: 0, inMemory: true, configDirectory: config.directory, ...options });
  const { edgeUrl, twinUrl } = fused;
  if (twinUrl === undefined) throw new Error('The twin was not started.');
  const call: Rig['call'] = async <Body>(method: string, path: string, body?: unknown, headers = {}) => {
    const response = await fetch(edgeUrl + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  const scenario: Rig['scenario'] = async (seller, wanted) => {
    const response = await fetch(`${twinUrl}/_scenario/${seller}`, { method: 'PUT', body: JSON.stringify(wanted) });
    if (!response.ok) throw new Error(await response.text());
  };
  for (const seller of [...flightSellers, ...staySellers, ...goodSellers, ...rideSellers]) await scenario(seller, {});
  return {
    ...fused,
    close: async () => {
      await fused.close();
      config.remove();
    },
    call,
    scenario,
    search: async (request, headers) => {
      const { status, body } = await call<PageJson>('POST', '/v1/searches', request, headers);
      if (status !== 200) throw new Error(`The search was answered with ${status}: ${JSON.stringify(body)}`);
      return body;
    },
    asked: async (seller) => (await (await fetch(`${twinUrl}/_statistics/${seller}`)).json()) as Asked,
  };
}
