/** A regression tree, node by node; node 0 is its root. */
export interface Tree {
  /** Feature that a node asks; -1 for a leaf. */
  readonly features: number[];
  /** Up to it, included, to the left. */
  readonly thresholds: number[];
  /** Where missing values go. */
  readonly missingLeft: boolean[];
  readonly left: number[];
  readonly right: number[];
  /** What the node would add if it were a leaf, in log-odds. */
  readonly values: number[];
}

/** A model as its file has it. */
export interface ModelFile {
  /** Names of the features, in the order of the trees' numbers. */
  readonly features: readonly string[];
  /** Log-odds before anything is known of a pair. */
  readonly bias: number;
  /**
   * Trees in preorder: of a split `2 × feature + (missing values go left)`, threshold and value, then what is left and what is
   * right; of a leaf -1 and value. Values are thousandths of log-odds.
   */
  readonly trees: readonly (readonly number[])[];
  /** Probabilities from which a pair is the same; up to which it is different; from which one answer alone says the same. */
  readonly same: number;
  readonly different: number;
  readonly even: number;
  /** Digest of what the code of the features says of hand-made pairs: another code needs another training. */
  readonly probes: string;
}

/** A model ready to be asked: all trees' nodes in one row. */
export class Model {
  readonly file: ModelFile;
  readonly #features: Int16Array;
  readonly #thresholds: Float64Array;
  readonly #missingLeft: Uint8Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #values: Float64Array;
  readonly #roots: Int32Array;
  readonly #bias: number;

  constructor(file: ModelFile) {
    this.file = file;
    const features: number[] = [];
    const thresholds: number[] = [];
    const missingLeft: number[] = [];
    const left: number[] = [];
    const right: number[] = [];
    const values: number[] = [];
    const roots: number[] = [];
    let tree: readonly number[] = [];
    let from = 0;
    const read = (): number => {
      const at = features.length;
      const asked = tree[from++]!;
      const leaf = asked < 0;
      features.push(leaf ? -1 : asked >> 1);
      missingLeft.push(asked & 1);
      thresholds.push(leaf ? 0 : tree[from++]!);
      values.push(tree[from++]! / 1000);
      left.push(0);
      right.push(0);
      if (!leaf) {
        left[at] = read();
        right[at] = read();
      }
      return at;
    };
    for (tree of file.trees) {
      from = 0;
      roots.push(read());
    }
    this.#features = Int16Array.from(features);
    this.#thresholds = Float64Array.from(thresholds);
    this.#missingLeft = Uint8Array.from(missingLeft);
    this.#left = Int32Array.from(left);
    this.#right = Int32Array.from(right);
    this.#values = Float64Array.from(values);
    this.#roots = Int32Array.from(roots);
    this.#bias = file.bias + roots.reduce((sum, root) => sum + values[root]!, 0);
  }

  /** What is true of a pair of which nothing is known, in log-odds; contributions come on top. */
  get bias(): number {
    return this.#bias;
  }

  /** Log-odds of a pair's features. */
  logOdds(row: Float64Array): number {
    let sum = this.file.bias;
    for (const root of this.#roots) {
      let at = root;
      let feature = this.#features[at]!;
      while (feature >= 0) {
        at = this.#next(at, row[feature]!);
        feature = this.#features[at]!;
      }
      sum += this.#values[at]!;
    }
    return sum;
  }

  /**
   * What each feature adds to the log-odds: along each tree's path the change of its value is the asked feature's (Saabas
   * 2014). With the bias they sum to {@link Model.logOdds}.
   */
  contributions(row: Float64Array): Float64Array {
    const out = new Float64Array(row.length);
    for (const root of this.#roots) {
      let at = root;
      let feature = this.#features[at]!;
      while (feature >= 0) {
        const next = this.#next(at, row[feature]!);
        out[feature]! += this.#values[next]! - this.#values[at]!;
        at = next;
        feature = this.#features[at]!;
      }
    }
    return out;
  }

  #next(at: number, value: number): number {
    // A missing value is not at most anything.
    const left = value <= this.#thresholds[at]! || (Number.isNaN(value) && this.#missingLeft[at] === 1);
    return left ? this.#left[at]! : this.#right[at]!;
  }
}

/** A tree as the file has it, its values times a factor. */
export function encodeTree(tree: Tree, factor: number): number[] {
  const out: number[] = [];
  const write = (at: number): void => {
    const feature = tree.features[at]!;
    out.push(feature < 0 ? -1 : 2 * feature + (tree.missingLeft[at]! ? 1 : 0));
    if (feature >= 0) out.push(tree.thresholds[at]!);
    out.push(Math.round(1000 * factor * tree.values[at]!));
    if (feature < 0) return;
    write(tree.left[at]!);
    write(tree.right[at]!);
  };
  write(0);
  return out;
}
