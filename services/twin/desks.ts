import { ConfigError } from '../../libs/config/index.ts';
import type { TwinConfig } from './config.ts';
import { duffel } from './formats/duffel.ts';
import type { Format, Seller, Surroundings } from './formats/format.ts';
import { hotelbeds } from './formats/hotelbeds.ts';
import { travelport } from './formats/travelport.ts';
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
  requests: number;
  abandoned: number;
  open: number;
}

const formats: Readonly<Record<TwinConfig['sellers'][string]['format'], Format>> = { duffel, travelport, hotelbeds };

/** The desks of a configuration by their sellers' names. Throws ConfigError as {@link sellersOf} does. */
export function openDesks(config: TwinConfig): ReadonlyMap<string, Desk> {
  const desks = new Map<string, Desk>();
  for (const { seller, format } of sellersOf(config)) {
    const { scenario: configured } = seller;
    desks.set(seller.name, { seller, format: formats[format], configured, requests: 0, abandoned: 0, open: 0 });
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

/** Answers what is asked of the twin itself: scenarios, statistics, truth. */
export function administer(
  site: Surroundings & { readonly desks: ReadonlyMap<string, Desk> },
  method: string,
  url: URL,
  body: string,
): Reply {
  const [, what = '', name = ''] = url.pathname.split('/');
  const sellers = [...site.desks.keys()];
  if (what === 'healthz') return { status: 200, value: { status: 'ok' } };
  if (what === '') return { status: 200, value: { sellers } };
  const desk = site.desks.get(name);
  if (desk === undefined || !['_scenario', '_statistics', 'truth'].includes(what)) {
    return { status: 404, value: { error: 'There is no such seller.', sellers } };
  }
  if (what === '_scenario') return administerScenario(desk, method, body);
  if (what === '_statistics') return { status: 200, value: statisticsOf(desk) };
  const truth = desk.format.truth(site, desk.seller, url.searchParams.get('key') ?? '');
  return truth === undefined
    ? { status: 404, value: { error: 'The seller never gave this key.' } }
    : { status: 200, value: truth };
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
