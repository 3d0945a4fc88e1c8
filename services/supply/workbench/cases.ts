import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  loadYamlDocument,
  type YamlDocument,
  yamlFiles,
} from '../../../libs/config/index.ts';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { nameOf } from '../failure.ts';
import { shortDigest } from '../folder-digest.ts';
import type { HttpAnswer } from '../http.ts';
import { handOff, verifyOffer } from './actions.ts';
import { shapesOf } from './baseline.ts';
import { type BenchPartner, openOffline } from './bench.ts';
import { type AnswerTypes, caseSchema, type Expectation, type GoldenCase, type OfferAction } from './case-file.ts';
import { answersOf, type Cassette, findingsOf, loadCassette, messagesOf, Replay } from './cassette.ts';
import { criteriaFromJson } from './criteria-json.ts';
import { type Difference, differences } from './difference.ts';
import { type Recording, type ReplayedSearch, replaySearch } from './hand-over.ts';
import { sumsOf } from './money-changes.ts';
import { recordedRequest } from './record.ts';
import { Redactor } from './redact.ts';
import { type Asked, HeldToken, type RowFate, type Search } from './search.ts';

/** Offers that `--update` writes out in full; the digest stands for the others. */
const LISTED = 3;
/** Names of rejections that say what a row is, not that it could not be read. */
export const harmless: ReadonlySet<string> = new Set(['DUPLICATE', 'METERED', 'EXPIRED']);

/** What becomes of files and messages that are not taken. */
const FAULTY = new Set(['refused', 'failed', 'forged']);

/** What may be done with an offer of a case. */
export type ActionName = 'verify' | 'handoff';

