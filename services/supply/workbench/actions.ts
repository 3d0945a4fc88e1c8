import { createHash } from 'node:crypto';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { HandoffTarget } from '../adapter.ts';
import { PartnerExchange } from '../exchange.ts';
import { nameOf, toPartnerFailure } from '../failure.ts';
import { askSteps, firstWay } from '../handoff.ts';
import type { HttpSender } from '../http.ts';
import type { HeldRow } from '../offers.ts';
import type { TokenCache } from '../tokens.ts';
import { askAgain } from '../verify.ts';
import { differences } from './difference.ts';
import { type OfferView, offerView, type PriceView } from './offer-view.ts';
import { recordedRequest } from './record.ts';
import type { Redactor } from './redact.ts';
import { type Exchanged, Tap } from './search.ts';

/** What came of asking for an offer again. */
export interface Verification {
  /** SAME, PRICE_CHANGED, CHANGED (another thing than the price), SOLD_OUT, or how it failed: FAILED, RATE_LIMITED, TIMED_OUT. */
  readonly outcome: string;
  readonly failure?: string;
  /** Method, path and body of each: "POST /v1/check {"key":"k1"}". */
  readonly requests: readonly string[];
  /** What it costs now. */
  readonly price?: PriceView;
  /** What else than the price and the expiry is otherwise than in the search, by path of the offer; null for what is gone. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** What came of a hand-off. */
export interface WayOn {
  /** SOLD_OUT, or how it failed; absent where there is a way. */
  readonly outcome?: string;
  readonly failure?: string;
  readonly url?: string;
  readonly token?: string;
  /** Absent where none was sent. */
  readonly requests?: readonly string[];
}

/** How the partner is reached. */
export interface ActionTools {
  readonly http: HttpSender;
  readonly tokens: TokenCache;
  /** By which questions and answers are dated, epoch ms; absent: the clock. */
  readonly clock?: () => number;
  /** Takes out of requests what may not be shown. */
  readonly redactor: Redactor;
}

/** An action with everything that went to the partner. */
export interface Acted<T> {
  readonly result: T;
  readonly exchanged: readonly Exchanged[];
  /** Why it failed; empty where it did not. */
  readonly detail: string;
}

/** Characters of a request's body, and of a link or token, that are shown; a digest stands for the rest. */
const MOST = 400;

/** Asks for an offer again, through supply's own code. Never throws for what the partner or its mapping does. */
export async function verifyOffer(held: HeldRow, before: OfferView, tools: ActionTools): Promise<Acted<Verification>> {
  const { clock = Date.now } = tools;
  const asking = begin(held, 'verify', tools);
  return asking.end(async (exchange) => {
    const said = await askAgain(exchange, held, clock);
    if (said === 'gone') return { outcome: 'SOLD_OUT' };
    const after = offerView(held.partner, said.row, said.context);
    const changes = changesOf(before, after);
    const same = differences(before.price, after.price, '', { extra: true }).length === 0;
    const isEqual = Object.keys(changes).length === 0;
    return {
      outcome: same ? (isEqual ? 'SAME' : 'CHANGED') : 'PRICE_CHANGED',
      price: after.price,
      ...(!isEqual && { changes }),
    };
  });
}

/** The way on for an offer, through supply's own code. Never throws for what the partner or its mapping does. */
export async function handOff(held: HeldRow, click: string, tools: ActionTools): Promise<Acted<WayOn>> {
  const { clock = Date.now } = tools;
  const asking = begin(held, 'handoff', tools);
  const acted = await asking.end(async (exchange): Promise<Omit<WayOn, 'requests'>> => {
    const way = firstWay(held, click, clock);
    const found = 'next' in way ? await askSteps(exchange, held, way.next, click, clock) : way;
    return found === 'gone' ? { outcome: 'SOLD_OUT' } : shownTarget(found);
  });
  const { requests, ...result } = acted.result;
  return { ...acted, result: requests.length === 0 ? result : { ...result, requests } };
}

function shownTarget(way: HandoffTarget): Pick<WayOn, 'url' | 'token'> {
  return 'url' in way ? { url: shortened(way.url) } : { token: shortened(way.token) };
}

/** Recorded answers have waited already. */
class ReplayedExchange extends PartnerExchange {
  override async pause(): Promise<void> {}
}

function begin(held: HeldRow, purpose: 'verify' | 'handoff', { http, tokens, clock, redactor }: ActionTools) {
  const tap = new Tap(http);
  const bounds = { signal: new AbortController().signal, trace: ROOT_CONTEXT };
  const Exchange = clock === undefined ? PartnerExchange : ReplayedExchange;
  const exchange = new Exchange({ http: tap, tokens }, held.partner, purpose, held.context, bounds);
  return {
    async end<T extends object>(
      work: (exchange: PartnerExchange) => Promise<T>,
    ): Promise<Acted<(T | { outcome: string; failure?: string }) & { requests: readonly string[] }>> {
      let result: T | { outcome: string; failure?: string };
      let detail = '';
      try {
        result = await exchange.within(() => work(exchange));
        exchange.end(OutcomeStatus.OK, FailureKind.UNSPECIFIED, '', 1, 1);
      } catch (error) {
        const failed = toPartnerFailure(error);
        const { status, failure } = failed;
        detail = exchange.clean(failed.detail);
        exchange.end(status, failure, detail, 0, 0);
        const kind = nameOf(FailureKind, failure).toUpperCase();
        result = {
          outcome: nameOf(OutcomeStatus, status).toUpperCase(),
          ...(kind !== 'UNSPECIFIED' && { failure: kind }),
        };
      }
      const requests = tap.exchanged.map(({ request }) => requestText(recordedRequest(request, redactor)));
      return { result: { ...result, requests }, exchanged: tap.exchanged, detail };
    },
  };
}

function requestText({ method, path, body }: ReturnType<typeof recordedRequest>): string {
  return `${method} ${path}${body === undefined ? '' : ` ${shortened(body.replaceAll(/\s*\n\s*/g, ' '))}`}`;
}

/** The text, or its beginning with a digest of the whole. */
function shortened(text: string): string {
  if (text.length <= MOST) return text;
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return `${text.slice(0, MOST / 2)}… (${text.length} characters, ${digest})`;
}

/** What else than the price and the expiry is otherwise. */
function changesOf(before: OfferView, after: OfferView): Record<string, unknown> {
  const of = ({ key, item }: OfferView): unknown => ({ key, item });
  const found = differences(of(before), of(after), '', { extra: true });
  return Object.fromEntries(found.map(({ path, actual }) => [path, actual ?? null]));
}
