import type { Feature } from '../features.ts';
import type { Tree } from '../model.ts';

/** How trees are grown. */
export interface BoostingOptions {
  readonly trees: number;
  readonly depth: number;
  readonly rate: number;
  /** Share of rows, and of features, that each tree sees. */
  readonly rows: number;
  readonly columns: number;
  /** Ridge penalty of leaves' values. */
  readonly ridge: number;
  /** Least gain of a split, and least curvature (about rows × p × (1 - p)) of a leaf. */
  readonly leastGain: number;
  readonly leastWeight: number;
  readonly seed: number;
}

const bins = 48;

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Node {
  rows: Int32Array;
  gradient: number;
  curvature: number;
  low: number;
  high: number;
}

interface Split {
  gain: number;
  feature: number;
  bin: number;
  missingLeft: boolean;
}

/**
 * Gradient-boosted trees for log-loss, second order, histogram by histogram (Friedman 2001; Chen and Guestrin 2016), with
 * directions that features must keep. Rows are features of pairs, NaN where missing; labels are 0 or 1.
 */
export function boost(
  rows: readonly Float64Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  features: readonly Feature[],
  options: BoostingOptions,
): { bias: number; trees: Tree[] } {
  const random = randomOf(options.seed);
  const edges = features.map((_, feature) => edgesOf(rows, feature));
  const binned = features.map((_, feature) => Uint8Array.from(rows, (row) => binOf(edges[feature]!, row[feature]!)));
  let positive = 0;
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    positive += weights[i]! * labels[i]!;
    total += weights[i]!;
  }
  const bias = Math.log(positive / (total - positive));
  const scores = new Float64Array(rows.length).fill(bias);
  const gradients = new Float64Array(rows.length);
  const curvatures = new Float64Array(rows.length);
  const trees: Tree[] = [];
  for (let n = 0; n < options.trees; n++) {
    for (let i = 0; i < rows.length; i++) {
      const probability = 1 / (1 + Math.exp(-scores[i]!));
      gradients[i] = weights[i]! * (probability - labels[i]!);
      curvatures[i] = weights[i]! * Math.max(1e-6, probability * (1 - probability));
    }
    const seen: number[] = [];
    for (let i = 0; i < rows.length; i++) if (random() < options.rows) seen.push(i);
    const chosen = features.map((_, feature) => feature).filter(() => random() < options.columns);
    if (chosen.length === 0) continue;
    const tree = grow(Int32Array.from(seen), chosen);
    trees.push(tree);
    for (let i = 0; i < rows.length; i++) scores[i]! += valueAt(tree, rows[i]!);
  }
  return { bias, trees };

  function grow(seen: Int32Array, chosen: readonly number[]): Tree {
    const tree: Tree = { features: [], thresholds: [], missingLeft: [], left: [], right: [], values: [] };
    build(nodeOf(seen, -Infinity, Infinity), 0);
    return tree;

    function build(node: Node, depth: number): number {
      const at = tree.features.length;
      const value = Math.min(node.high, Math.max(node.low, -node.gradient / (node.curvature + options.ridge)));
      tree.features.push(-1);
      tree.thresholds.push(0);
      tree.missingLeft.push(false);
      tree.left.push(0);
      tree.right.push(0);
      tree.values.push(value * options.rate);
      if (depth === options.depth) return at;
      const split = bestSplit(node, chosen);
      if (split === undefined) return at;
      const { feature, bin, missingLeft } = split;
      const column = binned[feature]!;
      const goesLeft = (row: number): boolean => {
        const own = column[row]!;
        return own === 0 ? missingLeft : own <= bin;
      };
      const left = nodeOf(node.rows.filter(goesLeft), node.low, node.high);
      const right = nodeOf(
        node.rows.filter((row) => !goesLeft(row)),
        node.low,
        node.high,
      );
      const direction = features[feature]!.direction;
      if (direction !== 0) {
        const middle = (leafOf(left) + leafOf(right)) / 2;
        const [lower, upper] = direction > 0 ? [left, right] : [right, left];
        lower.high = Math.min(lower.high, middle);
        upper.low = Math.max(upper.low, middle);
      }
      tree.features[at] = feature;
      tree.thresholds[at] = edges[feature]![bin - 1]!;
      tree.missingLeft[at] = missingLeft;
      tree.left[at] = build(left, depth + 1);
      tree.right[at] = build(right, depth + 1);
      return at;
    }
  }

  function nodeOf(seen: Int32Array, low: number, high: number): Node {
    let [gradient, curvature] = [0, 0];
    for (const row of seen) {
      gradient += gradients[row]!;
      curvature += curvatures[row]!;
    }
    return { rows: seen, gradient, curvature, low, high };
  }

  function leafOf({ gradient, curvature, low, high }: Node): number {
    return Math.min(high, Math.max(low, -gradient / (curvature + options.ridge)));
  }

  function bestSplit(node: Node, chosen: readonly number[]): Split | undefined {
    let best: Split | undefined;
    const own = scoreOf(node.gradient, node.curvature, options.ridge);
    const gradientOf = new Float64Array(bins + 2);
    const curvatureOf = new Float64Array(bins + 2);
    for (const feature of chosen) {
      gradientOf.fill(0);
      curvatureOf.fill(0);
      const column = binned[feature]!;
      for (const row of node.rows) {
        gradientOf[column[row]!]! += gradients[row]!;
        curvatureOf[column[row]!]! += curvatures[row]!;
      }
      const direction = features[feature]!.direction;
      for (const missingLeft of curvatureOf[0] === 0 ? [true] : [true, false]) {
        let gradient = missingLeft ? gradientOf[0]! : 0;
        let curvature = missingLeft ? curvatureOf[0]! : 0;
        for (let bin = 1; bin <= edges[feature]!.length; bin++) {
          gradient += gradientOf[bin]!;
          curvature += curvatureOf[bin]!;
          const otherGradient = node.gradient - gradient;
          const otherCurvature = node.curvature - curvature;
          if (curvature < options.leastWeight || otherCurvature < options.leastWeight) continue;
          const gain =
            scoreOf(gradient, curvature, options.ridge) + scoreOf(otherGradient, otherCurvature, options.ridge) - own;
          if (gain <= options.leastGain || (best !== undefined && gain <= best.gain)) continue;
          if (direction !== 0) {
            const left = -gradient / (curvature + options.ridge);
            const right = -otherGradient / (otherCurvature + options.ridge);
            if (direction * (right - left) < 0) continue;
          }
          best = { gain, feature, bin, missingLeft };
        }
      }
    }
    return best;
  }
}

