/** What others ask for a product, and how far a price is off: the mistake of a minor unit, as soon as several partners can tell. */

/** A price to be judged. */
export interface JudgedPrice {
  /** Its row in the set. */
  readonly row: number;
  /** Number of its partner. */
  readonly partner: number;
  /** Minor units of the shown currency, above 0. */
  readonly total: number;
}

/** A price that is taken for a mistake. */
export interface Outlier {
  readonly row: number;
  /** The power of ten that it is off by: 2 for a hundredfold, -1 for a tenth. */
  readonly magnitude: number;
  /** The median of what other partners ask, each by its price that is nearest; minor units of the shown currency. */
  readonly othersMedian: number;
  /** How many other partners there are. */
  readonly others: number;
}

/** When prices are judged. */
export interface OutlierPolicy {
  /** Other partners that must offer the product, and agree. 2 to 20 is sensible; 0 judges nothing. */
  readonly leastOthers: number;
}

/** What is judged by where nothing else is said. */
export const usualOutliers: OutlierPolicy = { leastOthers: 2 };

/** Prices of one product that lie closer together than this are never judged: no factor of ten is among them. */
export const leastSpread = 7;

/** A tenfold price is one from 7.6 to 13.2 times another: beyond are prices that are high, not mistaken. */
const tenfold = 0.12;
/** From 40 times on no product has two honest prices. */
const absurd = Math.log10(40);
/** Other partners agree where their prices say the same of the judged one, up to a factor of two. */
const agreement = Math.log10(2);

/**
 * The prices of one product that are 10, 100 or more times off what other partners ask. Each is held against the nearest price
 * of every other partner; most of them, and as many as the policy asks for, must say the same, and be more than those that ask as much.
 * So two partners that differ judge nobody, and a partner with cheap and dear offers of the product vouches for all between them.
 */
export function outliersAmong(prices: readonly JudgedPrice[], { leastOthers }: OutlierPolicy): Outlier[] {
  if (leastOthers <= 0) return [];
  const bounds = new Map<number, { least: number; most: number }>();
  for (const { partner, total } of prices) {
    const known = bounds.get(partner);
    if (known === undefined) bounds.set(partner, { least: total, most: total });
    else if (total < known.least) known.least = total;
    else if (total > known.most) known.most = total;
  }
  const found: Outlier[] = [];
  for (const { row, partner, total } of prices) {
    const nearest: number[] = [];
    for (const [other, { least, most }] of bounds) {
      if (other !== partner) nearest.push(Math.min(Math.max(total, least), most));
    }
    const off = nearest.map((one) => Math.log10(total / one)).sort((a, b) => a - b);
    const middle = median(off);
    const agreeing = off.filter((one) => Math.abs(one - middle) <= agreement).length;
    // Its own partner stands for it, and every other one that asks about as much.
    const standing = 1 + off.filter((one) => Math.abs(one) <= agreement).length;
    if (agreeing < leastOthers || agreeing <= standing || agreeing * 2 <= off.length) continue;
    const distance = Math.abs(middle);
    if (!(Math.abs(distance - 1) <= tenfold || distance >= absurd)) continue;
    const othersMedian = Math.round(median(nearest.sort((a, b) => a - b)));
    found.push({ row, magnitude: Math.round(middle), othersMedian, others: off.length });
  }
  return found;
}

/** The middle of ascending numbers; of an even number of them the mean of the two in the middle. NaN for none. */
function median(ascending: readonly number[]): number {
  const half = ascending.length / 2;
  return ascending.length % 2 === 1 ? ascending[Math.floor(half)]! : (ascending[half - 1]! + ascending[half]!) / 2;
}
