import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { type JSONSchema, loadYamlDocument, type YamlDocument, yamlFiles } from '../../../libs/config/index.ts';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { nameOf } from '../failure.ts';
import { shortDigest } from '../folder-digest.ts';
import { shapesOf } from './baseline.ts';
import { type BenchPartner, openOffline } from './bench.ts';
import { answersOf, findingsOf, loadCassette, messagesOf } from './cassette.ts';
import { type Difference, differences } from './difference.ts';
import { type HandedOverFate, type Recording, type ReplayedSearch, replaySearch } from './hand-over.ts';
import { recordedRequest } from './record.ts';
import { Redactor } from './redact.ts';
import type { Asked, Search } from './search.ts';

/** A golden case: what a recorded conversation, or what a partner has handed over, has to become. */
export interface GoldenCase {
  /** Exemplary: how the format is meant, ends without an error. Supplemental: faults, oddities, refused rows. */
  readonly kind: 'exemplary' | 'supplemental';
  readonly about?: string;
  /** Cassette, relative to the case. */
  readonly cassette: string;
  /** The moment at which the answers came, ISO 8601. */
  readonly now: string;
  readonly market: string;
  readonly currency: string;
  readonly locale: string;
  readonly criteria: Readonly<Record<string, unknown>>;
  /** Options of the account. */
  readonly options: Readonly<Record<string, unknown>>;
  /** As far as the case says. Absent in one that is new: `test --update` writes it. */
  readonly expect?: Partial<Expectation>;
}

/** Types of fields of a partner's answers, by kind of answer and path; null for a field that is not there. */
export type AnswerTypes = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** What came of a search. */
export interface Expectation {
  readonly outcome: string;
  readonly failure?: string;
  /** "POST /air/offer_requests?return_offers=true". */
  readonly requests?: readonly string[];
  /** What became of each file or message before the search, in order; each says only what it says. */
  readonly handedOver?: readonly Partial<HandedOverFate>[];
  readonly received: number;
  readonly kept: number;
  /** Rows rejected, by reason. */
  readonly rejections: Readonly<Record<string, number>>;
  /** The first offers; each says only what it says. */
  readonly offers: readonly Readonly<Record<string, unknown>>[];
  /** Of all offers in full: tells that one beyond the listed ones changed. */
  readonly digest?: string;
  /** What fields of the answers are taken for. One that the mapping no longer looks at may be anything. */
  readonly answers?: AnswerTypes;
}

const count: JSONSchema = { type: 'integer', minimum: 0 };

const handedOver: Readonly<Record<keyof HandedOverFate, JSONSchema>> = {
  result: {
    enum: ['loaded', 'unchanged', 'refused', 'failed', 'applied', 'absorbed', 'ignored', 'forged'],
    description:
      'of a file: loaded, unchanged, refused, failed; of a message: applied, absorbed, ignored, forged, refused, failed',
  },
  detail: { description: 'why not', type: 'string' },
  failure: { enum: names(FailureKind) },
  status: { description: "what the message's sender is told", type: 'integer' },
  retryAfterMs: { ...count, description: 'how long the server of a file wants to be left alone' },
  written: count,
  deleted: count,
  stale: count,
  unreadable: count,
  rows: { ...count, description: 'rows that can be found afterwards' },
};

const object = (description: string): JSONSchema => ({ description, type: 'object' });

/** JSON Schema of a case file. */
export const caseSchema: JSONSchema = {
  description: 'a golden case',
  type: 'object',
  required: ['kind', 'cassette', 'now', 'market', 'currency', 'criteria'],
  additionalProperties: false,
  properties: {
    kind: {
      description: 'exemplary (no error) or supplemental (faults and oddities)',
      enum: ['exemplary', 'supplemental'],
    },
    about: { description: 'what it shows', type: 'string' },
    cassette: { description: 'the cassette, relative to this file', type: 'string', pattern: '\\.ya?ml$' },
    now: {
      description: 'when the answers came, ISO 8601 with offset',
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+(Z|[+-]\\d\\d:\\d\\d)$',
    },
    market: { description: 'ISO 3166-1 alpha-2', type: 'string', pattern: '^[A-Z]{2}$' },
    currency: { description: 'ISO 4217', type: 'string', pattern: '^[A-Z]{3}$' },
    locale: { description: 'BCP 47', type: 'string', default: 'en-GB' },
    criteria: { ...object('what is sought, by vertical: {flight: {…}}'), minProperties: 1, maxProperties: 1 },
    options: { ...object('options of the account'), default: {} },
    expect: {
      ...object('what comes of it; `entrepot partner test --update` writes it'),
      minProperties: 1,
      additionalProperties: false,
      properties: {
        outcome: { enum: names(OutcomeStatus) },
        failure: { enum: names(FailureKind) },
        requests: { type: 'array', items: { type: 'string' } },
        handedOver: {
          description: 'what became of each file or message',
          type: 'array',
          items: { type: 'object', required: ['result'], additionalProperties: false, properties: handedOver },
        },
        received: { type: 'integer', minimum: 0 },
        kept: { type: 'integer', minimum: 0 },
        rejections: {
          type: 'object',
          propertyNames: { enum: names(RejectionReason) },
          additionalProperties: { type: 'integer', minimum: 1 },
        },
        offers: { type: 'array', items: { type: 'object' } },
        digest: { type: 'string' },
        answers: {
          description: 'types of fields that the mapping looks at, by kind of answer ("search") and path',
          type: 'object',
          additionalProperties: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
        },
      },
    },
  },
};

