import path from 'node:path';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { nameOf } from '../failure.ts';
import { HttpClient } from '../http.ts';
import type { FeedFormat, PushFormat } from '../inventory/types.ts';
import { TokenCache } from '../tokens.ts';
import { type Acted, type ActionTools, handOff, type Verification, verifyOffer, type WayOn } from './actions.ts';
import { type BenchPartner, openAccount, openOffline } from './bench.ts';
import { onShelf, withInventory } from './bench-inventory.ts';
import { caseText } from './case-text.ts';
import { type ActionName, harmless, loadCases, offerOf } from './cases.ts';
import {
  answersOf,
  type Cassette,
  type CassetteExchange,
  findingsOf,
  loadCassette,
  messagesOf,
  Replay,
} from './cassette.ts';
import { criteriaFromJson } from './criteria-json.ts';
import { fetchFile, type HandedOverFate, replaySearch, searchInventory } from './hand-over.ts';
import type { Read } from './reads.ts';
import { recordedRequest, recordOf, secretsOf } from './record.ts';
import { fetchedFile, recordedFile, shortened } from './record-file.ts';
import { heardMessages, type Listening, recordedMessage } from './record-messages.ts';
import { Redactor, tokensSent } from './redact.ts';
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
  /** What became of each file or message, for a partner that hands its inventory over. */
  readonly handedOver?: readonly HandedOverFate[];
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
  const { bench, search, secrets, handedOver, done } = await ask(name, request);
  const by = bench.partner.adapter.authenticatedBy;
  const requests = search.exchanged.map(({ request: sent }) => sent);
  const redactor = new Redactor([...secrets, ...tokensSent(requests, by)], by);
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
    requests: requests.map((one) => recordedRequest(one, redactor)),
    ...(handedOver !== undefined && {
      handedOver: handedOver.map((fate) =>
        fate.detail === undefined ? fate : { ...fate, detail: redactor.text(fate.detail) },
      ),
    }),
    ...(done?.verify !== undefined && { verified: shownAction(done.verify) }),
    ...(done?.handoff !== undefined && { handedOff: shownAction(done.handoff) }),
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

/** What is to be recorded, and of a partner that sends messages where they are waited for. */
export interface RecordRequest extends TryRequest {
  readonly listening?: Listening | undefined;
}

/**
 * Searches a partner live and records the conversation; of one that hands its inventory over the file as it is now, or the
 * messages that it sends meanwhile. Throws ConfigError, EntrepotError.
 */
export async function recordPartner(name: string, request: RecordRequest): Promise<Recorded> {
  const { account, configDirectory, listening } = request;
  const bench = await openAccount(name, { account, configDirectory });
  const { feed, push } = bench.partner.adapter.inventory ?? {};
  if (feed !== undefined) return recordFile(bench, request, feed);
  if (push !== undefined) return recordMessages(bench, request, push, listening);
  const { search, secrets, asked, done = {} } = await ask(name, request);
  const { basePath, adapter } = bench.partner;
  const actions = { verify: done.verify?.exchanged ?? [], handoff: done.handoff?.exchanged ?? [] };
  const cassette = recordOf(asked, search.exchanged, secrets, basePath, adapter, actions);
  return recorded(bench, asked, search, cassette, done);
}

async function recordFile(bench: BenchPartner, request: TryRequest, feed: FeedFormat): Promise<Recorded> {
  const { partner } = bench;
  const asked = askedOf(bench, request, undefined);
  const file = await fetchedFile(partner, feed);
  const { search } = await replaySearch(partner, asked, { cassette: '', answers: [file], messages: [] });
  const rows = search.answers.flatMap(({ body }) => rowsIn(body));
  const index = partner.adapter.inventory!.indexer(partner.account);
  const found = new Set(rows.flatMap((row) => index(row)?.key ?? []));
  const short = file.status === 200 ? await shortened(file, partner, feed, found) : file;
  const redactor = new Redactor(secretsOf(partner, bench.credentials));
  const cassette = { exchanges: [{ answer: recordedFile(short, redactor) }] };
  return recorded(bench, asked, search, cassette, await handedOff(request, search));
}

async function recordMessages(
  bench: BenchPartner,
  request: TryRequest,
  push: PushFormat,
  listening: Listening | undefined,
): Promise<Recorded> {
  if (listening === undefined) throw sendsByItself();
  const { partner } = bench;
  const asked = askedOf(bench, request, undefined);
  const messages = await heardMessages(partner, push, listening);
  const { search } = await replaySearch(partner, asked, { cassette: '', answers: [], messages });
  const redactor = new Redactor(secretsOf(partner, bench.credentials));
  const cassette = { exchanges: messages.map((message) => recordedMessage(message, redactor)) };
  return recorded(bench, asked, search, cassette, await handedOff(request, search));
}

