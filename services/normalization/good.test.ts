import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { openStore, type Store } from '../../libs/store/index.ts';
import type { Catalogue } from './catalogue.ts';
import { forgetAll, openCatalogues, rowsOf } from './samples.ts';
import { normalizationStore } from './schema.ts';

const signal = new AbortController().signal;
let store: Store;
let catalogue: Catalogue;

beforeAll(async () => {
  store = await openStore(normalizationStore);
});
afterAll(() => store.close());
const fresh = async (): Promise<Catalogue> => (await openCatalogues(store)).get('good')!;
async function clear(): Promise<void> {
  await forgetAll(store);
  catalogue = await fresh();
}
beforeEach(clear);

interface Item {
  readonly title?: string;
  readonly brand?: string;
  readonly gtin?: string;
  readonly mpn?: string;
  readonly item_group_code?: string;
  readonly color?: string;
  readonly size?: string;
  readonly condition?: string;
}
let codes = 0;
/** Items of a partner, each under a new code of its own. */
const items = (partner: string, ...rows: readonly Item[]) =>
  rowsOf(
    'good',
    partner,
    rows.map((row) => ({ item_code: `c${codes++}`, ...row })),
  );
const resolve = (...evidence: ReturnType<typeof items>[]): Promise<Identity[]> => catalogue.resolve(evidence, signal);
async function ids(...evidence: ReturnType<typeof items>[]): Promise<string[]> {
  return (await resolve(...evidence)).map(({ productId }) => productId);
}
const [pen, drill, saw] = ['4006381333931', '5035048651353', '4002395003198'];

