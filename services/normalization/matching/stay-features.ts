import { distanceKm } from '../../../libs/reference/index.ts';
import type { Feature } from './features.ts';
import { streetWord } from './places.ts';
import { informationOf } from './rarity.ts';
import { KIND, NAME, ORDINAL, type PreparedStay, TELLING, TYPE } from './stay-record.ts';
import { dice, holds, wordLikeness } from './text.ts';
import type { Rarity } from './types.ts';

/** Names of the features, in their order, each with the evidence it belongs to. */
export const stayFeatures: readonly Feature[] = [
  ['name', 'name_least_covered', 1],
  ['name', 'name_most_covered', 1],
  ['name', 'name_cosine', 1],
  ['name', 'name_shared_nats', 1],
  ['name', 'least_lonely_word', -1],
  ['name', 'most_lonely_word', -1],
  ['name', 'trigrams', 1],
  ['name', 'joined', 1],
  ['name_kind', 'least_lonely_kinds', -1],
  ['name_kind', 'most_lonely_kinds', -1],
  ['name_kind', 'kinds', 1],
  ['name_type', 'lonely_types', -1],
  ['name_type', 'types', 1],
  ['name_telling', 'lonely_telling', -1],
  ['name_telling', 'lonely_numbers', -1],
  ['distance', 'km', -1],
  ['phone', 'phone', 1],
  ['address', 'house', 1],
  ['address', 'least_street', 1],
  ['address', 'most_street', 1],
  ['address', 'postcode', 1],
  ['city', 'city', 1],
  ['chain', 'chain', 1],
].map(([evidence, name, direction]) => ({ evidence, name, direction }) as Feature);

interface Coverage {
  total: number;
  met: number;
  lonelyWord: number;
  lonelyKinds: number;
  lonelyTypes: number;
  lonelyTelling: number;
  lonelyNumbers: number;
}

/** How much words of a kind say, beside their rarity: NAME, KIND, LOCAL, TELLING, ORDINAL, TYPE. */
const weights: readonly number[] = [1, 0.3, 0.15, 0.5, 0.7, 0.1];

function cover(a: PreparedStay, b: PreparedStay, rarity: Rarity): Coverage {
  const result: Coverage = {
    total: 0,
    met: 0,
    lonelyWord: 0,
    lonelyKinds: 0,
    lonelyTypes: 0,
    lonelyTelling: 0,
    lonelyNumbers: 0,
  };
  for (let i = 0; i < a.words.length; i++) {
    const kind = a.kinds[i]!;
    const information = weights[kind]! * informationOf(rarity.count(a.wordKeys[i]!), rarity.size, 0.002);
    let met = holds(b.wordSet, a.hashes[i]!) ? 1 : 0;
    if (met === 0 && kind !== ORDINAL) for (const word of b.words) met = Math.max(met, wordLikeness(a.words[i]!, word));
    result.total += information;
    result.met += met * information;
    if (met >= 0.5) continue;
    if (kind === NAME) result.lonelyWord = Math.max(result.lonelyWord, information);
    else if (kind === KIND) result.lonelyKinds++;
    else if (kind === TYPE) result.lonelyTypes++;
    else if (kind === TELLING) result.lonelyTelling++;
    else if (kind === ORDINAL) result.lonelyNumbers++;
  }
  return result;
}

/** 1 for the same number, with or without country; less where only the last digits differ, as within one house. */
function phoneLikeness(a: string, b: string): number {
  if (a === '' || b === '') return Number.NaN;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.endsWith(short)) return 1;
  if (short.length >= 9 && long.endsWith(short.slice(-9))) return 1;
  if (short.slice(-7) === long.slice(-7)) return 0.8;
  const stem = short.slice(0, -2);
  return stem.length >= 7 && long.slice(0, -2).endsWith(stem.slice(-9)) ? 0.4 : 0;
}

/** 1 for the same, 0.5 where one is the other with a letter ("12" and "12b"), else 0. */
function houseLikeness(a: string, b: string): number {
  if (a === '' || b === '') return Number.NaN;
  if (a === b) return 1;
  return a.replace(/\D/g, '') === b.replace(/\D/g, '') ? 0.5 : 0;
}

