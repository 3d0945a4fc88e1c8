import type { FeedFormat } from '../inventory/types.ts';
import { csvRows } from './csv.ts';
import { jsonRows } from './json-lines.ts';
import { malformedFeed } from './refusal.ts';
import { xmlRows } from './xml.ts';

/** Rows of a part of a file. */
export interface RowBatch {
  readonly rows: readonly unknown[];
  /** Rows of this part that could not be read. */
  readonly unreadable: number;
}

/** What reading rows needs to know. */
export type RowSettings = Pick<FeedFormat, 'format' | 'element' | 'delimiter' | 'maxRowBytes'> & {
  /** As the server says. */
  readonly contentType: string | undefined;
};

/**
 * The rows of a file, a batch for each piece of it: no more than a piece and one row are held at a time. XML becomes objects as
 * answers do (`parseBody`). Throws PartnerFailure for a file that ends too early or is not of its format.
 */
export function rowsOfFile(pieces: AsyncIterable<Buffer>, settings: RowSettings): AsyncGenerator<RowBatch> {
  const file = withoutHtml(pieces);
  switch (settings.format) {
    case 'csv':
    case 'tsv':
      return csvRows(file, settings);
    case 'ndjson':
      return jsonRows(file, settings);
    case 'rss':
      return xmlRows(file, settings);
  }
}

const HTML = /^(\u00ef\u00bb\u00bf)?\s*<(!doctype\s+html|html)\b/i;

/** A page in the place of the file: one of a line passes for a CSV without rows. */
async function* withoutHtml(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const piece of pieces) {
    if (first && HTML.test(piece.toString('latin1', 0, 200))) {
      throw malformedFeed("it is an HTML page, often a proxy's or a maintenance page");
    }
    first = false;
    yield piece;
  }
}
