import path from 'node:path';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { nameOf } from '../failure.ts';
import { HttpClient } from '../http.ts';
import { type BenchPartner, openAccount, openOffline } from './bench.ts';
import { caseText, harmless, loadCases } from './cases.ts';
import { answersOf, type Cassette, type CassetteExchange, loadCassette, Replay } from './cassette.ts';
import type { Read } from './reads.ts';
import { recordedRequest, recordOf, secretsOf } from './record.ts';
import { Redactor } from './redact.ts';
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
  readonly rows: readonly TriedRow[];
}

/** A row of the partner and what became of it. */
export interface TriedRow extends Omit<RowFate, 'reads'> {
  /** What the mapping looked at, each with its path. */
  readonly reads: readonly Pick<Read, 'path' | 'value'>[];
}

/** Searches a partner once, live or from a cassette. Throws ConfigError. */
export async function tryPartner(name: string, request: TryRequest): Promise<Tried> {
  const { bench, search, secrets } = await ask(name, request);
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

/** Searches a partner live and records the conversation. Throws ConfigError. */
export async function recordPartner(name: string, request: TryRequest): Promise<Recorded> {
  const { bench, search, secrets, asked } = await ask(name, request);
  const cassette = recordOf(asked, search.exchanged, secrets, bench.partner.basePath);
  const { failure, rejections } = search.outcome;
  const unreadable = rejections.some(({ reason }) => !harmless.has(nameOf(RejectionReason, reason).toUpperCase()));
  const faulty = failure !== FailureKind.UNSPECIFIED || unreadable;
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
        ...(Object.keys(options).length > 0 && { options }),
      }),
  };
}

interface Asking {
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
  const replay = new Replay(answersOf(cassette, path.dirname(file)));
  const search = await searchPartner(bench.partner, { ...asked, filter: request.filter }, replay, { frozen: true });
  return { bench, asked, secrets: [], search };
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
