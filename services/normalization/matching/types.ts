import type { MatchEvidence } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { BlockingIndex, Candidate } from './blocking.ts';

/** Verticals whose products are matched by score. */
export type MatchVertical = 'stay' | 'good';

/** What one partner says of a thing. */
export interface MatchRecord {
  /** The partner, as configured. */
  readonly partner: string;
  /** The partner's own key of it. */
  readonly key: string;
  /**
   * What it states, by the attributes' names in the vertical's contract; none is required, and empty text says nothing.
   * Stays: property_name, address, city, zone, phone, chain, latitude, longitude (degrees; 0, 0 says nothing).
   * Goods: title, brand, mpn, gtin, color, size, description, category, price (a plain number, in one currency for all).
   */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** A record read once for all comparisons. Plain data, about 4 KB of a good and 3 KB of a stay; hold it for as long as the record lives. */
export interface Prepared {
  readonly record: MatchRecord;
  /** Keys by which the record is found: what goes into a {@link BlockingIndex}. */
  readonly keys: readonly string[];
  /** Keys that find records like it: its own, and for places those of the neighbouring cells. */
  readonly queries: readonly string[];
}

/** 'review': a person should look. */
export type Verdict = 'same' | 'different' | 'review';

/** Whether two records are the same thing. */
export interface Decision {
  /** That they are the same, 0 to 1, calibrated: of pairs with 0.8, 80 in a hundred are. */
  readonly probability: number;
  readonly verdict: Verdict;
  /** The weightiest first; their weights and the matcher's bias add up to the log-odds of the probability. */
  readonly evidence: readonly MatchEvidence[];
}

/** How common words are among the records known; a {@link BlockingIndex} knows it of those it holds. */
export interface Rarity {
  /** How many records there are. */
  readonly size: number;
  /** How many of them have the blocking key. */
  count(key: string): number;
}

/** Matches records of one vertical. Holds no state; all that depends on other records is in the index. */
export interface Matcher {
  readonly vertical: MatchVertical;
  /** Digest of weights and code of the features: decisions of one version are the same for the same records and index. */
  readonly version: string;
  /** Log-odds of a pair of which nothing is known. */
  readonly bias: number;
  /** Reads a record. Never throws: what cannot be read says nothing. */
  prepare(record: MatchRecord): Prepared;
  /** Keys by which the record is found; text without line breaks, to be stored as it is. */
  block(prepared: Prepared): readonly string[];
  /** Records worth a decision, the most promising first, at most `most` (30 if left out); the record itself too if it is in the
   * index. Those with less than a fifth of the first one's score are left out. */
  candidates(index: BlockingIndex, prepared: Prepared, most?: number): readonly Candidate[];
  /** The probability of {@link Matcher.decide} alone, without making evidence: for choosing among candidates. */
  probability(a: Prepared, b: Prepared, rarity?: Rarity): number;
  /** The decision for a pair; the order of the two does not matter but for the sides of the evidence. */
  decide(a: Prepared, b: Prepared, rarity?: Rarity): Decision;
  /** The verdict of a probability. */
  verdict(probability: number): Verdict;
}
