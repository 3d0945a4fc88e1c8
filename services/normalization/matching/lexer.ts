import { countsWhatFollows, type Measure, measureOf, measureText, numberOfWord } from './measures.ts';
import { fold, wordsOf } from './text.ts';
import { stopWords, technologies } from './words.ts';

/** What a word of a title is. */
export const WORD = 0;
export const NUMBER = 1;
export const CODE = 2;
export const MEASURE = 3;

/** A word of a title. */
export interface Lexeme {
  /** In its plainest form: singular, without separators, a measure in its kind's own unit. */
  readonly text: string;
  readonly kind: number;
  /** As it stands there without separators: for words that others write apart or together. */
  readonly raw: string;
  /** Of a code with separators, its parts: "qx", "7183t". */
  readonly parts: readonly string[];
  readonly measure: Measure | undefined;
}

const none: readonly string[] = [];
const chunks = /\d+(?:\.\d+)?(?![\d.]*[a-z\d]|[-/_+][a-z0-9])|[a-z0-9]+(?:[-./_+][a-z0-9]+)*/g;
const plainNumber = /^\d+(?:\.\d+)?$/;
const glued = /^(\d+(?:\.\d+)?)-?([a-z]+)$/;
const shortestNumberCode = 5;

/** The words of a text about a good, in their order, words that say nothing left out; at most `most`. */
export function lex(text: string, most: number): Lexeme[] {
  const folded = fold(text)
    .replace(/(\d),(?=\d{3})/g, '$1')
    .replace(/(\d) ?(?:''|["'])(?![a-z0-9])/g, '$1 inch ')
    .replace(/(\d) ?cu ?\. ?ft\b/g, '$1 cuft ')
    .replace(/\b(\d+)[- ](\d+)\/(\d+)(?!\d)/g, (_, whole, over, under) => decimal(+whole + +over / +under))
    .replace(/\b(\d)\/(\d)(?!\d)/g, (_, over, under) => decimal(+over / +under));
  const found = folded.match(chunks) ?? [];
  const lexemes: Lexeme[] = [];
  for (let i = 0; i < found.length && lexemes.length < most; i++) {
    const chunk = found[i]!;
    if (plainNumber.test(chunk)) {
      const unit = found[i + 1];
      const measure = unit === undefined ? undefined : measureOf(+chunk, unit, true);
      if (measure !== undefined) {
        lexemes.push(measured(measure, chunk + unit));
        i++;
      } else if (!isCode(chunk, chunk, [chunk])) {
        lexemes.push({
          text: plain(chunk),
          kind: NUMBER,
          raw: chunk.replace('.', ''),
          parts: none,
          measure: undefined,
        });
      } else lexemes.push(code(chunk, none));
      continue;
    }
    const value = glued.exec(chunk);
    const measure = value === null ? undefined : measureOf(+value[1]!, value[2]!, false);
    if (measure !== undefined) {
      lexemes.push(measured(measure, chunk.replace(/[^a-z0-9]/g, '')));
      continue;
    }
    const parts = chunk.split(/[-/_+.]/);
    // "10-pack", "6.5-inch", "two-pack", "pack of 3": a number or its word before its unit, or after it.
    const counted = countOf(chunk, parts, found, i);
    if (counted !== undefined) {
      lexemes.push(measured(counted.measure, chunk.replace(/[^a-z0-9]/g, '')));
      i += counted.more;
      continue;
    }
    const compact = parts.join('');
    if (isCode(chunk, compact, parts)) lexemes.push(code(compact, parts.length > 1 ? parts : none));
    else for (const part of parts.length > 1 ? splitPlain(chunk) : parts) pushPlain(part, lexemes);
  }
  // The last chunk may have held several words.
  return lexemes.slice(0, most);
}

function decimal(value: number): string {
  return String(Number(value.toFixed(3)));
}

function measured(measure: Measure, raw: string): Lexeme {
  return { text: measureText(measure), kind: MEASURE, raw, parts: none, measure };
}

function code(raw: string, parts: readonly string[]): Lexeme {
  return { text: plainCode(raw), kind: CODE, raw, parts, measure: undefined };
}

/** A code in letters and digits without zeros before its first digits: sellers fill up to a length, or do not. */
export function plainCode(code: string): string {
  return code.replace(/^0+(?=\d{3})/, '');
}

const romans: ReadonlyMap<string, string> = new Map([
  ['ii', '2'],
  ['iii', '3'],
  ['iv', '4'],
]);

function countOf(
  chunk: string,
  parts: readonly string[],
  found: readonly string[],
  at: number,
): { measure: Measure; more: number } | undefined {
  if (parts.length > 1) {
    const unit = parts.at(-1)!;
    const number = chunk.slice(0, -unit.length - 1);
    const value = plainNumber.test(number) ? +number : numberOfWord(number);
    const measure = value === undefined ? undefined : measureOf(value, unit, false);
    return measure && { measure, more: 0 };
  }
  const next = found[at + 1];
  if (next === undefined) return undefined;
  if (countsWhatFollows(chunk) && next === 'of') {
    const amount = found[at + 2] ?? '';
    const value = plainNumber.test(amount) ? +amount : numberOfWord(amount);
    return value === undefined ? undefined : { measure: { kind: 'count', value }, more: 2 };
  }
  const value = numberOfWord(chunk);
  if (value === undefined || (next !== 'pack' && next !== 'pk' && next !== 'piece' && next !== 'set')) return undefined;
  return { measure: { kind: 'count', value }, more: 1 };
}

/** Letters and digits mixed, or digits enough that they count nothing. */
function isCode(chunk: string, compact: string, parts: readonly string[]): boolean {
  if (!/\d/.test(compact) || technologies.has(compact)) return false;
  // "18-55mm" and "10/100" are numbers with or without a unit.
  if (parts.length > 1 && parts.every((part) => /^\d{1,3}$/.test(part) || isMeasure(part))) return false;
  if (/[a-z]/.test(compact)) {
    if (parts.length === 1) return compact.length <= 25;
    // "w/3" and "series-6" are words and numbers; "qx-7183t" is one code.
    return (
      compact.length >= 4 &&
      compact.length <= 25 &&
      !parts.some((part) => stopWords.has(part) || part === 'w' || /^[a-z]{6,}$/.test(part))
    );
  }
  return compact.length >= shortestNumberCode && /\d{4}/.test(chunk) && !/[/.]/.test(chunk) && !/000$/.test(chunk);
}

function isMeasure(part: string): boolean {
  const value = glued.exec(part);
  return value !== null && measureOf(+value[1]!, value[2]!, false) !== undefined;
}

/** Parts of what is no code: at separators, but for the point within a number. */
function splitPlain(chunk: string): string[] {
  return chunk.split(/[-/_+]|\.(?!\d)|(?<!\d)\./);
}

function pushPlain(part: string, lexemes: Lexeme[]): void {
  if (part === '' || stopWords.has(part)) return;
  const roman = romans.get(part);
  if (roman !== undefined) {
    lexemes.push({ text: roman, kind: NUMBER, raw: part, parts: none, measure: undefined });
  } else if (plainNumber.test(part)) {
    lexemes.push({ text: plain(part), kind: NUMBER, raw: part.replace('.', ''), parts: none, measure: undefined });
  } else if (/\d/.test(part) && !technologies.has(part)) {
    const value = glued.exec(part);
    const measure = value === null ? undefined : measureOf(+value[1]!, value[2]!, false);
    lexemes.push(measure === undefined ? code(part.replaceAll('.', ''), none) : measured(measure, part));
  } else lexemes.push({ text: singular(part), kind: WORD, raw: part, parts: none, measure: undefined });
}

/** A number without zeros that say nothing. */
function plain(number: string): string {
  return String(Number(number));
}

/** English plurals in singular: enough that "batteries" meets "battery". */
export function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s') || word.endsWith('ss') || word.endsWith('us')) return word;
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ch|sh|x|ss)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** A text in letters and digits alone. */
export function compact(text: string): string {
  return wordsOf(fold(text)).join('');
}
