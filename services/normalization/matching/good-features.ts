import { kinship, relateCodes } from './codes.ts';
import type { Feature } from './features.ts';
import { CODE, MEASURE, NUMBER, type PreparedGood, WORD } from './good-record.ts';
import { type Measure, sameValue } from './measures.ts';
import { informationOf } from './rarity.ts';
import { dice, hashOf, holds, shared, wordLikeness } from './text.ts';
import type { Rarity } from './types.ts';

/** What of one title is found in the other record. Sums are in nats. */
interface Coverage {
  /** All that the title says. */
  total: number;
  /** What of it the other's title says too, and what any of its texts says. */
  inTitle: number;
  inAll: number;
  /** The rarest plain word, code and number that the other says nowhere. */
  lonelyWord: number;
  lonelyCode: number;
  lonelyNumber: number;
  /** The rarest code that the other has in just that form. */
  sharedCode: number;
  /** Numbers that the other's title has, and that it has not. */
  numbersMet: number;
  numbersLonely: number;
}

const expectedShare: readonly number[] = [0.004, 0.01, 0.0003, 0.005];

/** A word of a title in the other record under another spelling; filled by {@link cover}. */
function cover(a: PreparedGood, b: PreparedGood, rarity: Rarity): Coverage {
  const result: Coverage = {
    total: 0,
    inTitle: 0,
    inAll: 0,
    lonelyWord: 0,
    lonelyCode: 0,
    lonelyNumber: 0,
    sharedCode: 0,
    numbersMet: 0,
    numbersLonely: 0,
  };
  const { words, kinds, hashes, pairs, wordKeys } = a;
  let joinedBefore = 0;
  for (let i = 0; i < words.length; i++) {
    const kind = kinds[i]!;
    const hash = hashes[i]!;
    const information = informationOf(rarity.count(wordKeys[i]!), rarity.size, expectedShare[kind]!);
    result.total += information;
    let inTitle = holds(b.titleSet, hash) ? 1 : 0;
    let inAll = inTitle;
    let exact = inTitle === 1;
    if (inTitle === 0) {
      // Written together there and apart here, or the other way round.
      const pair = pairs[i]!;
      let joined = 0;
      if (pair !== 0) joined = holds(b.titleSet, pair) ? 2 : holds(b.allSet, pair) ? 1 : 0;
      const met = Math.max(joined, joinedBefore, holds(b.pairSet, hash) ? 2 : 0);
      joinedBefore = joined;
      if (met > 0) {
        exact = true;
        inAll = 1;
        inTitle = met === 2 ? 1 : 0;
      } else if (holds(b.allSet, hash)) {
        exact = true;
        inAll = 1;
      }
      if (inTitle === 0 && kind === WORD) {
        inTitle = bestWord(words[i]!, b);
        inAll = Math.max(inAll, inTitle);
      } else if (kind === CODE && !exact) {
        const alike = bestCode(words[i]!, b.codes);
        if (alike >= 0.5) {
          inTitle = alike;
          inAll = alike;
        } else {
          const further = bestCode(words[i]!, b.moreCodes);
          if (further >= 0.5) inAll = further;
        }
      }
    } else joinedBefore = 0;
    result.inTitle += inTitle * information;
    result.inAll += inAll * information;
    if (kind === WORD) {
      if (inAll < 0.5) result.lonelyWord = Math.max(result.lonelyWord, information);
    } else if (kind === CODE) {
      if (exact) result.sharedCode = Math.max(result.sharedCode, information);
      if (inAll < 0.5) result.lonelyCode = Math.max(result.lonelyCode, information);
    } else {
      if (inAll < 0.5) result.lonelyNumber = Math.max(result.lonelyNumber, information);
      if (kind === NUMBER || kind === MEASURE) {
        if (inTitle > 0) result.numbersMet++;
        else result.numbersLonely++;
      }
    }
  }
  return result;
}

