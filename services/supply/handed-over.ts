import type { HandedOver } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { openStore, type SharedStore } from '../../libs/store/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { FeedSchedule } from './feeds/schedule.ts';
import type { Receiver } from './ingress/receive.ts';
import { type Ingress, type IngressAddress, startIngress } from './ingress/server.ts';
import { Inventory } from './inventory/inventory.ts';
import { inventoryStore } from './inventory/schema.ts';
import type { ConfiguredPartner } from './partner.ts';
import { isRemote, type SupplyPartner } from './remote/partner.ts';

const log = logger('supply.inventory');
const HOUR_MS = 3_600_000;

/** What taking inventory needs. */
export interface HandedOverOptions {
  /** Opens the store; called with the first partner that hands over. Default: a store that is gone when this closes. */
  readonly inventory?: () => Promise<SharedStore>;
  /** Where messages are taken; opened with the first partner that sends some. */
  readonly ingress?: IngressAddress;
}

/**
 * Everything about partners that hand their inventory over. It follows the partners in force: one that comes begins, one that
 * changed is read anew by its new manifest, one that goes is no longer fetched or listened to (its rows stay, for when it is
 * back). The store and the ingress are opened when the first one needs them, and stay until this closes.
 */
export class HandedOverInventory {
  readonly #options: HandedOverOptions;
  readonly #receivers = new Map<string, Receiver>();
  #partners: ReadonlyMap<string, SupplyPartner> = new Map();
  #inventory: Inventory | undefined;
  #feeds: FeedSchedule | undefined;
  #ingress: Ingress | undefined;
  #forgetting: NodeJS.Timeout | undefined;
  /** One change at a time. */
  #changing: Promise<void> = Promise.resolve();

  constructor(options: HandedOverOptions = {}) {
    this.#options = options;
  }

  /** What was handed over; absent where no partner does. */
  get inventory(): Inventory | undefined {
    return this.#inventory;
  }

  /** Where partners send messages to; absent where none does. */
  get ingressUrl(): string | undefined {
    return this.#ingress?.url;
  }

  /** Brings what is taken in line with these partners. @throws where the store or the ingress cannot be opened */
  follow(partners: ReadonlyMap<string, SupplyPartner>): Promise<void> {
    const done = this.#changing.then(() => this.#follow(partners));
    this.#changing = done.catch(() => {});
    return done;
  }

  /** What a partner has handed over; undefined for one that is asked. */
  async describe({ name, adapter }: ConfiguredPartner): Promise<HandedOver | undefined> {
    if (adapter.inventory === undefined || this.#inventory === undefined) return undefined;
    const state = await this.#inventory.state(name);
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

  /** Stops taking anything; waits for what is under way. */
  async close(): Promise<void> {
    await this.#changing;
    clearInterval(this.#forgetting);
    await this.#ingress?.close();
    await this.#feeds?.close();
    await this.#inventory?.close();
  }

  async #follow(partners: ReadonlyMap<string, SupplyPartner>): Promise<void> {
    const before = this.#partners;
    const handingOver = [...partners.values()].filter(handsOver);
    const changed = handingOver.filter((partner) => before.get(partner.name) !== partner);
    for (const name of before.keys()) {
      if (handingOver.some((partner) => partner.name === name)) continue;
      this.#receivers.delete(name);
      this.#feeds?.stop(name);
    }
    if (changed.length > 0) {
      const inventory = await this.#open();
      for (const partner of changed) await this.#begin(inventory, partner);
      if (this.#receivers.size > 0) {
        this.#ingress ??= await startIngress(this.#receivers, this.#options.ingress ?? {});
      }
    }
    this.#partners = partners;
  }

  async #open(): Promise<Inventory> {
    if (this.#inventory !== undefined) return this.#inventory;
    const store = await (this.#options.inventory?.() ?? openStore(inventoryStore));
    const inventory = new Inventory(store);
    this.#feeds = new FeedSchedule(inventory, store);
    this.#forgetting = setInterval(() => this.#forget(), HOUR_MS);
    this.#forgetting.unref();
    this.#inventory = inventory;
    return inventory;
  }

  /** Messages of a partner that is switched off are taken too: what it sends meanwhile comes never again. */
  async #begin(inventory: Inventory, partner: ConfiguredPartner): Promise<void> {
    const { push, indexer } = partner.adapter.inventory!;
    if (push === undefined) this.#receivers.delete(partner.name);
    else {
      const pushes = await inventory.pushes(partner.name);
      await pushes.reindex(partner.manifest.digest, indexer(partner.account));
      this.#receivers.set(partner.name, { partner, push, pushes });
    }
    await this.#feeds!.start(partner);
  }

  /** Clears away what messages have left behind. */
  #forget(): void {
    for (const { partner, push, pushes } of this.#receivers.values()) {
      pushes
        .forget(push.eventWindowHours)
        .catch((err: unknown) => log.error({ err, partner: partner.name }, 'old events stay'));
    }
  }
}

function handsOver(partner: SupplyPartner): partner is ConfiguredPartner {
  return !isRemote(partner) && partner.adapter.inventory !== undefined;
}

function instantOf(epochMs: number | undefined): Temporal.Instant | undefined {
  return epochMs === undefined ? undefined : Temporal.Instant.fromEpochMilliseconds(epochMs);
}
