import type { IncomingHttpHeaders } from 'node:http';
import type { Body, BodyCache } from '../bodies.ts';
import type { FlightSeller } from '../flights/offers.ts';
import type { Scenario } from '../scenario.ts';
import type { StaySeller } from '../stays/sellers.ts';
import type { World } from '../world.ts';

/** A seller at work. */
export interface Seller extends FlightSeller, StaySeller {
  readonly lifetimeSeconds: number;
  readonly compress: boolean;
  readonly secret: string;
  /** What goes wrong now; replaced as a whole. */
  scenario: Scenario;
  /** Grows when the scenario is replaced, so that answers made under another one are not taken from the cache. */
  revision: number;
}

/** One request as a format sees it. */
export interface Call {
  readonly method: string;
  /** Path below the seller's, as the partner has it: "/air/offers". */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Number of the request at this seller since the scenario began. */
  readonly number: number;
  /** The answer is to carry a warning, in formats that have any. */
  readonly warning: boolean;
}

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Body;
}

/** What an offer really is, whoever sells it. */
export interface Truth {
  readonly kind: 'flight' | 'stay';
  /** The product: the same at every seller. */
  readonly product: string;
  /** What sellers sell it with: fare family; room, board and rate plan. */
  readonly variant: string;
}

/** What formats share of the twin. */
export interface Surroundings {
  readonly world: World;
  readonly bodies: BodyCache;
}

/** A partner's wire format. */
export interface Format {
  /** Answers a request; whatever is wrong with it becomes the partner's own error. */
  answer(surroundings: Surroundings, seller: Seller, call: Call): Answer;
  /** Refuses a request as a scenario says. `variant` is 0 to 1 and picks among ways of doing so. */
  refuse(seller: Seller, call: Call, why: 'rateLimit' | 'quota' | 'error', variant: number): Answer;
  /** What is behind an offer's key; undefined for a key that the seller never gave. */
  truth(surroundings: Surroundings, seller: Seller, key: string): Truth | undefined;
}

/** Answers are made for half a minute at a time, so that equal requests within it get the same bytes at no cost. */
const answerSeconds = 30;

/** The second since 1970 at which an answer to a request counts as made. */
export function createdSecond(now: number): number {
  return Math.floor(now / 1000 / answerSeconds) * answerSeconds;
}
