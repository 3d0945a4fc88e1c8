import type { ConstraintOperator } from '../../../libs/expression/index.ts';
import type { Manifest } from '../adapter.ts';
import type { FeedFormat, SenderCheck } from '../inventory/types.ts';

/**
 * A partner's manifest file as it is written: what its format is, how it is asked, and how its answers become offers.
 * Every text marked `Cel` is a CEL expression; schema.ts documents each key and the guide is generated from there.
 */

/** A CEL expression. */
export type Cel = string;

/** A value made of expressions: a text is CEL, numbers and flags stand for themselves, `each` makes a list. */
export type Template = Cel | number | boolean | null | readonly Template[] | EachTemplate | WhenTemplate | TemplateMap;

/** A mapping of templates; an absent value leaves its key out. */
export interface TemplateMap {
  readonly [key: string]: Template;
}

/** One value for each element of a list; inside a list its values are spliced in. */
export interface EachTemplate {
  readonly each: Cel;
  /** Name of the element, default "it". */
  readonly as?: string;
  /** Name of its position, counted from 0. */
  readonly at?: string;
  /** Elements for which it does not hold are left out. */
  readonly where?: Cel;
  readonly give: Template;
}

/** A value that is there under a condition. */
export interface WhenTemplate {
  readonly when: Cel;
  readonly give: Template;
}

/** How a request is made. */
export interface RequestTemplate {
  readonly method?: 'GET' | 'POST';
  /** Path below the account's endpoint; "{…}" holds CEL, whose text is percent-encoded. */
  readonly path: string;
  /** Query parameters; an absent value leaves its parameter out, a list repeats it. */
  readonly query?: Readonly<Record<string, Cel | number | boolean>>;
  readonly headers?: Readonly<Record<string, Cel>>;
  /** JSON, or for XML a mapping of elements: "@name" is an attribute, "#text" the text. */
  readonly body?: Template;
  /** A form body, application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, Cel | number | boolean>>;
  /** A GraphQL operation, sent by POST. */
  readonly graphql?: { readonly query: string; readonly variables?: TemplateMap };
}

/** A request whose answer only yields values for the next one (a session, a token of the search). */
export interface Step {
  readonly request: RequestTemplate;
  /** Values read from its answer, for all that follow. */
  readonly take: Readonly<Record<string, Cel>>;
  /** The answer is whole: until it holds the request is sent again. Comes with `everyMs`. */
  readonly until?: Cel;
  /** Pause between two requests, 50 to 10,000 ms. */
  readonly everyMs?: number;
}

/** How further pages are asked for; the search's request is sent again where there is no own one. */
export interface Paging {
  /** Value of `cursor` in the next request; absent: it was the last page. */
  readonly cursor?: Cel;
  /** URL of the next page as the partner gives it: of the same origin as the endpoint. */
  readonly link?: Cel;
  /** Whether there is another page: for `page` and `offset`, which count by themselves. */
  readonly more?: Cel;
  readonly request?: RequestTemplate;
}

/** A search that is answered bit by bit. */
export interface Polling {
  /** Asks how far it is. */
  readonly request: RequestTemplate;
  /** The answer is whole. */
  readonly until: Cel;
  /** Pause between two requests, 50 to 10,000 ms. */
  readonly everyMs: number;
  /** Rows of an answer that is not whole yet are final, and become offers at once. */
  readonly partial?: boolean;
}

/** One loop that makes rows: over what, and the element's name. */
export interface RowLoop {
  readonly each: Cel;
  readonly as: string;
  readonly where?: Cel;
}

/** Rows that `map.ts` makes of an answer, mapped here like any others. */
export interface GivenRows {
  /** Names of the values that each row has. */
  readonly given: readonly string[];
}

/** Elements of the answer by key. */
export interface Join {
  readonly each: Cel;
  /** Its key; the element is `it`. */
  readonly key: Cel;
  /** Several elements may have a key: <name>[key] is the list of them. */
  readonly all?: boolean;
}

/** The rates that a partner converts at itself, as its answers state them. */
export interface RatesTemplate {
  /** The elements that are rates; one is `it`. */
  readonly each: Cel;
  /** ISO 4217 codes. */
  readonly from: Cel;
  readonly to: Cel;
  /** Units of `to` for one of `from`. */
  readonly rate: Cel;
  /** Its day, ISO 8601; absent: that of the answer. */
  readonly date?: Cel;
}

/** How an answer says that it is a failure. */
export interface Failures {
  /** The answer states a failure, whatever its status. */
  readonly stated?: Cel;
  /** Name of the kind of failure; where it is none, the status counts. */
  readonly kind?: Cel;
  /** What went wrong, for a person. */
  readonly detail?: Cel;
  /** Seconds after which the partner may be asked again. */
  readonly retryAfterSeconds?: Cel;
  /** It is not a failure but an answer without rows. */
  readonly empty?: Cel;
  /** The offer that was asked for again is no longer sold. */
  readonly gone?: Cel;
}

