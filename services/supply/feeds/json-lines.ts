import { parseExactJson } from '../exact-json.ts';
import { oversizedFeed } from './refusal.ts';
import type { RowBatch, RowSettings } from './rows.ts';
import { textOfFile } from './text.ts';

/** The objects of a file that has one a line. Empty lines are passed over. */
export async function* jsonRows(pieces: AsyncIterable<Buffer>, settings: RowSettings): AsyncGenerator<RowBatch> {
  let rest = '';
  for await (const text of textOfFile(pieces, settings.contentType)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > settings.maxRowBytes) throw tooLong(settings.maxRowBytes);
    yield batchOf(lines, settings.maxRowBytes);
  }
  yield batchOf([rest], settings.maxRowBytes);
}

function batchOf(lines: readonly string[], most: number): RowBatch {
  const rows: unknown[] = [];
  let unreadable = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    if (line.length > most) throw tooLong(most);
    const row = rowOf(line);
    if (row === undefined) unreadable++;
    else rows.push(row);
  }
  return { rows, unreadable };
}

function rowOf(line: string): unknown {
  try {
    const value = parseExactJson(Buffer.from(line));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function tooLong(most: number) {
  return oversizedFeed(`a line has more than ${most} characters; see maxRowBytes`);
}
