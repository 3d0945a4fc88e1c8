import type { Lets } from './context.ts';
import type { RowValues } from './door.ts';
import type { Frame } from './scope.ts';

/** One row: the elements of its loops. */
export interface KitRow {
  readonly answer: KitAnswer;
  readonly values: readonly unknown[];
  /** The same by name, as map.ts takes them; made when it is first asked for. */
  named: RowValues | undefined;
  /** What the vertical's own rules work out of it, once. */
  derived: unknown;
}

/** Where a row's values stand in the frame. */
export interface RowLayout {
  /** Slots of the loops' elements, outermost first. */
  readonly loops: readonly number[];
  /** Names that the mapping gives, in order: each may read those before it. */
  readonly lets: Lets;
}

/** An answer with the frame that its rows are read in: one row at a time, each entered when it is read. */
export class KitAnswer {
  readonly #frame: Frame;
  readonly #layout: RowLayout;
  readonly #shared = new Map<object, Map<unknown, unknown>>();
  #current: KitRow | undefined;

  /** @param frame holds everything but the rows' own values */
  constructor(frame: Frame, layout: RowLayout) {
    this.#frame = frame;
    this.#layout = layout;
  }

  /** The frame with a row's values in it, until another row is entered. */
  enter(row: KitRow): Frame {
    if (this.#current === row) return this.#frame;
    const { loops, lets } = this.#layout;
    for (let at = 0; at < loops.length; at++) this.#frame[loops[at]!] = row.values[at];
    for (const [slot, read] of lets) this.#frame[slot] = read(this.#frame);
    this.#current = row;
    return this.#frame;
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
