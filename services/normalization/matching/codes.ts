import { editDistance } from './text.ts';

/** How two part or model numbers relate. */
export interface CodeRelation {
  /**
   * 1 for the same; 0.7 to 1 where one is within the other; 0.5 to 0.7 where their digits are the same and letters differ;
   * below 0.5 for others, by the edits between them.
   */
  readonly similarity: number;
  /** Characters that they share in one piece. */
  readonly common: number;
}

const unrelated: CodeRelation = { similarity: 0, common: 0 };

/** Shortest code that means something within another: "t7450" in "zenariot7450bk". */
const shortestWithin = 4;

/** Compares two codes in letters and digits alone: "qx7183t" and "qx7183". */
export function relateCodes(a: string, b: string): CodeRelation {
  if (a === b) return { similarity: 1, common: a.length };
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const at = long.indexOf(short);
  if (at >= 0 && within(short, long, at)) {
    return { similarity: 0.7 + (0.3 * short.length) / long.length, common: short.length };
  }
  if (short.length < shortestWithin) return unrelated;
  const prefix = commonPrefix(a, b);
  const alike = sameDigits(a, b);
  if (!alike && long.length - short.length > 0.6 * long.length) return unrelated;
  const likeness = 1 - editDistance(a, b) / long.length;
  if (alike) return { similarity: 0.5 + 0.2 * likeness, common: prefix };
  return likeness < 0.4 && prefix < 4 ? unrelated : { similarity: 0.5 * likeness, common: prefix };
}

/** Whether a code within another is that one's number, not a piece of a longer number: "163" is not in "1630". */
function within(short: string, long: string, at: number): boolean {
  let digits = 0;
  for (let i = 0; i < short.length; i++) if (isDigit(short, i)) digits++;
  if (digits === 0 || short.length < 3) return false;
  const numeric = digits === short.length;
  if (short.length < (numeric ? 3 : shortestWithin) && short.length * 2 < long.length) return false;
  const before = at > 0 && isDigit(long, at - 1) && isDigit(short, 0);
  const after = at + short.length < long.length && isDigit(long, at + short.length) && isDigit(short, short.length - 1);
  // Country and packing suffixes are digits too, but longer: "qrl7003" in "qrl7003220eux".
  return !before && (!after || (!numeric && long.length - at - short.length >= 3));
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** Whether two codes have the same digits in the same order, three at least. */
function sameDigits(a: string, b: string): boolean {
  let [i, j, count] = [0, 0, 0];
  while (true) {
    while (i < a.length && !isDigit(a, i)) i++;
    while (j < b.length && !isDigit(b, j)) j++;
    if (i === a.length || j === b.length) return i === a.length && j === b.length && count >= 3;
    if (a.charCodeAt(i++) !== b.charCodeAt(j++)) return false;
    count++;
  }
}

/** The similarity of {@link relateCodes} where it is 0.5 or more, else 0: faster, for looking through many. */
export function kinship(a: string, b: string): number {
  if (a === b) return 1;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const at = long.indexOf(short);
  if (at >= 0 && within(short, long, at)) return 0.7 + (0.3 * short.length) / long.length;
  return short.length >= shortestWithin && sameDigits(a, b) ? 0.5 + 0.2 * (1 - editDistance(a, b) / long.length) : 0;
}

function commonPrefix(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** The longest run of digits of a code, if it has three or more: what makers change last. */
export function digitRun(code: string): string | undefined {
  let best = '';
  for (const [run] of code.matchAll(/\d{3,}/g)) if (run.length > best.length) best = run;
  return best === '' ? undefined : best;
}

/** A code without the letters at its end, by which makers tell colours and countries: "qrlvz8m" is "qrlvz8". */
export function codeCore(code: string): string | undefined {
  const core = code.replace(/[a-z]{1,3}$/, '');
  return core.length >= 4 && core.length < code.length && /\d/.test(core) ? core : undefined;
}
