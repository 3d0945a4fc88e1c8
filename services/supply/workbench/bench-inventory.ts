import { openStore, type Store } from '../../../libs/store/index.ts';
import { Inventory } from '../inventory/inventory.ts';
import { inventoryStore, tableOf } from '../inventory/schema.ts';
import type { ConfiguredPartner } from '../partner.ts';

/** What partners have handed over on the workbench: one store for everything that runs, with a shelf for each use of a partner. */
export interface BenchInventory {
  readonly store: Store;
  readonly inventory: Inventory;
}

/** Opening a store takes most of a second, so it stays for the next case: they come one after the other. */
const LINGER_MS = 400;

interface Open {
  readonly bench: Promise<BenchInventory>;
  uses: number;
  closing: NodeJS.Timeout | undefined;
}

let open: Open | undefined;
let shelves = 0;

/** Does some work with the store, which is opened by the first and closed a moment after the last. */
export async function withInventory<T>(work: (bench: BenchInventory) => Promise<T>): Promise<T> {
  open ??= { bench: opened(), uses: 0, closing: undefined };
  const mine = open;
  clearTimeout(mine.closing);
  mine.uses++;
  try {
    return await work(await mine.bench);
  } finally {
    mine.uses--;
    if (mine.uses === 0) mine.closing = setTimeout(() => close(mine), LINGER_MS);
  }
}

async function opened(): Promise<BenchInventory> {
  const store = await openStore(inventoryStore);
  return { store, inventory: new Inventory(store) };
}

function close(mine: Open): void {
  if (open === mine) open = undefined;
  // A store that could not be opened has told whoever waited for it.
  mine.bench.then(({ inventory }) => inventory.close()).catch(() => {});
}

/** The partner with a shelf of its own, on which nothing lies. */
export function onShelf(partner: ConfiguredPartner): ConfiguredPartner {
  return { ...partner, name: `${partner.name} ${++shelves}` };
}

/** Takes everything off a partner's shelf, and forgets what it has said: making another shelf takes ten times as long. */
export async function emptyShelf({ store }: BenchInventory, { name }: ConfiguredPartner): Promise<void> {
  const shelf = await shelfOf(store, name);
  if (shelf !== undefined) await store.query(`DELETE FROM ${tableOf(shelf)}`);
  await store.query('DELETE FROM push_events WHERE partner = $1', [name]);
  await store.query('DELETE FROM push_syncs WHERE partner = $1', [name]);
}

/** Everything that lies on a partner's shelf and was not deleted, in a fixed order: the same rows give the same text. */
export async function contentOf({ store }: BenchInventory, { name }: ConfiguredPartner): Promise<string> {
  const shelf = await shelfOf(store, name);
  if (shelf === undefined) return '';
  const rows = await store.query<{ collection: string; key: string; row: string }>(
    `SELECT collection, key, row FROM ${tableOf(shelf)} WHERE row IS NOT NULL ORDER BY collection, key`,
  );
  return rows.map(({ collection, key, row }) => `${collection} ${key} ${row}`).join('\n');
}

async function shelfOf(store: Store, partner: string): Promise<number | undefined> {
  const [found] = await store.query<{ shelf: number | null }>('SELECT shelf FROM partners WHERE partner = $1', [
    partner,
  ]);
  return found?.shelf ?? undefined;
}
