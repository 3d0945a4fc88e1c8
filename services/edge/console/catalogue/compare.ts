// What two records say, attribute by attribute.
import type { Product, ReviewSide } from '../../../../libs/client/index.ts';
import { words } from '../ui/format.ts';
import type { IconName } from '../ui/icon.tsx';
import { wordsOf } from './text-diff.ts';

/** How two values stand to each other. */
export type Agreement = 'same' | 'alike' | 'differs' | 'left' | 'right';

/** One attribute of both records; a side that does not state it is empty. */
export interface AttributeRow {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  readonly agreement: Agreement;
}

/** How an agreement looks: always a word beside the icon. */
export const agreementLooks: Readonly<
  Record<Agreement, { readonly word: string; readonly icon: IconName; readonly tone: 'good' | 'bad' | 'plain' }>
> = {
  same: { word: 'Agrees', icon: 'check', tone: 'good' },
  alike: { word: 'Other spelling', icon: 'check', tone: 'good' },
  differs: { word: 'Differs', icon: 'cross', tone: 'bad' },
  left: { word: 'Only the left', icon: 'half', tone: 'plain' },
  right: { word: 'Only the right', icon: 'half', tone: 'plain' },
};

/** Shown as a place, not as two numbers. */
const ofPosition = new Set(['latitude', 'longitude']);

/** Every attribute that one of two records states: the name first, then what both state, then what one does. */
export function compareSides(left: ReviewSide | undefined, right: ReviewSide | undefined): readonly AttributeRow[] {
  const [ours, theirs] = [left?.attributes ?? {}, right?.attributes ?? {}];
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const rows = [...names]
    .filter((name) => !ofPosition.has(name))
    .map((name): AttributeRow => {
      const [one, other] = [ours[name] ?? '', theirs[name] ?? ''];
      return { name, left: one, right: other, agreement: agreementOf(one, other) };
    });
  const rank = ({ name, agreement }: AttributeRow): number =>
    isName(name) ? 0 : agreement === 'left' || agreement === 'right' ? 2 : 1;
  return rows.filter((row) => row.left !== '' || row.right !== '').sort((a, b) => rank(a) - rank(b));
}

/** What is known of both products beyond what the records say, in the same way. */
export function compareProducts(
  left: Product | undefined,
  right: Product | undefined,
  stated: readonly AttributeRow[],
): readonly AttributeRow[] {
  const [attributes, more] = [left, right].map((product) => contentOf(product));
  const rows = compareSides({ attributes }, { attributes: more });
  return rows.filter(({ name }) => stated.every((row) => row.name !== name));
}

function contentOf(product: Product | undefined): Readonly<Record<string, string>> {
  const {
    starRating,
    brand,
    address,
    phone,
    amenities = [],
    specifications = [],
    descriptions,
  } = product?.content ?? {};
  const specified = specifications.map(({ name = '', value, unit = '' }) => [name, `${value} ${unit}`.trim()] as const);
  return {
    brand: brand?.value ?? '',
    star_rating: starRating?.value === undefined ? '' : String(starRating.value),
    address: address?.value ?? '',
    phone: phone?.value ?? '',
    ...Object.fromEntries(specified),
    amenities: amenities.map(({ value = '' }) => words(value).toLowerCase()).join(', '),
    description: descriptions?.[0]?.value ?? '',
  };
}

function agreementOf(left: string, right: string): Agreement {
  if (left === '') return 'right';
  if (right === '') return 'left';
  if (left === right || areNumber(left, right)) return 'same';
  const [ours, theirs] = [wordsOf(left).toSorted().join(' '), wordsOf(right).toSorted().join(' ')];
  return ours !== '' && ours === theirs ? 'alike' : 'differs';
}

/** The same number, whatever its digits: "4" and "4.0"; a code with leading zeros is none. */
const areNumber = (left: string, right: string): boolean =>
  [left, right].every((text) => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) && Number(left) === Number(right);

const isName = (attribute: string): boolean => attribute === 'title' || /(^|_)name$/.test(attribute);

/** What a person calls a record: its name, or the partner's key where it states none. */
export function nameOf(side: ReviewSide | undefined): string {
  const named = Object.entries(side?.attributes ?? {}).find(([name, value]) => isName(name) && value !== '');
  return named?.[1] ?? side?.key ?? '';
}
