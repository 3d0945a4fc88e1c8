// The stores of the fused shape: one database, a schema for each owner.
import { openStore, type SharedStore, type StoreOptions } from '../../libs/store/index.ts';
import { normalizationStore } from '../normalization/service.ts';
import { clickStore } from '../query/service.ts';
import { inventoryStore } from '../supply/service.ts';

/** The stores, open. */
export interface Stores {
  readonly normalization: SharedStore;
  readonly clicks: SharedStore;
  /** Opens what partners hand over; its user closes it. */
  readonly openInventory: () => Promise<SharedStore>;
  close(): Promise<void>;
}

/**
 * Opens them.
 *
 * @param place where they are kept, as databaseAt says; absent to keep them in memory
 * @throws DirectoryLockedError when another process has the directory open
 * @throws EntrepotError UNREACHABLE when there is no server
 */
export async function openStores(place: Pick<StoreOptions, 'url' | 'directory'> | undefined): Promise<Stores> {
  const at = place ?? { memory: {} };
  const normalization = await openStore({ ...at, ...normalizationStore });
  const clicks = await openStore({ ...at, ...clickStore });
  return {
    normalization,
    clicks,
    openInventory: () => openStore({ ...at, ...inventoryStore }),
    close: async () => {
      await clicks.close();
      await normalization.close();
    },
  };
}
