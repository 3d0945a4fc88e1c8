/**
 * What one partner format has to say. An adapter builds requests and reads answers; it never sends, waits, retries, caches
 * or counts: `supply` does that for all of them. All functions are synchronous and pure: the same answer is read again
 * minutes later, maybe by another process, and must yield the same rows in the same order.
 */

import type { Charge } from '../../libs/columns/index.ts';
import type { Criteria, Item } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { FailureKind, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PartnerRate } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { Constraint, ConstraintOperator, ConstraintValue } from '../../libs/expression/index.ts';
import type { HedgedRequest } from './hedging.ts';
import type { InventoryFormat } from './inventory/types.ts';
import type { Wanted } from './wanted.ts';

/** A configured partner as its adapter sees it. Several partners (accounts, brands, regions) may use one adapter. */
export interface Account {
  /** The partner's name, as in outcomes and handles: "duffel-leisure". */
  readonly partner: string;
  /** Base URL without trailing slash; request paths are joined to it. */
  readonly endpoint: string;
  /** The text of a credential named in the partner's configuration. Throws (and the partner counts as failed) where there is none. */
  credential(name: string): string;
  /** What the partner's configuration says under `options`, for the adapter alone. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How far a search is: what its next request and the reading of its answers depend on. Immutable; part of an answer. */
export interface Progress {
  /** Steps done before the search itself. */
  readonly step: number;
  /** Number of the page, from 1. */
  readonly page: number;
  /** Elements of the outermost list of rows on earlier pages. */
  readonly offset: number;
  /** What the partner gave to ask for this page with. */
  readonly cursor?: string;
  /** Times that what is answered bit by bit was asked how far it is. */
  readonly polls: number;
  /** Values read from earlier answers of the search. */
  readonly taken: Readonly<Record<string, unknown>>;
  /** Of the row that is asked for again: its id, and by name what reading the answer needs of it and of its own answer. */
  readonly before?: { readonly id: unknown; readonly values: Readonly<Record<string, unknown>> };
}

/** What is asked of a partner. */
export interface AskContext {
  /** On whose account. */
  readonly account: Account;
  /** What is sought; the oneof case is the adapter's vertical. */
  readonly criteria: Criteria;
  /** Market in which the offers are shown, ISO 3166-1 alpha-2. */
  readonly market: string;
  /** ISO 4217 code to ask for where the partner lets one choose; the answer's own currency counts. */
  readonly currency: string;
  /** BCP 47 locale for texts. */
  readonly locale: string;
  /** Now, in epoch milliseconds (signatures, lifetimes). Never read the clock instead. */
  readonly now: number;
  /** What the partner is asked to apply of the search's filter, by what {@link Adapter.filters} says; absent: nothing. */
  readonly filters?: readonly Constraint[];
  /** Of the request that is answered; absent before the first. */
  readonly progress?: Progress;
  /** Of the answer that is read: those that {@link Adapter.answerHeaders} names, where it had them, by lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One HTTP request to a partner. */
export interface PartnerRequest {
  readonly method: 'GET' | 'POST';
  /** Joined to `account.endpoint`, starts with "/", query included. */
  readonly path: string;
  /** Header names in lower case. `accept-encoding` is set by supply. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text of the body, UTF-8. */
  readonly body?: string;
  /** Becomes `progress` of the context in which its answer is read. */
  readonly progress?: Progress;
  /** Sent so many milliseconds after the answer before it: the partner was still working. */
  readonly afterMs?: number;
  /** Where the session's token stands in the request itself: the request with it, for sending alone. */
  readonly withToken?: (token: string) => PartnerRequest;
}

/** What is known while an answer is read. */
export interface AnswerContext extends AskContext {
  /** When the answer was received, epoch milliseconds: the base of lifetimes. */
  readonly fetchedAt: number;
  /** The adapter's manifest. */
  readonly manifest: Manifest;
}

/** What an answer says is left of a quota. */
export interface StatedQuota {
  /** Requests that may still be sent. */
  readonly remaining: number;
  /** Until the quota is whole again, milliseconds from now. */
  readonly resetMs: number;
}

/** What authenticates requests. Its values are kept out of everything that people see, whatever it is called. */
export interface AuthenticatingParts {
  /** Headers, by lower-case names. */
  readonly headers: readonly string[];
  /** Query parameters. */
  readonly query: readonly string[];
  /** Fields of forms and bodies of requests. */
  readonly fields: readonly string[];
}

/** Rows of one page in order, with the request for the next page if there is one; or an error inside a 200. */
export type ReadResult<Row> =
  | {
      readonly rows: Row[];
      readonly next?: PartnerRequest /** The partner's own warning: makes the outcome PARTIAL. */;
      readonly warning?: string /** A step on the way or an unfinished answer: it counts as no page, and its rows may come again. */;
      readonly intermediate?: boolean;
    }
  | StatedFailure;

/** What an answer says went wrong. */
export interface StatedFailure {
  readonly failure: FailureKind;
  /** For a person. */
  readonly detail: string;
  /** When the partner says that it may be asked again, from now. */
  readonly retryAfterMs?: number;
}

/** The partner's own price of a row. */
export interface PartnerPrice {
  /** ISO 4217. */
  readonly currency: string;
  /** Minor units of the currency: what the partner charges. */
  readonly totalMinor: number;
  /**
   * Where the partner states a range: the most that it may charge, not below `totalMinor`, which is then the least. Absent
   * where the price is none. A row with a tariff and no price is no offer: throw Rejection METERED.
   */
  readonly totalMaxMinor?: number;
  /** The part of the total that was stated as tax; -1 where the partner does not split it. */
  readonly taxMinor: number;
  /** Mandatory charges that are not in the total; 0 where there are none. */
  readonly dueLaterMinor: number;
  /** What the total includes: from the row, or from the manifest's cited statement for the market. */
  readonly basis: TaxBasis;
  /**
   * Mandatory charges that are not in the total, one by one, each in its own currency; absent for none. Those due later in the
   * price's currency are what `dueLaterMinor` says, or a part of it.
   */
  readonly charges?: readonly Charge[];
}

/**
 * Thrown by row functions (`columns`, `price`, `expiresAt`, `item`): this row cannot become an offer. Counted by reason,
 * with one example a reason. Cheap to make: it has no stack.
 */
export class Rejection extends Error {
  readonly reason: RejectionReason;
  readonly #because: (() => string | undefined) | undefined;

