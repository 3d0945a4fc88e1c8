import { expect, it } from 'vitest';
import { IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { openStore } from '../../libs/store/index.ts';
import { titleOf } from './flight-keys.ts';
import { rowsOf, stays } from './samples.ts';
import { normalizationStore } from './schema.ts';
import { startService } from './testing/service.ts';

it('carries on what was stored before records and events', async () => {
  const memory = {};
  const { schema, migrations } = normalizationStore;
  const old = await openStore({ memory, schema, migrations: migrations.slice(0, 1) });
  const flight = 'QF|495|2026-04-16|SYD|MEL QF||2026-04-16|MEL|HBA|23:00|2026-04-17T00:35 / QF|651|2026-04-17|HBA|PER';
  await old.query(
    `INSERT INTO products (product_id, vertical, content, ends_on) VALUES
       ('fl_1', 'flight', $1, '2026-04-17'), ('st_1', 'stay', 'Hotel Sol', NULL), ('st_2', 'stay', 'Nowhere Inn', NULL),
       ('gd_1', 'good', 'A chair', NULL), ('gd_2', 'good', 'A pen', NULL)`,
    [flight],
  );
  await old.query(`INSERT INTO product_keys VALUES
    ('stay', 'a', '7', 'st_1', 2, 1, 'new'), ('stay', 'b', 'X', 'st_1', 5, 0.9, 'near'), ('stay', 'a', '8', 'st_2', 2, 1, 'new'),
    ('good', 'shop', 'c1', 'gd_1', 2, 1, 'new'), ('good', '', 'gtin:04006381333931', 'gd_2', 6, 1, 'gtin')`);
  await old.query(`INSERT INTO stay_properties VALUES
    ('a', '7', 'st_1', 'Hotel Sol', '', 39.5, 2.7, 1), ('b', 'X', 'st_1', 'Sol', 'Playa', 39.5001, 2.7, 1)`);
  const running = await startService(await openStore({ memory, ...normalizationStore }));
  const { client } = running;
  const stated = [
    stays('a', [
      { code: '7', name: 'Hotel Sol' },
      { code: '8', name: 'Nowhere Inn' },
    ]),
    stays('b', [{ code: 'X', name: 'Sol' }]),
    stays('c', [{ code: 'n', name: 'Hotel Sol', at: [39.5, 2.7] }]),
  ];
  const { identities } = await client.resolve({ vertical: 'stay', evidence: stated });
  expect(identities.map(({ productId, rule }) => [productId, rule])).toEqual([
    ['st_1', IdentityRule.KNOWN_KEY],
    ['st_2', IdentityRule.KNOWN_KEY],
    ['st_1', IdentityRule.KNOWN_KEY],
    ['st_1', IdentityRule.MATCHER],
  ]);
  const goods = await client.resolve({
    vertical: 'good',
    evidence: [rowsOf('good', 'shop', [{ item_code: 'c1' }, { item_code: 'c2', gtin: '4006381333931' }])],
  });
  expect(goods.identities.map(({ productId }) => productId)).toEqual(['gd_1', 'gd_2']);
  const { products } = await client.batchGetProducts({ productIds: ['fl_1', 'st_2', 'gd_2'], contentOnly: false });
  expect(products.map(({ product }) => product!.title)).toEqual([titleOf(flight), 'Nowhere Inn', 'A pen']);
  await running.close();
  await old.close();
});
