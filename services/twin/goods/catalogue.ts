import type { Family, Products } from './products.ts';

/** Families that can be found by words: the first ones of the world. */
export const searchableFamilies = 6_000;

/** Finding goods by words. */
export interface Catalogue {
  /** Families that have all the words, in order; all of the searchable ones for none. */
  find(words: readonly string[]): readonly Family[];
}

/** The words of a text as they are compared: lower case, without accents and the s of plurals. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).map((word) => (word.length > 3 ? word.replace(/s$/, '') : word));
}

/** The words of a world's goods, gathered when the first one is looked for. */
export function createCatalogue(products: Products): Catalogue {
  let index: ReadonlyMap<string, readonly number[]> | undefined;
  const all = Array.from({ length: searchableFamilies }, (_, family) => family);
  return {
    find(words) {
      index ??= gather(products);
      const lists = [...new Set(words)].map((word) => index!.get(word) ?? []).sort((a, b) => a.length - b.length);
      const [shortest, ...others] = lists;
      if (shortest === undefined) return all.map((family) => products.family(family));
      const sets = others.map((list) => new Set(list));
      return shortest.filter((family) => sets.every((set) => set.has(family))).map((family) => products.family(family));
    },
  };
}

function gather(products: Products): Map<string, number[]> {
  const index = new Map<string, number[]>();
  for (let i = 0; i < searchableFamilies; i++) {
    const { brand, model, noun, features, category, variants } = products.family(i);
    const options = variants.flatMap((variant) => variant.options);
    const text = [brand, model, noun, ...features, category.path.at(-1)!, ...options].join(' ');
    for (const word of new Set(wordsOf(text))) {
      const list = index.get(word);
      if (list === undefined) index.set(word, [i]);
      else list.push(i);
    }
  }
  return index;
}
