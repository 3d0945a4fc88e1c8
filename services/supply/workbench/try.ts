import path from 'node:path';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { nameOf } from '../failure.ts';
import { HttpClient } from '../http.ts';
import { TokenCache } from '../tokens.ts';
import { type Acted, type ActionTools, handOff, type Verification, verifyOffer, type WayOn } from './actions.ts';
import { type BenchPartner, openAccount, openOffline } from './bench.ts';
import { caseText } from './case-text.ts';
import { type ActionName, harmless, loadCases, offerOf } from './cases.ts';
import { answersOf, type Cassette, type CassetteExchange, loadCassette, Replay } from './cassette.ts';
import { criteriaFromJson } from './criteria-json.ts';
import type { Read } from './reads.ts';
import { recordedRequest, recordOf, secretsOf } from './record.ts';
import { Redactor } from './redact.ts';
import { type Asked, HeldToken, type RowFate, type Search, searchPartner } from './search.ts';

/** What is to be tried. */
export interface TryRequest {
  readonly cassette?: string | undefined;
  readonly account?: string | undefined;
  readonly configDirectory: string;
  readonly market: string;
  readonly currency: string;
  /** Filter of the search; absent: none. */
  readonly filter?: string | undefined;
  /** Language of texts, BCP 47; absent: that of the case, or en-GB. */
  readonly locale?: string | undefined;
  /** Ask for an offer again: the first, or the one of `offer`. */
  readonly verify?: boolean | undefined;
  /** Ask for the way on for it, with a click that is made up. */
  readonly handoff?: boolean | undefined;
  /** Id of that offer, or its place among the offers from 0; absent: the first. */
  readonly offer?: string | undefined;
  /** Criteria as the API takes them; undefined for those of the recording or the first case. */
  criteriaOf(vertical: string): Record<string, unknown> | undefined;
}

/** A search as a person or a script reads it: no secrets. */
export interface Tried {
  readonly partner: string;
  readonly answeredBy: string;
  readonly outcome: {
    readonly status: string;
    readonly failure?: string;
    readonly detail: string;
    readonly received: number;
    readonly kept: number;
    readonly requests: number;
    readonly latencyMs: number;
    /** What the partner was asked to apply of the filter. */
    readonly appliedFilters: readonly string[];
    readonly rejections: Readonly<Record<string, { readonly count: number; readonly example: string }>>;
  };
  readonly requests: readonly NonNullable<CassetteExchange['request']>[];
  /** What came of asking for an offer again; absent where that was not wanted or there was none. */
  readonly verified?: TriedAction<Verification>;
  readonly handedOff?: TriedAction<WayOn>;
  readonly rows: readonly TriedRow[];
}

/** What came of an action with one offer. */
export interface TriedAction<T> {
  /** Id of the offer. */
  readonly offer: string;
  readonly result: T;
  /** Why it failed; empty where it did not. */
  readonly detail: string;
}

/** A row of the partner and what became of it. */
export interface TriedRow extends Omit<RowFate, 'reads' | 'held'> {
  /** What the mapping looked at, each with its path. */
  readonly reads: readonly Pick<Read, 'path' | 'value'>[];
}

/** Searches a partner once, live or from a cassette. Throws ConfigError. */
export async function tryPartner(name: string, request: TryRequest): Promise<Tried> {
  const { bench, search, secrets, done } = await ask(name, request);
  const redactor = new Redactor(secrets);
  const { outcome } = search;
  const failure = nameOf(FailureKind, outcome.failure).toUpperCase();
  return {
    partner: bench.partner.name,
    answeredBy: request.cassette ?? bench.partner.account.endpoint,
    outcome: {
      status: nameOf(OutcomeStatus, outcome.status).toUpperCase(),
      ...(failure !== 'UNSPECIFIED' && { failure }),
      detail: redactor.text(outcome.detail),
      received: outcome.rowsReceived,
      kept: outcome.offersKept,
      requests: outcome.requests,
      latencyMs: outcome.latencyMs,
      appliedFilters: outcome.appliedFilters,
      rejections: Object.fromEntries(
        outcome.rejections.map(({ reason, count, example }) => [
          nameOf(RejectionReason, reason).toUpperCase(),
          { count, example },
        ]),
      ),
    },
    requests: search.exchanged.map((one) => recordedRequest(one.request, redactor)),
    ...(done.verify !== undefined && { verified: shownAction(done.verify) }),
    ...(done.handoff !== undefined && { handedOff: shownAction(done.handoff) }),
    rows: search.fates.map(({ reads, held: _, ...fate }) => ({
      ...fate,
      reads: reads.map(({ path: at, value }) => ({ path: at, value })),
    })),
  };
}

function shownAction<T>({ offer, result, detail }: Done<T>): TriedAction<T> {
  return { offer, result, detail };
}

/** A conversation recorded, with a golden case that expects what it became as soon as `test --update` ran. */
export interface Recorded {
  readonly folder: string;
  readonly cassette: Cassette;
  /** What the outcome says. */
  readonly detail: string;
  /** Text of a new case; `cassette` is the path of the recording relative to it. */
  caseText(cassette: string): string;
}

