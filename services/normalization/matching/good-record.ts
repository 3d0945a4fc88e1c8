import { gtin14 } from '../../../libs/reference/index.ts';
import { codeCore, digitRun } from './codes.ts';
import { CODE, compact, type Lexeme, lex, MEASURE, NUMBER, plainCode, singular, WORD } from './lexer.ts';
import type { Measure } from './measures.ts';
import { fold, hashOf, hashSet, trigrams, wordsOf } from './text.ts';
import type { MatchRecord, Prepared } from './types.ts';
import { accessoryOf, colorOf, colorOfCodePart, conditionOf, originOf, placeholders, turningWords } from './words.ts';

/** A good, read once for all comparisons. */
export interface PreparedGood extends Prepared {
  /** Words of the title and their kinds, as `lexer.ts` has them; words without meaning left out. */
  readonly words: readonly string[];
  readonly kinds: Uint8Array;
  readonly hashes: Int32Array;
  /** The blocking key of each, by which its rarity is known. */
  readonly wordKeys: readonly string[];
  /** Hash of each word and the next written together; 0 for the last. */
  readonly pairs: Int32Array;
  /** Hashes of the title's words, as they are and in plainest form, ascending. */
  readonly titleSet: Int32Array;
  /** Hashes of all neighbours written together in title or description, ascending. */
  readonly pairSet: Int32Array;
  /** Hashes of all words of all texts, ascending. */
  readonly allSet: Int32Array;
  readonly trigrams: Int32Array;
  /** Model and part numbers, and numbers of three digits and more: the title's, then the maker's part number. */
  readonly codes: readonly string[];
  /** Those of the description. */
  readonly moreCodes: readonly string[];
  /** The maker's part number in letters and digits; empty without one. */
  readonly mpn: string;
  readonly gtin: string;
  /** The brand in letters and digits; empty without one. */
  readonly brand: string;
  readonly measures: readonly Measure[];
  /** With the description's. */
  readonly allMeasures: readonly Measure[];
  readonly colors: readonly string[];
  /** With the description's. */
  readonly allColors: readonly string[];
  readonly conditions: readonly string[];
  readonly origins: readonly string[];
  readonly accessories: readonly string[];
  readonly moreAccessories: readonly string[];
  /** The word that says what it is: the last one before what it is for. -1 without one. */
  readonly head: number;
  readonly category: Int32Array;
  readonly size: string;
  /** NaN without one. */
  readonly price: number;
  readonly described: boolean;
}

const mostTitleWords = 40;
const mostDescriptionWords = 120;

/** Reads a good. */
export function prepareGood(record: MatchRecord): PreparedGood {
  const text = (name: string): string => String(record.attributes[name] ?? '').trim();
  const title = lex(text('title'), mostTitleWords);
  const description = lex(text('description'), mostDescriptionWords);
  const mpn = statedCode(text('mpn'));
  const brand = stated(compact(text('brand')));
  const words = title.filter(
    ({ text }) => !turningWords.has(text) && conditionOf(text) === undefined && originOf(text) === undefined,
  );
  const wordKeys = words.map(keyOf);
  const color = fold(text('color')).match(/[a-z0-9]+/g) ?? [];
  const size = compact(text('size'));
  const own = lex(`${text('brand')} ${text('mpn')}`, 12);
  const gtin = gtin14(text('gtin')) ?? '';
  const codes = unique([...codesOf(title), ...(mpn === '' ? [] : [mpn])]);
  const moreCodes = unique(codesOf(description).filter((code) => code.length >= 4 && !codes.includes(code)));
  const texts = [title, own, description];
  const all = wordHashes(texts, true);
  const keys = blockingKeys(wordKeys, [...codes, ...moreCodes], gtin, brand);
  return {
    record,
    keys,
    queries: keys,
    words: words.map(({ text }) => text),
    kinds: Uint8Array.from(words.map(({ kind }) => kind)),
    hashes: Int32Array.from(words.map(({ text }) => hashOf(text))),
    wordKeys,
    pairs: Int32Array.from(words.map(({ raw }, i) => (i + 1 < words.length ? hashOf(raw, words[i + 1]!.raw) : 0))),
    titleSet: hashSet(wordHashes([words], false)),
    pairSet: hashSet(pairHashes(texts)),
    allSet: hashSet(mpn === '' ? all : [...all, hashOf(mpn)]),
    trigrams: trigrams(words.map(({ raw }) => raw).join('')),
    codes,
    moreCodes,
    mpn,
    gtin,
    brand,
    measures: measuresOf(title),
    allMeasures: measuresOf([...title, ...description]),
    colors: colorsOf(title, color),
    allColors: colorsOf([...title, ...description], color),
    conditions: named(title, conditionOf),
    origins: named(title, originOf),
    accessories: named(title, accessoryOf),
    moreAccessories: named(description, accessoryOf),
    head: headOf(title, words),
    category: hashSet(wordsOf(fold(text('category'))).map((word) => hashOf(singular(word)))),
    size,
    price: priceOf(record.attributes.price),
    described: description.length > 0,
  };
}

