import { parse } from 'csv-parse';
import { malformedFeed, oversizedFeed } from './refusal.ts';
import type { RowBatch, RowSettings } from './rows.ts';
import { charsetOf, textOfFile } from './text.ts';

/** Most columns of a file. */
const MOST_COLUMNS = 2_000;

/** The records of a file whose first line names the columns. A record with another number of fields is unreadable. */
export async function* csvRows(pieces: AsyncIterable<Buffer>, settings: RowSettings): AsyncGenerator<RowBatch> {
  let rows: unknown[] = [];
  let unreadable = 0;
  const { promise: broken, reject: giveUp } = Promise.withResolvers<never>();
  broken.catch(() => {});
  const parser = parse({
    delimiter: settings.delimiter,
    columns: columnsOf,
    bom: true,
    skip_empty_lines: true,
    max_record_size: settings.maxRowBytes,
    skip_records_with_error: true,
    on_skip: (error) => {
      // The parser would pass over these two as well, and hold on to the rest of the file meanwhile.
      if (error?.code === 'CSV_MAX_RECORD_SIZE') giveUp(oversizedFeed(`a record is too long; see maxRowBytes`));
      else if (error?.code === 'CSV_QUOTE_NOT_CLOSED') giveUp(malformedFeed('it ends inside a quoted field'));
      else unreadable++;
      return undefined;
    },
    // Records are taken here, so that the stream behind the parser has nothing to hand on one by one.
    on_record: (record: unknown) => {
      rows.push(record);
      return null;
    },
  });
  parser.on('error', (error) => giveUp(asFailure(error)));
  const take = (): RowBatch => {
    const batch = { rows, unreadable };
    rows = [];
    unreadable = 0;
    return batch;
  };
  try {
    for await (const piece of utf8Of(pieces, settings.contentType)) {
      await Promise.race([broken, new Promise<void>((resolve) => parser.write(piece, () => resolve()))]);
      if (rows.length > 0 || unreadable > 0) yield take();
    }
    await Promise.race([broken, new Promise<void>((resolve) => parser.end(() => resolve()))]);
    yield take();
  } finally {
    parser.destroy();
  }
}

/** The parser reads UTF-8 as it comes; anything else is written so first. */
async function* utf8Of(pieces: AsyncIterable<Buffer>, contentType: string | undefined): AsyncGenerator<Buffer> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield first.value as Buffer;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  const charset = charsetOf(first.value, contentType);
  if (charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') yield* all();
  else for await (const text of textOfFile(all(), contentType)) yield Buffer.from(text);
}

function columnsOf(names: readonly string[]): string[] {
  if (names.length > MOST_COLUMNS)
    throw malformedFeed(`it has ${names.length} columns, at most ${MOST_COLUMNS} are read`);
  const columns = names.map((name) => name.trim().replaceAll(/\s+/g, '_'));
  if (columns.some((name) => name === '__proto__')) throw malformedFeed('it has a column named __proto__');
  return columns;
}

function asFailure(error: unknown): Error {
  if (error instanceof Error && error.name === 'PartnerFailure') return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  return malformedFeed(`it is no CSV as the manifest describes it (${code})`, error);
}
