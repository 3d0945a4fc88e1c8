import type { AnyColumnView, StringColumnView } from '../../libs/columns/index.ts';
import { IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { gtin14 } from '../../libs/reference/index.ts';
import type { EvidenceColumns, EvidenceReader, IdentityRules } from './identity.ts';
import { itemReader, type KeyedItem, keyRules } from './key-rules.ts';
import { foldName } from './names.ts';

/**
 * A good is the thing itself: what has the same GTIN, and where a partner states none, the same brand and maker's part
 * number. Condition, seller and delivery belong to the offer. A variant with its own GTIN is its own product; where items of
 * a group of variants state no GTIN, their colours and sizes tell them apart, for a part number often means them all.
 */
export function goodRules(): IdentityRules<KeyedItem> {
  return keyRules({
    vertical: 'good',
    prefix: 'gd_',
    required: ['item_code'],
    optional: ['title', 'brand', 'gtin', 'mpn', 'item_group_code', 'color', 'size'],
    strong: { rule: IdentityRule.GTIN, because: 'same Global Trade Item Number' },
    weak: { rule: IdentityRule.BRAND_AND_MPN, because: "same brand and maker's part number" },
    read: readGoods,
  });
}

function readGoods({ partner, columns, rowCount, field }: EvidenceColumns): EvidenceReader<KeyedItem> {
  const text = (name: string): ((row: number) => string) => textOf(columns.get(name));
  const [code, title, gtin] = [text('item_code'), text('title'), text('gtin')];
  const [brand, mpn, group] = [text('brand'), text('mpn'), text('item_group_code')];
  const [color, size] = [text('color'), text('size')];
  for (let row = 0; row < rowCount; row++) {
    if (code(row) === '') {
      throw invalidField(`${field}.columns.item_code`, `row ${row} has no code; the partner's own is needed`);
    }
  }
  return itemReader((row) => {
    // Not every adapter checks them, and one wrong number would bring together what has nothing in common.
    const number = gtin14(gtin(row));
    const part = partKey(brand(row), mpn(row));
    const variant = group(row) === '' ? '' : `|${foldName(color(row))}|${foldName(size(row))}`;
    return {
      partner,
      code: code(row),
      strong: number === undefined ? undefined : `gtin:${number}`,
      weak: part === undefined ? undefined : `mpn:${part}${variant}`,
      title: title(row),
    };
  });
}

/** A text column's values; empty where the partner does not state one. */
function textOf(column: AnyColumnView | undefined): (row: number) => string {
  const texts = column as StringColumnView | undefined;
  return (row) => (texts?.has(row) === true ? texts.get(row) : '');
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
