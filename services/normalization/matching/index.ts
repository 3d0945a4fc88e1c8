// Whether two records of different partners are the same thing: which pairs are worth a look, how likely each is the same,
// and what says so. Pure: no store, no clock, no network.
export { BlockingIndex, type Candidate } from './blocking.ts';
export { createMatcher } from './matcher.ts';
export type { Decision, Matcher, MatchRecord, MatchVertical, Prepared, Rarity, Verdict } from './types.ts';
