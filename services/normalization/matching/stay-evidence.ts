import type { Said } from './good-evidence.ts';
import { KIND, ORDINAL, type PreparedStay, TELLING, TYPE } from './stay-record.ts';

/** What two places say of a piece of evidence; `value` gives features by their name. */
export function staySaid(evidence: string, a: PreparedStay, b: PreparedStay, value: (name: string) => number): Said {
  const both = (of: (stay: PreparedStay) => string, similarity: number): Said => ({
    left: of(a),
    right: of(b),
    similarity,
  });
  const attribute =
    (name: string) =>
    ({ record }: PreparedStay): string =>
      String(record.attributes[name] ?? '');
  const wordsOf =
    (...of: readonly number[]) =>
    ({ words, kinds }: PreparedStay): string =>
      words.filter((_, i) => of.includes(kinds[i]!)).join(' ');
  switch (evidence) {
    case 'name_kind':
      return both(wordsOf(KIND), value('kinds'));
    case 'name_type':
      return both(wordsOf(TYPE), value('types'));
    case 'name_telling':
      return both(wordsOf(TELLING, ORDINAL), value('lonely_telling') + value('lonely_numbers') === 0 ? 1 : 0);
    case 'distance':
      return both(
        ({ latitude, longitude }) => (Number.isNaN(latitude) ? '' : `${latitude},${longitude}`),
        Math.exp(-value('km') / 0.3),
      );
    case 'phone':
      return both(attribute('phone'), value('phone'));
    case 'address':
      return both(attribute('address'), value('most_street'));
    case 'city':
      return both(({ city }) => city.join(' '), value('city'));
    case 'chain':
      return both(attribute('chain'), value('chain'));
    default:
      return both(attribute('property_name'), value('name_cosine'));
  }
}
