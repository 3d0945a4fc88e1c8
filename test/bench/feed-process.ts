// One measurement of a feed in a process of its own, so that its memory is its own. Prints one line of JSON.
//   node feed-process.ts <generate|bare|drop|upsert|store> <rss|tsv> <bytes> [url]
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse';
import sax from 'sax';
import { openStore } from '../../libs/store/index.ts';
import { BATCH, type FeedInventory, readFeed } from '../../services/supply/feeds/read-feed.ts';
import { Inventory } from '../../services/supply/inventory/inventory.ts';
import { inventoryStore } from '../../services/supply/inventory/schema.ts';
import type { IndexedRow } from '../../services/supply/inventory/types.ts';
import { loadPartners } from '../../services/supply/load.ts';
import type { ConfiguredPartner } from '../../services/supply/partner.ts';
import { localPartner, writePartners } from '../../services/supply/testing/rig.ts';
import { type FeedKind, feedOf, recordsOf } from './feed-rows.ts';

const [mode = '', kindArgument, bytesArgument, url = ''] = process.argv.slice(2);
const kind = kindArgument as FeedKind;
const bytes = Number(bytesArgument);

/** What was measured. */
export interface FeedMeasure {
  /** Processor time of the process, which other load on the machine does not change much. */
  readonly ms: number;
  readonly rows: number;
  /** Most memory beyond that at the start, resident, in bytes. */
  readonly peakBytes: number;
  /** Of that, in the store. */
  readonly storeMs: number;
}

let peak = 0;
const sampler = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 10);

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function measured(work: () => Promise<{ rows: number; storeMs?: number }>): Promise<FeedMeasure> {
  global.gc?.();
  const base = process.memoryUsage.rss();
  peak = base;
  const start = cpuMs();
  const { rows, storeMs = 0 } = await work();
  return { ms: cpuMs() - start, rows, peakBytes: Math.max(peak, process.memoryUsage.rss()) - base, storeMs };
}

async function generate(): Promise<{ rows: number }> {
  let rows = 0;
  for (const piece of feedOf(kind, bytes)) rows += piece.length > 0 ? 1 : 0;
  return { rows };
}

/** The parser as its authors show it, making the same objects of fields. */
async function bare(): Promise<{ rows: number }> {
  let rows = 0;
  if (kind === 'tsv') {
    const parser = parse({ delimiter: '\t', columns: true });
    parser.on('readable', () => {
      while (parser.read() !== null) rows++;
    });
    for (const piece of feedOf(kind, bytes)) if (!parser.write(piece)) await once(parser, 'drain');
    parser.end();
    await once(parser, 'end');
    return { rows };
  }
  const parser = sax.parser(true, { position: false });
  let item: Record<string, string> | undefined;
  let text = '';
  parser.onopentag = ({ name }) => {
    if (name === 'item') item = {};
    text = '';
  };
  parser.ontext = (part) => {
    text += part;
  };
  parser.onclosetag = (name) => {
    if (name === 'item') rows++;
    else if (item !== undefined) item[name] = text;
  };
  for (const piece of feedOf(kind, bytes)) parser.write(piece.toString());
  parser.close();
  return { rows };
}

async function shop(): Promise<ConfiguredPartner> {
  const config = writePartners({ shop: { adapter: 'google-merchant', endpoint: url } });
  const partner = localPartner(await loadPartners({ configDirectory: config }), 'shop');
  rmSync(config, { recursive: true });
  return partner;
}

/** Rows into the store, as many as the feed has, and no feed: what the store alone takes. */
async function upsert(inventory: Inventory): Promise<{ rows: number; storeMs: number }> {
  const { adapter, account } = await shop();
  const index = adapter.inventory!.indexer(account);
  const target = await inventory.load('shop');
  let rows = 0;
  let storeMs = 0;
  let batch: IndexedRow[] = [];
  const flush = async (): Promise<void> => {
    const start = cpuMs();
    await target.add(batch);
    storeMs += cpuMs() - start;
    rows += batch.length;
    batch = [];
  };
  for (const record of recordsOf(kind, bytes)) {
    if (batch.push(index(record)!) === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  const file = { manifest: '', etag: undefined, lastModified: undefined, bytes, unreadable: 0, durationMs: 0 };
  await target.commit(file, () => undefined);
  return { rows, storeMs };
}

/** Everything that supply does with a file, into a store or into nothing. */
async function load(inventory: FeedInventory): Promise<{ rows: number; storeMs: number }> {
  const partner = await shop();
  let rows = 0;
  let storeMs = 0;
  const watched: FeedInventory = {
    state: (name) => inventory.state(name),
    unchanged: (name, ms) => inventory.unchanged(name, ms),
    failed: async (_, failure) => {
      throw new Error(failure);
    },
    load: async (name) => {
      const target = await inventory.load(name);
      return {
        add: async (batch) => {
          rows += batch.length;
          const start = cpuMs();
          await target.add(batch);
          storeMs += cpuMs() - start;
        },
        commit: (file, accept) => target.commit(file, accept),
        abandon: () => target.abandon(),
      };
    },
  };
  const feed = { ...partner.adapter.inventory!.feed!, format: kind, delimiter: '\t' };
  const { result, detail } = await readFeed(watched, partner, feed, new AbortController().signal);
  if (result !== 'loaded') throw new Error(`The feed was ${result}: ${detail}`);
  return { rows, storeMs };
}

const nothing: FeedInventory = {
  state: async () => undefined,
  unchanged: async () => {},
  failed: async () => {},
  load: async () => ({ add: async () => {}, commit: async () => ({ rows: 0 }), abandon: async () => {} }),
};

async function run(): Promise<FeedMeasure> {
  switch (mode) {
    case 'generate':
      return measured(generate);
    case 'bare':
      return measured(bare);
    case 'drop':
      return measured(() => load(nothing));
    default: {
      // On the disk, as supply's own is: in memory the whole feed would be.
      const directory = mkdtempSync(path.join(tmpdir(), 'entrepot-bench-'));
      const inventory = new Inventory(await openStore({ directory, ...inventoryStore }));
      try {
        return await measured(() => (mode === 'upsert' ? upsert(inventory) : load(inventory)));
      } finally {
        await inventory.close();
        rmSync(directory, { recursive: true });
      }
    }
  }
}

const measure = await run();
clearInterval(sampler);
process.stdout.write(`${JSON.stringify(measure)}\n`);
