import { chargeBytes, memoryBehind, type PriceView, readPrices, readUint32s } from '../../libs/columns/index.ts';
import type { PriceBatch, QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { ColumnBatch, StringColumn } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { int64At, withRoom } from './growing.ts';

/** A batch with its quotes, found to be of one piece. Packed 64-bit integers are read by int64At. */
export interface CheckedBatch {
  readonly batch: PartnerBatch;
  readonly quotes: QuoteBatch;
  readonly inputs: PriceBatch;
  readonly columns: ColumnBatch;
  readonly products: StringColumn;
  readonly expiries: Uint32Array;
  readonly answerRows: Uint32Array;
  /** Rows of the batch. */
  readonly count: number;
  /** Rows with a price. */
  readonly kept: number;
  /** Position within the batch of each of those; undefined when all have one. */
  readonly locals: Uint32Array | undefined;
}

/**
 * Checks that a batch and its quotes have as many rows in every part.
 * @param inputs what pricing was given
 * @throws EntrepotError INVALID_FIELD
 */
export function checkBatch(batch: PartnerBatch, inputs: PriceBatch, quotes: QuoteBatch): CheckedBatch {
  const { columns, products, prices } = batch;
  if (columns === undefined || products === undefined || prices === undefined) {
    throw invalidField('batch', 'lacks columns, products or prices');
  }
  const count = columns.rowCount;
  const totals = readUint32s(quotes.totalMinor);
  const totalMaxes = readUint32s(quotes.totalMaxMinor);
  const expiries = readUint32s(batch.expiresAt);
  const answerRows = readUint32s(batch.rows);
  for (const [name, length] of [
    ['quotes.totalMinor', totals.length / 2],
    ['quotes.totalMaxMinor', totalMaxes.length === 0 ? count : totalMaxes.length / 2],
    ['quotes.dueLaterMinor', quotes.dueLaterMinor.length / 8],
    ['quotes.taxMinor', quotes.taxMinor.length / 8],
    ['batch.expiresAt', expiries.length / 2],
    ['batch.rows', answerRows.length],
    ['batch.products', products.codes.length / 4],
    ['batch.prices', prices.currencyCodes.length],
  ] as const) {
    if (length !== count) throw invalidField(name, `has ${length} rows; the batch has ${count}`);
  }
  const locals = pricedRows(totals, count);
  const kept = locals === undefined ? count : locals.length;
  return { batch, quotes, inputs, columns, products, expiries, answerRows, count, kept, locals };
}

/** Positions of the rows with a price; undefined when all have one. */
function pricedRows(totals: Uint32Array, count: number): Uint32Array | undefined {
  let unpriced = 0;
  for (let row = 0; row < count; row++) if (int64At(totals, row) < 0) unpriced++;
  if (unpriced === 0) return undefined;
  const rows = new Uint32Array(count - unpriced);
  let length = 0;
  for (let row = 0; row < count; row++) if (int64At(totals, row) >= 0) rows[length++] = row;
  return rows;
}

/** The priced rows of one batch, and what stays of the batch: enough to make offers of them and to explain prices. */
export interface Segment {
  readonly partner: number;
  /** Its position among the set's batches. */
  readonly number: number;
  /** Row of the set that the first kept row became. */
  readonly first: number;
  readonly kept: number;
  readonly locals: Uint32Array | undefined;
  /** The partner's row number of the batch's first row. */
  readonly base: number;
  readonly count: number;
  readonly answer: string;
  readonly manifest: string;
  readonly answerRows: Uint32Array;
  readonly fetchedAt: Temporal.Instant | undefined;
  /** The answer was past its time of reuse. */
  readonly stale: boolean;
  readonly inputs: PriceBatch;
  /** Memory behind the attributes that pricing was given. */
  readonly attributeBytes: number;
  /** Stands in for a row that was verified; found through that row alone. */
  readonly replacement: boolean;
  prices: PriceView | undefined;
}

/** A row's batch, and its position there. */
export interface Located {
  readonly segment: Segment;
  readonly local: number;
}

/** Which batch each row of a set came in. */
export class Segments {
  readonly #segments: Segment[] = [];
  #segmentOf = new Uint32Array(0);
  #rows = 0;
  #partnerCodes = new Uint32Array(0);

  /** How many there are. */
  get length(): number {
    return this.#segments.length;
  }

  /** The batches from a position on. */
  from(number: number): readonly Segment[] {
    return this.#segments.slice(number);
  }

  /**
   * Adds the kept rows of a batch behind those that are there.
   * @param base the partner's row number of the batch's first row
   * @param replacement the batch stands in for a row that was verified
   * @param expected rows that are likely to come
   */
  add(partner: number, checked: CheckedBatch, base: number, replacement: boolean, expected: number): void {
    const { batch, inputs, answerRows, count, kept, locals } = checked;
    const { answer, manifest, fetchedAt, stale } = batch;
    const first = this.#rows;
    this.#rows += kept;
    this.#segmentOf = withRoom(this.#segmentOf, this.#rows, expected);
    this.#segmentOf.fill(this.#segments.length, first, this.#rows);
    this.#segments.push({
      partner,
      number: this.#segments.length,
      first,
      kept,
      locals,
      base,
      count,
      answer,
      manifest,
      answerRows,
      fetchedAt,
      stale,
      inputs,
      attributeBytes: inputs.columns === undefined ? 0 : memoryBehind(inputs.columns),
      replacement,
      prices: undefined,
    });
  }

  /** The batch of a row. */
  at(row: number): Located {
    const segment = this.#segments[this.#segmentOf[row]!];
    if (segment === undefined || row >= this.#rows) throw new RangeError(`no row ${row}; there are ${this.#rows}`);
    const index = row - segment.first;
    return { segment, local: segment.locals === undefined ? index : segment.locals[index]! };
  }

  /** The partner's number of each row. */
  partnerCodes(): Uint32Array {
    if (this.#partnerCodes.length !== this.#rows) {
      this.#partnerCodes = new Uint32Array(this.#rows);
      for (const { partner, first, kept } of this.#segments) this.#partnerCodes.fill(partner, first, first + kept);
    }
    return this.#partnerCodes;
  }

  /** The batches of a partner in the order in which they came, without replacements. */
  *of(partner: number): Generator<Segment> {
    for (const segment of this.#segments) if (segment.partner === partner && !segment.replacement) yield segment;
  }

  /** The row of a partner's row number, as it came; undefined when there was none, or it had no price. */
  find(partner: number, partnerRow: number): number | undefined {
    for (const segment of this.of(partner)) {
      const local = partnerRow - segment.base;
      if (local < 0 || local >= segment.count) continue;
      const index = segment.locals === undefined ? local : segment.locals.indexOf(local);
      return index < 0 ? undefined : segment.first + index;
    }
    return undefined;
  }

  /**
   * Bytes held, estimated: for a row its place 4, partner 4, own price 26 and answer row 4, 8 more where prices are ranges, its
   * charges, and the priced attributes.
   */
  memoryBytes(): number {
    return this.#segments.reduce(
      (bytes, { count, inputs, attributeBytes }) =>
        bytes +
        400 +
        count * 38 +
        (inputs.prices?.totalMaxMinor.length ?? 0) +
        chargeBytes(inputs.prices?.charges) +
        attributeBytes,
      0,
    );
  }
}

/** The partner's own prices of a batch, read when first asked for. */
export function partnerPrices(segment: Segment): PriceView {
  if (segment.inputs.prices === undefined) throw invalidField('batch.prices', 'is missing');
  segment.prices ??= readPrices(segment.inputs.prices);
  return segment.prices;
}
