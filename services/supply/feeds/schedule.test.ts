import { rmSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { openStore, type SharedStore } from '../../../libs/store/index.ts';
import { Inventory } from '../inventory/inventory.ts';
import { inventoryStore } from '../inventory/schema.ts';
import { loadPartners } from '../load.ts';
import { startFileServer } from '../testing/file-server.ts';
import { goodsCsv } from '../testing/goods.ts';
import { localPartner, testAdapters, writePartners } from '../testing/rig.ts';
import { FeedSchedule } from './schedule.ts';

it('a file is read by one of the replicas that share the store, and the others find it there', async () => {
  const server = await startFileServer();
  const config = writePartners({
    shop: { adapter: 'plain-feed', endpoint: server.url, credentials: { key: { env: 'X_FEED', default: 'open' } } },
  });
  const partner = localPartner(
    await loadPartners({ configDirectory: config, adapterDirectories: [testAdapters] }),
    'shop',
  );
  const memory = {};
  const replicas = await Promise.all(
    [1, 2, 3].map(async () => {
      const store = await openStore({ ...inventoryStore, memory });
      const read = Promise.withResolvers<void>();
      const watched: Pick<SharedStore, 'exclusively'> = {
        exclusively: async (name, work) => {
          const result = await store.exclusively(name, work);
          read.resolve();
          return result;
        },
      };
      return { inventory: new Inventory(store), schedule: new FeedSchedule(new Inventory(store), watched), read };
    }),
  );
  onTestFinished(async () => {
    await Promise.all(replicas.map(({ schedule }) => schedule.close()));
    await Promise.all(replicas.map(({ inventory }) => inventory.close()));
    await server.close();
    rmSync(config, { recursive: true });
  });
  server.respond = (_, response) => response.writeHead(200).end(goodsCsv([[1, 'red drill', '10.00']]));

  await Promise.all(replicas.map(({ schedule }) => schedule.start(partner)));
  await Promise.all(replicas.map(({ read }) => read.promise));

  expect(server.requests).toHaveLength(1);
  for (const { inventory } of replicas) expect(await inventory.state('shop')).toMatchObject({ rows: 1 });
});
