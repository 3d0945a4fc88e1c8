import { IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { gtin14 } from '../../libs/reference/index.ts';
import { foldName } from './names.ts';
import type { Attributes, RecordVertical } from './record-vertical.ts';

/**
 * A good is the thing itself: what has the same GTIN, and where a partner states none, the same brand and maker's part
 * number; what has neither, or meets nothing by them, is what the matcher takes for the same. Condition, seller and delivery
 * belong to the offer. A variant with its own GTIN is its own product; where items of a group of variants state no GTIN, their
 * colours and sizes tell them apart, for a part number often means them all.
 */
export const goodVertical: RecordVertical = {
  vertical: 'good',
  prefix: 'gd_',
  code: 'item_code',
  required: ['item_code'],
  optional: ['title', 'brand', 'gtin', 'mpn', 'item_group_code', 'color', 'size'],
  title: 'title',
  wording: ['title', 'gtin', 'mpn', 'brand', 'color', 'size'],
  clean() {},

  sharedKeys(attributes) {
    // Not every adapter checks them, and one wrong number would bring together what has nothing in common.
    const number = gtin14(text(attributes, 'gtin'));
    const part = partKey(text(attributes, 'brand'), text(attributes, 'mpn'));
    const variant = attributes.item_group_code === undefined ? '' : `|${variantOf(attributes).join('|')}`;
    return {
      strong: number === undefined ? undefined : `gtin:${number}`,
      weak: part === undefined ? undefined : `mpn:${part}${variant}`,
    };
  },

  strong: { rule: IdentityRule.GTIN, because: 'same Global Trade Item Number' },
  weak: { rule: IdentityRule.BRAND_AND_MPN, because: "same brand and maker's part number" },

  mayMatch(one, other) {
    const [numberA, numberB] = [gtin14(text(one.attributes, 'gtin')), gtin14(text(other.attributes, 'gtin'))];
    if (numberA !== undefined && numberB !== undefined && numberA !== numberB) return false;
    const [a, b] = [variantOf(one.attributes), variantOf(other.attributes)];
    return a.every((value, index) => value === '' || b[index] === '' || value === b[index]);
  },
};

/** Colour and size, folded. */
function variantOf(attributes: Attributes): string[] {
  return [foldName(text(attributes, 'color')), foldName(text(attributes, 'size'))];
}

function text(attributes: Attributes, name: string): string {
  const value = attributes[name];
  return typeof value === 'string' ? value : '';
}

/** What sellers write where a form wants a brand or part number and there is none, folded and without spaces. */
const placeholders = new Set(
  (
    'na none null nil no notapplicable doesnotapply doesntapply unknown unbranded nobrand noname generic various other custom ' +
    'handmade nichtzutreffend markenlos nonapplicable nesappliquepas sansmarque noaplica sinmarca nonapplicabile'
  ).split(' '),
);

const shortestPart = 3;

/**
 * Brand and part number as every partner would write them; undefined where one is missing or says nothing. Of a part number
 * letters, digits, points and plus signs count: "DCD-796 N" is "DCD796N", but "1.5" is not "15".
 */
function partKey(brand: string, mpn: string): string | undefined {
  const maker = foldName(brand)
    .split(' ')
    .filter((word) => word !== 'and')
    .join('');
  const part = mpn
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}.+]/gu, '');
  if (maker === '' || placeholders.has(maker)) return undefined;
  if (part.length < shortestPart || placeholders.has(part) || /^0+$/.test(part)) return undefined;
  return `${maker}|${part}`;
}
