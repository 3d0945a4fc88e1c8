import { vertical } from '../../../libs/vertical/index.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type Check, type Completeness, check } from './grade.ts';

/** Offers by the names of their attributes, as columns carry them. */
type Offers = readonly Readonly<Record<string, unknown>>[];

/**
 * How well the attributes of a partner's vertical are filled by the offers of its golden cases. Attributes that its searches
 * do not have, as its manifest says with a reason (`lacks`), count for nothing; of all others each has to be seen once.
 */
export function completenessOf(
  { adapter, manifest }: ConfiguredPartner,
  offers: Offers,
): { readonly completeness: Completeness; readonly filled: readonly Check[] } {
  const share = (name: string): number => {
    const filled = offers.filter((columns) => columns[name] !== undefined).length;
    return offers.length === 0 ? 0 : Math.round((filled / offers.length) * 100);
  };
  const { attributes } = vertical(adapter.vertical);
  const lacks = manifest.lacks ?? {};
  const completeness = meanOf(Object.fromEntries(attributes.map(({ name }) => [name, share(name)])), lacks);
  const shares = Object.entries(completeness.fields);
  const present = shares.filter(([name, percent]) => percent > 0 && Object.hasOwn(lacks, name));
  const missing = shares.filter(([name, percent]) => percent === 0 && !Object.hasOwn(lacks, name));
  return {
    completeness,
    filled: [
      check(
        'completeness',
        'what the manifest says that the format lacks is in no offer',
        present.map(([name]) => `${name} is in some`),
        Object.keys(lacks).length,
        'the manifest says of no attribute that the format lacks it',
      ),
      check(
        'completeness',
        'every other attribute is in an offer of a golden case',
        missing.map(([name]) => `${name} is in none: show it by a case, or say under \`lacks\` why there is none`),
        shares.length - Object.keys(lacks).length,
      ),
    ],
  };
}

/**
 * The mean over what the format has.
 *
 * @param fields offers that have it, percent, by attribute
 * @param lacks attributes that its format lacks, each with the reason
 */
export function meanOf(
  fields: Readonly<Record<string, number>>,
  lacks: Readonly<Record<string, string>>,
): Completeness {
  const counted = Object.entries(fields).filter(([name]) => !Object.hasOwn(lacks, name));
  const sum = counted.reduce((total, [, percent]) => total + percent, 0);
  return { percent: Math.round(sum / Math.max(1, counted.length)), fields, lacks };
}
