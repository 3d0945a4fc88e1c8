// What reading a feed costs: beside the bare parser over the same bytes, in memory, and apart from that in the store, which lies
// on the disk as supply's does. MB/s are of processor time. The store's own memory is what it takes to put in as many rows
// without any feed; memory beyond it is what loading the feed takes more.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Case } from '../bench.ts';
import type { FeedMeasure } from '../feed-process.ts';
import { type FeedKind, feedOf } from '../feed-rows.ts';
import { type Figure, figure } from '../figures.ts';

const rounds = 3;
const megabytes = Number(process.env.ENTREPOT_BENCH_FEED_MB ?? 100);
const script = join(import.meta.dirname, '..', 'feed-process.ts');
const execute = promisify(execFile);

/** Measures both formats. */
export const feedCase: Case = async (say) => {
  const server = createServer((request, response) => {
    const [, kind = '', bytes = ''] = /^\/(\w+)\/(\d+)\//.exec(request.url ?? '') ?? [];
    response.writeHead(200);
    // Given up by its reader: that shows there.
    pipeline(Readable.from(feedOf(kind as FeedKind, Number(bytes))), response).catch(() => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const measure = async (mode: string, kind: FeedKind, bytes: number): Promise<FeedMeasure> => {
    const url = `http://127.0.0.1:${port}/${kind}/${bytes}`;
    const { stdout } = await execute(process.execPath, ['--expose-gc', script, mode, kind, String(bytes), url]);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as FeedMeasure;
  };
  const figures: Figure[] = [];
  const bytes = megabytes * 1_000_000;
  for (const kind of ['tsv', 'rss'] as const) {
    const bare: number[] = [];
    const own: number[] = [];
    const peaks: number[] = [];
    const quarterPeaks: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // Making the feed is part of the bare parser's time, but not of the other's: a server makes that.
      const made = await measure('generate', kind, bytes);
      bare.push(megabytes / ((await measure('bare', kind, bytes)).ms - made.ms) / 0.001);
      const whole = await measure('drop', kind, bytes);
      own.push(megabytes / whole.ms / 0.001);
      peaks.push(mebibytes(whole));
      quarterPeaks.push(mebibytes(await measure('drop', kind, bytes / 4)));
      say(
        `  ${kind} round ${round + 1}: bare ${bare.at(-1)?.toFixed(1)} MB/s, supply ${own.at(-1)?.toFixed(1)} MB/s, peak ${peaks.at(-1)?.toFixed(0)} MiB`,
      );
    }
    const upserted = await measure('upsert', kind, bytes);
    const stored = await measure('store', kind, bytes);
    say(
      `  ${kind}: ${upserted.rows} rows into the store, peaks ${mebibytes(upserted)} and with the feed ${mebibytes(stored)} MiB`,
    );
    figures.push(
      figure(`feed.${kind}.bare_parser`, bare, 'MB/s'),
      figure(`feed.${kind}.read_and_indexed`, own, 'MB/s'),
      figure(`feed.${kind}.peak_memory`, peaks, 'MiB'),
      figure(`feed.${kind}.peak_memory_of_a_quarter`, quarterPeaks, 'MiB'),
      figure(`feed.${kind}.upsert`, [upserted.rows / (upserted.storeMs / 1_000)], 'rows/s'),
      figure(`feed.${kind}.peak_memory_of_store`, [mebibytes(upserted)], 'MiB'),
      figure(`feed.${kind}.peak_memory_with_store`, [mebibytes(stored)], 'MiB'),
      figure(`feed.${kind}.peak_memory_beyond_store`, [mebibytes(stored) - mebibytes(upserted)], 'MiB', 300),
      figure(`feed.${kind}.with_store`, [megabytes / (stored.ms / 1_000)], 'MB/s'),
    );
  }
  await new Promise((resolve) => server.close(resolve));
  return figures;
};

function mebibytes({ peakBytes }: FeedMeasure): number {
  return Math.round(peakBytes / 1_048_576);
}
