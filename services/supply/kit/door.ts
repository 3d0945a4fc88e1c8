import type { Charge } from '../../../libs/columns/index.ts';
import type { Adapter, AnswerContext, PartnerPrice } from '../adapter.ts';
import type { Wanted } from '../wanted.ts';

/** The elements of a row's loops by name: `{ row }`, `{ hotel, room, rate }`. */
export type RowValues = Readonly<Record<string, unknown>>;

/** Rows, and what else there is to say of them. */
export interface GivenAnswer {
  readonly rows: readonly object[];
  /** Why the answer is incomplete. */
  readonly warning?: string | undefined;
}

/** A time with the zone of its place. */
export interface Moment {
  readonly epochMs: number;
  /** IANA. */
  readonly timeZone: string;
}

/**
 * What a `map.ts` beside a manifest may export as `map`: functions for what expressions cannot say or should not. Each
 * takes the place of what the manifest says about the same thing; all are synchronous and pure.
 */
export interface Door {
  /**
   * Fields of the item by proto name: enums by name, times as {@link Moment}; undefined for absent. One that nobody asks for is not
   * made; `wanted` says which fields within it are, where it is a message or a list of them.
   */
  readonly fields?: Readonly<Record<string, (values: never, context: AnswerContext, wanted: Wanted) => unknown>>;
  /**
   * Rows of an answer, each with the names that `rows.given` in the manifest lists; of that of a verification too. undefined
   * where it is no answer with rows.
   *
   * @param names what the manifest calls by name: its `let`, `answer` and `joins`
   */
  readonly rows?: (
    body: never,
    context: AnswerContext,
    names: RowValues,
  ) => readonly object[] | GivenAnswer | undefined;
  /** undefined: what the manifest says counts. */
  readonly price?: (values: never, context: AnswerContext) => PartnerPrice | undefined;
  /**
   * Taxes and fees that only detail the price: inside the total, or optional. Asked for when an offer is made whole; what is
   * mandatory and not in the total comes with `price`. undefined: what the manifest says counts.
   */
  readonly charges?: (values: never, context: AnswerContext) => readonly Charge[] | undefined;
  /** Epoch ms. */
  readonly expiresAt?: (values: never, context: AnswerContext) => number;
  /** Any part of the adapter as a whole: with all of them, the manifest maps nothing. */
  readonly adapter?: Partial<Adapter>;
}
