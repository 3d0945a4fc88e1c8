import type { FeedFormat } from '../inventory/types.ts';
import { csvRows } from './csv.ts';
import { jsonRows } from './json-lines.ts';
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
  switch (settings.format) {
    case 'csv':
    case 'tsv':
      return csvRows(pieces, settings);
    case 'ndjson':
      return jsonRows(pieces, settings);
    case 'rss':
      return xmlRows(pieces, settings);
  }
}