function bestWord(word: string, b: PreparedGood): number {
  if (word.length < 3) return 0;
  let best = 0;
  for (let j = 0; j < b.words.length; j++) {
    if (b.kinds[j] !== WORD) continue;
    const other = b.words[j]!;
    // Misspellings keep the first letter, nearly always.
    if (other.charCodeAt(0) === word.charCodeAt(0)) best = Math.max(best, wordLikeness(word, other));
  }
  return best;
}

function bestCode(code: string, others: readonly string[]): number {
  let best = 0;
  for (const other of others) best = Math.max(best, kinship(code, other));
  return best;
}

/** The best relation of any two codes, and the nearest miss. */
function relate(
  left: readonly string[],
  right: readonly string[],
  best: { similarity: number; common: number; miss: number },
): void {
  for (const a of left) {
    for (const b of right) {
      const { similarity, common } = relateCodes(a, b);
      if (similarity > best.similarity || (similarity === best.similarity && common > best.common)) {
        best.similarity = similarity;
        best.common = common;
      }
      if (similarity < 0.5 && a.length >= 4 && b.length >= 4) best.miss = Math.max(best.miss, similarity * 2);
    }
  }
}

/** 1 where a kind of measure has a value in common, 0 where both state it and differ, NaN where one does not. */
function agreement(kind: string, left: readonly Measure[], right: readonly Measure[]): number {
  let result = Number.NaN;
  for (const a of left) {
    if (a.kind !== kind) continue;
    for (const b of right) {
      if (b.kind !== kind) continue;
      if (sameValue(kind, a.value, b.value)) return 1;
      result = 0;
    }
  }
  return result;
}

function countAgreements(left: readonly Measure[], right: readonly Measure[]): [met: number, missed: number] {
  let [met, missed] = [0, 0];
  for (let i = 0; i < left.length; i++) {
    const { kind } = left[i]!;
    if (left.findIndex((other) => other.kind === kind) !== i) continue;
    const agreed = agreement(kind, left, right);
    if (agreed === 1) met++;
    else if (agreed === 0) missed++;
  }
  return [met, missed];
}

/** Pieces in a pack: 1 unless stated. */
function packOf(measures: readonly Measure[]): number {
  let pack = 1;
  for (const { kind, value } of measures) if (kind === 'count') pack = Math.max(pack, value);
  return pack;
}

/** How much of the shorter list is in the other; NaN where one says nothing. */
function overlap(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return Number.NaN;
  let count = 0;
  for (const item of left) if (right.includes(item)) count++;
  return count / Math.min(left.length, right.length);
}

function lonely(left: readonly string[], right: readonly string[], more: readonly string[]): number {
  let count = 0;
  for (const item of left) if (!right.includes(item) && !more.includes(item)) count++;
  return count;
}

function brandLikeness(a: PreparedGood, b: PreparedGood): number {
  if (a.brand !== '' && b.brand !== '') {
    const [short, long] = a.brand.length <= b.brand.length ? [a.brand, b.brand] : [b.brand, a.brand];
    return long.startsWith(short) && short.length >= 2
      ? 1
      : long.includes(short) && short.length >= 3
        ? 0.8
        : wordLikeness(short, long);
  }
  if (a.brand === '' && b.brand === '') return Number.NaN;
  const [named, other] = a.brand === '' ? [b, a] : [a, b];
  const hash = hashOf(named.brand);
  return holds(other.allSet, hash) || holds(other.pairSet, hash) ? 1 : 0;
}

function firstWord(a: PreparedGood, b: PreparedGood): number {
  if (a.words.length === 0 || b.words.length === 0) return Number.NaN;
  return holds(b.allSet, a.hashes[0]!) ? 1 : bestWord(a.words[0]!, b);
}

