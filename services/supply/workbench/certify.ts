import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CertificateHead, ceilings, type Grade } from '../certificate.ts';
import { BASELINE_FILE, type Baseline, baselineText } from '../drift/baseline.ts';
import { digestOfFolder } from '../folder-digest.ts';
import type { ManifestFile } from '../kit/manifest.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { baselineOf } from './baseline.ts';
import { openOffline } from './bench.ts';
import { type CaseResult, digestOfCases, loadCases, resultOf } from './cases.ts';
import { faultChecks } from './certify-faults.ts';
import { feedChecks } from './certify-feed.ts';
import { handoffChecks } from './certify-handoff.ts';
import { limitChecks } from './certify-limits.ts';
import { moneyChecks } from './certify-money.ts';
import { partialChecks } from './certify-partial.ts';
import { pushChecks } from './certify-push.ts';
import { timeChecks } from './certify-times.ts';
import { completenessOf } from './completeness.ts';
import { coverageChecks } from './coverage.ts';
import { differenceText } from './difference.ts';
import { FaultBench } from './fault-bench.ts';
import { type Check, type Completeness, check, gradeOf } from './grade.ts';
import { offerView } from './offer-view.ts';
import { RowTrial } from './row-trial.ts';
import { sampled } from './sampled.ts';
import { fatesOf, type Search } from './search.ts';

/** What `certificate.json` says. The same folder gives the same text. */
export interface Certificate extends CertificateHead {
  readonly partner: string;
  readonly vertical: string;
  /** Of an adapter that runs elsewhere: where it was graded. */
  readonly address?: string;
  readonly grade: Grade;
  /** The most that an account's trafficShare may be. */
  readonly ceiling: number;
  /** Digest of the golden cases with their recordings. */
  readonly cases: string;
  /** Offers that the golden cases make. */
  readonly offers: number;
  readonly completeness: Completeness;
  /** The requests of the conversation in which faults were tried: "POST /v2/quotes/". */
  readonly conversation: readonly string[];
  readonly checks: readonly Check[];
}

/** A certificate with the drift baseline that belongs to it. */
export interface Certified {
  readonly folder: string;
  readonly certificate: Certificate;
  readonly baseline: Baseline;
}

const noOffers = 'no golden case makes an offer';

/**
 * Grades a partner's folder without secrets and without the partner: its golden cases, generated variants of their rows,
 * and a server on this machine that misbehaves. Throws ConfigError where the folder cannot be loaded.
 */
export async function certify(folder: string): Promise<Certified> {
  const results: CaseResult[] = [];
  const opened: OpenedCase[] = [];
  for (const one of loadCases(folder)) {
    const { partner } = await openOffline(folder, { options: one.document.value.options });
    const result = await resultOf(one, partner);
    results.push(result);
    opened.push({ partner, result });
  }
  const { partner: plain, manifest } = await openOffline(folder);
  const seen = new Set<string>();
  const rowsOfCases = opened.map(({ partner, result }) =>
    isNew(seen, [searchOf(result), result.case.document.value.options]) ? offeredRows(partner, result.search) : [],
  );
  const rows = rowsOfCases.flat();
  const tried = sampled(rowsOfCases).map(({ partner, row, context, offer, place }) => ({
    trial: new RowTrial(partner, row, context, place),
    offer,
    held: { partner, row, context },
  }));
  const checks: Check[] = [
    ...caseChecks(results),
    ...moneyChecks(tried.map(({ trial }) => trial)),
    ...timeChecks(tried, plain.plan.columns),
    ...identityChecks(opened),
    ...partialChecks(manifest, opened),
    ...(await determinismChecks(opened)),
  ];
  const { conversation, found } = await misbehave(opened);
  const { completeness, filled } = completenessOf(
    plain,
    rows.map(({ offer }) => offer.columns),
  );
  const held = tried.map(({ held }) => held);
  checks.push(...handoffChecks(held, takesClick(manifest)), ...found, ...filled, ...coverageChecks(manifest, results));
  const grade = gradeOf(checks, completeness);
  return {
    folder,
    certificate: {
      partner: path.basename(folder),
      vertical: plain.adapter.vertical,
      grade,
      ceiling: ceilings[grade],
      manifest: digestOfFolder(folder),
      cases: digestOfCases(results.map((one) => one.case)),
      offers: rows.length,
      completeness,
      conversation,
      checks,
    },
    baseline: baselineOf(digestOfFolder(folder), recordedOnce(results)),
  };
}

