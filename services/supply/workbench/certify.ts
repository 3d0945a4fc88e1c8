import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { vertical } from '../../../libs/vertical/index.ts';
import { type CertificateHead, ceilings, type Grade } from '../certificate.ts';
import { digestOfFolder } from '../folder-digest.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type Baseline, baselineOf } from './baseline.ts';
import { openOffline } from './bench.ts';
import { type CaseResult, loadCases, resultOf } from './cases.ts';
import { faultChecks } from './certify-faults.ts';
import { moneyChecks } from './certify-money.ts';
import { timeChecks } from './certify-times.ts';
import { differenceText } from './difference.ts';
import { type Check, type Completeness, check, gradeOf } from './grade.ts';
import { offerView } from './offer-view.ts';
import { RowTrial } from './row-trial.ts';
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
  /** Offers that the golden cases make. */
  readonly offers: number;
  readonly completeness: Completeness;
  readonly checks: readonly Check[];
}

/** A certificate with the drift baseline that belongs to it. */
export interface Certified {
  readonly folder: string;
  readonly certificate: Certificate;
  readonly baseline: Baseline;
}

/** Rows whose values are changed one by one: more say nothing new, for one mapping reads them all. */
const TRIED_ROWS = 25;

/**
 * Grades a partner's folder without secrets and without the partner: its golden cases, generated variants of their rows,
 * and a server on this machine that misbehaves. Throws ConfigError where the folder cannot be loaded.
 */
export async function certify(folder: string): Promise<Certified> {
  const results: CaseResult[] = [];
  const opened: { partner: ConfiguredPartner; result: CaseResult }[] = [];
  for (const one of loadCases(folder)) {
    const { partner } = await openOffline(folder, { options: one.document.value.options });
    const result = await resultOf(one, partner);
    results.push(result);
    opened.push({ partner, result });
  }
  const { partner: plain } = await openOffline(folder);
  const rows = opened.flatMap(({ partner, result }) => offeredRows(partner, result.search));
  const tried = rows.slice(0, TRIED_ROWS).map(({ partner, row, context, offer }) => ({
    trial: new RowTrial(partner, row, context),
    offer,
  }));
  const faulty = opened.find(({ result }) => isWhole(result));
  const paged = opened.find(({ result: { search, actual } }) => actual.outcome === 'OK' && search.answers.length > 1);
  const checks: Check[] = [
    ...caseChecks(results),
    ...moneyChecks(tried.map(({ trial }) => trial)),
    ...timeChecks(tried, plain.plan.columns),
    ...identityChecks(opened),
    ...(await determinismChecks(opened)),
    ...(faulty === undefined ? [] : await faultChecks(faulty.partner, faulty.result.case, paged?.result.case)),
  ];
  const completeness = completenessOf(
    plain,
    rows.map(({ offer }) => offer.columns),
  );
  const grade = gradeOf(checks, completeness);
  return {
    folder,
    certificate: {
      partner: path.basename(folder),
      vertical: plain.adapter.vertical,
      grade,
      ceiling: ceilings[grade],
      manifest: digestOfFolder(folder),
      offers: rows.length,
      completeness,
      checks,
    },
    baseline: baselineOf(results.map(({ search }) => search)),
  };
}

/** Writes `certificate.json` and `baseline.json` into the folder; answers which of them changed. */
export function writeCertificate({ folder, certificate, baseline }: Certified): string[] {
  const files = [
    ['certificate.json', certificate],
    ['baseline.json', baseline],
  ] as const;
  return files.flatMap(([name, value]) => {
    const file = path.join(folder, name);
    const text = `${JSON.stringify(value, null, 2)}\n`;
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return [];
    writeFileSync(file, text);
    return [file];
  });
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
}

function offeredRows(partner: ConfiguredPartner, { answers }: Search): OfferedRow[] {
  return answers.flatMap(({ rows, context }) =>
    rows.flatMap((row) => {
      const [fate] = fatesOf(partner, [{ body: undefined, context, rows: [row] }]);
      return fate?.offer === undefined ? [] : [{ partner, row, context, offer: fate.offer }];
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
    check('cases', 'supplemental cases cover faults', [], supplemental.length),
  ];
}

function identityChecks(opened: readonly { partner: ConfiguredPartner; result: CaseResult }[]): Check[] {
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
    check('identity', 'every offer says which product it is of', keyless, offers),
    check('identity', 'every offer of a search has an id of its own', repeated, offers),
  ];
}

async function determinismChecks(
  opened: readonly { partner: ConfiguredPartner; result: CaseResult }[],
): Promise<Check[]> {
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
    check('determinism', 'the same answer read twice gives the same offers', other, opened.length),
    check('determinism', 'a row is the same whichever was read before it', ordered, offers),
  ];
}

function viewText(partner: ConfiguredPartner, row: unknown, context: OfferedRow['context']): string {
  try {
    return JSON.stringify(offerView(partner, row, context));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function completenessOf(
  partner: ConfiguredPartner,
  offers: readonly Readonly<Record<string, unknown>>[],
): Completeness {
  const { attributes } = vertical(partner.adapter.vertical);
  const fields: Record<string, number> = {};
  for (const { name } of attributes) {
    const filled = offers.filter((columns) => columns[name] !== undefined).length;
    fields[name] = offers.length === 0 ? 0 : Math.round((filled / offers.length) * 100);
  }
  const values = Object.values(fields);
  return { percent: Math.round(values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length)), fields };
}