/** The share of one street's words that the other address has, kinds of streets counting little. */
function streetIn(a: readonly string[], b: readonly string[]): number {
  let [met, total] = [0, 0];
  for (const word of a) {
    const weight = streetWord(word) === undefined ? 1 : 0.2;
    let best = 0;
    for (const other of b) best = Math.max(best, wordLikeness(word, other));
    total += weight;
    met += weight * best;
  }
  return total === 0 || b.length === 0 ? Number.NaN : met / total;
}

/** The share of the kinds that the one states, and the other too; NaN where one states none. */
function kindLikeness(a: PreparedStay, b: PreparedStay, kind: number): number {
  let [left, right, met] = [0, 0, 0];
  for (let j = 0; j < b.words.length; j++) if (b.kinds[j] === kind) right++;
  for (let i = 0; i < a.words.length; i++) {
    if (a.kinds[i] !== kind) continue;
    left++;
    if (holds(b.wordSet, a.hashes[i]!)) met++;
  }
  return left === 0 || right === 0 ? Number.NaN : met / Math.min(left, right);
}

function cityLikeness(a: PreparedStay, b: PreparedStay): number {
  if (a.city.length === 0 || b.city.length === 0) return Number.NaN;
  let count = 0;
  for (const word of a.city) if (b.city.includes(word)) count++;
  return count / Math.min(a.city.length, b.city.length);
}

function chainLikeness(a: string, b: string): number {
  if (a === '' || b === '') return Number.NaN;
  return a.includes(b) || b.includes(a) ? 1 : 0;
}

/** Metres apart; NaN without positions. */
export function metresApart(a: PreparedStay, b: PreparedStay): number {
  return 1000 * distanceKm(a.latitude, a.longitude, b.latitude, b.longitude);
}

/** The features of a pair: the same whichever comes first. NaN is what cannot be said. */
export function stayFeaturesOf(a: PreparedStay, b: PreparedStay, rarity: Rarity): Float64Array {
  const ab = cover(a, b, rarity);
  const ba = cover(b, a, rarity);
  const out = new Float64Array(stayFeatures.length);
  let at = 0;
  const put = (value: number): void => {
    out[at++] = value;
  };
  const both = (left: number, right: number): void => {
    put(Math.min(left, right));
    put(Math.max(left, right));
  };
  const named = ab.total > 0 && ba.total > 0;
  both(named ? ab.met / ab.total : Number.NaN, named ? ba.met / ba.total : Number.NaN);
  put(named ? (ab.met + ba.met) / 2 / Math.sqrt(ab.total * ba.total) : Number.NaN);
  put((ab.met + ba.met) / 2);
  both(ab.lonelyWord, ba.lonelyWord);
  put(dice(a.trigrams, b.trigrams));
  put(joinedLikeness(a.joined, b.joined));
  both(ab.lonelyKinds, ba.lonelyKinds);
  put(kindLikeness(a, b, KIND));
  put(ab.lonelyTypes + ba.lonelyTypes);
  put(kindLikeness(a, b, TYPE));
  put(ab.lonelyTelling + ba.lonelyTelling);
  put(ab.lonelyNumbers + ba.lonelyNumbers);
  const metres = metresApart(a, b);
  put(Number.isNaN(metres) ? metres : Math.min(20, metres / 1000));
  put(phoneLikeness(a.phone, b.phone));
  put(houseLikeness(a.house, b.house));
  const [left, right] = [streetIn(a.street, b.street), streetIn(b.street, a.street)];
  both(left, right);
  put(a.postcode === '' || b.postcode === '' ? Number.NaN : a.postcode === b.postcode ? 1 : 0);
  put(cityLikeness(a, b));
  put(chainLikeness(a.chain, b.chain));
  return out;
}

/** Names alike but for spaces: "Sea Side" and "Seaside". */
function joinedLikeness(a: string, b: string): number {
  if (a === '' || b === '') return Number.NaN;
  if (a === b) return 1;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.length >= 4 && long.includes(short) ? 0.5 : 0;
}