function headIn(a: PreparedGood, b: PreparedGood): number {
  if (a.head < 0) return Number.NaN;
  if (holds(b.titleSet, a.hashes[a.head]!)) return 1;
  return Math.max(bestWord(a.words[a.head]!, b), holds(b.allSet, a.hashes[a.head]!) ? 0.7 : 0);
}

/** NaN where there is nothing to find; 1 where it is found. */
function mpnIn(a: PreparedGood, b: PreparedGood): number {
  if (a.mpn === '') return Number.NaN;
  const hash = hashOf(a.mpn);
  if (holds(b.allSet, hash) || holds(b.pairSet, hash)) return 1;
  return Math.max(bestCode(a.mpn, b.codes), bestCode(a.mpn, b.moreCodes));
}

/** Names of the features, in their order, each with the evidence it belongs to. */
export const goodFeatures: readonly Feature[] = [
  ['title', 'title_least_covered', 1],
  ['title', 'title_most_covered', 1],
  ['title', 'all_least_covered', 1],
  ['title', 'all_most_covered', 1],
  ['title', 'title_cosine', 1],
  ['title', 'title_shared_nats', 0],
  ['title', 'least_lonely_nats', -1],
  ['title', 'most_lonely_nats', -1],
  ['title', 'least_lonely_word', -1],
  ['title', 'most_lonely_word', -1],
  ['title', 'trigrams', 1],
  ['title', 'least_first_word', 1],
  ['title', 'most_first_word', 1],
  ['title', 'least_words', 0],
  ['title', 'most_words', 0],
  ['model_number', 'shared_code', 1],
  ['model_number', 'code_similarity', 1],
  ['model_number', 'code_common', 1],
  ['model_number', 'code_miss', -1],
  ['model_number', 'more_code_similarity', 1],
  ['model_number', 'least_lonely_code', -1],
  ['model_number', 'most_lonely_code', -1],
  ['model_number', 'least_codes', 0],
  ['model_number', 'most_codes', 0],
  ['model_number', 'mpn_similarity', 1],
  ['model_number', 'least_mpn_found', 1],
  ['model_number', 'most_mpn_found', 1],
  ['numbers', 'least_numbers_met', 1],
  ['numbers', 'least_numbers_lonely', -1],
  ['numbers', 'most_numbers_lonely', -1],
  ['numbers', 'least_lonely_number', -1],
  ['numbers', 'most_lonely_number', -1],
  ['measures', 'title_measures_met', 1],
  ['measures', 'title_measures_missed', -1],
  ['measures', 'all_measures_met', 1],
  ['measures', 'all_measures_missed', -1],
  ['measures', 'bytes', 1],
  ['measures', 'inch', 1],
  ['pack', 'pack', 1],
  ['color', 'title_color', 1],
  ['color', 'all_color', 1],
  ['condition', 'condition_lonely', -1],
  ['origin', 'origin_lonely', -1],
  ['kind', 'least_accessories_lonely', -1],
  ['kind', 'most_accessories_lonely', -1],
  ['kind', 'accessories', 1],
  ['kind', 'least_head', 1],
  ['kind', 'most_head', 1],
  ['kind', 'category', 1],
  ['brand', 'brand', 1],
  ['price', 'price_ratio', -1],
  ['description', 'all_words', 1],
  ['description', 'described', 0],
].map(([evidence, name, direction]) => ({ evidence, name, direction }) as Feature);

