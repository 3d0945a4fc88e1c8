import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { MatchEvidence } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { distanceKm, placeNamesNear } from '../../../libs/reference/index.ts';
import { cellOf, cellsAround } from '../cells.ts';
import type { Decision, Matcher, MatchRecord, MatchVertical, Prepared, Verdict } from '../matching/index.ts';
import { foldName, type NameToken, nameSimilarity, tokenize } from '../names.ts';

interface Plain extends Prepared {
  readonly tokens: readonly NameToken[];
  readonly at: { readonly latitude: number; readonly longitude: number } | undefined;
}

/** From these probabilities on a pair is the same, or a person's question. */
const bounds: Readonly<Record<MatchVertical, { same: number; review: number }>> = {
  stay: { same: 0.7, review: 0.6 },
  good: { same: 0.9, review: 0.7 },
};

/** A matcher that can be followed by hand: names word by word, and for stays the distance. Its weights are not trained. */
export function createPlainMatcher(vertical: MatchVertical): Matcher {
  const { same, review } = bounds[vertical];
  const verdict = (probability: number): Verdict =>
    probability >= same ? 'same' : probability >= review ? 'review' : 'different';
  const compare = (a: Plain, b: Plain): { probability: number; evidence: MatchEvidence[] } => {
    const name = nameSimilarity(a.tokens, b.tokens);
    const named = { feature: 'name', left: titleOf(a), right: titleOf(b), similarity: name, weight: 7 * (name - 0.7) };
    if (vertical === 'good') return { probability: name, evidence: [named] };
    if (a.at === undefined || b.at === undefined) return { probability: Math.min(name, 0.65), evidence: [named] };
    const km = distanceKm(a.at.latitude, a.at.longitude, b.at.latitude, b.at.longitude);
    const near = Math.exp(-km / 0.3);
    const placed = { feature: 'distance', left: '', right: `${km.toFixed(3)} km`, similarity: near, weight: 3 * near };
    return { probability: km > 1 || name < 0.5 ? 0 : 0.7 * name + 0.3 * near, evidence: [named, placed] };
  };
  return {
    vertical,
    bias: 0,
    version: hash('sha256', `plain ${vertical}`, 'hex').slice(0, 12),
    prepare(record): Plain {
      const { latitude, longitude, zone } = record.attributes;
      const at = typeof latitude === 'number' && typeof longitude === 'number' ? { latitude, longitude } : undefined;
      const local = new Set(at === undefined ? [] : wordsAround(at.latitude, at.longitude));
      for (const word of foldName(typeof zone === 'string' ? zone : '').split(' ')) local.add(word);
      const tokens = tokenize(titleOf({ record }), local);
      const words = tokens.map(({ text }) => `w:${text}`);
      const keys = at === undefined ? words : [`c:${cellOf(at.latitude, at.longitude)}`];
      const queries = at === undefined ? words : cellsAround(at.latitude, at.longitude, 1).map((cell) => `c:${cell}`);
      return { record, keys, queries, tokens, at };
    },
    block: ({ keys }) => keys,
    candidates: (index, { queries }, most = 30) => index.find(queries, most, () => 1),
    probability: (a, b) => compare(a as Plain, b as Plain).probability,
    decide(a, b): Decision {
      const { probability, evidence } = compare(a as Plain, b as Plain);
      return { probability, verdict: verdict(probability), evidence };
    },
    verdict,
  };
}

function titleOf({ record: { attributes } }: { readonly record: MatchRecord }): string {
  const title = attributes.property_name ?? attributes.title;
  return typeof title === 'string' ? title : '';
}

/** Words of place names by tile of the map; there are few tiles with hotels. */
const localWords = new LRUCache<string, readonly string[]>({ max: 1000 });

/** Words of the names of places around: partners add the town to a name or leave it out. */
function wordsAround(latitude: number, longitude: number): readonly string[] {
  const [row, column] = [Math.floor(latitude * 2), Math.floor(longitude * 2)];
  const tile = `${row},${column}`;
  let words = localWords.get(tile);
  if (words === undefined) {
    const names = placeNamesNear((row + 0.5) / 2, (column + 0.5) / 2, 60);
    words = [...new Set(names.flatMap((name) => foldName(name).split(' ')))];
    localWords.set(tile, words);
  }
  return words;
}
