import { cellOf, cellsAround } from '../cells.ts';
import {
  canonicalWord,
  emptyWords,
  kindWords,
  type LocalNames,
  namesAround,
  streetWord,
  tellingWords,
  typeWords,
} from './places.ts';
import { fold, hashOf, hashSet, trigrams, wordsOf } from './text.ts';
import type { MatchRecord, Prepared } from './types.ts';

/** What a word of a name is. */
export const NAME = 0;
export const KIND = 1;
export const LOCAL = 2;
export const TELLING = 3;
export const ORDINAL = 4;
export const TYPE = 5;

/** A place to stay, read once for all comparisons. */
export interface PreparedStay extends Prepared {
  /** The name's words and what each is; words that say nothing left out. */
  readonly words: readonly string[];
  readonly kinds: Uint8Array;
  readonly wordKeys: readonly string[];
  readonly hashes: Int32Array;
  readonly wordSet: Int32Array;
  /** The name's own words written together. */
  readonly joined: string;
  readonly trigrams: Int32Array;
  /** Digits of the phone number, without a leading 00 or 0; empty without one. */
  readonly phone: string;
  /** Words of the address but for the house number, kinds of streets written out. */
  readonly street: readonly string[];
  /** The house number; empty without one. */
  readonly house: string;
  readonly postcode: string;
  /** Words of city and zone, each once: zones repeat their city's name. */
  readonly city: readonly string[];
  readonly chain: string;
  /** Degrees; NaN without. */
  readonly latitude: number;
  readonly longitude: number;
}

/** Edge of the cells that are asked with their neighbours, in kilometres of distance that they surely hold. */
const nearKm = 0.25;
const farKm = 1.2;

/** Reads a place. */
export function prepareStay(record: MatchRecord): PreparedStay {
  const text = (name: string): string => String(record.attributes[name] ?? '').trim();
  const latitude = degreesOf(record.attributes.latitude);
  const longitude = degreesOf(record.attributes.longitude);
  // Partners write 0, 0 for a position that they do not have.
  const placed = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && !(latitude === 0 && longitude === 0);
  const around = namesAround(placed ? latitude : Number.NaN, longitude);
  const city = new Set(nameWords(`${text('city')} ${text('zone')}`));
  const chain = wordsOf(fold(text('chain'))).join('');
  const { words, kinds } = readName(text('property_name'), around, city);
  const { street, house, postcode } = addressOf(text('address'));
  const phone = phoneOf(text('phone'));
  const joined = words.filter((_, i) => kinds[i] === NAME || kinds[i] === TELLING || kinds[i] === ORDINAL).join('');
  const hashes = words.map((word) => hashOf(word));
  const wordKeys = words.map((word) => `w:${word}`);
  const keys = blockingKeys(wordKeys, joined, phone, street, house);
  const queries = new Set(keys);
  if (placed) {
    keys.push(`c:${cellOf(latitude, longitude)}`, `f:${fineCell(latitude, longitude)}`);
    for (const cell of cellsAround(latitude, longitude, farKm)) queries.add(`c:${cell}`);
    for (const cell of fineCells(latitude, longitude)) queries.add(`f:${cell}`);
  }
  return {
    record,
    keys,
    queries: [...queries],
    words,
    kinds: Uint8Array.from(kinds),
    wordKeys,
    hashes: Int32Array.from(hashes),
    wordSet: hashSet(hashes),
    joined,
    trigrams: trigrams(joined),
    phone,
    street,
    house,
    postcode,
    city: [...city],
    chain,
    latitude: placed ? latitude : Number.NaN,
    longitude: placed ? longitude : Number.NaN,
  };
}

function degreesOf(value: string | number | undefined): number {
  return value === undefined || value === '' ? Number.NaN : Number(value);
}

function nameWords(name: string): string[] {
  return wordsOf(fold(name.replace(/&/g, ' and ')))
    .map(canonicalWord)
    .filter((word) => !emptyWords.has(word));
}