function names(values: object): string[] {
  return Object.keys(values).filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
}

/** Offers that `--update` writes out in full; the digest stands for the others. */
const LISTED = 3;
/** Names of rejections that say what a row is, not that it could not be read. */
export const harmless: ReadonlySet<string> = new Set(['DUPLICATE', 'METERED', 'EXPIRED']);

/** What becomes of files and messages that are not taken. */
const FAULTY = new Set(['refused', 'failed', 'forged']);

/** A case of a partner, loaded. */
export interface LoadedCase extends Recording {
  /** "lhr-jfk". */
  readonly name: string;
  readonly file: string;
  readonly document: YamlDocument<GoldenCase>;
  readonly asked: Asked;
}

/** What a case came to. */
export interface CaseResult {
  readonly case: LoadedCase;
  readonly search: Search;
  readonly actual: Expectation;
  /** The expectation was written anew before. */
  readonly updated?: boolean;
  /** None where the case holds. */
  readonly differences: readonly Difference[];
}

/** The cases in a partner's folder. Throws ConfigError. */
export function loadCases(folder: string): LoadedCase[] {
  return yamlFiles(path.join(folder, 'cases')).map(loadCase);
}

/** Digest of cases with their recordings: a certificate tells by it that they are not those that it was made with. */
export function digestOfCases(cases: readonly LoadedCase[]): string {
  return shortDigest(
    cases.flatMap(({ file, answers, messages, found = [] }) => [
      readFileSync(file, 'utf8'),
      ...[...answers, ...found].map(
        ({ status, headers, body }) => `${status} ${JSON.stringify(headers)} ${body.toString('base64')}`,
      ),
      ...messages.map(({ body, ...message }) => `${JSON.stringify(message)} ${body.toString('base64')}`),
    ]),
  );
}

/** One case with its cassette. Throws ConfigError. */
export function loadCase(file: string): LoadedCase {
  const document = loadYamlDocument<GoldenCase>(file, caseSchema);
  const { cassette, criteria, market, currency, locale, now } = document.value;
  const recording = path.resolve(path.dirname(file), cassette);
  const recorded = loadCassette(recording);
  const directory = path.dirname(recording);
  return {
    name: path.basename(file).replace(/\.ya?ml$/, ''),
    file,
    cassette: recording,
    document,
    asked: { criteria: Criteria.fromJSON(criteria), market, currency, locale, now: Date.parse(now) },
    answers: answersOf(recorded, directory),
    messages: messagesOf(recorded, directory),
    found: findingsOf(recorded, directory),
    signedIn: recorded.signedIn === true,
  };
}

/** Runs a case through supply's own code, with the cassette in the partner's place. */
export async function runCase(one: LoadedCase, manifest?: string): Promise<CaseResult> {
  const folder = path.dirname(path.dirname(one.file));
  const { options } = one.document.value;
  const { partner } = await openOffline(folder, { options, ...(manifest !== undefined && { manifest }) });
  return resultOf(one, partner);
}

/** As {@link runCase}, with a partner that is open already. */
export async function resultOf(one: LoadedCase, partner: BenchPartner['partner']): Promise<CaseResult> {
  const replayed = await replaySearch(partner, one.asked, one);
  const { search } = replayed;
  const { expect, kind } = one.document.value;
  const actual = expectationOf(replayed, Math.max(LISTED, expect?.offers?.length ?? 0), expect?.answers);
  const found = expect === undefined ? [missing] : compare(expect, actual);
  return { case: one, search, actual, differences: [...found, ...(kind === 'exemplary' ? faults(actual) : [])] };
}

const missing: Difference = { path: 'expect', expected: 'what the case becomes', actual: 'nothing; run with --update' };

/** What an exemplary case may not become, whatever it expects. */
function faults({ outcome, failure, rejections, handedOver = [] }: Expectation): Difference[] {
  const found: Difference[] = [];
  for (const { result, detail } of handedOver) {
    if (result === undefined || !FAULTY.has(result)) continue;
    found.push({ path: 'kind', expected: 'in an exemplary case everything is taken', actual: `${result}: ${detail}` });
  }
  if (failure !== undefined || (outcome !== 'OK' && outcome !== 'EMPTY')) {
    found.push({ path: 'kind', expected: 'an exemplary case ends without an error', actual: failure ?? outcome });
  }
  for (const [reason, count] of Object.entries(rejections)) {
    if (harmless.has(reason)) continue;
    found.push({ path: 'kind', expected: 'an exemplary case has no unreadable row', actual: `${count} ${reason}` });
  }
  return found;
}

