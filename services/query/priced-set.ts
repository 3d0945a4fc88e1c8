import { bitGet, type NumberColumn, NumberView, readUint32s } from '../../libs/columns/index.ts';
import type { QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { minorDigits } from '../../libs/money/index.ts';
import { int64At, withRoom } from './growing.ts';
import { partnerPrices, type Segment, type Segments } from './segments.ts';

/** The bounds of a row's shown price, in minor units. */
export interface ShownBounds {
  /** Of a range, the lower bound. */
  readonly total: number;
  /** The upper bound; -1 where the price is no range. */
  readonly totalMax: number;
}

/** A row's shown price in minor units. */
export interface ShownPrice extends ShownBounds {
  /** 0 where nothing is due later. */
  readonly dueLater: number;
  /** -1 where the partner does not split it. */
  readonly tax: number;
}

/** Amounts of a row's charges, by position among them. */
export interface ShownCharges {
  /** Minor units of the shown currency; -1 where no rate leads there. */
  minor(index: number): number;
  /** The headline holds it. */
  inTotal(index: number): boolean;
}

/** Rows of a partner that have no price for one reason. */
export interface Unpriced {
  count: number;
  /** What pricing said of the first. */
  readonly example: string;
}

/**
 * A result set in one currency: what each of its rows costs there. The set's own currency has a price for every row; in another one,
 * rows may lack one, and rows that came since have none until they are priced too.
 */
export class PricedSet {
  /** ISO 4217. */
  readonly currency: string;
  /** Minor units in one major unit of the currency. */
  readonly minorPerMajor: number;
  readonly #segments: Segments;
  readonly #upperCounts: boolean;
  /** By segment. */
  readonly #quotes: QuoteBatch[] = [];
  /** By partner's number and reason. */
  readonly #unpriced = new Map<number, Map<string, Unpriced>>();
  #totals = new Float64Array(0);
  #rows = 0;
  #whole = true;

  /**
   * @param segments the set's batches
   * @param upperCounts of a price that is a range, the upper bound counts
   */
  constructor(currency: string, segments: Segments, upperCounts: boolean) {
    this.currency = currency;
    this.minorPerMajor = 10 ** (minorDigits(currency) ?? 2);
    this.#segments = segments;
    this.#upperCounts = upperCounts;
  }

  /** Every row so far is priced, or cannot be. */
  get upToDate(): boolean {
    return this.#quotes.length === this.#segments.length;
  }

  /** The batches that wait for their prices, first to last. */
  waiting(): readonly Segment[] {
    return this.#segments.from(this.#quotes.length);
  }

  /**
   * Takes in the prices of the first batch that waits.
   * @param expected rows that are likely to come
   * @throws EntrepotError INVALID_FIELD when there are not as many as the batch has rows
   */
  add(quotes: QuoteBatch, expected = 0): void {
    const [segment] = this.#segments.from(this.#quotes.length);
    if (segment === undefined) throw new RangeError('no batch waits for prices');
    const { first, kept, locals, count } = segment;
    const totals = readUint32s(quotes.totalMinor);
    const totalMaxes = readUint32s(quotes.totalMaxMinor);
    for (const [name, length] of [
      ['totalMinor', totals.length / 2],
      ['totalMaxMinor', totalMaxes.length === 0 ? count : totalMaxes.length / 2],
      ['dueLaterMinor', quotes.dueLaterMinor.length / 8],
      ['taxMinor', quotes.taxMinor.length / 8],
    ] as const) {
      if (length !== count) throw invalidField(`quotes.${name}`, `has ${length} rows; the batch has ${count}`);
    }
    this.#rows = first + kept;
    this.#totals = withRoom(this.#totals, this.#rows, expected);
    const bounds = this.#upperCounts ? totalMaxes : noBounds;
    let lacking = false;
    for (let i = 0; i < kept; i++) {
      const local = locals === undefined ? i : locals[i]!;
      const total = int64At(totals, local);
      lacking ||= total < 0;
      const bound = bounds.length === 0 || total < 0 ? -1 : int64At(bounds, local);
      this.#totals[first + i] = bound >= 0 ? bound : total;
    }
    if (lacking) this.#count(segment, quotes);
    this.#quotes.push(quotes);
  }

  /**
   * Totals by row, in minor units; of a range, the bound that the vertical declares: what is ordered, filtered and ranked by.
   * Below 0 for a row without a price. May be longer than there are rows, or shorter where some are not priced yet.
   */
  get totals(): Float64Array {
    return this.#totals;
  }

  /** The totals in major units, as a column; means nothing for rows without a price. */
  column(): NumberColumn {
    const values = new Float64Array(this.#rows);
    for (let row = 0; row < values.length; row++) values[row] = this.#totals[row]! / this.minorPerMajor;
    return new NumberView('price', 'double', values.length, undefined, values);
  }

  /** Whether the row has a price. */
  has(row: number): boolean {
    return row < this.#rows && this.#totals[row]! >= 0;
  }

  /** Of these rows, the ones with a price: the same array where all have one. */
  priced(rows: Uint32Array): Uint32Array {
    return this.#whole && this.upToDate ? rows : rows.filter((row) => this.has(row));
  }

  /** Rows of a partner that came and have no price here, by reason. */
  unpricedOf(partner: number): ReadonlyMap<string, Unpriced> {
    return this.#unpriced.get(partner) ?? none;
  }

  /** The bounds of a price. */
  boundsOf(row: number): ShownBounds {
    const { segment, local } = this.#segments.at(row);
    const { totalMinor, totalMaxMinor } = this.#quotes[segment.number]!;
    if (totalMaxMinor.length === 0) return { total: this.#totals[row]!, totalMax: -1 };
    return {
      total: int64At(readUint32s(totalMinor), local),
      totalMax: int64At(readUint32s(totalMaxMinor), local),
    };
  }

  /** The price. */
  priceOf(row: number): ShownPrice {
    const { segment, local } = this.#segments.at(row);
    const { dueLaterMinor, taxMinor } = this.#quotes[segment.number]!;
    return {
      ...this.boundsOf(row),
      dueLater: int64At(readUint32s(dueLaterMinor), local),
      tax: int64At(readUint32s(taxMinor), local),
    };
  }

  /** What came of the charges that came with the row's columns. */
  chargesOf(row: number): ShownCharges {
    const { segment, local } = this.#segments.at(row);
    const { chargesMinor, chargesInTotal } = this.#quotes[segment.number]!;
    const first = partnerPrices(segment).allCharges?.start(local) ?? 0;
    const minors = readUint32s(chargesMinor);
    return {
      minor: (index) => ((first + index) * 2 < minors.length ? int64At(minors, first + index) : -1),
      inTotal: (index) => (first + index) >>> 3 < chargesInTotal.length && bitGet(chargesInTotal, first + index),
    };
  }

  /** Bytes held, estimated: for a row its total 8 and quotes 24, 8 more where prices are ranges, 8 a charge. */
  memoryBytes(): number {
    return this.#quotes.reduce(
      (bytes, { totalMinor, totalMaxMinor, chargesMinor, chargesInTotal }) =>
        bytes + 300 + totalMinor.length * 3 + totalMaxMinor.length + chargesMinor.length + chargesInTotal.length,
      this.#totals.byteLength,
    );
  }

  /** Counts the rows of the set that have no price; those that never came into it are counted elsewhere. */
  #count({ partner, first, kept, locals, replacement }: Segment, { unpriced }: QuoteBatch): void {
    this.#whole = false;
    if (replacement) return;
    const reasons = new Map(unpriced.map((one) => [one.row, one]));
    const counted = this.#unpriced.get(partner) ?? new Map<string, Unpriced>();
    this.#unpriced.set(partner, counted);
    for (let i = 0; i < kept; i++) {
      if (this.#totals[first + i]! >= 0) continue;
      const { reason = 'UNPRICEABLE', detail = '' } = reasons.get(locals === undefined ? i : locals[i]!) ?? {};
      const known = counted.get(reason);
      if (known === undefined) counted.set(reason, { count: 1, example: detail });
      else known.count++;
    }
  }
}

const noBounds = new Uint32Array(0);
const none: ReadonlyMap<string, Unpriced> = new Map();