/** The features of a pair: the same whichever comes first. NaN is what cannot be said. */
export function goodFeaturesOf(a: PreparedGood, b: PreparedGood, rarity: Rarity): Float64Array {
  const ab = cover(a, b, rarity);
  const ba = cover(b, a, rarity);
  const out = new Float64Array(goodFeatures.length);
  let at = 0;
  const put = (value: number): void => {
    out[at++] = value;
  };
  const both = (left: number, right: number): void => {
    // The one that can be said stands for the other.
    const known = Number.isNaN(left) ? right : left;
    const other = Number.isNaN(right) ? known : right;
    put(Math.min(known, other));
    put(Math.max(known, other));
  };
  const share = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);
  both(share(ab.inTitle, ab.total), share(ba.inTitle, ba.total));
  both(share(ab.inAll, ab.total), share(ba.inAll, ba.total));
  put(share((ab.inTitle + ba.inTitle) / 2, Math.sqrt(ab.total * ba.total)));
  put(Math.min(60, (ab.inTitle + ba.inTitle) / 2));
  both(ab.total - ab.inAll, ba.total - ba.inAll);
  both(ab.lonelyWord, ba.lonelyWord);
  put(dice(a.trigrams, b.trigrams));
  both(firstWord(a, b), firstWord(b, a));
  both(a.words.length, b.words.length);

  const codes = { similarity: 0, common: 0, miss: 0 };
  relate(a.codes, b.codes, codes);
  let more = codes.similarity;
  for (const code of a.codes) more = Math.max(more, bestCode(code, b.moreCodes));
  for (const code of b.codes) more = Math.max(more, bestCode(code, a.moreCodes));
  const coded = a.codes.length > 0 && b.codes.length > 0;
  put(Math.max(ab.sharedCode, ba.sharedCode));
  put(coded ? codes.similarity : Number.NaN);
  put(coded ? codes.common : Number.NaN);
  put(coded ? (codes.similarity >= 0.7 ? 0 : codes.miss) : Number.NaN);
  put(a.codes.length + b.codes.length > 0 ? more : Number.NaN);
  both(ab.lonelyCode, ba.lonelyCode);
  both(a.codes.length, b.codes.length);
  put(a.mpn === '' || b.mpn === '' ? Number.NaN : relateCodes(a.mpn, b.mpn).similarity);
  both(mpnIn(a, b), mpnIn(b, a));

  put(Math.min(ab.numbersMet, ba.numbersMet));
  both(ab.numbersLonely, ba.numbersLonely);
  both(ab.lonelyNumber, ba.lonelyNumber);

  const [titleMet, titleMissed] = countAgreements(a.measures, b.measures);
  put(titleMet);
  put(titleMissed);
  const [ownMet, ownMissed] = countAgreements(a.measures, b.allMeasures);
  const [otherMet, otherMissed] = countAgreements(b.measures, a.allMeasures);
  put(Math.max(ownMet, otherMet));
  put(Math.max(ownMissed, otherMissed));
  put(agreement('bytes', a.measures, b.measures));
  put(agreement('inch', a.measures, b.measures));
  const [aPack, bPack] = [packOf(a.measures), packOf(b.measures)];
  put(
    aPack === 1 && bPack === 1
      ? Number.NaN
      : sameValue('count', aPack, bPack)
        ? 1
        : aPack === 1 || bPack === 1
          ? 0.5
          : 0,
  );

  put(overlap(a.colors, b.colors));
  put(Math.max(overlap(a.colors, b.allColors), overlap(b.colors, a.allColors)));
  put(lonely(a.conditions, b.conditions, []) + lonely(b.conditions, a.conditions, []));
  put(lonely(a.origins, b.origins, []) + lonely(b.origins, a.origins, []));
  both(
    lonely(a.accessories, b.accessories, b.moreAccessories),
    lonely(b.accessories, a.accessories, a.moreAccessories),
  );
  put(overlap(a.accessories, b.accessories));
  both(headIn(a, b), headIn(b, a));
  put(a.category.length === 0 || b.category.length === 0 ? Number.NaN : dice(a.category, b.category));
  put(brandLikeness(a, b));
  put(Math.abs(Math.log(a.price / b.price)));
  put(
    a.described && b.described
      ? shared(a.allSet, b.allSet) / Math.max(1, Math.min(a.allSet.length, b.allSet.length))
      : Number.NaN,
  );
  put((a.described ? 1 : 0) + (b.described ? 1 : 0));
  return out;
}
