import type { RowValues } from './door.ts';
import type { JointColumns, LoadRow } from './layout.ts';
import type { Frame } from './scope.ts';

/** How an answer's frame is filled. */
export interface RowLoader {
  /** Puts what is the same for all rows into it, once they have been found. */
  begin(frame: Frame): void;
  /** Puts a row's values into it. */
  readonly load: LoadRow;
}

/** One row: the elements of its loops, or what map.ts made. */
export interface KitRow {
  readonly answer: KitAnswer;
  /** By position where loops make rows, by name where map.ts does. */
  readonly values: readonly unknown[] | RowValues;
  /** By name, as map.ts takes them; made when it is first asked for. */
  named: RowValues | undefined;
  /** What the vertical's own rules work out of it, once. */
  derived: unknown;
}

/** An answer with the frame that its rows are read in: one row at a time, each entered when it is read. */
export class KitAnswer {
  readonly #frame: Frame;
  readonly #load: RowLoader;
  readonly #shared = new Map<object, Map<unknown, unknown>>();
  #current: KitRow | undefined;
  #begun = false;
  /** Values of the columns that are read in one go, and whose they are. */
  readonly #columns: unknown[] = [];
  #columnsOf: KitRow | undefined;

  /** @param frame holds everything but the rows' own values */
  constructor(frame: Frame, load: RowLoader) {
    this.#frame = frame;
    this.#load = load;
  }

  /** The same answer, its rows not yet read and sharing nothing: with a frame of its own. */
  anew(): KitAnswer {
    return new KitAnswer([...this.#frame], this.#load);
  }

  /** The frame with a row's values in it, until another row is entered. */
  enter(row: KitRow): Frame {
    if (this.#current === row) return this.#frame;
    if (!this.#begun) {
      this.#load.begin(this.#frame);
      this.#begun = true;
    }
    this.#load.load(this.#frame, row.values);
    this.#current = row;
    return this.#frame;
  }

  /** One of the columns that are read in one go. */
  column(row: KitRow, { fill, readers }: JointColumns, at: number): unknown {
    if (this.#columnsOf === row) return this.#columns[at];
    const frame = this.enter(row);
    try {
      fill(frame, this.#columns);
    } catch {
      // One of them cannot be read: it alone shall say so.
      return readers[at]!(frame);
    }
    this.#columnsOf = row;
    return this.#columns[at];
  }

  /** What rows of this answer share, by what it is made of. @param maker whose shared things they are */
  shared(maker: object): Map<unknown, unknown> {
    let known = this.#shared.get(maker);
    if (known === undefined) {
      known = new Map();
      this.#shared.set(maker, known);
    }
    return known;
  }
}
