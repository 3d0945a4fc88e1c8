import type { Rarity } from './types.ts';

/** The rarity of a catalogue that is not known: the forms of words alone tell. */
export const unknownRarity: Rarity = { size: 0, count: () => 0 };

/** What is expected of a word before any record is seen, in records: small catalogues say little. */
const expectedRecords = 300;

/** Words on fewer records than this are equally rare: the pair itself may stand in the catalogue or not. */
const fewest = 2;

/** Nothing is rarer: else a large catalogue would weigh more than what the model was trained on. */
const most = 7;

/**
 * How much a word says, in nats: -log of the share of records that have it.
 *
 * @param expected share of records that is expected to have such a word
 */
export function informationOf(count: number, size: number, expected: number): number {
  const share = (Math.max(count, Math.min(fewest, size)) + expectedRecords * expected) / (size + expectedRecords);
  return Math.min(most, Math.max(0.05, -Math.log(share)));
}
