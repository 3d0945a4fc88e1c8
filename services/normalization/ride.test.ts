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
beforeEach(async () => {
  await forgetAll(store);
  catalogue = (await openCatalogues(store)).get('ride')!;
});

const resolve = (partner: string, ...rows: readonly Record<string, unknown>[]): Promise<Identity[]> =>
  catalogue.resolve([rowsOf('ride', partner, rows)], signal);
async function ids(partner: string, ...rows: readonly Record<string, unknown>[]): Promise<string[]> {
  return (await resolve(partner, ...rows)).map(({ productId }) => productId);
}
const van = { product_code: 'van-1', product_name: 'Van XL', ride_class: 'VAN', capacity: 7, propulsion: 'ELECTRIC' };

describe('a ride', () => {
  it('is the same by class, capacity and propulsion, whoever drives', async () => {
    const [one] = await resolve('a', van);
    const [two] = await resolve('b', { ...van, product_code: '9', product_name: 'People carrier' });
    expect(one).toMatchObject({ rule: IdentityRule.NEW });
    expect(two).toMatchObject({ productId: one!.productId });
    const [keys] = await catalogue.describe([{ productId: one!.productId, contents: [''] }], store);
    expect(keys).toMatchObject([{ partner: '', key: 'kind:VAN|7|ELECTRIC', rule: IdentityRule.RIDE_KIND }]);
  });

  it.each([
    ['class', { ride_class: 'MINIBUS' }],
    ['capacity', { capacity: 6 }],
    ['propulsion', { propulsion: 'HYBRID' }],
    ['propulsion, which is not stated', { propulsion: undefined }],
    ['company, for it is shared', { shared: true }],
    ['door, for it takes a wheelchair', { wheelchair_accessible: true }],
  ])('is another with another %s', async (_what, other) => {
    const [one, two] = await ids('a', van, { ...van, product_code: '2', ...other });
    expect(two).not.toBe(one);
  });

  it('is the same whether a partner says what goes without saying or not', async () => {
    const [one, two] = await ids('a', van, { ...van, product_code: '2', shared: false, wheelchair_accessible: false });
    expect(two).toBe(one);
    const pool = { product_code: 'p', ride_class: 'SHARED', capacity: 1 };
    const [three, four] = await ids('a', pool, { ...pool, product_code: 'q', shared: true });
    expect(four).toBe(three);
  });

  it('without class or capacity is its partner’s own, by its code', async () => {
    const rows = [
      { product_code: 'x', product_name: 'Mystery' },
      { product_code: 'y', ride_class: 'VAN' },
      { product_code: 'z', capacity: 7 },
    ];
    const first = await ids('a', ...rows);
    expect(new Set(first).size).toBe(3);
    expect(await ids('a', ...rows)).toEqual(first);
    expect(new Set([...first, ...(await ids('b', ...rows))]).size).toBe(6);
  });

  it('that says more later belongs to its kind', async () => {
    const [kind] = await ids('a', van);
    const [own] = await ids('b', { product_code: 'v' });
    expect(own).not.toBe(kind);
    expect(await ids('b', { ...van, product_code: 'v' })).toEqual([kind]);
  });

  it('needs a code of its partner, and attributes of their types', async () => {
    await expect(resolve('a', { product_code: '' })).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    const wrong = rowsOf('ride', 'a', [van]);
    const capacity = wrong.rows!.columns.find(({ attribute }) => attribute === 'capacity')!;
    const text = wrong.rows!.columns.find(({ attribute }) => attribute === 'product_code')!;
    capacity.values = text.values;
    await expect(catalogue.resolve([wrong], signal)).rejects.toMatchObject({
      violations: [
        { field: 'evidence[0].rows.columns.capacity', description: 'has string values; it is kept as int32' },
      ],
    });
  });
});