/** One search of each recording: cases that only go on otherwise say nothing new of its shape. */
function recordedOnce(results: readonly CaseResult[]): Search[] {
  const seen = new Set<string>();
  return results.flatMap((result) => (isNew(seen, searchOf(result)) ? [result.search] : []));
}

/** What a case searches: what is done with an offer afterwards takes cases of its own. */
function searchOf({ case: { file, cassette = file, document } }: CaseResult): readonly unknown[] {
  const { criteria, market, currency, locale, now } = document.value;
  return [cassette, criteria, market, currency, locale, now];
}

function isNew(seen: Set<string>, what: readonly unknown[]): boolean {
  const before = seen.size;
  return seen.add(JSON.stringify(what)).size > before;
}

/** Whether the hand-off says to read the click; undefined where map.ts makes it. */
function takesClick({ handoff }: ManifestFile): boolean | undefined {
  return handoff === undefined ? undefined : /\bclick\b/.test(JSON.stringify(handoff));
}

/** A case with the partner that its options make. */
interface OpenedCase {
  readonly partner: ConfiguredPartner;
  readonly result: CaseResult;
}

/** What was tried on the partner's side, and in which conversation where it has one. */
interface Misbehaviour {
  readonly conversation: readonly string[];
  readonly found: readonly Check[];
}

/** Faults, deadlines and limits, by how the partner's offers come. */
async function misbehave(opened: readonly OpenedCase[]): Promise<Misbehaviour> {
  // Of exemplary cases the one after which the most lies in the inventory.
  const [most] = opened.filter(({ result }) => isWhole(result)).sort((a, b) => heldBy(b.result) - heldBy(a.result));
  const all = opened.map(({ result }) => result);
  const { feed, push } = most?.partner.adapter.inventory ?? {};
  if (most !== undefined && feed !== undefined) {
    return { conversation: most.result.actual.requests ?? [], found: await feedChecks(most.partner, most.result, all) };
  }
  if (most !== undefined && push !== undefined) {
    return { conversation: [], found: await pushChecks(most.partner, most.result, all) };
  }
  return misconverse(opened);
}

/** Rows that were handed over before the search of an exemplary case. */
function heldBy({ case: one, actual: { handedOver = [] } }: CaseResult): number {
  return one.document.value.kind === 'exemplary' ? (handedOver.at(-1)?.rows ?? 0) : 0;
}

/** In the longest conversation whose answers are all whole. */
async function misconverse(opened: readonly OpenedCase[]): Promise<Misbehaviour> {
  const lengths = (one: OpenedCase): number => one.result.case.answers.length;
  const whole = opened.filter(({ result }) => isWhole(result)).sort((a, b) => lengths(b) - lengths(a));
  const [longest] = whole;
  if (longest === undefined) return { conversation: [], found: [] };
  const paged = whole.find(({ result }) => result.actual.outcome === 'OK' && result.search.answers.length > 1);
  const open = ({ partner, result }: OpenedCase): Promise<FaultBench> =>
    FaultBench.open(partner, result.case, result.actual.requests ?? []);
  const benches = [await open(longest), ...(paged === undefined ? [] : [await open(paged)])] as const;
  try {
    const [bench, ofPages] = benches;
    const found = [...(await faultChecks(bench)), ...(await limitChecks(bench, ofPages))];
    return { conversation: bench.requests, found };
  } finally {
    for (const bench of benches) await bench.close();
  }
}

/** What a folder's `certificate.json` and `baseline.json` should say and do not. */
export function outdatedFiles({ folder, certificate, baseline }: Certified): { file: string; text: string }[] {
  const files = [
    ['certificate.json', `${JSON.stringify(certificate, null, 2)}\n`],
    [BASELINE_FILE, baselineText(baseline)],
  ] as const;
  return files.flatMap(([name, text]) => {
    const file = path.join(folder, name);
    return existsSync(file) && readFileSync(file, 'utf8') === text ? [] : [{ file, text }];
  });
}

