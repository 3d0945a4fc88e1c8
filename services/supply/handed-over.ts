import type { HandedOver } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { openStore, type Store } from '../../libs/store/index.ts';
import { FeedSchedule } from './feeds/schedule.ts';
import { Inventory } from './inventory/inventory.ts';
import { inventoryStore } from './inventory/schema.ts';
import type { ConfiguredPartner } from './partner.ts';

/** Everything about partners that hand their inventory over. */
export interface HandedOverInventory {
  readonly inventory: Inventory;
  /** What a partner has handed over; undefined for one that is asked. */
  describe(partner: ConfiguredPartner): Promise<HandedOver | undefined>;
  close(): Promise<void>;
}

/** Starts taking what partners hand over; undefined where none does. */
export async function takeInventory(
  partners: ReadonlyMap<string, ConfiguredPartner>,
  deps: { readonly inventory?: () => Promise<Store> },
): Promise<HandedOverInventory | undefined> {
  const handingOver = [...partners.values()].filter(({ adapter }) => adapter.inventory !== undefined);
  if (handingOver.length === 0) return undefined;
  const inventory = new Inventory(await (deps.inventory?.() ?? openStore(inventoryStore)));
  const feeds = new FeedSchedule(inventory);
  for (const partner of handingOver) await feeds.start(partner);
  return {
    inventory,
    describe: (partner) => describe(inventory, partner),
    close: async () => {
      await feeds.close();
      await inventory.close();
    },
  };
}

async function describe(inventory: Inventory, { name, adapter }: ConfiguredPartner): Promise<HandedOver | undefined> {
  if (adapter.inventory === undefined) return undefined;
  const state = await inventory.state(name);
  return {
    transport: adapter.inventory.feed === undefined ? 'push' : 'feed',
    rows: state?.rows ?? 0,
    receivedAt: instantOf(state?.receivedAt),
    changedAt: instantOf(state?.changedAt),
    durationMs: state?.durationMs ?? 0,
    bytes: state?.bytes ?? 0,
    unreadable: state?.unreadable ?? 0,
    failedAt: instantOf(state?.failedAt),
    failure: state?.failure ?? '',
  };
}

function instantOf(epochMs: number | undefined): Temporal.Instant | undefined {
  return epochMs === undefined ? undefined : Temporal.Instant.fromEpochMilliseconds(epochMs);
}
