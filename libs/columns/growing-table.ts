import type { ColumnBatch } from '../contracts/gen/entrepot/type/v1/column.ts';
import { invalidField } from '../errors/index.ts';
import { type GrowingColumn, growingColumn } from './growing-column.ts';
import { readColumnsBy } from './read.ts';
import type { AnyColumnView } from './types.ts';

/**
 * Batches put together into one table, for a result set that fills as partners answer. Appending costs amortized
 * constant time a value; dictionaries are merged, so a text is held once for the whole table.
 */
export class GrowingTable {
  readonly #columns = new Map<string, GrowingColumn>();
  #rowCount = 0;

  /** Rows so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** The attributes that some batch had, in the order in which they first came. */
  get attributes(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /**
   * Appends a batch's rows. An attribute that the batch lacks is absent in its rows. All or nothing: throws
   * EntrepotError INVALID_FIELD, and takes no row, when the batch is not valid or a column's type is not the one that
   * the attribute had before.
   * @param expected rows that the table is likely to have in the end: room for them is made at once (default: none)
   * @returns the position of the batch's first row.
   */
  append(batch: ColumnBatch, expected = 0): number {
    const views = readColumnsBy(batch, false);
    for (const view of views.values()) {
      const column = this.#columns.get(view.attribute);
      if (column !== undefined && column.type !== view.type) {
        throw invalidField(
          `columns.${view.attribute}`,
          `is of type ${view.type}; it was ${column.type} in earlier rows`,
        );
      }
    }
    for (const view of views.values()) {
      let column = this.#columns.get(view.attribute);
      if (column === undefined) {
        column = growingColumn(view.attribute, view.type);
        this.#columns.set(view.attribute, column);
      }
      column.append(view, this.#rowCount, expected);
    }
    const first = this.#rowCount;
    this.#rowCount += batch.rowCount;
    return first;
  }

  /**
   * The attribute over all rows so far; undefined when no batch had it (it is absent in every row). The view stays
   * true for these rows while the table grows; ask again to see later ones.
   */
  column(attribute: string): AnyColumnView | undefined {
    return this.#columns.get(attribute)?.view(this.#rowCount);
  }

  /** Bytes held: the arrays with their room to grow, and an estimate for the dictionaries. */
  memoryBytes(): number {
    let bytes = 0;
    for (const column of this.#columns.values()) bytes += column.memoryBytes();
    return bytes;
  }
}
