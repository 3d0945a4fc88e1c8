import type { Charge } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { MadeOffer, OfferHandle } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import type { Details } from './charge-details.ts';
import type { ReadMask } from './read-mask.ts';
import type { ResultSet } from './result-set.ts';

/**
 * Asks supply for whole offers, in the order of the handles.
 * @param context the call that looks at them; undefined for the search itself
 */
export type MakeOffers = (
  handles: OfferHandle[],
  itemFields: string[] | undefined,
  context: MeshContext | undefined,
) => Promise<readonly MadeOffer[]>;

/**
 * Charges that detail prices, in a currency that is shown.
 * @param context the call that looks at them; undefined for the search itself
 */
export type ShowDetails = (
  details: readonly Details[],
  currency: string,
  context: MeshContext | undefined,
) => Promise<readonly Charge[][]>;

/** What was made of a row. */
interface Made {
  readonly offer: MadeOffer;
  /** The offer by the currency that its charges are shown in; absent where it has none, which is so in any. */
  readonly shown: Map<string, MadeOffer> | undefined;
}

/**
 * Whole offers of one search, made for the rows that somebody looks at and kept for the next look. Bounded: the ones
 * that were looked at longest ago go first.
 */
export class OfferMaker {
  readonly #set: ResultSet;
  readonly #mask: ReadMask;
  readonly #make: MakeOffers;
  readonly #gone: (rows: readonly number[]) => void;
  readonly #limit: number;
  readonly #show: ShowDetails;
  readonly #made = new Map<number, Made>();
  #bytesEach = 0;

  /**
   * @param gone takes rows out of the set that supply no longer holds
   * @param limit offers to keep
   */
  constructor(
    set: ResultSet,
    mask: ReadMask,
    make: MakeOffers,
    gone: (rows: readonly number[]) => void,
    limit: number,
    show: ShowDetails,
  ) {
    this.#set = set;
    this.#mask = mask;
    this.#make = make;
    this.#gone = gone;
    this.#limit = limit;
    this.#show = show;
  }

  /** Nothing of the item is wanted, so nothing has to be made. */
  get needless(): boolean {
    return this.#mask.itemFields?.length === 0;
  }

  /**
   * What was made of a row; undefined when it was not, or is no longer kept.
   * @param currency what its charges are shown in, as they were made for it; default: the set's own
   */
  made(row: number, currency: string = this.#set.currency): MadeOffer | undefined {
    const made = this.#made.get(row);
    return made?.shown === undefined ? made?.offer : (made.shown.get(currency) ?? made.offer);
  }

  /**
   * Makes what is not made yet. Rows that supply no longer holds are taken out of the set.
   * @param context the call that looks at them; undefined for the search itself
   * @param currency what their charges are shown in; default: the set's own
   * @returns whether all of the rows are there; when not, the page has to be cut anew
   * @throws what the call to supply failed with
   */
  async ensure(
    rows: readonly number[],
    context?: MeshContext,
    currency: string = this.#set.currency,
  ): Promise<boolean> {
    if (this.needless) return true;
    const whole = await this.#makeMissing(rows, context);
    await this.#showDetails(rows, currency, context);
    return whole;
  }

  async #makeMissing(rows: readonly number[], context: MeshContext | undefined): Promise<boolean> {
    const missing: number[] = [];
    for (const row of rows) {
      const made = this.#made.get(row);
      if (made === undefined) {
        missing.push(row);
      } else {
        this.#made.delete(row);
        this.#made.set(row, made);
      }
    }
    if (missing.length === 0) return true;
    const offers = await this.#make(
      missing.map((row) => this.#set.handleOf(row)),
      this.#mask.itemFields,
      context,
    );
    const gone: number[] = [];
    for (const [index, row] of missing.entries()) {
      const offer = offers[index];
      if (offer !== undefined && !offer.missing) this.keep(row, offer);
      // A row that was verified meanwhile is another now, and may well be held.
      else if (this.#set.current(row) === row) gone.push(row);
    }
    if (gone.length > 0) this.#gone(gone);
    return gone.length === 0;
  }

  /** Puts the charges of these rows into the currency, where they are wanted and not there yet. */
  async #showDetails(rows: readonly number[], currency: string, context: MeshContext | undefined): Promise<void> {
    const details: (Details & Made)[] = [];
    for (const row of rows) {
      const made = this.#made.get(row);
      if (made?.shown === undefined || made.shown.has(currency)) continue;
      details.push({ row, charges: made.offer.charges, ...made });
    }
    if (details.length === 0) return;
    const shown = await this.#show(details, currency, context);
    for (const [at, { offer, shown: by }] of details.entries()) by?.set(currency, { ...offer, charges: shown[at]! });
  }

  /** Keeps what was made of a row elsewhere. */
  keep(row: number, offer: MadeOffer): void {
    if (this.#bytesEach === 0) this.#bytesEach = estimateBytes(offer);
    const detailed = this.#mask.details && offer.charges.length > 0;
    this.#made.set(row, {
      offer: detailed || offer.charges.length === 0 ? offer : { ...offer, charges: [] },
      shown: detailed ? new Map() : undefined,
    });
  }

  /** Lets go of what was looked at longest ago; to be called when a page is done. */
  trim(): void {
    for (const row of this.#made.keys()) {
      if (this.#made.size <= this.#limit) return;
      this.#made.delete(row);
    }
  }

  /** Bytes held, by the size of the first offer. */
  memoryBytes(): number {
    return this.#made.size * this.#bytesEach;
  }
}

/** What a message takes in memory, roughly: V8 spends about 24 bytes on an object or text and 8 on a slot. */
export function estimateBytes(value: unknown): number {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Temporal.Instant) return 48;
  let bytes = 24;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) bytes += 8 + estimateBytes(inner);
  return bytes;
}
