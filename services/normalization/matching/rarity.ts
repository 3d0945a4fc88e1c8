import type { Rarity } from './types.ts';

/** The rarity of a catalogue that is not known: the forms of words alone tell. */
export const unknownRarity: Rarity = { size: 0, count: () => 0 };

/** What is expected of a word before any record is seen, in records: small catalogues say little. */
const expectedRecords = 300;

/** Words on fewer records than this are equally rare: the pair itself may stand in the catalogue or not. */
const fewest = 2;

/** What the rarest of all words says. */
const most = 7;

/** The share of records that is expected to have a word like the rarest, a code. */
const rarest = 0.0003;

/**
 * How much a word says, 0 to 7: the logarithm of the share of records that have it, in a scale on which a word of one record
 * alone says as much in a small catalogue as in a large one, so that one model serves both.
 *
 * @param expected share of records that is expected to have such a word
 */
export function informationOf(count: number, size: number, expected: number): number {
  const least = Math.min(fewest, size);
  const share = (Math.max(count, least) + expectedRecords * expected) / (size + expectedRecords);
  const leastShare = (least + expectedRecords * rarest) / (size + expectedRecords);
  return Math.max(0.05, (most * Math.log(share)) / Math.log(leastShare));
}
