import { bitGet, readUint32s } from '../../libs/columns/index.ts';
import type { IdentityChange } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { StringColumn } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { withRoom } from './growing.ts';

/** Which product each row is of, at one moment. Later changes of products make new arrays and leave these alone. */
export interface ProductsView {
  /** Product code of each row. */
  readonly ofRow: Int32Array;
  /** 1 for each product code that is provisional. */
  readonly provisional: Uint8Array;
  /** Rows that the view knows; what lies behind them in the arrays means nothing. */
  readonly rows: number;
}

/**
 * Products of rows, by code. Identities that come late move every row of a provisional product to its settled one;
 * since they may overtake the rows themselves (which wait for their prices), they are remembered for rows to come.
 */
export class Products {
  /** Product ids; a product's code is its position. */
  readonly ids: string[] = [];
  readonly #codes = new Map<string, number>();
  /** Settled ids of products that were provisional. */
  readonly #settled = new Map<string, string>();
  /** Ids of products that came in rows without a price. */
  readonly #unpriced = new Set<string>();
  #ofRow = new Int32Array(0);
  #provisional = new Uint8Array(0);
  #rows = 0;

  /** The products as they are now. */
  get view(): ProductsView {
    return { ofRow: this.#ofRow, provisional: this.#provisional, rows: this.#rows };
  }

  /**
   * Product codes of a batch's rows; nothing is added yet.
   * @param products a batch's product ids
   * @param provisional bitmap over their dictionary
   * @param locals positions of the rows within the batch; undefined for all `count` of them
   * @throws EntrepotError INVALID_FIELD for a row without a product
   */
  code(products: StringColumn, provisional: Uint8Array, locals: Uint32Array | undefined, count: number): Int32Array {
    const { dictionary } = products;
    const codes = readUint32s(products.codes);
    const coded = new Int32Array(dictionary.length).fill(-1);
    const ofRow = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const code = codes[locals === undefined ? i : locals[i]!];
      if (code === undefined || code >= dictionary.length) {
        throw invalidField('products', `row ${i} has no product; every row must name one of the dictionary`);
      }
      let product = coded[code]!;
      if (product < 0) {
        const undecided = code >>> 3 < provisional.length && bitGet(provisional, code);
        product = this.#codeOf(dictionary[code]!, undecided);
        coded[code] = product;
      }
      ofRow[i] = product;
    }
    return ofRow;
  }

  /** Adds rows, by their product codes, behind those that are there. */
  append(codes: Int32Array, expected: number): void {
    this.#ofRow = withRoom(this.#ofRow, this.#rows + codes.length, expected);
    this.#ofRow.set(codes, this.#rows);
    this.#rows += codes.length;
  }

  /** Takes in identities. True when anything changed for rows that are there. */
  settle(changes: readonly IdentityChange[]): boolean {
    for (const { provisionalProductId, productId } of changes) this.#settled.set(provisionalProductId, productId);
    const moves = new Map<number, number>();
    let changed = false;
    for (const { provisionalProductId } of changes) {
      const from = this.#codes.get(provisionalProductId);
      if (from === undefined) continue;
      changed ||= this.#provisional[from] === 1;
      const to = this.#codeOf(provisionalProductId, false);
      if (to !== from) {
        moves.set(from, to);
        changed = true;
      }
      this.#decide(from);
      this.#decide(to);
    }
    if (moves.size > 0) {
      const moved = this.#ofRow.slice();
      for (let row = 0; row < this.#rows; row++) {
        const to = moves.get(moved[row]!);
        if (to !== undefined) moved[row] = to;
      }
      this.#ofRow = moved;
    }
    return changed;
  }

  /** The settled id of a product that had a provisional one; any other id as it is. */
  settledId(id: string): string {
    return this.#settledId(id);
  }

  /** The code of a product by its id, or by the provisional one that it had; undefined where no row was of it. */
  find(id: string): number | undefined {
    return this.#codes.get(this.#settledId(id));
  }

  /**
   * Notes the products of rows that have no price, so that it can be told why they are not shown.
   * @param kept positions of the rows that have one, in order; undefined for all of them
   */
  noteUnpriced({ dictionary, codes }: StringColumn, kept: Uint32Array | undefined): void {
    if (kept === undefined) return;
    const productOf = readUint32s(codes);
    let next = 0;
    for (let row = 0; row < productOf.length; row++) {
      if (kept[next] === row) next++;
      else this.#unpriced.add(dictionary[productOf[row]!]!);
    }
  }

  /** Whether a row of the product came without a price. */
  wasUnpriced(id: string): boolean {
    const settled = this.#settledId(id);
    return this.#unpriced.values().some((one) => this.#settledId(one) === settled);
  }

  /** Bytes held, with an estimate of 80 bytes an id. */
  memoryBytes(): number {
    return this.#ofRow.byteLength + this.#provisional.byteLength + this.ids.length * 80;
  }

  #codeOf(id: string, undecided: boolean): number {
    const known = this.#settledId(id);
    let code = this.#codes.get(known);
    if (code === undefined) {
      code = this.ids.length;
      this.ids.push(known);
      this.#codes.set(known, code);
      this.#provisional = withRoom(this.#provisional, code + 1, 256);
      this.#provisional[code] = undecided && !this.#settled.has(id) ? 1 : 0;
    } else if (!undecided) {
      // One batch knew what another did not yet.
      this.#decide(code);
    }
    return code;
  }

  /** Marks a product as settled, in a new array: views that were handed out keep what they showed. */
  #decide(code: number): void {
    if (this.#provisional[code] !== 1) return;
    this.#provisional = this.#provisional.slice();
    this.#provisional[code] = 0;
  }

  /** Follows what is settled to its end; a handful of steps, so that a circle cannot hold it up. */
  #settledId(id: string): string {
    let known = id;
    for (let step = 0; step < 8; step++) {
      const next = this.#settled.get(known);
      if (next === undefined || next === known) break;
      known = next;
    }
    return known;
  }
}
