import type { RepairCount, RepairReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';

/** What is put right in the rows of one search, or looks wrong in them and was let through: how many rows, by reason and attribute. */
export class Repairs {
  readonly #counts = new Map<string, RepairCount>();
  /** The row in which each was counted last: one row counts once. */
  readonly #lastRows = new Map<string, number>();
  #row = 0;
  /** The attribute that is being read. */
  attribute = '';

  /** The next row is being read. */
  nextRow(): void {
    this.#row++;
  }

  /** Notes that something was put right in the row that is being read. @param example what the partner wrote */
  add(reason: RepairReason, example: string): void {
    const key = `${reason} ${this.attribute}`;
    if (this.#lastRows.get(key) === this.#row) return;
    this.#lastRows.set(key, this.#row);
    const known = this.#counts.get(key);
    if (known !== undefined) known.count++;
    else this.#counts.set(key, { reason, attribute: this.attribute, count: 1, example: example.slice(0, 100) });
  }

  /** By reason's number and attribute. */
  toCounts(): RepairCount[] {
    const inOrder = (a: RepairCount, b: RepairCount): number =>
      a.reason - b.reason || (a.attribute < b.attribute ? -1 : a.attribute > b.attribute ? 1 : 0);
    return [...this.#counts.values()].sort(inOrder).map((count) => ({ ...count }));
  }
}

/** Whose rows are being read: reading a row never waits for anything, so there is one at a time. */
let reading: Repairs | undefined;

/** Runs work that reads rows; what is put right meanwhile is counted there. */
export function countingRepairs<T>(repairs: Repairs | undefined, work: () => T): T {
  const before = reading;
  reading = repairs;
  try {
    return work();
  } finally {
    reading = before;
  }
}

/** To be called by whatever puts a partner's value right, or leaves out one that cannot be right. Costs nothing where nobody counts. */
export function repaired(reason: RepairReason, example: string): void {
  reading?.add(reason, example);
}
