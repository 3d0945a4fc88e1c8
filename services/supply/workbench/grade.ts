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
  | 'limits';

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
  /** Mean over the attributes of the vertical, percent. */
  readonly percent: number;
  /** Offers that have it, percent, by attribute. */
  readonly fields: Readonly<Record<string, number>>;
}

/** Groups that decide whether what shoppers see is right. */
const CORRECTNESS: ReadonlySet<CheckGroup> = new Set(['cases', 'money', 'times', 'identity', 'determinism']);

/** Mean share of attributes that grade A takes, percent. */
export const completeEnough = 60;
/** The check without which no adapter has grade A. */
export const exactness = 'amounts are exact in currencies with 0, 2 and 3 minor digits';

/**
 * The grade. D: something that shoppers see is wrong. C: all of that is right, but a fault, a deadline or a limit is not
 * handled as it should be. B: everything holds. A: moreover the exactness of money could be checked, and the attributes of
 * the vertical are filled well enough.
 */
export function gradeOf(checks: readonly Check[], completeness: Completeness): Grade {
  const failed = checks.filter(({ result }) => result === 'failed');
  if (failed.some(({ group }) => CORRECTNESS.has(group))) return 'D';
  if (failed.length > 0) return 'C';
  const exact = checks.some(({ name, result }) => name === exactness && result === 'passed');
  return exact && completeness.percent >= completeEnough ? 'A' : 'B';
}

/** A check that holds where nothing was found against it. */
export function check(
  group: CheckGroup,
  name: string,
  against: readonly string[],
  tried: number | boolean = true,
): Check {
  if (against.length > 0) {
    const more = against.length > 1 ? `; and ${against.length - 1} more` : '';
    return { group, name, result: 'failed', detail: `${against[0]}${more}` };
  }
  if (tried === 0 || tried === false) return { group, name, result: 'not applicable' };
  return { group, name, result: 'passed', ...(typeof tried === 'number' && { detail: `${tried} tried` }) };
}
