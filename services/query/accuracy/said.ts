import { type AnyColumnView, readColumns, readPrices, readUint32s } from '../../../libs/columns/index.ts';
import type { OfferChange } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { PartnerBatch } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Vertical } from '../../../libs/vertical/index.ts';
import { textOf } from '../verify.ts';
import { type Figure, figureOf } from './figure.ts';

/** What a partner says in a batch, row by row. */
export class Said {
  readonly #batch: PartnerBatch;
  readonly #vertical: Vertical;
  readonly #columns: ReadonlyMap<string, AnyColumnView>;
  readonly #products: readonly string[];
  readonly #codes: Uint32Array;

  /** @throws EntrepotError INVALID_FIELD for a batch that is not of one piece */
  constructor(batch: PartnerBatch, vertical: Vertical) {
    this.#batch = batch;
    this.#vertical = vertical;
    this.#columns = readColumns(batch.columns ?? { rowCount: 0, columns: [] });
    this.#products = batch.products?.dictionary ?? [];
    this.#codes = batch.products === undefined ? new Uint32Array(0) : readUint32s(batch.products.codes);
  }

  get rows(): number {
    return this.#batch.columns?.rowCount ?? 0;
  }

  /** What the partner asks. */
  figure(row: number): Figure {
    return figureOf(readPrices(this.#batch.prices!), row, this.#vertical.priceBound);
  }

  /** The product, maybe provisional; empty where the batch does not say. */
  product(row: number): string {
    return this.#products[this.#codes[row]!] ?? '';
  }

  /** What of the attributes that were shown is different now. */
  changes(row: number, shown: Readonly<Record<string, string>>): OfferChange[] {
    const changes: OfferChange[] = [];
    for (const [name, before] of Object.entries(shown)) {
      const column = this.#columns.get(name);
      const after = column === undefined ? '' : textOf(column, row);
      if (before !== after) changes.push({ field: `item.${this.#vertical.name}.${name}`, before, after });
    }
    return changes;
  }
}