/** A case of a partner, loaded. */
export interface LoadedCase extends Omit<Recording, 'cassette'> {
  /** "lhr-jfk". */
  readonly name: string;
  readonly file: string;
  /** The cassette's file; undefined where nothing is sent. */
  readonly cassette: string | undefined;
  readonly document: YamlDocument<GoldenCase>;
  readonly asked: Asked;
  /** Answers to the verification and to the hand-off. */
  readonly actions: Readonly<Record<ActionName, readonly HttpAnswer[]>>;
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

/** The cases in a partner's folder. Throws ConfigError with what is wrong with any of them. */
export function loadCases(folder: string): LoadedCase[] {
  const problems: ConfigProblem[] = [];
  const cases = yamlFiles(path.join(folder, 'cases')).flatMap((file) => {
    try {
      return [loadCase(file)];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return cases;
}

/** Digest of cases with their recordings: a certificate tells by it that they are not those that it was made with. */
export function digestOfCases(cases: readonly LoadedCase[]): string {
  return shortDigest(
    cases.flatMap(({ file, answers, messages, found = [], actions }) => [
      readFileSync(file, 'utf8'),
      ...[...answers, ...found, ...actions.verify, ...actions.handoff].map(
        ({ status, headers, body }) => `${status} ${JSON.stringify(headers)} ${body.toString('base64')}`,
      ),
      ...messages.map(({ body, ...message }) => `${JSON.stringify(message)} ${body.toString('base64')}`),
    ]),
  );
}

/** One case with its cassette. Throws ConfigError. */
export function loadCase(file: string): LoadedCase {
  const document = loadYamlDocument<GoldenCase>(file, caseSchema);
  const { cassette, market, currency, locale, now, verify, handoff } = document.value;
  const beside = (name: string): string => path.resolve(path.dirname(file), name);
  const recording = cassette === undefined ? undefined : beside(cassette);
  const recorded: Cassette = recording === undefined ? { exchanges: [] } : loadCassette(recording);
  const directory = path.dirname(recording ?? file);
  const actions = (name: ActionName, action: OfferAction | undefined): readonly HttpAnswer[] => {
    const own = action?.cassette === undefined ? undefined : beside(action.cassette);
    if (own !== undefined) return answersOf(loadCassette(own).exchanges, path.dirname(own));
    return action === undefined ? [] : answersOf(recorded[name] ?? [], directory);
  };
  return {
    name: path.basename(file).replace(/\.ya?ml$/, ''),
    file,
    cassette: recording,
    document,
    asked: { criteria: criteriaIn(document), market, currency, locale, now: Date.parse(now) },
    answers: answersOf(recorded.exchanges, directory),
    messages: messagesOf(recorded, directory),
    found: findingsOf(recorded, directory),
    actions: { verify: actions('verify', verify), handoff: actions('handoff', handoff) },
    signedIn: recorded.signedIn === true,
  };
}

function criteriaIn(document: YamlDocument<GoldenCase>): Asked['criteria'] {
  try {
    return criteriaFromJson(document.value.criteria);
  } catch (error) {
    if (!(error instanceof EntrepotError)) throw error;
    throw new ConfigError([document.problem(['criteria'], error.message)]);
  }
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
  const replayed = await replaySearch(partner, one.asked, { ...one, cassette: one.cassette ?? one.file });
  const { search } = replayed;
  const { kind } = one.document.value;
  const expect = one.document.value.expect ?? {};
  const actual: Expectation = {
    ...expectationOf(replayed, Math.max(LISTED, expect.offers?.length ?? 0), expect.answers),
    ...(await actionsOf(one, search)),
  };
  // A case that expects nothing would hold whatever becomes of it.
  const found = Object.keys(expect).length === 0 ? [missing] : [...compare(expect, actual), ...unsaid(one, expect)];
  found.push(...offerless(one, actual));
  return { case: one, search, actual, differences: [...found, ...(kind === 'exemplary' ? faults(actual) : [])] };
}

const missing: Difference = { path: 'expect', expected: 'what the case becomes', actual: 'nothing; run with --update' };

/** What becomes of the offer that the case verifies, or hands off. */
async function actionsOf(one: LoadedCase, search: Search): Promise<Pick<Expectation, ActionName>> {
  const { verify, handoff } = one.document.value;
  const tools = (name: ActionName) => ({
    http: new Replay(one.actions[name]),
    tokens: new HeldToken(),
    clock: () => one.asked.now,
    redactor: new Redactor([], search.partner.adapter.authenticatedBy),
  });
  const made: { -readonly [Name in ActionName]?: Expectation[Name] } = {};
  if (verify !== undefined) {
    const fate = offerOf(search, verify);
    const acted = fate?.offer && (await verifyOffer(fate.held, fate.offer, tools('verify')));
    if (acted !== undefined) made.verify = acted.result;
  }
  if (handoff !== undefined) {
    const fate = offerOf(search, handoff);
    if (fate?.offer !== undefined) made.handoff = (await handOff(fate.held, handoff.click, tools('handoff'))).result;
  }
  return made;
}

/** The offer that an action is about. */
export function offerOf({ fates }: Search, { offer }: Pick<OfferAction, 'offer'>): RowFate | undefined {
  const offers = fates.filter((fate) => fate.offer !== undefined);
  return typeof offer === 'number' ? offers[offer] : offers.find(({ id }) => id === offer);
}

/** Actions whose offer the search does not make. */
function offerless(one: LoadedCase, actual: Expectation): Difference[] {
  return (['verify', 'handoff'] as const).flatMap((name) => {
    const action = one.document.value[name];
    if (action === undefined || actual[name] !== undefined) return [];
    return [{ path: `${name}.offer`, expected: action.offer, actual: 'the search makes no such offer' }];
  });
}

/** What a case does and does not look at. */
function unsaid(one: LoadedCase, expect: Partial<Expectation>): Difference[] {
  return (['verify', 'handoff'] as const).flatMap((name) =>
    one.document.value[name] === undefined || expect[name] !== undefined
      ? []
      : [{ path: `expect.${name}`, expected: 'what comes of it', actual: 'nothing; run with --update' }],
  );
}

/** What an exemplary case may not become, whatever it expects. */
function faults({ outcome, failure, rejections, handedOver = [], verify, handoff }: Expectation): Difference[] {
  const found: Difference[] = [];
  for (const { result, detail } of handedOver) {
    if (result === undefined || !FAULTY.has(result)) continue;
    found.push({ path: 'kind', expected: 'in an exemplary case everything is taken', actual: `${result}: ${detail}` });
  }
  if (failure !== undefined || (outcome !== 'OK' && outcome !== 'EMPTY')) {
    found.push({ path: 'kind', expected: 'an exemplary case ends without an error', actual: failure ?? outcome });
  }
  for (const ended of [verify?.outcome, handoff?.outcome]) {
    if (ended === undefined || WENT_WELL.has(ended)) continue;
    found.push({ path: 'kind', expected: 'an exemplary case ends without an error', actual: ended });
  }
  for (const [reason, count] of Object.entries(rejections)) {
    if (harmless.has(reason)) continue;
    found.push({ path: 'kind', expected: 'an exemplary case has no unreadable row', actual: `${count} ${reason}` });
  }
  return found;
}

/** Outcomes of verifications that are no error. */
const WENT_WELL: ReadonlySet<string> = new Set(['SAME', 'PRICE_CHANGED', 'CHANGED', 'SOLD_OUT']);

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
    ...(offers.length > listed && { sums: sumsOf(offers) }),
    digest: createHash('sha256').update(JSON.stringify(offers)).digest('base64url').slice(0, 12),
    ...(Object.keys(answers).length > 0 && { answers }),
  };
}
