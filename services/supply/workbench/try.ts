import path from 'node:path';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { nameOf } from '../failure.ts';
import { HttpClient } from '../http.ts';
import type { FeedFormat, PushFormat } from '../inventory/types.ts';
import { type BenchPartner, openAccount, openOffline } from './bench.ts';
import { onShelf, withInventory } from './bench-inventory.ts';
import { caseText, harmless, loadCases } from './cases.ts';
import { answersOf, type Cassette, type CassetteExchange, findingsOf, loadCassette, messagesOf } from './cassette.ts';
import { fetchFile, type HandedOverFate, replaySearch, searchInventory } from './hand-over.ts';
import type { Read } from './reads.ts';
import { recordedRequest, recordOf, secretsOf } from './record.ts';
import { fetchedFile, recordedFile, shortened } from './record-file.ts';
import { heardMessages, type Listening, recordedMessage } from './record-messages.ts';
import { Redactor, tokensSent } from './redact.ts';
import { type Asked, type RowFate, type Search, searchPartner } from './search.ts';

/** What is to be tried. */
export interface TryRequest {
  readonly cassette?: string | undefined;
  readonly account?: string | undefined;
  readonly configDirectory: string;
  readonly market: string;
  readonly currency: string;
  /** Filter of the search; absent: none. */
  readonly filter?: string | undefined;
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
  /** What became of each file or message, for a partner that hands its inventory over. */
  readonly handedOver?: readonly HandedOverFate[];
  readonly rows: readonly TriedRow[];
}

/** A row of the partner and what became of it. */
export interface TriedRow extends Omit<RowFate, 'reads'> {
  /** What the mapping looked at, each with its path. */
  readonly reads: readonly Pick<Read, 'path' | 'value'>[];
}

/** Searches a partner once, live or from a cassette. Throws ConfigError. */
export async function tryPartner(name: string, request: TryRequest): Promise<Tried> {
  const { bench, search, secrets, handedOver } = await ask(name, request);
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
    rows: search.fates.map(({ reads, ...fate }) => ({
      ...fate,
      reads: reads.map(({ path: at, value }) => ({ path: at, value })),
    })),
  };
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
  const { search, secrets, asked } = await ask(name, request);
  const { basePath, adapter } = bench.partner;
  return recorded(bench, asked, search, recordOf(asked, search.exchanged, secrets, basePath, adapter).exchanges);
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
  return recorded(bench, asked, search, [{ answer: recordedFile(short, redactor) }]);
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
  return recorded(
    bench,
    asked,
    search,
    messages.map((message) => recordedMessage(message, redactor)),
  );
}

function recorded(
  { folder, partner }: BenchPartner,
  asked: Asked,
  search: Search,
  exchanges: Cassette['exchanges'],
): Recorded {
  const criteria = Criteria.toJSON(asked.criteria) as Record<string, unknown>;
  const { market, currency } = asked;
  const recordedAt = new Date(asked.now).toISOString();
  const { failure, rejections } = search.outcome;
  const unreadable = rejections.some(({ reason }) => !harmless.has(nameOf(RejectionReason, reason).toUpperCase()));
  const faulty = failure !== FailureKind.UNSPECIFIED || unreadable;
  const { options } = partner.account;
  return {
    folder,
    cassette: { recordedAt, asked: { criteria, market, currency }, exchanges },
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
        ...(Object.keys(options).length > 0 && { options }),
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

interface Asking {
  readonly bench: BenchPartner;
  readonly asked: Asked;
  readonly search: Search;
  readonly handedOver?: readonly HandedOverFate[] | undefined;
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
    try {
      const search = await searchPartner(bench.partner, { ...asked, filter: request.filter }, http);
      // Tokens that the partner gave are known only now.
      const secrets = [...secretsOf(bench.partner, bench.credentials), ...bench.partner.secrets.texts];
      return { bench, asked, secrets, search };
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
    answers: answersOf(cassette, directory),
    messages: messagesOf(cassette, directory),
    found: findingsOf(cassette, directory),
  };
  const { search, handedOver } = await replaySearch(bench.partner, { ...asked, filter: request.filter }, recording);
  return { bench, asked, secrets: [], search, handedOver };
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

function askedOf({ partner, folder }: BenchPartner, request: TryRequest, cassette: Cassette | undefined): Asked {
  const { vertical } = partner.adapter;
  const { market, currency } = request;
  const now = cassette?.recordedAt === undefined ? Date.now() : Date.parse(cassette.recordedAt);
  const said = request.criteriaOf(vertical);
  if (said !== undefined) {
    return { criteria: Criteria.fromJSON(said), market, currency, locale: 'en-GB', now };
  }
  if (cassette?.asked !== undefined) {
    const { criteria, ...where } = cassette.asked;
    return { criteria: Criteria.fromJSON(criteria), ...where, locale: 'en-GB', now };
  }
  const cases = loadCases(folder);
  const { cassette: file } = request;
  const own = cases.find((one) => file !== undefined && one.cassette === path.resolve(file));
  const example = (own ?? cases[0])?.asked;
  if (example === undefined) {
    throw invalidField('criteria', `say what is sought, as \`entrepot search ${vertical}\` takes it; --help shows how`);
  }
  return cassette === undefined ? { ...example, now } : example;
}
