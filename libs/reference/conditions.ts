/** In what state a good is, by the names that the contract has for it (`entrepot.offer.v1.Condition`). */
export type ConditionName =
  | 'NEW'
  | 'OPEN_BOX'
  | 'NEW_WITH_DEFECTS'
  | 'REFURBISHED_CERTIFIED'
  | 'REFURBISHED_EXCELLENT'
  | 'REFURBISHED_VERY_GOOD'
  | 'REFURBISHED_GOOD'
  | 'REFURBISHED'
  | 'USED_LIKE_NEW'
  | 'USED_VERY_GOOD'
  | 'USED_GOOD'
  | 'USED_ACCEPTABLE'
  | 'USED'
  | 'FOR_PARTS';

/**
 * The condition of a word that shops share: Google's and schema.org's values, and what marketplaces write in English. Never better than the
 * word; a grade that it does not state is not guessed.
 *
 * @returns undefined for any other word
 */
export function conditionOf(text: string): ConditionName | undefined {
  const words = text
    .toLowerCase()
    .replace(/^https?:\/\/schema\.org\//, '')
    .replaceAll(/[^a-z]+/g, ' ')
    .trim();
  return conditions.get(words);
}

const table: Readonly<Record<ConditionName, string>> = {
  NEW: 'new, brand new, new with tags, new in box, newcondition, factory sealed',
  OPEN_BOX: 'open box, new other, new without tags, new without box, new open box, opened never used',
  NEW_WITH_DEFECTS: 'new with defects, new with imperfections',
  REFURBISHED_CERTIFIED: 'certified refurbished, manufacturer refurbished, certified renewed, factory refurbished',
  REFURBISHED_EXCELLENT: 'excellent refurbished, refurbished excellent',
  REFURBISHED_VERY_GOOD: 'very good refurbished, refurbished very good',
  REFURBISHED_GOOD: 'good refurbished, refurbished good',
  REFURBISHED: 'refurbished, seller refurbished, renewed, reconditioned, remanufactured, refurbishedcondition',
  USED_LIKE_NEW: 'like new, used like new, pre owned like new, as new',
  USED_VERY_GOOD: 'very good, used very good, pre owned very good',
  USED_GOOD: 'good, used good, pre owned good',
  USED_ACCEPTABLE: 'acceptable, used acceptable, fair, used fair, pre owned fair',
  USED: 'used, pre owned, preowned, second hand, secondhand, usedcondition',
  FOR_PARTS: 'for parts, for parts or not working, not working, spares or repair, for parts or repair',
};

const conditions: ReadonlyMap<string, ConditionName> = new Map(
  Object.entries(table).flatMap(([name, words]) =>
    words.split(',').map((word) => [word.trim(), name as ConditionName]),
  ),
);
