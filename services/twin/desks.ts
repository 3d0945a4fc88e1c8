import { ConfigError, parseYaml } from '../../libs/config/index.ts';
import type { PushConfig, TwinConfig } from './config.ts';
import { alpinebits } from './formats/alpinebits.ts';
import { amadeus } from './formats/amadeus.ts';
import { duffel } from './formats/duffel.ts';
import { ebayBrowse } from './formats/ebay-browse.ts';
import type { Format, Seller, Surroundings } from './formats/format.ts';
import { googleMerchant } from './formats/google-merchant.ts';
import { hotelbeds } from './formats/hotelbeds.ts';
import { karhoo } from './formats/karhoo.ts';
import { shopifyWebhook } from './formats/shopify-webhook.ts';
import { travelport } from './formats/travelport.ts';
import { uber } from './formats/uber.ts';
import type { PushOrder, PushReport } from './push.ts';
import { parseScenario, type Scenario } from './scenario.ts';
import { sellersOf } from './sellers.ts';

/** What a seller has been asked. */
export interface SellerStatistics {
  /** Requests since the scenario began. */
  readonly requests: number;
  /** Of them, those whose client left before the answer was sent. */
  readonly abandoned: number;
  /** Being answered now. */
  readonly open: number;
}

/** A seller with its format and what it has been asked. */
export interface Desk {
  readonly seller: Seller;
  readonly format: Format;
  /** The scenario that the configuration gave it. */
  readonly configured: Scenario;
  readonly push: PushConfig;
  requests: number;
  abandoned: number;
  open: number;
  /** Pushes begun. */
  pushes: number;
  /** The push before, which the next one waits for. */
  pushing: Promise<unknown>;
}

const formats: Readonly<Record<TwinConfig['sellers'][string]['format'], Format>> = {
  duffel,
  travelport,
  amadeus,
  hotelbeds,
  alpinebits,
  'ebay-browse': ebayBrowse,
  'google-merchant': googleMerchant,
  'shopify-webhook': shopifyWebhook,
  uber,
  karhoo,
};

/** The desks of a configuration by their sellers' names. Throws ConfigError as {@link sellersOf} does. */
export function openDesks(config: TwinConfig): ReadonlyMap<string, Desk> {
  const desks = new Map<string, Desk>();
  for (const { seller, format, push } of sellersOf(config)) {
    const { scenario: configured } = seller;
    const counts = { requests: 0, abandoned: 0, open: 0, pushes: 0, pushing: Promise.resolve() };
    desks.set(seller.name, { seller, format: formats[format], configured, push, ...counts });
  }
  return desks;
}

/** The desk of a seller. Throws RangeError where there is none. */
export function deskOf(desks: ReadonlyMap<string, Desk>, name: string): Desk {
  const desk = desks.get(name);
  if (desk === undefined) throw new RangeError(`there is no seller "${name}", only ${[...desks.keys()].join(', ')}`);
  return desk;
}

/** What a seller has been asked. */
export function statisticsOf({ requests, abandoned, open }: Desk): SellerStatistics {
  return { requests, abandoned, open };
}

/** Replaces a seller's scenario and counts its requests from 1 again. Throws ConfigError where the text is no scenario. */
export function replaceScenario(desk: Desk, text: string): void {
  begin(desk, parseScenario(text, `scenario of ${desk.seller.name}`));
}

function begin(desk: Desk, next: Scenario): void {
  desk.seller.scenario = next;
  desk.seller.revision++;
  desk.requests = 0;
  desk.abandoned = 0;
}

interface Reply {
  readonly status: number;
  readonly value: unknown;
}

/** What the twin itself is asked with. */
export interface Administration extends Surroundings {
  readonly desks: ReadonlyMap<string, Desk>;
  /** Pushes for a desk, as `push` does. */
  readonly push: (desk: Desk, order: PushOrder) => Promise<PushReport>;
}

/** Answers what is asked of the twin itself: scenarios, statistics, editions, pushes, truth. */
export async function administer(site: Administration, method: string, url: URL, body: string): Promise<Reply> {
  const [, what = '', name = ''] = url.pathname.split('/');
  const sellers = [...site.desks.keys()];
  if (what === 'healthz') return { status: 200, value: { status: 'ok' } };
  if (what === '') return { status: 200, value: { sellers } };
  const desk = site.desks.get(name);
  if (desk === undefined || !asked.has(what)) {
    return { status: 404, value: { error: 'There is no such seller.', sellers } };
  }
  if (what === '_scenario') return administerScenario(desk, method, body);
  if (what === '_edition') return administerEdition(desk, method, body);
  if (what === '_push') return administerPush(site, desk, method, body);
  if (what === '_statistics') return { status: 200, value: statisticsOf(desk) };
  const truth = desk.format.truth(site, desk.seller, url.searchParams.get('key') ?? '');
  return truth === undefined
    ? { status: 404, value: { error: 'The seller never gave this key.' } }
    : { status: 200, value: truth };
}

const asked = new Set(['_scenario', '_statistics', '_edition', '_push', 'truth']);

/** Moves a seller's range to an edition. Throws RangeError for a number that is none. */
export function moveTo(desk: Desk, edition: number): void {
  if (!Number.isInteger(edition) || edition < 0 || edition > 1_000_000) {
    throw new RangeError(`an edition is an integer from 0 to 1,000,000, not ${edition}`);
  }
  desk.seller.edition = edition;
}

function administerEdition(desk: Desk, method: string, body: string): Reply {
  if (method !== 'GET' && method !== 'PUT') return { status: 405, value: { error: 'An edition takes GET and PUT.' } };
  try {
    if (method === 'PUT') moveTo(desk, body.trim() === '' ? Number.NaN : Number(body));
  } catch (error) {
    if (error instanceof RangeError) return { status: 422, value: { error: error.message } };
    throw error;
  }
  return { status: 200, value: { edition: desk.seller.edition } };
}

async function administerPush(site: Administration, desk: Desk, method: string, body: string): Promise<Reply> {
  if (method !== 'PUT') return { status: 405, value: { error: 'A push takes PUT.' } };
  try {
    return { status: 200, value: await site.push(desk, readOrder(body)) };
  } catch (error) {
    if (error instanceof RangeError) return { status: 422, value: { error: error.message } };
    if (error instanceof ConfigError) return { status: 422, value: { error: error.message, problems: error.problems } };
    throw error;
  }
}

function readOrder(body: string): PushOrder {
  return parseYaml<PushOrder>(body.trim() === '' ? '{}' : body, 'push', {
    type: 'object',
    additionalProperties: false,
    properties: {
      kind: { type: 'string' },
      target: { type: 'string', pattern: '^https?://' },
      count: { type: 'integer', minimum: 1 },
    },
  }).value;
}

function administerScenario(desk: Desk, method: string, body: string): Reply {
  if (method === 'PUT') {
    try {
      replaceScenario(desk, body);
    } catch (error) {
      if (error instanceof ConfigError)
        return { status: 422, value: { error: error.message, problems: error.problems } };
      throw error;
    }
  } else if (method === 'DELETE') {
    begin(desk, desk.configured);
  } else if (method !== 'GET') {
    return { status: 405, value: { error: 'A scenario takes GET, PUT and DELETE.' } };
  }
  return { status: 200, value: desk.seller.scenario };
}