function keyOf({ text, kind }: Lexeme): string {
  return kind === CODE ? `m:${text}` : kind === NUMBER ? `n:${text}` : `w:${text}`;
}

function blockingKeys(words: readonly string[], codes: readonly string[], gtin: string, brand: string): string[] {
  const keys = new Set(words);
  for (const code of codes) {
    keys.add(`m:${code}`);
    const core = codeCore(code);
    if (core !== undefined) keys.add(`m:${core}`);
    const run = digitRun(code);
    if (run !== undefined) keys.add(`d:${run}`);
  }
  if (gtin !== '') keys.add(`g:${gtin}`);
  if (brand !== '') keys.add(`b:${brand}`);
  return [...keys];
}

function stated(text: string): string {
  return placeholders.has(text) ? '' : text;
}

/** A part number as stated: in letters and digits, unless it says nothing. */
function statedCode(text: string): string {
  const code = plainCode(stated(compact(text)));
  return code.length < 3 || /^0+$/.test(code) ? '' : code;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function codesOf(lexemes: readonly Lexeme[]): string[] {
  return lexemes
    .filter(({ text, kind }) => kind === CODE || (kind === NUMBER && text.length >= 3 && !text.includes('.')))
    .map(({ text }) => text);
}

/** Hashes of words, as they are and in their plainest form; if asked for, of codes' parts too. */
function wordHashes(texts: readonly (readonly Lexeme[])[], withParts: boolean): number[] {
  const hashes: number[] = [];
  for (const lexemes of texts) {
    for (const { text, raw, parts } of lexemes) {
      hashes.push(hashOf(text));
      if (raw !== text) hashes.push(hashOf(raw));
      if (withParts) for (const part of parts) hashes.push(hashOf(part));
    }
  }
  return hashes;
}

/** Hashes of neighbours written together: two, and with numbers three. */
function pairHashes(texts: readonly (readonly Lexeme[])[]): number[] {
  const hashes: number[] = [];
  for (const lexemes of texts) {
    for (let i = 0; i + 1 < lexemes.length; i++) {
      const [one, two, three] = [lexemes[i]!, lexemes[i + 1]!, lexemes[i + 2]];
      hashes.push(hashOf(one.raw, two.raw));
      if (three !== undefined && (one.kind !== WORD || two.kind !== WORD)) {
        hashes.push(hashOf(one.raw, two.raw, three.raw));
      }
    }
  }
  return hashes;
}

function measuresOf(lexemes: readonly Lexeme[]): Measure[] {
  return lexemes.flatMap(({ measure }) => (measure === undefined ? [] : [measure]));
}

function colorsOf(lexemes: readonly Lexeme[], stated: readonly string[]): string[] {
  const colors = lexemes.flatMap(({ raw, kind, parts }) =>
    kind === WORD ? colorOf(raw) : parts.map((part) => colorOfCodePart(part)),
  );
  return unique([...colors, ...stated.map((word) => colorOf(word) ?? word)].filter((color) => color !== undefined));
}

function named(lexemes: readonly Lexeme[], nameOf: (word: string) => string | undefined): string[] {
  return unique(lexemes.flatMap(({ text, kind }) => (kind === WORD ? (nameOf(text) ?? []) : [])));
}

/** The last plain word before what turns to what the thing is for, or comes with. */
function headOf(title: readonly Lexeme[], words: readonly Lexeme[]): number {
  let head: Lexeme | undefined;
  for (const lexeme of title) {
    if (head !== undefined && turningWords.has(lexeme.text)) break;
    if (lexeme.kind === WORD && colorOf(lexeme.raw) === undefined && !turningWords.has(lexeme.text)) head = lexeme;
  }
  return head === undefined ? -1 : words.indexOf(head);
}

function priceOf(value: string | number | undefined): number {
  const price = typeof value === 'number' ? value : Number.parseFloat((value ?? '').replace(/[$,]/g, ''));
  return price > 0 ? price : Number.NaN;
}

export { CODE, MEASURE, NUMBER, WORD };