/** The words of a name, each once, and what they are. */
function readName(name: string, around: LocalNames, city: ReadonlySet<string>): { words: string[]; kinds: number[] } {
  const all = wordsOf(fold(name.replace(/&/g, ' and '))).map(canonicalWord);
  const inPhrase = new Set<number>();
  for (const [at, word] of all.entries()) {
    for (const phrase of around.phrases.get(word) ?? []) {
      if (phrase.every((part, n) => all[at + n] === part)) for (let n = 0; n < phrase.length; n++) inPhrase.add(at + n);
    }
  }
  const words: string[] = [];
  const kinds: number[] = [];
  for (const [at, word] of all.entries()) {
    if (emptyWords.has(word) || words.includes(word)) continue;
    words.push(word);
    kinds.push(inPhrase.has(at) ? LOCAL : kindOf(word, around.words.has(word) || city.has(word)));
  }
  // "Hotel Barcelona", in Barcelona: a name of local words and kinds alone is made of them.
  if (!kinds.includes(NAME)) for (const [at, kind] of kinds.entries()) if (kind === LOCAL) kinds[at] = NAME;
  return { words, kinds };
}

function kindOf(word: string, local: boolean): number {
  if (/^\d+[a-z]?$/.test(word)) return ORDINAL;
  if (tellingWords.has(word)) return TELLING;
  if (kindWords.has(word)) return KIND;
  if (typeWords.has(word)) return TYPE;
  return local ? LOCAL : NAME;
}

function blockingKeys(
  words: readonly string[],
  joined: string,
  phone: string,
  street: readonly string[],
  house: string,
): string[] {
  const keys = new Set(words);
  if (joined.length >= 4) {
    keys.add(`j:${joined}`);
    // Misspelt names share their beginning or their end.
    keys.add(`s:${joined.slice(0, 4)}`);
    keys.add(`e:${joined.slice(-4)}`);
  }
  if (phone.length >= 6) keys.add(`p:${phone.slice(-7)}`);
  const named = street.filter((word) => streetWord(word) === undefined);
  for (const word of named) keys.add(`a:${word}`);
  if (house !== '' && named.length > 0) for (const word of named) keys.add(`h:${house} ${word}`);
  return [...keys];
}

/** Cells of about 200 m. */
const fineDegrees = 0.002;

function fineCell(latitude: number, longitude: number): string {
  return `${Math.floor(latitude / fineDegrees)},${Math.floor((longitude * shrinkAt(latitude)) / fineDegrees)}`;
}

/** The cells around a position, its own among them. Rows have cells of their own width, so neighbours are asked by position. */
function fineCells(latitude: number, longitude: number): string[] {
  const cells = new Set<string>();
  for (const north of [-1, 0, 1]) {
    for (const east of [-1, 0, 1]) {
      cells.add(
        fineCell(
          latitude + (north * nearKm * 0.8) / 111.2,
          longitude + (east * nearKm * 0.8) / (111.2 * shrinkAt(latitude)),
        ),
      );
    }
  }
  return [...cells];
}

/** Degrees of longitude get shorter towards the poles, in steps so that neighbours agree. */
function shrinkAt(latitude: number): number {
  return Math.max(0.05, Math.cos((Math.floor(Math.abs(latitude)) * Math.PI) / 180));
}

/** A phone number's digits without what dials abroad; partners write it with and without the country. */
function phoneOf(phone: string): string {
  const digits = phone.replace(/\(0\)/g, '').replace(/\D/g, '').replace(/^0+/, '');
  return digits.length >= 6 && !/^(\d)\1+$/.test(digits) ? digits : '';
}

function addressOf(address: string): { street: string[]; house: string; postcode: string } {
  const words = wordsOf(fold(address)).flatMap((word) => {
    const suffix = /^([a-z]{4,})(strasse|str|straat|weg|platz|gasse)$/.exec(word);
    return suffix === null ? [word] : [suffix[1]!, suffix[2]!];
  });
  let house = '';
  let postcode = '';
  const street: string[] = [];
  for (const word of words) {
    if (/^\d{5,6}$/.test(word)) postcode = word;
    else if (/^\d{1,5}[a-z]?$/.test(word) && house === '') house = word;
    else if (!/^\d+$/.test(word)) street.push(streetWord(word) ?? canonicalWord(word));
  }
  return { street, house, postcode };
}
