import { describe, expect, it, onTestFinished } from 'vitest';
import { packColumns } from '../../../libs/columns/index.ts';
import type { PartnerEvidence } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { openStore, type Store } from '../../../libs/store/index.ts';
import { normalizationStore } from '../schema.ts';
import { ContentStore } from './store.ts';

interface House {
  readonly code: string;
  readonly name?: string;
  readonly address?: string;
  readonly phone?: string;
  readonly images?: readonly string[];
}

function houses(partner: string, rows: readonly House[]): PartnerEvidence {
  const column = (attribute: string, type: 'string' | 'string_list', read: (house: House) => unknown) => {
    return { attribute, type, values: rows.map(read) };
  };
  const columns = [
    column('property_code', 'string', ({ code }) => code),
    column('property_name', 'string', ({ name }) => name),
    column('address', 'string', ({ address }) => address),
    column('phone', 'string', ({ phone }) => phone),
    column('image_urls', 'string_list', ({ images }) => images),
  ];
  return { partner, rows: packColumns(columns, 0, rows.length) };
}

/** A catalogue in which every partner's code leads to the product of the same code. */
async function open() {
  const store = await openStore(normalizationStore);
  onTestFinished(() => store.close());
  const clock = { now: 1_000_000 };
  const content = new ContentStore(store, { now: () => clock.now, lookAgainMs: 1_000 });
  const say = async (partner: string, rows: readonly House[]): Promise<void> => {
    for (const { code } of rows) await lead(store, partner, code, `p-${code}`);
    content.observe('stay', houses(partner, rows));
    await content.settled();
  };
  return { store, content, clock, say };
}

async function lead(store: Store, partner: string, key: string, productId: string): Promise<void> {
  await store.query(
    `INSERT INTO products (product_id, vertical, content) VALUES ($1, 'stay', '') ON CONFLICT DO NOTHING`,
    [productId],
  );
  await store.query(
    `INSERT INTO product_keys (vertical, partner, key, product_id, rule, confidence, evidence) VALUES ('stay', $1, $2, $3, 2, 1, '')
     ON CONFLICT (vertical, partner, key) DO UPDATE SET product_id = excluded.product_id`,
    [partner, key, productId],
  );
}

const writes = async (store: Store): Promise<string> => {
  const [row] = await store.query<{ text: string }>(
    `SELECT string_agg(xmin::text, ',' ORDER BY partner, key) AS text FROM product_content`,
  );
  return row!.text;
};

describe('the content store', () => {
  it('merges what partners say of the same product', async () => {
    const { content, say } = await open();
    await say('one', [{ code: '1', name: 'Hotel Sol', images: ['https://a.example/1.jpg'] }]);
    await say('two', [{ code: '1', name: 'HOTEL SOL', address: 'Harbour  1', phone: '+34 971 123 456' }]);
    const known = (await content.contentOf(['p-1', 'p-1', 'p-unknown'])).get('p-1');
    expect(known?.names.map(({ value, sources }) => [value, sources.map(({ partner }) => partner)])).toEqual([
      ['Hotel Sol', ['one', 'two']],
    ]);
    expect([known?.address?.value, known?.phone?.value]).toEqual(['Harbour 1', '+34971123456']);
    expect((await content.contentOf(['p-unknown'])).size).toBe(0);
  });

  it('writes nothing where nothing changed, and looks no more often than it has to', async () => {
    const { store, content, clock, say } = await open();
    await say('one', [{ code: '1', name: 'Hotel Sol' }]);
    const first = await writes(store);
    // Not due: not even looked at.
    await say('one', [{ code: '1', name: 'Hotel Luna' }]);
    expect(await writes(store)).toBe(first);
    clock.now += 1_000;
    await say('one', [{ code: '1', name: 'Hotel Sol' }]);
    expect(await writes(store)).toBe(first);
    clock.now += 1_000;
    await say('one', [{ code: '1', name: 'Hotel Luna' }]);
    const known = (await content.contentOf(['p-1'])).get('p-1');
    expect(known?.names[0]?.value).toBe('Hotel Luna');
    expect(known?.updatedAt?.epochMilliseconds).toBe(clock.now);
  });

  it('says once a day that a record is still said', async () => {
    const { content, clock, say } = await open();
    await say('one', [{ code: '1', name: 'Hotel Sol' }]);
    const first = clock.now;
    clock.now += 90_000_000;
    await say('one', [{ code: '1', name: 'Hotel Sol' }]);
    const known = (await content.contentOf(['p-1'])).get('p-1');
    expect(known?.names[0]?.sources[0]?.seenAt?.epochMilliseconds).toBe(clock.now);
    expect(known?.updatedAt?.epochMilliseconds).toBe(first);
  });

  it('goes with the keys when products merge and split', async () => {
    const { store, content, say } = await open();
    await say('one', [{ code: '1', name: 'Hotel Sol' }]);
    await say('two', [{ code: '2', address: 'Harbour 1' }]);
    await lead(store, 'two', '2', 'p-1');
    expect((await content.contentOf(['p-1', 'p-2'])).get('p-1')).toMatchObject({
      names: [{ value: 'Hotel Sol' }],
      address: { value: 'Harbour 1' },
    });
    expect((await content.contentOf(['p-2'])).size).toBe(0);
    await lead(store, 'two', '2', 'p-2');
    expect((await content.contentOf(['p-1'])).get('p-1')?.address).toBeUndefined();
    expect((await content.contentOf(['p-2'])).get('p-2')?.address?.value).toBe('Harbour 1');
  });

  it('takes the last of what one call says twice, and outlives a database that refuses', async () => {
    const { store, content, clock, say } = await open();
    await say('one', [
      { code: '1', name: 'Hotel Sol' },
      { code: '1', name: 'Hotel Sol' },
    ]);
    await store.query('ALTER TABLE product_content RENAME TO away');
    clock.now += 1_000;
    await say('one', [{ code: '1', name: 'Hotel Luna' }]);
    await store.query('ALTER TABLE away RENAME TO product_content');
    // It is due again at once, for it could not be written.
    await say('one', [{ code: '1', name: 'Hotel Luna' }]);
    expect((await content.contentOf(['p-1'])).get('p-1')?.names[0]?.value).toBe('Hotel Luna');
  });

  it('forgets what nobody has said for long', async () => {
    const { content, clock, say } = await open();
    await say('one', [{ code: '1', name: 'Hotel Sol' }]);
    clock.now += 91 * 86_400_000;
    await content.prune();
    expect((await content.contentOf(['p-1'])).size).toBe(0);
  });

  it('has none for verticals whose products are what the search asks for', async () => {
    const { content } = await open();
    const evidence = houses('one', [{ code: '1', name: 'x' }]);
    content.observe('flight', evidence);
    await content.settled();
    expect((await content.contentOf(['p-1'])).size).toBe(0);
  });
});