/** Only what is expected is looked at; of that, everything. */
function compare(expected: Partial<Expectation>, actual: Expectation): Difference[] {
  const { offers = [], digest, answers = {}, handedOver: fates, ...rest } = expected;
  const found = Object.entries(rest).flatMap(([name, value]) =>
    differences(value, actual[name as keyof typeof rest], name, { extra: true }),
  );
  if (fates !== undefined) found.push(...differences(fates, actual.handedOver ?? [], 'handedOver'));
  for (const [at, offer] of offers.entries()) found.push(...differences(offer, actual.offers[at], `offers[${at}]`));
  for (const [kind, fields] of Object.entries(answers)) {
    for (const [at, types] of Object.entries(fields)) {
      const own = actual.answers?.[kind]?.[at];
      if (own === undefined || isWithin(own, types)) continue;
      found.push({ path: `answers.${kind}.${at}`, expected: types ?? undefined, actual: own ?? undefined });
    }
  }
  if (digest !== undefined && digest !== actual.digest && found.length === 0) {
    const reason = `${actual.digest}: something that is not listed changed; \`entrepot partner diff\` says what`;
    found.push({ path: 'digest', expected: digest, actual: reason });
  }
  return found;
}

/** Whether a field has none but the types expected. */
function isWithin(types: string | null, expected: string | null): boolean {
  if (types === null || expected === null) return types === expected;
  return types.split(' | ').every((type) => expected.split(' | ').includes(type));
}

/** What the fields that a case names are now, those that the mapping looks at. */
function typesOf(search: Search, named: AnswerTypes): AnswerTypes {
  const shapes = shapesOf([{ partner: search.partner, answers: search.bodies }]);
  const kinds = Object.entries(named).map(([kind, fields]) => {
    const looked = Object.keys(fields).flatMap((at): [string, string | null][] => {
      const shape = shapes.get(kind)?.at(at);
      if (shape?.mapped !== true) return [];
      return [[at, shape.seen === 0 ? null : shape.typeText]];
    });
    return [kind, Object.fromEntries(looked)] as const;
  });
  return Object.fromEntries(kinds.filter(([, fields]) => Object.keys(fields).length > 0));
}

function expectationOf(
  { search, fetched, handedOver: taken }: ReplayedSearch,
  listed: number,
  named: AnswerTypes | undefined,
): Expectation {
  const { outcome, fates, exchanged } = search;
  const answers = named === undefined ? {} : typesOf(search, named);
  const offers = fates.flatMap(({ id, offer }) => (offer === undefined ? [] : [{ id, ...offer }]));
  const redactor = new Redactor([], search.partner.adapter.authenticatedBy);
  const failure = nameOf(FailureKind, outcome.failure).toUpperCase();
  const asked = exchanged.map(({ request }) => {
    const { method, path: sent } = recordedRequest(request, redactor);
    return `${method} ${sent}`;
  });
  const requests = [...fetched, ...asked];
  return {
    outcome: nameOf(OutcomeStatus, outcome.status).toUpperCase(),
    ...(failure !== 'UNSPECIFIED' && { failure }),
    ...(taken === undefined || fetched.length > 0 ? { requests } : {}),
    ...(taken !== undefined && { handedOver: taken }),
    received: outcome.rowsReceived,
    kept: outcome.offersKept,
    rejections: Object.fromEntries(
      outcome.rejections.map(({ reason, count }) => [nameOf(RejectionReason, reason).toUpperCase(), count]),
    ),
    offers: offers.slice(0, listed).map(({ columns: _, ...offer }) => offer),
    digest: createHash('sha256').update(JSON.stringify(offers)).digest('base64url').slice(0, 12),
    ...(Object.keys(answers).length > 0 && { answers }),
  };
}

/** The text of a case file with what came of it as its expectation; everything else stays as it is written. */
export function updatedText({ case: one, actual }: CaseResult): string {
  const document = parseDocument(readFileSync(one.file, 'utf8'));
  document.set('expect', document.createNode(actual, { aliasDuplicateObjects: false }));
  return escaped(document.toString({ lineWidth: 120 }));
}

/** The text of a new case file. */
export function caseText(one: Omit<GoldenCase, 'options' | 'locale'> & Partial<GoldenCase>): string {
  return escaped(stringify(one, { lineWidth: 120, aliasDuplicateObjects: false }));
}

function escaped(text: string): string {
  // The reader of configuration fills in environment variables; in a case nothing is to be filled in.
  return text.replaceAll(/\$?\$\{/g, () => '$${');
}
