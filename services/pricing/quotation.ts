import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  ExplainResponse,
  PriceBatch,
  QuoteBatch,
  QuoteResponse,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { priceRows, readBatch } from './batch.ts';
import { explainRow } from './explain.ts';
import type { View } from './view.ts';

/** Rows in one batch at most: what is priced in one go must not hold up other calls. */
export const MOST_ROWS = 5_000;
/** Rows with their ledgers at most, which are large. */
export const MOST_LEDGERS = 200;
/** Rows priced before others have their turn; some milliseconds of work. */
const ROWS_A_TURN = 5_000;
/** A ledger is as much work as so many rows. */
const LEDGER_WEIGHT = 200;

/** Gives other calls their turn after a bounded amount of work. One for each stream. */
export class Turns {
  #done = 0;

  /** To be awaited before so much more work. */
  async take(rows: number): Promise<void> {
    this.#done += rows;
    if (this.#done <= ROWS_A_TURN) return;
    this.#done = rows;
    await nextTurn();
  }
}

/**
 * The batch of a request for quotes.
 *
 * @throws EntrepotError INVALID_FIELD when there is none, or it has more rows than one batch may have
 */
export function checkQuotedBatch(batch: PriceBatch | undefined, withLedgers: boolean): PriceBatch {
  if (batch === undefined) throw invalidField('batch', 'is missing; send the rows to quote');
  const rows = batch.prices?.currencyCodes.byteLength ?? 0;
  const most = withLedgers ? MOST_LEDGERS : MOST_ROWS;
  if (rows > most) {
    const what = withLedgers ? `with ledgers at most ${most}` : `a batch has at most ${most}`;
    throw invalidField('batch.prices', `has ${rows} rows; ${what}. Send several batches on one stream`);
  }
  return batch;
}

/**
 * Quotes a batch, with the ledger of each row where they are wanted; that of a row without a price is empty.
 *
 * @throws EntrepotError INVALID_FIELD as pricing a batch does
 */
export async function quote(
  view: View,
  batch: PriceBatch,
  withLedgers: boolean,
  turns: Turns,
): Promise<{ readonly quotes: QuoteBatch } & Pick<QuoteResponse, 'ledgers'>> {
  const rows = readBatch(view, batch);
  await turns.take(rows.length);
  const quotes = priceRows(view, batch, rows);
  if (!withLedgers) return { quotes, ledgers: [] };
  const unpriced = new Set(quotes.unpriced.map(({ row }) => row));
  const ledgers: ExplainResponse[] = [];
  for (let row = 0; row < rows.length; row++) {
    await turns.take(LEDGER_WEIGHT);
    ledgers.push(unpriced.has(row) ? emptyLedger() : explainRow(view, batch, rows, row));
  }
  return { quotes, ledgers };
}

function emptyLedger(): ExplainResponse {
  return { lines: [], total: undefined, linesMax: [], totalMax: undefined };
}
