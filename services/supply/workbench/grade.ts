import type { Grade } from '../certificate.ts';

/** What a check is about. */
export type CheckGroup =
  | 'cases'
  | 'money'
  | 'times'
  | 'identity'
  | 'determinism'
  | 'contract'
  | 'faults'
  | 'deadline'
  | 'limits'
  | 'completeness'
  | 'coverage';

/** One thing that was tried. */
export interface Check {
  readonly group: CheckGroup;
  /** What has to hold. */
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'not applicable';
  /** What was seen, or why it could not be tried; stays the same from run to run. */
  readonly detail?: string;
}

/** How well attributes are filled. */
export interface Completeness {
  /** Mean over the attributes of the vertical that the format has, percent. */
  readonly percent: number;
  /** Offers that have it, percent, by attribute. */
  readonly fields: Readonly<Record<string, number>>;
  /** Attributes that the format lacks, each with the reason. */
  readonly lacks: Readonly<Record<string, string>>;
}

/** Groups that decide whether what shoppers see is right. */
const CORRECTNESS: ReadonlySet<CheckGroup> = new Set(['cases', 'money', 'times', 'identity', 'determinism']);

/** Groups that decide whether the partner may go wrong without harm. */
const HANDLING: ReadonlySet<CheckGroup> = new Set(['contract', 'faults', 'deadline', 'limits']);

/** Mean share of the attributes that the format has which grade A takes, percent. */
export const completeEnough = 60;
/** Share of the vertical's attributes that a format may lack at most for grade A, percent: with fewer, offers cannot be compared. */
export const mostLacking = 50;
/** The check without which no adapter has grade A. */
export const exactness = 'amounts are exact in currencies with 0, 2 and 3 minor digits';

/**
 * The grade. D: something that shoppers see is wrong. C: all of that is right, but a fault, a deadline or a limit is not
 * handled as it should be. B: all of that holds. A: moreover the exactness of money could be checked, golden cases show
 * everything that the manifest says can happen, and offers can be compared.
 *
 * Attributes are measured by what there is to fill. A mean over all attributes of the vertical would grade the partner's
 * format, not the mapping: nobody can fill the emissions of a format without emissions. So a manifest may say what its format
 * lacks, each with a reason that is reviewed as any line of it; all others have to be seen filled in some golden case, and in
 * {@link completeEnough} percent of offers on average. What is said to be lacking may be in no offer, cannot be what tells
 * products apart, and is {@link mostLacking} percent of the attributes at most.
 */
export function gradeOf(checks: readonly Check[], completeness: Completeness): Grade {
  const failed = checks.filter(({ result }) => result === 'failed');
  if (failed.some(({ group }) => CORRECTNESS.has(group))) return 'D';
  if (failed.some(({ group }) => HANDLING.has(group))) return 'C';
  const exact = checks.some(({ name, result }) => name === exactness && result === 'passed');
  return failed.length === 0 && exact && isComparable(completeness) ? 'A' : 'B';
}

/** Why a grade is not A, and what to do about it, in one sentence; undefined where it is. */
export function whyNotA({
  checks,
  completeness,
}: {
  readonly checks: readonly Check[];
  readonly completeness: Completeness;
}): string | undefined {
  const grade = gradeOf(checks, completeness);
  if (grade === 'A') return undefined;
  const failed = checks.filter(({ result }) => result === 'failed');
  const decides = failed.find(({ group }) =>
    grade === 'D' ? CORRECTNESS.has(group) : grade === 'C' ? HANDLING.has(group) : true,
  );
  if (decides !== undefined) {
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more ✗ above)` : '';
    const detail = decides.detail === undefined ? '' : `: ${decides.detail}`;
    return `grade ${grade}, not A, because this fails: ${decides.name}${detail}${more}; ${remedies[decides.group]}`;
  }
  const inexact = checks.find(({ name }) => name === exactness);
  if (inexact === undefined) {
    return `grade ${grade}, not A, because its rows cannot be changed from here: nothing to do, it is the best there is for a partner by address`;
  }
  if (inexact.result !== 'passed') {
    return `grade ${grade}, not A, because it could not be tried whether ${exactness}: ${inexact.detail}; do record or write a case whose price is made of amounts that stand in the answer, with their currency`;
  }
  const { percent, lacks } = completeness;
  if (percent < completeEnough) {
    return `grade ${grade}, not A, because ${percent} % of the attributes are filled and ${completeEnough} % are needed; do map more of them, or say under \`lacks\` which the format does not have`;
  }
  return `grade ${grade}, not A, because its format is said to lack ${Object.keys(lacks).length} attributes, more than ${mostLacking} %; do map some of them`;
}

/** What helps where a check fails. */
const remedies: Readonly<Record<CheckGroup, string>> = {
  cases: 'do mend the mapping, or run `entrepot partner test --update` where the change is meant',
  money: 'do mend how the price is mapped',
  times: 'do mend how the time is mapped',
  identity: 'do mend what identifies a product, or the id of a row',
  determinism: 'do let what is read depend on nothing but the answer',
  contract: 'do mend verify or handoff',
  faults: 'do mend `failures`',
  deadline: 'do end what goes on after the deadline',
  limits: 'do keep the limit',
  completeness: 'do map it, or say under `lacks` that the format does not have it',
  coverage: 'do write the case',
};

function isComparable({ percent, fields, lacks }: Completeness): boolean {
  const lacking = (Object.keys(lacks).length / Math.max(1, Object.keys(fields).length)) * 100;
  return percent >= completeEnough && lacking <= mostLacking;
}

/** A check that could not be tried, and why. */
export function untried(group: CheckGroup, name: string, why: string): Check {
  return { group, name, result: 'not applicable', detail: why };
}

/**
 * A check that holds where nothing was found against it.
 *
 * @param tried how often it was tried, where that can be counted
 * @param why said where it was tried not once
 */
export function check(
  group: CheckGroup,
  name: string,
  against: readonly string[],
  tried?: number,
  why = 'no case has what it takes',
): Check {
  if (against.length > 0) {
    const more = against.length > 1 ? `; and ${against.length - 1} more` : '';
    return { group, name, result: 'failed', detail: `${against[0]}${more}` };
  }
  if (tried === 0) return untried(group, name, why);
  return { group, name, result: 'passed', ...(typeof tried === 'number' && { detail: `${tried} tried` }) };
}