/** What answers say is left of a quota, in the partner's own words. */
export interface QuotaTemplate {
  /** Requests that may still be sent. */
  readonly remaining: Cel;
  readonly resetSeconds?: Cel | number;
  readonly resetAt?: Cel;
}

/** How requests are authenticated. Names are those of the account's credentials. */
export type Auth =
  | { readonly bearer: string }
  | { readonly basic: { readonly username: string; readonly password: string } }
  | { readonly headers: Readonly<Record<string, Cel>> }
  | { readonly query: Readonly<Record<string, Cel>> }
  | { readonly oauth2: OAuthTemplate }
  | { readonly session: SessionTemplate };

/** OAuth 2.0 client credentials, by the names of the account's credentials. */
export interface OAuthTemplate {
  /** Path of the token endpoint below the account's endpoint. */
  readonly tokenPath: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  /** Where the client's credentials stand: in a Basic header (default), or in the form. */
  readonly credentialsIn?: 'header' | 'body';
  /** Option of the account with the base URL of the token endpoint, for partners that have it on another host. */
  readonly endpointOption?: string;
  /** Further fields of the form. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A login of the partner's own making: whatever request yields a token. */
export interface SessionTemplate {
  /** Reads credentials, options and now. */
  readonly request: RequestTemplate;
  /** Format of the login where it is another than the manifest's. */
  readonly format?: 'json' | 'xml';
  /** Option of the account with the base URL of the login, for partners that have it on another host. */
  readonly endpointOption?: string;
  /** The token in its answer. */
  readonly token: Cel;
  readonly lifetimeSeconds?: Cel | number;
  /** Headers of every other request; token and credentials may be read. */
  readonly headers?: Readonly<Record<string, Cel>>;
  /** Query parameters of every other request, as headers. */
  readonly query?: Readonly<Record<string, Cel>>;
}

/** A moment: a wall time with its zone, or an instant. */
export type TimeTemplate =
  | { readonly local: Cel; readonly zone: Cel }
  | { readonly instant: Cel; readonly zone: Cel }
  | { readonly epochSeconds: Cel; readonly zone: Cel };

/** The item, shaped as the vertical's message: CEL at the leaves. */
export type ItemTemplate =
  | Cel
  | number
  | boolean
  | TimeTemplate
  | EachTemplate
  | { readonly [field: string]: ItemTemplate };

/** The price of a row. */
export interface PriceTemplate {
  readonly total: Cel;
  /** Upper end where the price is a range; none where it is absent or equals the total. */
  readonly totalMax?: Cel;
  /** Amounts are in major units (default: "627.00") or in minor units (62700). */
  readonly unit?: 'major' | 'minor';
  readonly currency: Cel;
  readonly tax?: Cel;
  /** Mandatory charges beside the total. */
  readonly dueLater?: Cel;
  /** INCLUDED, EXCLUDED or PARTLY_INCLUDED where the row says it; else `taxBasis` of the manifest counts. */
  readonly basis?: Cel;
  /** The row has a tariff instead of a price, and is rejected as such. */
  readonly metered?: Cel;
  /** Taxes and fees one by one. */
  readonly charges?: readonly ChargeTemplate[];
}

/** A tax or fee, or with `each` one for each element of a list. */
export interface ChargeTemplate {
  readonly each?: Cel;
  /** Name of the element, default "it". */
  readonly as?: string;
  /** There is none where it does not hold. */
  readonly where?: Cel;
  readonly name: Cel;
  /** A name of ChargeKind as it is, or CEL that gives one. */
  readonly kind?: string;
  readonly amount: Cel;
  readonly currency: Cel;
  /** A name of ChargeTerms as it is, or CEL that gives one. */
  readonly terms: string;
}

/** When the partner stops standing by a row: the earliest of what is given, else the manifest's lifetime. */
export interface ExpiryTemplate {
  /** ISO 8601 with offset. */
  readonly at?: Cel;
  readonly afterSeconds?: Cel;
}

/** How rows become offers. */
export interface MappingTemplate {
  /** What names a row in rejections, and tells repeated rows of a polled search apart. */
  readonly id: Cel;
  /** Names for what several leaves share. */
  readonly let?: Readonly<Record<string, Cel>>;
  /** Rows for which it holds are rejected with the reason. */
  readonly reject?: readonly { readonly when: Cel; readonly because: string }[];
  readonly price: PriceTemplate;
  readonly expires?: ExpiryTemplate;
  readonly item: Readonly<Record<string, ItemTemplate>>;
}

/** By what handed-over rows are found. In `key`, `words`, `keys` and `links` the row is `row`. */
export interface InventoryTemplate {
  readonly key: Cel;
  readonly words?: Cel;
  readonly keys?: Cel;
  readonly links?: Cel;
  readonly search: { readonly words?: Cel; readonly keys?: Cel; readonly limit?: Cel | number };
  /** Collections whose rows come along, with the links that they are found by where those are not the row's own. */
  readonly beside?: readonly (string | { readonly collection: string; readonly links: Cel })[];
}

/** A file that is fetched again and again. */
export interface FeedTemplate {
  readonly path: string;
  readonly query?: Readonly<Record<string, Cel | number | boolean>>;
  readonly format: FeedFormat['format'];
  readonly element?: string;
  readonly delimiter?: string;
  readonly everyMinutes: number;
  readonly maxShrinkPercent?: number;
  readonly maxUnreadablePercent?: number;
  readonly maxBytes?: number;
  readonly maxRowBytes?: number;
  readonly timeoutMinutes?: number;
}

/** What one kind of message changes. `headers` are those of the message, `body` is its body. */
export interface PushMessageTemplate {
  readonly when: Cel;
  readonly op: 'upsert' | 'delete' | 'clear' | 'complete' | 'ignore' | 'refuse';
  /** Elements that are rows, default the body; rows of loops are objects of the loops' elements by name. */
  readonly rows?: Cel | readonly RowLoop[];
  /** Loops whose elements make up a row, default all. */
  readonly keep?: readonly string[];
  readonly key?: Cel;
  readonly at?: Cel;
  readonly into?: string;
  readonly links?: Cel;
  readonly sync?: Cel;
  readonly count?: Cel;
  readonly because?: string;
  /** What the message changes besides, after it. */
  readonly also?: readonly Omit<PushMessageTemplate, 'when' | 'also'>[];
}

/** An answer to the sender. */
export interface PushAnswerTemplate {
  readonly status: number;
  readonly type?: string;
  readonly body?: Cel;
}

/** Messages that a partner sends. */
export interface PushTemplate {
  readonly verify: SenderCheck;
  readonly format?: 'json' | 'xml';
  readonly field?: string;
  readonly event?: Cel;
  readonly eventWindowHours?: number;
  readonly maxBodyBytes?: number;
  readonly messages: readonly PushMessageTemplate[];
  readonly answers?: {
    readonly accepted?: PushAnswerTemplate;
    readonly refused?: PushAnswerTemplate;
    readonly failed?: PushAnswerTemplate;
  };
}

/** A setting of an account that expressions read as `options.<name>`. */
export interface OptionSpec {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly description: string;
  readonly default?: string | number | boolean;
  /** An account has to give it, and not as an empty text. */
  readonly required?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The manifest file. */
export interface ManifestFile extends Omit<Manifest, 'digest' | 'taxBasis'> {
  /** How offers come: `request` (default) asks the partner; `feed` and `push` search what it has handed over. */
  readonly transport?: 'request' | 'feed' | 'push';
  readonly inventory?: InventoryTemplate;
  readonly feed?: FeedTemplate;
  readonly push?: PushTemplate;
  readonly owner?: string;
  readonly documentation?: string;
  readonly taxBasis?: Readonly<
    Record<string, { readonly basis: 'INCLUDED' | 'EXCLUDED' | 'PARTLY_INCLUDED'; readonly citation: string }>
  >;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Credentials that an account has to give, with what each is. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly tables?: Readonly<Record<string, string | Readonly<Record<string, string | number | boolean>>>>;
  readonly auth?: Auth;
  readonly unsupported?: readonly { readonly when: Cel; readonly because: string }[];
  /** What the partner applies itself of a search's filter, by attribute: operators, or operators with when each can be asked for. */
  readonly filters?: Readonly<Record<string, readonly ConstraintOperator[] | Readonly<Record<string, Cel | boolean>>>>;
  readonly let?: Readonly<Record<string, Cel>>;
  readonly headers?: Readonly<Record<string, Cel>>;
  readonly steps?: readonly Step[];
  readonly search?: RequestTemplate;
  readonly poll?: Polling;
  readonly paging?: Paging;
  readonly failures?: Failures;
  readonly quota?: QuotaTemplate;
  /** Names for what several expressions share of an answer. */
  readonly answer?: Readonly<Record<string, Cel>>;
  /** The partner's own warnings beside rows. */
  readonly warning?: Cel | readonly Cel[];
  readonly joins?: Readonly<Record<string, Join>>;
  readonly rates?: RatesTemplate;
  readonly rows?: Cel | readonly RowLoop[] | GivenRows;
  readonly mapping?: MappingTemplate;
  readonly verify?: {
    /** Requests before it, as `steps` before a search. */
    readonly steps?: readonly Step[];
    readonly request: RequestTemplate;
    /** The answer is whole: until it holds the request is sent again. Comes with `everyMs`. */
    readonly until?: Cel;
    readonly everyMs?: number;
    /** Where the answer has its rows, under the same names as `rows`; until then these name the row's own elements. */
    readonly rows?: Cel | readonly RowLoop[];
    /** Names of `answer` and `joins` that stay those of the row's own answer where the new one has nothing for them. */
    readonly keep?: readonly string[];
    /** The answer is about this one row: it counts also under another id. */
    readonly single?: boolean;
  };
  /** A link where there is one, else a token. */
  readonly handoff?: {
    /** Requests that it takes; url and token read what they took. */
    readonly steps?: readonly Step[];
    readonly url?: Cel;
    readonly token?: Cel;
  };
}