/** Writes `certificate.json` and `baseline.json` into the folder; answers which of them changed. */
export function writeCertificate(certified: Certified): string[] {
  const outdated = outdatedFiles(certified);
  for (const { file, text } of outdated) writeFileSync(file, text);
  return outdated.map(({ file }) => file);
}

/** A case whose last answer has offers: what goes wrong is then that answer. */
export function isWhole({ search, actual }: CaseResult): boolean {
  return actual.outcome === 'OK' && (search.answers.at(-1)?.rows.length ?? 0) > 0 && actual.kept > 0;
}

interface OfferedRow {
  readonly partner: ConfiguredPartner;
  readonly row: unknown;
  readonly context: Search['answers'][number]['context'];
  readonly offer: ReturnType<typeof offerView>;
  /** Where it stands in its answer. */
  readonly place: { readonly body: unknown; readonly at: number };
}

function offeredRows(partner: ConfiguredPartner, { answers }: Search): OfferedRow[] {
  const { idOf } = partner.adapter;
  const shown = new Set<string>();
  return answers.flatMap(({ rows, context, body }) =>
    rows.flatMap((row, at) => {
      // An answer that is given bit by bit has its rows again and again.
      const id = idOf?.(row);
      if (id !== undefined && shown.has(id)) return [];
      if (id !== undefined) shown.add(id);
      const [fate] = fatesOf(partner, [{ body: undefined, context, rows: [row] }]);
      return fate?.offer === undefined ? [] : [{ partner, row, context, offer: fate.offer, place: { body, at } }];
    }),
  );
}

function caseChecks(results: readonly CaseResult[]): Check[] {
  const broken = results.flatMap(({ case: one, differences }) =>
    differences.slice(0, 1).map((difference) => `${one.name}: ${differenceText(difference)}`),
  );
  const exemplary = results.filter((one) => one.case.document.value.kind === 'exemplary' && isWhole(one));
  const supplemental = results.filter((one) => one.case.document.value.kind === 'supplemental');
  const none = (list: readonly unknown[], what: string): string[] => (list.length > 0 ? [] : [what]);
  return [
    check('cases', 'golden cases hold', broken, results.length),
    check('cases', 'an exemplary case makes offers', none(exemplary, 'none does; `entrepot partner record` makes one')),
    check('cases', 'supplemental cases cover faults', [], supplemental.length, 'there is no supplemental case'),
  ];
}

function identityChecks(opened: readonly OpenedCase[]): Check[] {
  const keyless: string[] = [];
  const repeated: string[] = [];
  let offers = 0;
  for (const { result } of opened) {
    const ids = new Set<string>();
    for (const { id, offer } of result.search.fates) {
      if (offer === undefined) continue;
      offers++;
      if (Object.keys(offer.key).length === 0) keyless.push(`${result.case.name}: ${id}`);
      if (ids.has(id)) repeated.push(`${result.case.name}: ${id}`);
      ids.add(id);
    }
  }
  return [
    check('identity', 'every offer says which product it is of', keyless, offers, noOffers),
    check('identity', 'every offer of a search has an id of its own', repeated, offers, noOffers),
  ];
}

async function determinismChecks(opened: readonly OpenedCase[]): Promise<Check[]> {
  const other: string[] = [];
  const ordered: string[] = [];
  let offers = 0;
  for (const { partner, result } of opened) {
    const again = await resultOf(result.case, partner);
    if (again.actual.digest !== result.actual.digest) other.push(result.case.name);
    for (const { rows, context } of result.search.answers) {
      const views = (list: readonly unknown[]): string[] => list.map((row) => viewText(partner, row, context));
      const forwards = views(rows);
      const backwards = views([...rows].reverse()).reverse();
      offers += rows.length;
      if (forwards.some((text, at) => text !== backwards[at])) ordered.push(result.case.name);
    }
  }
  return [
    check('determinism', 'the same answer read twice gives the same offers', other, opened.length, 'there is no case'),
    check('determinism', 'a row is the same whichever was read before it', ordered, offers, 'no case has a row'),
  ];
}

function viewText(partner: ConfiguredPartner, row: unknown, context: OfferedRow['context']): string {
  try {
    return JSON.stringify(offerView(partner, row, context));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
