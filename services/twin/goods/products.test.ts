import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCatalogue, searchableFamilies, wordsOf } from './catalogue.ts';
import { checkDigit, gtin13 } from './gtin.ts';
import { createProducts, mostFamilies } from './products.ts';
import { goodsCodes, offerAt, offerOf, titleOf } from './sellers.ts';

const products = createProducts(7);
const many = Array.from({ length: 3000 }, (_, index) => products.passing(index));
const variants = many.flatMap((family) => family.variants);
const seller = { name: 'a', salt: 'a', coverage: 0.7, margin: 1, currency: 'EUR' };
const other = { ...seller, name: 'b', salt: 'b', currency: 'USD' };

describe('GTINs', () => {
  it('have the check digit of the standard', () => {
    expect(checkDigit('629104150021')).toBe('3');
    expect(checkDigit('03600029145')).toBe('2');
    expect(checkDigit('7351353')).toBe('7');
  });

  it('are read with 8, 12, 13 and 14 digits, and not with one digit wrong', () => {
    expect(gtin13('036000291452')).toBe('0036000291452');
    expect(gtin13('06291041500213')).toBe('6291041500213');
    expect(gtin13('73513537')).toBe('0000073513537');
    fc.assert(
      fc.property(fc.nat(11), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const digits = [...'6291041500213'];
        digits[at] = `${(Number(digits[at]) + by) % 10}`;
        expect(gtin13(digits.join(''))).toBeUndefined();
      }),
    );
    for (const text of ['', '12345', '16291041500210', 'abc']) expect(gtin13(text)).toBeUndefined();
  });
});

describe('products', () => {
  it('have valid GTINs of their own, most of them, that lead back to them', () => {
    const gtins = variants.map(({ gtin }) => gtin).filter((gtin) => gtin !== undefined);
    expect(gtins.length).toBeGreaterThan(variants.length * 0.85);
    expect(gtins.length).toBeLessThan(variants.length);
    expect(new Set(gtins).size).toBe(gtins.length);
    for (const variant of variants.slice(0, 800)) {
      if (variant.gtin === undefined) continue;
      expect(gtin13(variant.gtin)).toBe(variant.gtin);
      expect(products.byGtin(variant.gtin)?.id).toBe(variant.id);
    }
    expect(products.byGtin('6291041500213')).toBeUndefined();
  });

  it('come in one to eight variants that differ', () => {
    const counts = new Set(many.map((family) => family.variants.length));
    expect(counts.size).toBeGreaterThan(4);
    for (const { variants: each } of many) {
      expect(each.length).toBeGreaterThan(0);
      expect(each.length).toBeLessThanOrEqual(8);
      expect(new Set(each.map(({ options }) => options.join())).size).toBe(each.length);
    }
  });

  it('are the same for the same seed, kept or passing, and others for another', () => {
    const again = createProducts(7);
    for (const index of [0, 17, 2999, mostFamilies - 1]) {
      expect(again.family(index)).toEqual(products.passing(index));
      expect(again.variant(index * 8)?.id).toBe(`G${index}-0`);
    }
    expect(createProducts(8).family(3)).not.toEqual(products.family(3));
    expect(products.variant(-1)).toBeUndefined();
    expect(products.variant(mostFamilies * 8)).toBeUndefined();
  });
});

describe('the catalogue', () => {
  const catalogue = createCatalogue(products);

  it('finds by all words, whatever their case, accents and plural', () => {
    const family = products.family(11);
    const found = catalogue.find(wordsOf(`${family.brand} ${family.model.toUpperCase()} ${family.noun}s`));
    expect(found.map(({ index }) => index)).toContain(11);
    for (const each of catalogue.find(wordsOf('blué laptops'))) {
      expect(
        wordsOf(
          [each.noun, each.category.path.at(-1), ...each.features, ...each.variants.flatMap((v) => v.options)].join(
            ' ',
          ),
        ),
      ).toContain('laptop');
    }
    expect(catalogue.find(['nothing-like-this'])).toEqual([]);
    expect(catalogue.find([])).toHaveLength(searchableFamilies);
  });
});

describe('sellers of goods', () => {
  it('sell overlapping parts of the same under their own codes and titles', () => {
    const both = variants.filter((each) => offerOf(7, seller, each, 0) && offerOf(7, other, each, 0));
    const one = variants.filter((each) => offerOf(7, seller, each, 0));
    expect(one.length).toBeGreaterThan(variants.length * 0.5);
    expect(both.length).toBeGreaterThan(one.length * 0.5);
    expect(both.length).toBeLessThan(one.length * 0.9);
    const differing = both.filter((each) => titleOf(7, seller, each) !== titleOf(7, other, each));
    expect(differing.length).toBeGreaterThan(both.length * 0.6);
    expect(goodsCodes(7, seller).codeOf(5)).not.toBe(goodsCodes(7, other).codeOf(5));
  });

  it('change some prices, some stocks and some of their range from edition to edition', () => {
    const at = (edition: number) => variants.map((each) => offerAt(7, seller, each, edition));
    const [first, second] = [at(4), at(5)];
    const count = (test: (a: (typeof first)[number], b: (typeof first)[number]) => boolean) =>
      first.filter((each, i) => test(each, second[i])).length / first.length;
    const priced = count((a, b) => a !== undefined && b !== undefined && a.minor !== b.minor);
    expect(priced).toBeGreaterThan(0.02);
    expect(priced).toBeLessThan(0.25);
    expect(count((a, b) => a !== undefined && b === undefined)).toBeGreaterThan(0.001);
    expect(count((a, b) => a === undefined && b !== undefined)).toBeGreaterThan(0.001);
    expect(count((a, b) => a?.quantity !== b?.quantity)).toBeGreaterThan(0.1);
    expect(at(4)).toEqual(first);
  });

  it('price in their currency, above nothing and below what it was before', () => {
    for (const each of variants) {
      const offer = offerAt(7, other, each, 3);
      if (offer === undefined) continue;
      expect(Number.isInteger(offer.minor) && offer.minor > 0).toBe(true);
      if (offer.before !== undefined) expect(offer.before).toBeGreaterThan(offer.minor);
    }
  });
});