/** The hand-off of an offer out of an inventory, for which nobody is asked; asking again is looking it up once more. */
function handedOff({ handoff, offer }: TryRequest, search: Search): Promise<Actions> {
  const redactor = new Redactor();
  return act({ handoff, offer }, search, () => ({ http: new Replay([]), tokens: new HeldToken(), redactor }));
}

function recorded(
  { folder, partner }: BenchPartner,
  asked: Asked,
  search: Search,
  cassette: Pick<Cassette, 'exchanges' | 'verify' | 'handoff'>,
  { verify, handoff }: Actions,
): Recorded {
  const criteria = Criteria.toJSON(asked.criteria) as Record<string, unknown>;
  const { market, currency } = asked;
  const recordedAt = new Date(asked.now).toISOString();
  const { failure, rejections } = search.outcome;
  const unreadable = rejections.some(({ reason }) => !harmless.has(nameOf(RejectionReason, reason).toUpperCase()));
  const failed = [verify, handoff].some((one) => one !== undefined && one.detail !== '');
  const faulty = failure !== FailureKind.UNSPECIFIED || unreadable || failed;
  const { options } = partner.account;
  return {
    folder,
    cassette: { ...cassette, recordedAt, asked: { criteria, market, currency } },
    detail: search.outcome.detail,
    caseText: (file) =>
      caseText({
        kind: faulty ? 'supplemental' : 'exemplary',
        about: `recorded from ${new URL(partner.account.endpoint).host}`,
        cassette: file,
        now: recordedAt,
        market,
        currency,
        criteria,
        ...(asked.locale !== 'en-GB' && { locale: asked.locale }),
        ...(Object.keys(options).length > 0 && { options }),
        ...(verify !== undefined && { verify: { offer: verify.offer } }),
        ...(handoff !== undefined && { handoff: { offer: handoff.offer, click: CLICK } }),
      }),
  };
}

function rowsIn(body: unknown): readonly unknown[] {
  const rows: unknown = typeof body === 'object' && body !== null && 'rows' in body ? body.rows : undefined;
  return Array.isArray(rows) ? rows : [];
}

function sendsByItself(): Error {
  return invalidField(
    'partner',
    'it sends messages by itself, so there is nobody to ask: --cassette replays some, `entrepot partner record` waits for them',
  );
}

/** An action that was done with an offer. */
interface Done<T> extends Acted<T> {
  readonly offer: string;
}

/** What was done with an offer of the search. */
interface Actions {
  readonly verify?: Done<Verification> | undefined;
  readonly handoff?: Done<WayOn> | undefined;
}

interface Asking {
  readonly bench: BenchPartner;
  readonly asked: Asked;
  readonly search: Search;
  readonly handedOver?: readonly HandedOverFate[] | undefined;
  readonly done?: Actions;
  readonly secrets: readonly string[];
}

async function ask(name: string, request: TryRequest): Promise<Asking> {
  const { cassette: file, account, configDirectory } = request;
  if (file === undefined) {
    const bench = await openAccount(name, { account, configDirectory });
    const asked = askedOf(bench, request, undefined);
    if (bench.partner.adapter.inventory !== undefined) {
      const secrets = secretsOf(bench.partner, bench.credentials);
      return { bench, asked, secrets, ...(await readInventory(bench, { ...asked, filter: request.filter })) };
    }
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
  const directory = path.dirname(file);
  const recording = {
    cassette: file,
    answers: answersOf(cassette.exchanges, directory),
    messages: messagesOf(cassette, directory),
    found: findingsOf(cassette, directory),
  };
  const { search, handedOver } = await replaySearch(bench.partner, { ...asked, filter: request.filter }, recording);
  const done = await act(request, search, (name) => ({
    http: new Replay(answersOf(cassette[name] ?? [], directory)),
    tokens: new HeldToken(),
    clock: () => asked.now,
    redactor: new Redactor([], bench.partner.adapter.authenticatedBy),
  }));
  return { bench, asked, secrets: [], search, handedOver, done };
}

/** Fetches the partner's file as it is now, and searches it. */
function readInventory({ partner }: BenchPartner, asked: Asked): Promise<Pick<Asking, 'search' | 'handedOver'>> {
  const { feed } = partner.adapter.inventory!;
  if (feed === undefined) throw sendsByItself();
  return withInventory(async (bench) => {
    const shelved = onShelf(partner);
    const fate = await fetchFile(bench, shelved, feed);
    return { search: await searchInventory(bench, shelved, asked), handedOver: [fate] };
  });
}

/** The click of what is tried and recorded. */
const CLICK = 'recorded-click';

function redactorOf({ partner, credentials }: BenchPartner): Redactor {
  const secrets = [...secretsOf(partner, credentials), ...partner.secrets.texts];
  return new Redactor(secrets, partner.adapter.authenticatedBy);
}

/** Does with an offer what is wanted. */
async function act(
  { verify, handoff, offer = '0' }: Pick<TryRequest, 'verify' | 'handoff' | 'offer'>,
  search: Search,
  tools: (name: ActionName) => ActionTools,
): Promise<Actions> {
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
