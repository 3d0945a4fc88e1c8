// The stores of the fused shape: one embedded database, a schema for each owner.
import { openStore, type Store } from '../../libs/store/index.ts';
import { normalizationStore } from '../normalization/service.ts';
import { clickStore } from '../query/service.ts';
import { inventoryStore } from '../supply/service.ts';

/** The stores, open. */
export interface Stores {
  readonly normalization: Store;
  readonly clicks: Store;
  /** Opens what partners hand over; its user closes it. */
  readonly openInventory: () => Promise<Store>;
  close(): Promise<void>;
}

/**
 * Opens them.
 *
 * @param directory where they are kept; absent to keep them in memory
 * @throws DirectoryLockedError when another process has the directory open
 */
export async function openStores(directory: string | undefined): Promise<Stores> {
  const at = directory === undefined ? { memory: {} } : { directory };
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
