import { randomInt } from 'node:crypto';
import type { Facet } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { countFacets } from './facets.ts';
import { orderedRows } from './order.ts';
import type { PricedSet } from './priced-set.ts';
import type { ProductsView } from './products.ts';
import type { ResultSet } from './result-set.ts';
import { columnsOf } from './set-columns.ts';
import type { SetMoment } from './tokens.ts';
import type { View } from './view.ts';

/** The order of a result set under a view at one revision: what pages are cut from, however the set goes on. */
export interface Ordering {
  readonly view: View;
  /** The moment whose order it is. */
  readonly moment: SetMoment;
  /** Every partner had an outcome. */
  readonly complete: boolean;
  /** Rows with a price in the view's currency. */
  readonly priced: number;
  /** Of those, rows that pass the filter. */
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
  readonly #position: () => number;
  readonly #tag = randomInt(36 ** 4).toString(36);
  readonly #kept = new Map<string, Ordering>();
  readonly #limit: number;

  /**
   * @param position journal entries that have taken effect on the set by now
   * @param limit orderings to keep; page tokens of older ones have expired
   */
  constructor(set: ResultSet, position: () => number, limit: number) {
    this.#set = set;
    this.#position = position;
    this.#limit = limit;
  }

  /**
   * The order under a view as it is now.
   * @param prices in the view's currency, with every row that can have one; default: the set's own
   */
  now(view: View, complete: boolean, prices: PricedSet = this.#set.prices): Ordering {
    this.#set.sweep(Date.now());
    const { rowsRevision: revision, sweptUntil: swept } = this.#set;
    const moment = { tag: this.#tag, revision, position: this.#position(), swept };
    const key = keyOf(view.key, moment);
    const known = this.#kept.get(key);
    if (known !== undefined && known.complete === complete) return known;
    const ordering =
      known === undefined ? orderingOf(this.#set, view, moment, complete, prices) : { ...known, complete };
    this.keep(ordering);
    return ordering;
  }

  /** The order under a view at a moment; undefined when it is no longer kept. */
  at(viewKey: string, moment: SetMoment): Ordering | undefined {
    return this.#kept.get(keyOf(viewKey, moment));
  }

  /** Keeps an order that was made elsewhere. */
  keep(ordering: Ordering): void {
    const key = keyOf(ordering.view.key, ordering.moment);
    this.#kept.delete(key);
    this.#kept.set(key, ordering);
    if (this.#kept.size > this.#limit) this.#kept.delete(this.#kept.keys().next().value!);
  }

  /** Bytes held. */
  memoryBytes(): number {
    let bytes = 0;
    for (const { heads, others, otherStart } of this.#kept.values()) {
      bytes += 2_000 + heads.byteLength + others.byteLength + otherStart.byteLength;
    }
    return bytes;
  }
}

/**
 * The order of a set as it is, under a view.
 * @param prices in the view's currency, with every row that can have one
 */
export function orderingOf(
  set: ResultSet,
  view: View,
  moment: SetMoment,
  complete: boolean,
  prices: PricedSet,
): Ordering {
  const columns = columnsOf(set, prices);
  const live = prices.priced(set.shownRows());
  const rows = orderedRows(set, prices, columns, view, live);
  const products = set.products.view;
  const grouped =
    view.grouping === 'product' ? groupByProduct(rows, products.ofRow, set.products.ids.length) : ungrouped(rows);
  return {
    view,
    moment,
    complete,
    priced: live.length,
    matching: rows.length,
    ...grouped,
    products,
    facets: countFacets(view.facets, columns, rows, products.ofRow, {
      products: set.products.ids.length,
      provisional: set.productCounts().provisional,
    }),
  };
}

function keyOf(viewKey: string, { tag, revision }: SetMoment): string {
  return `${viewKey}.${tag}.${revision}`;
}

/**
 * Entries from an offset on. Rows that have gone since, or were verified and have no price any more, are left out; the next offer of
 * their product stands in.
 * @param prices in the currency of the ordering's view; default: the set's own
 */
export function entriesOf(
  set: ResultSet,
  ordering: Ordering,
  offset: number,
  count: number,
  prices: PricedSet = set.prices,
): Entry[] {
  const { heads, others, otherStart } = ordering;
  const entries: Entry[] = [];
  for (let entry = offset; entry < Math.min(offset + count, heads.length); entry++) {
    const rows: number[] = [];
    const head = set.current(heads[entry]!);
    if (!set.isGone(head) && prices.has(head)) rows.push(head);
    for (let at = otherStart[entry]!; at < otherStart[entry + 1]!; at++) {
      const row = set.current(others[at]!);
      if (!set.isGone(row) && prices.has(row)) rows.push(row);
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