/** Searches a partner live and records the conversation. Throws ConfigError. */
export async function recordPartner(name: string, request: TryRequest): Promise<Recorded> {
  const { bench, search, secrets, asked, done } = await ask(name, request);
  const { verify, handoff } = done;
  const actions = { verify: verify?.exchanged ?? [], handoff: handoff?.exchanged ?? [] };
  const cassette = recordOf(asked, search.exchanged, secrets, bench.partner.basePath, actions);
  const { failure, rejections } = search.outcome;
  const unreadable = rejections.some(({ reason }) => !harmless.has(nameOf(RejectionReason, reason).toUpperCase()));
  const failed = [verify, handoff].some((one) => one !== undefined && one.detail !== '');
  const faulty = failure !== FailureKind.UNSPECIFIED || unreadable || failed;
  const { options } = bench.partner.account;
  return {
    folder: bench.folder,
    cassette,
    detail: search.outcome.detail,
    caseText: (file) =>
      caseText({
        kind: faulty ? 'supplemental' : 'exemplary',
        about: `recorded from ${new URL(bench.partner.account.endpoint).host}`,
        cassette: file,
        now: new Date(asked.now).toISOString(),
        market: asked.market,
        currency: asked.currency,
        criteria: Criteria.toJSON(asked.criteria) as Record<string, unknown>,
        ...(asked.locale !== 'en-GB' && { locale: asked.locale }),
        ...(Object.keys(options).length > 0 && { options }),
        ...(verify !== undefined && { verify: { offer: verify.offer } }),
        ...(handoff !== undefined && { handoff: { offer: handoff.offer, click: CLICK } }),
      }),
  };
}

/** An action that was done with an offer. */
interface Done<T> extends Acted<T> {
  readonly offer: string;
}

interface Asking {
  readonly done: { readonly verify?: Done<Verification> | undefined; readonly handoff?: Done<WayOn> | undefined };
  readonly bench: BenchPartner;
  readonly asked: Asked;
  readonly search: Search;
  readonly secrets: readonly string[];
}

async function ask(name: string, request: TryRequest): Promise<Asking> {
  const { cassette: file, account, configDirectory } = request;
  if (file === undefined) {
    const bench = await openAccount(name, { account, configDirectory });
    const asked = askedOf(bench, request, undefined);
    const http = new HttpClient();
    const tokens = new TokenCache();
    try {
      const search = await searchPartner(bench.partner, { ...asked, filter: request.filter }, http, { tokens });
      const done = await act(request, search, () => ({ http, tokens, redactor: redactorOf(bench) }));
      // Tokens that the partner gave are known only now.
      const secrets = [...secretsOf(bench.partner, bench.credentials), ...bench.partner.secrets.texts];
      return { bench, asked, secrets, search, done };
    } finally {
      await http.close();
    }
  }
  const bench = account === undefined ? await openOffline(name) : await openAccount(name, { account, configDirectory });
  const cassette = loadCassette(file);
  const asked = askedOf(bench, request, cassette);
  const replayOf = (exchanges: readonly CassetteExchange[] = []): Replay =>
    new Replay(answersOf(exchanges, path.dirname(file)));
  const search = await searchPartner(
    bench.partner,
    { ...asked, filter: request.filter },
    replayOf(cassette.exchanges),
    { frozen: true },
  );
  const done = await act(request, search, (name) => ({
    http: replayOf(cassette[name]),
    tokens: new HeldToken(),
    clock: () => asked.now,
    redactor: new Redactor(),
  }));
  return { bench, asked, secrets: [], search, done };
}

/** The click of what is tried and recorded. */
const CLICK = 'recorded-click';

function redactorOf({ partner, credentials }: BenchPartner): Redactor {
  return new Redactor([...secretsOf(partner, credentials), ...partner.secrets.texts]);
}

/** Does with an offer what is wanted. */
async function act(
  { verify, handoff, offer = '0' }: TryRequest,
  search: Search,
  tools: (name: ActionName) => ActionTools,
): Promise<Asking['done']> {
  if (verify !== true && handoff !== true) return {};
  const named = offerOf(search, { offer }) ?? offerOf(search, { offer: /^\d+$/.test(offer) ? Number(offer) : offer });
  if (named?.offer === undefined) return {};
  const { id, held } = named;
  return {
    ...(verify === true && { verify: { offer: id, ...(await verifyOffer(held, named.offer, tools('verify'))) } }),
    ...(handoff === true && { handoff: { offer: id, ...(await handOff(held, CLICK, tools('handoff'))) } }),
  };
}

function askedOf({ partner, folder }: BenchPartner, request: TryRequest, cassette: Cassette | undefined): Asked {
  const { vertical } = partner.adapter;
  const { market, currency, locale = 'en-GB' } = request;
  const now = cassette?.recordedAt === undefined ? Date.now() : Date.parse(cassette.recordedAt);
  const said = request.criteriaOf(vertical);
  if (said !== undefined) {
    return { criteria: criteriaFromJson(said), market, currency, locale, now };
  }
  if (cassette?.asked !== undefined) {
    const { criteria, ...where } = cassette.asked;
    return { criteria: criteriaFromJson(criteria), ...where, locale, now };
  }
  const cases = loadCases(folder);
  const { cassette: file } = request;
  const own = cases.find((one) => file !== undefined && one.cassette === path.resolve(file));
  const example = (own ?? cases[0])?.asked;
  if (example === undefined) {
    throw invalidField('criteria', `say what is sought, as \`entrepot search ${vertical}\` takes it; --help shows how`);
  }
  const spoken = { ...example, ...(request.locale !== undefined && { locale }) };
  return cassette === undefined ? { ...spoken, now } : spoken;
}
