import { type RejectionCount, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Rejection } from './adapter.ts';

/** Counts why rows became no offers, with the first example of each reason. */
export class Rejections {
  readonly #counts = new Map<RejectionReason, RejectionCount>();
  #total = 0;

  /** Rows rejected. */
  get total(): number {
    return this.#total;
  }

  /** Rows rejected for a reason. */
  count(reason: RejectionReason): number {
    return this.#counts.get(reason)?.count ?? 0;
  }

  /**
   * Counts what was thrown while `reading` was read from a row. Anything but a Rejection means that the row is not built
   * as the adapter expects.
   */
  add(error: unknown, reading: string): void {
    const rejection = error instanceof Rejection ? error : undefined;
    const reason = rejection?.reason ?? RejectionReason.MISSING_FIELD;
    this.#total++;
    const known = this.#counts.get(reason);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const example = rejection?.example ?? `${reading}: ${error instanceof Error ? error.message : String(error)}`;
    this.#counts.set(reason, { reason, count: 1, example: example.slice(0, 200) });
  }

  /** In order of the reasons' numbers. */
  toCounts(): RejectionCount[] {
    return [...this.#counts.values()].sort((a, b) => a.reason - b.reason).map((count) => ({ ...count }));
  }
}