  /**
   * @param example for a person: what was wrong. No personal data, no secrets
   * @param because more about it, found out only where somebody reads it: of many rows one is shown
   */
  constructor(reason: RejectionReason, example: string, because?: () => string | undefined) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(example);
    Error.stackTraceLimit = limit;
    this.name = 'Rejection';
    this.reason = reason;
    this.#because = because;
  }

  /** For a person: what was wrong, and as far as that is known why. */
  get example(): string {
    const because = this.#because?.();
    return because === undefined ? this.message : `${this.message}: ${because}`;
  }
}

/**
 * How a token for requests is got: by OAuth 2.0, or by a login of the partner's own making. The token is the account's: got
 * once for all calls that need it, kept until shortly before it ends, and got anew where the partner refuses it.
 */
export interface SessionClient {
  /** Option of the account with the base URL that the login goes to, where that is another than the account's endpoint. */
  readonly endpointOption?: string;
  /** Format of the login's answers. */
  readonly format: 'json' | 'xml';
  /** The request that logs in. It may depend on the account alone. */
  open(asked: AskContext): PartnerRequest;
  /** The token of a 2xx answer, checked by the caller, with how long it lasts; or the failure that it states. */
  read(
    body: unknown,
    context: AnswerContext,
  ): { readonly token: unknown; readonly lifetimeMs?: number } | StatedFailure;
  /** An answer to the login that is not 2xx, as `Adapter.readError`. */
  readError(status: number, body: unknown, text: string, context: AskContext): StatedFailure;
  /** A request with the token. */
  sign(request: PartnerRequest, token: string, asked: AskContext): PartnerRequest;
}

/** Whether the partner can apply a constraint with the value; times are epoch milliseconds. */
export type CanApply = (value: ConstraintValue, context: AskContext) => boolean;

/** What a partner applies itself of a search's filter, by attribute and operator. */
export type ApplicableFilters = ReadonlyMap<string, ReadonlyMap<ConstraintOperator, CanApply>>;

/** One partner format. `Body` is the parsed answer: a JSON value, or the object that the XML parser makes. */
export interface Adapter<Row = unknown, Body = unknown> {
  /** The vertical it sells, as the oneof case in Criteria and Item: "flight". */
  readonly vertical: string;
  /**
   * What of a search's filter the partner applies itself; absent: nothing. `ask` then has to ask for what `context.filters`
   * holds, whole.
   */
  readonly filters?: ApplicableFilters;
  /** The first request of a search, or why these criteria cannot be asked (a sentence for a person). */
  ask(context: AskContext): PartnerRequest | { readonly unsupported: string };
  /** An answer that is not 2xx. `body` is absent where the text is not of the manifest's format. */
  readError(status: number, body: Body | undefined, text: string, context: AskContext): StatedFailure;
  /** One page. A throw of anything but Rejection means: not of this format (MALFORMED). */
  read(body: Body, context: AnswerContext): ReadResult<Row>;
  /**
   * One function for each attribute of the vertical, by the attribute's name; undefined where the row does not say. Times
   * are epoch milliseconds, enums names without prefix ("ECONOMY"), lists arrays of strings. An attribute without a
   * function is absent in every row.
   */
  readonly columns: Readonly<Record<string, (row: Row, context: AnswerContext) => unknown>>;
  /**
   * Tells rows of one search apart where a later answer repeats those of an earlier one: there they are passed over, since
   * they count once. undefined: the row has no id, and counts whenever it comes. Absent: answers repeat nothing.
   */
  idOf?(row: Row): string | undefined;
  /** What the partner calls the row, for people; undefined where it has no name. */
  nameOf?(row: Row): string | undefined;
  /** What a row is made of in the partner's answer, by name, from the outermost list inwards. Absent: the row itself. */
  partsOf?(row: Row): Readonly<Record<string, unknown>>;
  /** How a token for requests is got, for partners that want one. */
  readonly session?: SessionClient;
  /** Headers of answers that it reads, by lower-case names: no others are kept. Absent: none. */
  readonly answerHeaders?: readonly string[];
  /** What it authenticates requests with, beside what is known by its name everywhere (authorization). */
  readonly authenticatedBy?: AuthenticatingParts;
  /**
   * What any answer says is left of a quota, where the partner says so in words of its own; undefined where it does not.
   * `body` is absent where the text is not of the manifest's format.
   */
  quota?(status: number, body: Body | undefined, context: AskContext): StatedQuota | undefined;
  /** For a partner that hands its inventory over: `ask` and `verify` are then not called. */
  readonly inventory?: InventoryFormat<Row>;
  /** The row's price; throws Rejection where amount, currency or basis is missing or invalid. */
  price(row: Row, context: AnswerContext): PartnerPrice;
  /**
   * Charges that only detail the price: inside the total, or optional. Asked for when an offer is made whole. Throws Rejection
   * INVALID_CHARGE. Absent: there are none.
   */
  details?(row: Row, context: AnswerContext): readonly Charge[];
  /** The rates that the partner converts at itself, as the answer that a row is of states them. Absent: it states none. */
  rates?(row: Row, context: AnswerContext): readonly PartnerRate[];
  /** When the partner stops standing by the row, epoch milliseconds. */
  expiresAt(row: Row, context: AnswerContext): number;
  /**
   * The item. `wanted` says which of its fields are asked for, and which of those within them: leave the others out, at least where
   * they cost something.
   */
  item(row: Row, context: AnswerContext, wanted: Wanted): Item['vertical'];
  /** Asks again for one row: the first request of it. */
  verify(row: Row, context: AnswerContext): PartnerRequest;
  /**
   * What the partner says now. `next`: this was a step on the way. `gone`: sold out, a sentence for a person. Also given the
   * body of a 4xx answer (but 401, 403 and 429), where only `gone` counts: for the rest of it there is `readError`.
   */
  readVerified(
    body: Body,
    context: AnswerContext,
    before: Row,
  ): { readonly row: Row } | { readonly next: PartnerRequest } | { readonly gone: string } | StatedFailure;
  /** The row that `readVerified` found, read again from the held answer alone. */
  rowOfVerified(body: Body, context: AnswerContext): Row;
  /** The way on to the partner, or the first request that it takes to get one. */
  handoff(row: Row, context: AnswerContext, clickId: string): HandoffTarget | { readonly next: PartnerRequest };
  /** What an answer to such a request says, as `readVerified`. */
  readHandoff?(
    body: Body,
    context: AnswerContext,
    row: Row,
    clickId: string,
  ): HandoffTarget | { readonly next: PartnerRequest } | { readonly gone: string } | StatedFailure;
}

/** The way on to a partner: a link for the shopper, or a token for the partner's booking API. */
export type HandoffTarget = { readonly url: string } | { readonly token: string };

/** What an adapter tells of rows alone. */
export type RowReader = Pick<Adapter, 'vertical' | 'columns' | 'price' | 'rates' | 'expiresAt' | 'idOf'>;

/** What an adapter's manifest.yaml says. */
export interface Manifest {
  /** The adapter's name: the name of its folder. */
  readonly name: string;
  /** For a person: "Duffel". */
  readonly title: string;
  /** As `Adapter.vertical`. */
  readonly vertical: string;
  /** Format of answers. */
  readonly format: 'json' | 'xml';
  /** Statuses beside 2xx with which answers come that `read` and `readVerified` understand: SOAP sends faults with 500. */
  readonly answerStatuses?: readonly number[];
  /** What holds where a partner's configuration does not say otherwise. */
  readonly defaults: {
    /** Time for one search with all its pages: 100 to 60,000 ms. */
    readonly timeoutMs: number;
    /** Pages read at most: 1 to 50. */
    readonly maxPages: number;
    /** Largest body, decompressed: 1 KiB to 64 MiB. */
    readonly maxBodyBytes: number;
    /** Requests under way at once: 1 to 1,000. */
    readonly concurrency: number;
    /** How long a row without a lifetime of its own is stood by: 10 to 86,400 s. */
    readonly lifetimeSeconds: number;
    /** Requests a second: 0.01 to 10,000; absent for no limit by time. */
    readonly requestsPerSecond?: number;
    /** How long an answer may be given again to the same question: 0 to 86,400 s; absent for never. */
    readonly reuseSeconds?: number;
    /** The same for an answer without offers, and for a refusal; absent for never. */
    readonly reuseEmptySeconds?: number;
    /** How long after that it may be given as stale while the partner is asked again: 0 to 86,400 s; absent for never. */
    readonly staleSeconds?: number;
    /** How long after that it may stand in where the partner fails: 0 to 86,400 s; absent for never. */
    readonly staleIfErrorSeconds?: number;
    /** Whether searches that ask the same at the same time share one conversation; absent for true. */
    readonly shareInFlight?: boolean;
  };
  /** Searches a booking that the partner's usual terms allow, with where it says so; absent where it does not. */
  readonly lookToBook?: { readonly searches: number; readonly citation: string };
  /** Requests of a search that may be sent twice at the same time, and where the partner says so; absent for none. */
  readonly hedge?: { readonly requests: readonly HedgedRequest[]; readonly citation: string };
  /**
   * What the partner's totals say about taxes where its rows do not: by market (ISO 3166-1 alpha-2, or "*" for every other),
   * each with where the partner says so.
   */
  readonly taxBasis?: Readonly<Record<string, { readonly basis: TaxBasis; readonly citation: string }>>;
  /** Attributes of the vertical that the answers to a search do not have, each with the reason: for certificates. */
  readonly lacks?: Readonly<Record<string, string>>;
  /** Digest of manifest, configuration and adapter sources; part of every handle. */
  readonly digest: string;
}