describe('a good', () => {
  it('is the same by its GTIN, in whatever form, title, condition and call', async () => {
    const [one] = await resolve(items('a', { gtin: pen, title: 'Pen', condition: 'NEW' }));
    const [two] = await resolve(items('b', { gtin: `0${pen}`, title: 'Stift', condition: 'USED' }));
    expect(one).toMatchObject({ rule: IdentityRule.NEW });
    expect(two).toMatchObject({ productId: one!.productId, rule: IdentityRule.GTIN, confidence: 1 });
    catalogue = await fresh();
    expect(await resolve(items('c', { gtin: pen }))).toMatchObject([
      { productId: one!.productId, rule: IdentityRule.GTIN, confidence: 1 },
    ]);
    expect(await ids(items('c', { gtin: drill }))).not.toContain(one!.productId);
  });

  it('is never the same by a GTIN whose check digit is wrong, or that shops give out', async () => {
    for (const gtin of ['4006381333930', '0000000000000', '2001234567893', 'none']) {
      const found = await ids(items('a', { gtin }), items('b', { gtin }));
      expect(new Set(found).size, gtin).toBe(2);
    }
  });

  it('is the same by brand and part number, however they are written', async () => {
    const [one, ...others] = await ids(
      items('a', { brand: 'Black & Decker', mpn: 'BDCDD12-GB' }),
      items('b', { brand: 'BLACK+DECKER', mpn: 'bdcdd12 gb' }),
      items('c', { brand: 'black and decker', mpn: 'BDCDD12/GB' }),
    );
    expect(others).toEqual([one, one]);
    expect(await ids(items('a', { brand: 'Bosch', mpn: 'BDCDD12-GB' }, { brand: 'Black & Decker' }))).not.toContain(
      one,
    );
  });

  it('is not known by what sellers write where there is nothing', async () => {
    for (const item of [
      { brand: 'Unbranded', mpn: 'AB-100' },
      { brand: 'DeWalt', mpn: 'Does not apply' },
      { brand: 'DeWalt', mpn: 'n/a' },
      { brand: 'DeWalt', mpn: '000000' },
      { brand: 'DeWalt' },
      { mpn: 'DCD796N' },
    ]) {
      expect(new Set(await ids(items('a', item), items('b', item))).size, JSON.stringify(item)).toBe(2);
    }
  });

  it('with a GTIN meets one that states brand and part number alone, whoever came first', async () => {
    const both = { brand: 'DeWalt', mpn: 'DCD796N', gtin: drill };
    const bare = { brand: 'DEWALT', mpn: 'DCD 796 N' };
    const [first] = await ids(items('a', both));
    expect(await resolve(items('b', bare))).toMatchObject([{ productId: first, rule: IdentityRule.BRAND_AND_MPN }]);
    await clear();
    const [second] = await ids(items('b', bare));
    expect(await resolve(items('a', both))).toMatchObject([{ productId: second, rule: IdentityRule.BRAND_AND_MPN }]);
    expect(await ids(items('c', { gtin: drill }))).toEqual([second]);
  });

  it('with another GTIN is another product, though brand and part number are the same', async () => {
    const part = { brand: 'Festool', mpn: 'HKC55' };
    const found = await ids(items('a', { ...part, gtin: drill }, { ...part, gtin: saw }), items('b', part));
    expect(new Set(found.slice(0, 2)).size).toBe(2);
    expect(found.slice(0, 2)).toContain(found[2]);
  });

  it('of a group of variants is told apart by colour and size where there is no GTIN', async () => {
    const shoe = { brand: 'Adidas', mpn: 'GW2487', item_group_code: 'g' };
    const [one, two, three] = await ids(
      items('a', { ...shoe, size: '42', color: 'Black' }, { ...shoe, size: '43', color: 'Black' }),
      items('b', { ...shoe, item_group_code: 'other', size: '42', color: 'black' }),
    );
    expect(two).not.toBe(one);
    expect(three).toBe(one);
  });

  it('without any key keeps its product under its own code, also after a restart', async () => {
    const evidence = items('a', { title: 'A chair' });
    const [first] = await resolve(evidence);
    expect(first).toMatchObject({ rule: IdentityRule.NEW });
    catalogue = await fresh();
    expect(await resolve(evidence)).toMatchObject([{ productId: first!.productId, rule: IdentityRule.KNOWN_KEY }]);
    expect(await ids(items('b', { title: 'Another table' }))).not.toContain(first!.productId);
  });

  it('that states a GTIN later belongs to the product of that GTIN', async () => {
    const [pens] = await ids(items('a', { gtin: pen }));
    const [own] = await ids(rowsOf('good', 'b', [{ item_code: 'x' }]));
    expect(own).not.toBe(pens);
    expect(await ids(rowsOf('good', 'b', [{ item_code: 'x', gtin: pen }]))).toEqual([pens]);
  });

  it('is told with its keys and why they lead to it', async () => {
    const [id] = await ids(items('a', { gtin: drill, brand: 'DeWalt', mpn: 'DCD796N', title: 'DeWalt drill' }));
    const [keys] = await catalogue.describe([{ productId: id!, contents: [''] }], store);
    expect(keys!.map(({ partner, key, rule }) => [partner, key, rule])).toEqual([
      ['', 'gtin:05035048651353', IdentityRule.GTIN],
      ['', 'mpn:dewalt|dcd796n', IdentityRule.BRAND_AND_MPN],
    ]);
  });

  it('needs a code of its partner', async () => {
    await expect(resolve(rowsOf('good', 'a', [{ item_code: 'x' }, { item_code: '' }]))).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      violations: [{ field: 'evidence[0].rows.columns.item_code' }],
    });
  });
});

describe('the goods of one call', () => {
  const item = fc.record(
    {
      gtin: fc.constantFrom(pen, drill, saw, '4006381333930'),
      brand: fc.constantFrom('DeWalt', 'DEWALT', 'Bosch'),
      mpn: fc.constantFrom('DCD796N', 'dcd-796-n', 'GSR 18V'),
    },
    { requiredKeys: [] },
  );

  it('get the same products in any order, and again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 2, maxLength: 8 }), fc.nat(), async (rows, turn) => {
        const coded = rows.map((row, index) => ({ item_code: `i${index}`, ...row }));
        await clear();
        const first = await ids(rowsOf('good', 'a', coded));
        expect(await ids(rowsOf('good', 'a', coded))).toEqual(first);
        const at = turn % rows.length;
        await clear();
        const turned = await ids(rowsOf('good', 'a', [...coded.slice(at), ...coded.slice(0, at)]));
        expect([...turned.slice(rows.length - at), ...turned.slice(0, rows.length - at)]).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });
});