function scoreOf(gradient: number, curvature: number, ridge: number): number {
  return (gradient * gradient) / (curvature + ridge);
}

/** Values between bins, ascending, few enough that each bin has about as many rows. */
function edgesOf(rows: readonly Float64Array[], feature: number): number[] {
  const values = rows.map((row) => row[feature]!).filter((value) => !Number.isNaN(value));
  values.sort((a, b) => a - b);
  const edges: number[] = [];
  for (let n = 1; n <= bins; n++) {
    const at = Math.min(values.length - 1, Math.floor((n * values.length) / (bins + 1)));
    const [value, next] = [values[at]!, values.find((other) => other > values[at]!)];
    if (next === undefined) break;
    // Few digits, that the file stays small; between the two, that no row changes sides.
    const edge = shortBetween(value, next);
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge);
  }
  return edges;
}

/** A number with few digits, at least `low` and below `high`. */
function shortBetween(low: number, high: number): number {
  const middle = (low + high) / 2;
  for (let digits = 1; digits < 15; digits++) {
    const short = Number(middle.toPrecision(digits));
    if (short >= low && short < high) return short;
  }
  return low;
}

/** 0 for missing, else from 1 on. */
function binOf(edges: readonly number[], value: number): number {
  if (Number.isNaN(value)) return 0;
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low + 1;
}

/** What a tree adds for a row. */
function valueAt(tree: Tree, row: Float64Array): number {
  let at = 0;
  while (tree.features[at]! >= 0) {
    const value = row[tree.features[at]!]!;
    const left = Number.isNaN(value) ? tree.missingLeft[at]! : value <= tree.thresholds[at]!;
    at = left ? tree.left[at]! : tree.right[at]!;
  }
  return tree.values[at]!;
}
