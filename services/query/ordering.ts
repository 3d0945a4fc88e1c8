import type { Facet } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { AttributeSpec } from '../../libs/vertical/index.ts';
import type { Weight } from './config.ts';
import { countFacets } from './facets.ts';
import { orderedRows } from './order.ts';
import type { ProductsView } from './products.ts';
import type { ResultSet } from './result-set.ts';
import type { View } from './view.ts';

/** The order of a result set under a view at one revision: what pages are cut from, however the set goes on. */
export interface Ordering {
  readonly view: View;
  readonly revision: number;
  /** Every partner had an outcome. */
  readonly complete: boolean;
  /** Rows that pass the filter. */
  readonly matching: number;
  /** First row of each entry, in order. */
  readonly heads: Uint32Array;
  /** The entries' other rows: entry i's are others[otherStart[i]] up to others[otherStart[i + 1]], best first. */
  readonly others: Uint32Array;
  readonly otherStart: Uint32Array;
  /** The products at that revision. */
  readonly products: ProductsView;
  readonly facets: Facet[];
}

/** An entry of a page: the row that is shown, and the rows beside it. */
export interface Entry {
  readonly row: number;
  readonly others: readonly number[];
}

/** Orderings of one result set, made when they are asked for and kept while they are among the last few. */
export class Orderings {
  readonly #set: ResultSet;
  readonly #weights: readonly Weight[];
  readonly #facets: readonly AttributeSpec[];
  readonly #kept = new Map<string, Ordering>();
  readonly #limit: number;

  /**
   * @param facets attributes to count
   * @param limit orderings to keep; page tokens of older ones have expired
   */
  constructor(set: ResultSet, weights: readonly Weight[], facets: readonly AttributeSpec[], limit: number) {
    this.#set = set;
    this.#weights = weights;
    this.#facets = facets;
    this.#limit = limit;
  }

  /** The order under a view as it is now. */
  now(view: View, complete: boolean): Ordering {
    this.#set.sweep(Date.now());
    const key = keyOf(view.key, this.#set.rowsRevision);
    const known = this.#kept.get(key);
    if (known !== undefined && known.complete === complete) return known;
    const ordering = known === undefined ? this.#make(view, complete) : { ...known, complete };
    this.#kept.delete(key);
    this.#kept.set(key, ordering);
    if (this.#kept.size > this.#limit) this.#kept.delete(this.#kept.keys().next().value!);
    return ordering;
  }

  /** The order under a view at a revision; undefined when it is no longer kept. */
  at(viewKey: string, revision: number): Ordering | undefined {
    return this.#kept.get(keyOf(viewKey, revision));
  }

  /** Bytes held. */
  memoryBytes(): number {
    let bytes = 0;
    for (const { heads, others, otherStart } of this.#kept.values()) {
      bytes += 2_000 + heads.byteLength + others.byteLength + otherStart.byteLength;
    }
    return bytes;
  }

  #make(view: View, complete: boolean): Ordering {
    const set = this.#set;
    const rows = orderedRows(set, view, this.#weights);
    const products = set.products.view;
    const grouped =
      view.grouping === 'product' ? groupByProduct(rows, products.ofRow, set.products.ids.length) : ungrouped(rows);
    return {
      view,
      revision: set.rowsRevision,
      complete,
      matching: rows.length,
      ...grouped,
      products,
      facets: countFacets(set, rows, this.#facets, set.productCounts().provisional),
    };
  }
}

function keyOf(viewKey: string, revision: number): string {
  return `${viewKey}.${revision}`;
}

/** Entries from an offset on. Rows that have gone since are left out; the next offer of their product stands in. */
export function entriesOf(set: ResultSet, ordering: Ordering, offset: number, count: number): Entry[] {
  const { heads, others, otherStart } = ordering;
  const entries: Entry[] = [];
  for (let entry = offset; entry < Math.min(offset + count, heads.length); entry++) {
    const rows: number[] = [];
    const head = set.current(heads[entry]!);
    if (!set.isGone(head)) rows.push(head);
    for (let at = otherStart[entry]!; at < otherStart[entry + 1]!; at++) {
      const row = set.current(others[at]!);
      if (!set.isGone(row)) rows.push(row);
    }
    const [row, ...beside] = rows;
    if (row !== undefined) entries.push({ row, others: beside });
  }
  return entries;
}

type Grouped = Pick<Ordering, 'heads' | 'others' | 'otherStart'>;

function ungrouped(rows: Uint32Array): Grouped {
  return { heads: rows, others: new Uint32Array(0), otherStart: new Uint32Array(rows.length + 1) };
}

function groupByProduct(rows: Uint32Array, productOf: Int32Array, products: number): Grouped {
  const entryOf = new Int32Array(products).fill(-1);
  const heads = new Uint32Array(rows.length);
  const sizes = new Uint32Array(rows.length);
  let entries = 0;
  for (const row of rows) {
    const product = productOf[row]!;
    const entry = entryOf[product]!;
    if (entry >= 0) {
      sizes[entry]!++;
    } else {
      entryOf[product] = entries;
      heads[entries++] = row;
    }
  }
  const otherStart = new Uint32Array(entries + 1);
  for (let entry = 0; entry < entries; entry++) otherStart[entry + 1] = otherStart[entry]! + sizes[entry]!;
  const others = new Uint32Array(rows.length - entries);
  const next = otherStart.slice();
  for (const row of rows) {
    const entry = entryOf[productOf[row]!]!;
    if (heads[entry] !== row) others[next[entry]!++] = row;
  }
  return { heads: heads.slice(0, entries), others, otherStart };
}
