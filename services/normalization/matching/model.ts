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

/** A model ready to be asked: all trees' nodes in one row, in preorder, so that what is left of a node comes next. */
export class Model {
  readonly file: ModelFile;
  /** Log-odds of a pair of which nothing is known: the file's, and what all trees' roots say. */
  readonly bias: number;
  /** As in the file: `2 × feature + (missing values go left)`, -1 for a leaf. */
  readonly #asked: Int16Array;
  readonly #thresholds: Float64Array;
  readonly #right: Int32Array;
  readonly #values: Float64Array;
  readonly #roots: Int32Array;

  constructor(file: ModelFile) {
    this.file = file;
    const asked: number[] = [];
    const thresholds: number[] = [];
    const right: number[] = [];
    const values: number[] = [];
    const roots: number[] = [];
    for (const tree of file.trees) {
      let from = 0;
      const read = (): void => {
        const at = asked.length;
        const split = tree[from++]!;
        asked.push(split);
        thresholds.push(split < 0 ? 0 : tree[from++]!);
        values.push(tree[from++]! / 1000);
        right.push(0);
        if (split < 0) return;
        read();
        right[at] = asked.length;
        read();
      };
      roots.push(asked.length);
      read();
    }
    this.#asked = Int16Array.from(asked);
    this.#thresholds = Float64Array.from(thresholds);
    this.#right = Int32Array.from(right);
    this.#values = Float64Array.from(values);
    this.#roots = Int32Array.from(roots);
    this.bias = file.bias + roots.reduce((sum, root) => sum + values[root]!, 0);
  }

  /** Log-odds of a pair's features. */
  logOdds(row: Float64Array): number {
    const [asked, thresholds, right, values, roots] = [
      this.#asked,
      this.#thresholds,
      this.#right,
      this.#values,
      this.#roots,
    ];
    let sum = this.file.bias;
    for (let tree = 0; tree < roots.length; tree++) {
      let at = roots[tree]!;
      let split = asked[at]!;
      while (split >= 0) {
        at = goesLeft(row[split >> 1]!, thresholds[at]!, split) ? at + 1 : right[at]!;
        split = asked[at]!;
      }
      sum += values[at]!;
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
      let split = this.#asked[at]!;
      while (split >= 0) {
        const next = goesLeft(row[split >> 1]!, this.#thresholds[at]!, split) ? at + 1 : this.#right[at]!;
        out[split >> 1]! += this.#values[next]! - this.#values[at]!;
        at = next;
        split = this.#asked[at]!;
      }
    }
    return out;
  }
}

/** A missing value is not at most anything. */
function goesLeft(value: number, threshold: number, split: number): boolean {
  return value <= threshold || ((split & 1) === 1 && Number.isNaN(value));
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
