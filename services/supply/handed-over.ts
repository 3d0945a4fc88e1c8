import type { HandedOver } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { openStore, type Store } from '../../libs/store/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { FeedSchedule } from './feeds/schedule.ts';
import type { Receiver } from './ingress/receive.ts';
import { type Ingress, type IngressAddress, startIngress } from './ingress/server.ts';
import { Inventory } from './inventory/inventory.ts';
import { inventoryStore } from './inventory/schema.ts';
import type { ConfiguredPartner } from './partner.ts';

const log = logger('supply.inventory');

/** Everything about partners that hand their inventory over. */
export interface HandedOverInventory {
  readonly inventory: Inventory;
  /** Where partners send messages to; absent where none does. */
  readonly ingressUrl: string | undefined;
  /** What a partner has handed over; undefined for one that is asked. */
  describe(partner: ConfiguredPartner): Promise<HandedOver | undefined>;
  close(): Promise<void>;
}

/** Starts taking what partners hand over; undefined where none does. */
export async function takeInventory(
  partners: ReadonlyMap<string, ConfiguredPartner>,
  deps: { readonly inventory?: () => Promise<Store>; readonly ingress?: IngressAddress },
): Promise<HandedOverInventory | undefined> {
  const handingOver = [...partners.values()].filter(({ adapter }) => adapter.inventory !== undefined);
  if (handingOver.length === 0) return undefined;
  const inventory = new Inventory(await (deps.inventory?.() ?? openStore(inventoryStore)));
  const feeds = new FeedSchedule(inventory);
  const forgetting = new Forgetting();
  let ingress: Ingress | undefined;
  try {
    const receivers = await receiversOf(inventory, handingOver);
    for (const receiver of receivers.values()) forgetting.start(receiver);
    if (receivers.size > 0) ingress = await startIngress(receivers, deps.ingress ?? {});
    for (const partner of handingOver) await feeds.start(partner);
  } catch (error) {
    forgetting.close();
    await ingress?.close();
    await feeds.close();
    await inventory.close();
    throw error;
  }
  return {
    inventory,
    ingressUrl: ingress?.url,
    describe: (partner) => describe(inventory, partner),
    close: async () => {
      forgetting.close();
      await ingress?.close();
      await feeds.close();
      await inventory.close();
    },
  };
}

/** The partners that send messages, switched off or not: what a partner that is off has sent meanwhile comes never again. */
async function receiversOf(
  inventory: Inventory,
  partners: readonly ConfiguredPartner[],
): Promise<ReadonlyMap<string, Receiver>> {
  const receivers = new Map<string, Receiver>();
  for (const partner of partners) {
    const { push, indexer } = partner.adapter.inventory!;
    if (push === undefined) continue;
    const pushes = await inventory.pushes(partner.name);
    await pushes.reindex(partner.manifest.digest, indexer(partner.account));
    receivers.set(partner.name, { partner, push, pushes });
  }
  return receivers;
}

const HOUR_MS = 3_600_000;

/** Clears away, every hour, what messages have left behind. */
class Forgetting {
  readonly #timers: NodeJS.Timeout[] = [];

  start({ partner, push, pushes }: Receiver): void {
    const forget = (): void => {
      pushes
        .forget(push.eventWindowHours)
        .catch((err: unknown) => log.error({ err, partner: partner.name }, 'old events stay'));
    };
    const timer = setInterval(forget, HOUR_MS);
    timer.unref();
    this.#timers.push(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
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
