import type { PreparedGood } from './good-record.ts';
import { measureText } from './measures.ts';

/** What both sides say of a piece of evidence, and how alike that is; NaN where it cannot be said. */
export interface Said {
  readonly left: string;
  readonly right: string;
  readonly similarity: number;
}

const longest = 120;

/** What two goods say of a piece of evidence; `value` gives features by their name. */
export function goodSaid(evidence: string, a: PreparedGood, b: PreparedGood, value: (name: string) => number): Said {
  const both = (of: (good: PreparedGood) => string, similarity: number): Said => ({
    left: of(a).slice(0, longest),
    right: of(b).slice(0, longest),
    similarity,
  });
  switch (evidence) {
    case 'model_number':
      return both(({ codes, moreCodes }) => (codes.length > 0 ? codes : moreCodes).join(' '), value('code_similarity'));
    case 'numbers':
      return both(({ words, kinds }) => words.filter((_, i) => kinds[i] === 1 || kinds[i] === 3).join(' '), Number.NaN);
    case 'measures':
      return both(({ measures }) => measures.map(measureText).join(' '), value('title_measures_missed') === 0 ? 1 : 0);
    case 'pack':
      return both(
        ({ measures }) =>
          measures
            .filter(({ kind }) => kind === 'count')
            .map(measureText)
            .join(' '),
        value('pack'),
      );
    case 'color':
      return both(({ allColors }) => allColors.join(' '), value('all_color'));
    case 'condition':
      return both(({ conditions }) => conditions.join(' '), value('condition_lonely') === 0 ? 1 : 0);
    case 'origin':
      return both(({ origins }) => origins.join(' '), value('origin_lonely') === 0 ? 1 : 0);
    case 'kind':
      return both(({ words, head }) => words[head] ?? '', value('least_head'));
    case 'brand':
      return both(
        ({ record, words, brand }) => (brand === '' ? (words[0] ?? '') : String(record.attributes.brand)),
        value('brand'),
      );
    case 'price':
      return both(({ price }) => (Number.isNaN(price) ? '' : String(price)), Math.exp(-value('price_ratio')));
    case 'description':
      return both(({ record }) => String(record.attributes.description ?? ''), value('all_words'));
    default:
      return both(({ record }) => String(record.attributes.title ?? ''), value('title_cosine'));
  }
}
