import type { AnyColumnView } from '../../libs/columns/index.ts';
import { type JudgedPrice, leastSpread, type Outlier, type OutlierPolicy, outliersAmong } from './outliers.ts';

/** What the prices of a set are judged by. */
export interface JudgedSet {
  /** Rows to judge. */
  readonly rows: Uint32Array;
  /** Shown price by row, minor units. */
  readonly totals: Float64Array;
  /** Product code by row. */
  readonly productOf: Int32Array;
  /** 1 for each product code that is provisional. */
  readonly provisional: Uint8Array;
  /** Product codes that there are. */
  readonly products: number;
  /** Partner's number by row. */
  readonly partnerOf: Uint32Array;
  /** Attributes of which offers have prices of their own; undefined for one that no row has. */
  readonly apart: readonly (AnyColumnView | undefined)[];
}

/**
 * The rows whose price is so far off their product's own that it is taken for a mistake, by row. One pass over the rows where no
 * product has prices that far apart, which is nearly always so. Products that are not settled are not judged.
 */
export function quarantined(set: JudgedSet, policy: OutlierPolicy): ReadonlyMap<number, Outlier> {
  const wide = widelyPriced(set);
  if (wide.size === 0 || policy.leastOthers <= 0) return none;
  const groups = new Map<string, JudgedPrice[]>();
  for (const row of set.rows) {
    const product = set.productOf[row]!;
    if (!wide.has(product) || !(set.totals[row]! > 0)) continue;
    const key = `${product}${set.apart.map((column) => kindOf(column, row)).join('')}`;
    const price = { row, partner: set.partnerOf[row]!, total: set.totals[row]! };
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [price]);
    else group.push(price);
  }
  const found = new Map<number, Outlier>();
  for (const group of groups.values()) for (const one of outliersAmong(group, policy)) found.set(one.row, one);
  return found;
}

/** Products with prices so far apart that one of them may be a mistake. */
function widelyPriced({ rows, totals, productOf, provisional, products }: JudgedSet): ReadonlySet<number> {
  const least = new Float64Array(products).fill(Number.POSITIVE_INFINITY);
  const wide = new Set<number>();
  const most = new Float64Array(products);
  for (const row of rows) {
    const total = totals[row]!;
    if (!(total > 0)) continue;
    const product = productOf[row]!;
    if (total < least[product]!) least[product] = total;
    if (total > most[product]!) most[product] = total;
  }
  for (let product = 0; product < products; product++) {
    if (most[product]! >= least[product]! * leastSpread && provisional[product] !== 1) wide.add(product);
  }
  return wide;
}

/** What a row is of an attribute, as a part of a key. */
function kindOf(column: AnyColumnView | undefined, row: number): string {
  if (column?.has(row) !== true) return '|';
  return `|${JSON.stringify(column.get(row))}`;
}

const none: ReadonlyMap<number, Outlier> = new Map();
