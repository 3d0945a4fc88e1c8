import type { IncomingHttpHeaders } from 'node:http';
import type { Body, BodyCache } from '../bodies.ts';
import type { FlightSeller } from '../flights/offers.ts';
import type { GoodsSeller } from '../goods/sellers.ts';
import type { RideSeller } from '../rides/sellers.ts';
import type { Scenario } from '../scenario.ts';
import type { StaySeller } from '../stays/sellers.ts';
import type { World } from '../world.ts';

/** A seller at work. */
export interface Seller extends FlightSeller, StaySeller, GoodsSeller, RideSeller {
  readonly lifetimeSeconds: number;
  readonly compress: boolean;
  readonly secret: string;
  /** Asked for in Basic authentication beside the secret; undefined takes any, and none where the partner allows it. */
  readonly username: string | undefined;
  /** How long access tokens last. */
  readonly tokenSeconds: number;
  /** How long asynchronous quotes take to be complete. */
  readonly quoteSeconds: number;
  /** Length of its feed. */
  readonly items: number;
  /** Seconds after which its range moves on by itself; 0 is never. */
  readonly editionSeconds: number;
  /** IATA codes of the cities whose hotels it pushes. */
  readonly destinations: readonly string[];
  /** How far its range has moved on by hand. */
  edition: number;
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
  readonly body: string | Body | Streamed;
}

/** A body that is made while it is sent. */
export interface Streamed {
  /** The text in pieces, up to a share of it: 1 is all. */
  chunks(share: number): Iterable<string>;
  /** It is sent as a gzip file, whatever the client accepts. */
  readonly gzip: boolean;
  /** Content type of what is in the file. Pieces of XML end where a tag ends. */
  readonly plainType: string;
}

/** What an offer really is, whoever sells it. */
export interface Truth {
  readonly kind: 'flight' | 'stay' | 'good' | 'ride';
  /** The product: the same at every seller. */
  readonly product: string;
  /** What sellers sell it with: fare family; room, board and rate plan; condition; class of vehicle. */
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
  /** How it calls the platform, in formats that do. */
  readonly pusher?: Pusher;
}

/** One message to the platform. */
export interface Message {
  /** Names the message: the same when it is sent again. */
  readonly id: string;
  /** What it is: a topic, an action. */
  readonly label: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the platform's answer to a message says. */
export interface Verdict {
  readonly outcome: 'accepted' | 'advisory' | 'warning' | 'refused';
  /** Worth sending again. */
  readonly retry: boolean;
  /** In the platform's words. */
  readonly note?: string;
  /** What the platform asks to be sent next. */
  readonly wants?: readonly string[];
}

/** The half of a format in which the partner speaks first. */
export interface Pusher {
  /** What can be asked for; all have "full", everything as it is, and "changes", what changed since the edition before. */
  readonly kinds: readonly string[];
  /** How long it waits for an answer, milliseconds. */
  readonly timeoutMs: number;
  /** The messages of a kind, as the range is now; at most `count` of things that come one by one. */
  messages(
    surroundings: Surroundings,
    seller: Seller,
    order: { readonly kind: string; readonly count: number; readonly number: number },
    now: number,
  ): Iterable<Message>;
  /** The same message from somebody who does not know the secret. */
  forge(message: Message): Message;
  /** The message with another body, as whoever knows the secret sends it. */
  seal(seller: Seller, message: Message, body: Buffer): Message;
  /** Reads an answer. */
  read(message: Message, status: number, body: string): Verdict;
}

/** The edition of a seller's range at a moment. */
export function editionAt(seller: Seller, now: number): number {
  return seller.edition + (seller.editionSeconds === 0 ? 0 : Math.floor(now / 1000 / seller.editionSeconds));
}

/** Answers are made for half a minute at a time, so that equal requests within it get the same bytes at no cost. */
const answerSeconds = 30;

/** The second since 1970 at which an answer to a request counts as made. */
export function createdSecond(now: number): number {
  return Math.floor(now / 1000 / answerSeconds) * answerSeconds;
}
