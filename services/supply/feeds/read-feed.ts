import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { failureName, type PartnerFailure, toPartnerFailure } from '../failure.ts';
import type { FeedLoad } from '../inventory/feed-load.ts';
import type { Inventory, InventoryState } from '../inventory/inventory.ts';
import type { FeedFormat, IndexedRow } from '../inventory/types.ts';
import { nothingAsked } from '../kit/indexing.ts';
import { feedDuration, feedReads, feedRows } from '../metrics.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { download } from './download.ts';
import { malformedFeed } from './refusal.ts';
import { rowsOfFile } from './rows.ts';

/** What came of a file. */
export type FeedResult = 'loaded' | 'unchanged' | 'refused' | 'failed';

/** How reading a file ended. */
export interface FeedReading {
  readonly result: FeedResult;
  /** Why it was refused or failed, for a person; else empty. */
  readonly detail: string;
  /** What failed; UNSPECIFIED where nothing did. */
  readonly failure: FailureKind;
  /** How long its server wants to be left alone, ms; absent where it does not say. */
  readonly retryAfterMs?: number;
}

/** Where a file is put; an {@link Inventory} is one. */
export interface FeedInventory extends Pick<Inventory, 'unchanged' | 'failed'> {
  state(partner: string): Promise<Pick<InventoryState, 'manifest' | 'etag' | 'lastModified'> | undefined>;
  load(partner: string): Promise<Pick<FeedLoad, 'add' | 'commit' | 'abandon'>>;
}

const log = logger('supply.feed');
/** Rows put in at once: few enough that searches get their turn between. */
export const BATCH = 250;

/**
 * Fetches a partner's file and puts it in the place of the last one, all at once. Whatever goes wrong leaves the last one as it
 * is, and is logged, counted and noted in the partner's state. Never throws.
 */
export async function readFeed(
  inventory: FeedInventory,
  partner: ConfiguredPartner,
  feed: FeedFormat,
  signal: AbortSignal,
): Promise<FeedReading> {
  const started = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - started);
  const end = (reading: FeedReading): FeedReading => {
    const { result } = reading;
    feedReads.add(1, { partner: partner.name, result });
    feedDuration.record(elapsedMs() / 1_000, { partner: partner.name, result });
    return reading;
  };
  try {
    const timeoutMs = Math.round(feed.timeoutMinutes * 60_000);
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const loaded = await fetchAndLoad(inventory, partner, feed, bounded, elapsedMs);
    if (loaded === 'unchanged') {
      await inventory.unchanged(partner.name, elapsedMs());
      return end(well('unchanged'));
    }
    if ('refused' in loaded) return end(await refuse(inventory, partner.name, loaded.refused));
    log.info({ partner: partner.name, ...loaded, ms: elapsedMs() }, 'feed loaded');
    return end(well('loaded'));
  } catch (error) {
    const failure = toPartnerFailure(error);
    // Shut down: nobody is to be told.
    if (signal.aborted) return failedWith(failure);
    return end(await fail(inventory, partner.name, failure));
  }
}

function well(result: FeedResult): FeedReading {
  return { result, detail: '', failure: FailureKind.UNSPECIFIED };
}

function failedWith({ detail, failure, retryAfterMs }: PartnerFailure): FeedReading {
  return { result: 'failed', detail, failure, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

async function refuse(inventory: FeedInventory, partner: string, reason: string): Promise<FeedReading> {
  log.error({ partner, reason }, 'feed refused; the last one stays');
  await inventory.failed(partner, reason);
  return { result: 'refused', detail: reason, failure: FailureKind.UNSPECIFIED };
}

async function fail(inventory: FeedInventory, partner: string, failure: PartnerFailure): Promise<FeedReading> {
  const { detail } = failure;
  log.error(
    { partner, failure: failureName(failure.failure), detail, err: failure.cause },
    'feed failed; the last one stays',
  );
  await inventory
    .failed(partner, detail)
    .catch((err: unknown) => log.error({ partner, err }, 'state of a feed not kept'));
  return failedWith(failure);
}

async function fetchAndLoad(
  inventory: FeedInventory,
  partner: ConfiguredPartner,
  feed: FeedFormat,
  signal: AbortSignal,
  elapsedMs: () => number,
): Promise<'unchanged' | { readonly refused: string } | { readonly rows: number; readonly unreadable: number }> {
  const { account, manifest } = partner;
  const { path, headers } = feed.request(nothingAsked(account));
  const before = await inventory.state(partner.name);
  // What another manifest has indexed is read anew.
  const known = before?.manifest === manifest.digest ? before : undefined;
  const file = await download({
    url: partner.origin + partner.basePath + path,
    headers: {
      ...headers,
      ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
      ...(known?.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
    },
    maxBytes: feed.maxBytes,
    signal,
  });
  try {
    if (file.unchanged) return 'unchanged';
    const load = await inventory.load(partner.name);
    try {
      let unreadable = 0;
      let readable = 0;
      const index = partner.adapter.inventory!.indexer(account);
      let batch: IndexedRow[] = [];
      for await (const part of rowsOfFile(file.pieces, { ...feed, contentType: file.contentType })) {
        unreadable += part.unreadable;
        for (const row of part.rows) {
          const indexed = index(row);
          if (indexed === undefined) unreadable++;
          else batch.push(indexed);
          if (batch.length < BATCH) continue;
          readable += batch.length;
          await load.add(batch);
          batch = [];
          signal.throwIfAborted();
        }
      }
      readable += batch.length;
      if (batch.length > 0) await load.add(batch);
      if (file.bytes() === 0) throw malformedFeed('it is empty');
      checkReadable(feed, readable, unreadable);
      feedRows.add(readable, { partner: partner.name, result: 'read' });
      feedRows.add(unreadable, { partner: partner.name, result: 'unreadable' });
      const committed = await load.commit(
        {
          manifest: manifest.digest,
          etag: file.etag,
          lastModified: file.lastModified,
          bytes: file.bytes(),
          unreadable,
          durationMs: elapsedMs(),
        },
        (rowsBefore, rows) => shrunk(feed, rowsBefore, rows),
      );
      return 'refused' in committed ? committed : { rows: committed.rows, unreadable };
    } catch (error) {
      await load.abandon();
      throw error;
    }
  } finally {
    await file.close();
  }
}

function checkReadable({ maxUnreadablePercent }: FeedFormat, readable: number, unreadable: number): void {
  const share = (unreadable / Math.max(1, readable + unreadable)) * 100;
  if (unreadable === 0 || share <= maxUnreadablePercent) return;
  throw malformedFeed(
    `${unreadable} of its ${readable + unreadable} rows cannot be read or have no key, at most ${maxUnreadablePercent} % may; see maxUnreadablePercent`,
  );
}

/** Why a file is not accepted that has far fewer rows than the last. */
function shrunk({ maxShrinkPercent }: FeedFormat, before: number, now: number): string | undefined {
  if (now >= before * (1 - maxShrinkPercent / 100)) return undefined;
  return `the file has ${now} rows, the last one had ${before}: that is fewer by more than ${maxShrinkPercent} %; if it is right, raise maxShrinkPercent`;
}
