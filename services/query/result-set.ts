import {
  type AnyColumnView,
  GrowingTable,
  type PriceView,
  type StringColumnView,
  StringView,
  selectColumns,
  selectRows,
} from '../../libs/columns/index.ts';
import type { MarketDisplay, PriceBatch, QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Judgement } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import type { IdentityChange, OfferHandle, PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { isQueryable, type PriceUnit, type Vertical } from '../../libs/vertical/index.ts';
import { Judgements } from './accuracy/judgements.ts';
import { AppliedFilters } from './applied.ts';
import { int64At, withRoom } from './growing.ts';
import { type Outlier, type OutlierPolicy, usualOutliers } from './outliers.ts';
import { PricedSet } from './priced-set.ts';
import { Products } from './products.ts';
import { quarantined } from './quarantine.ts';
import { type CheckedBatch, checkBatch, partnerPrices, Segments } from './segments.ts';

/** Where a row came from. */
export interface RowSource {
  readonly answer: string;
  readonly row: number;
  readonly manifest: string;
  readonly fetchedAt: Temporal.Instant | undefined;
  /** Its answer was past its time of reuse. */
  readonly stale: boolean;
}

/**
 * What a search has found: priced rows as columns, growing batch by batch. Rows have numbers in the order in which they
 * came, which says nothing; what identifies a row is its partner and its number among the partner's rows, so that any
 * interleaving of partners ends in the same set.
 */
export class ResultSet {
  /** The shown prices, in the currency that was asked for. */
  readonly prices: PricedSet;
  readonly products = new Products();
  /** What a price can be stated for one of; undefined where nobody compares by it. */
  readonly priceUnit: PriceUnit | undefined;
  /** What the market has to be shown; undefined until pricing has said. */
  display: MarketDisplay | undefined;
  /** What partners applied themselves of the search's filter. */
  readonly applied: AppliedFilters;
  readonly #upperCounts: boolean;
  readonly #apart: readonly string[];
  /** When a price is taken for a mistake. */
  readonly outlierPolicy: OutlierPolicy;
  readonly #wanted: readonly string[];
  readonly #table = new GrowingTable();
  readonly #segments = new Segments();
  /** Rows that a verification replaced, by the row that stands in for them now. */
  readonly #replaced = new Map<number, number>();
  #partners: readonly string[] = [];
  #partnerRows: number[] = [];
  #expiries = new Float64Array(0);
  #gone = new Uint8Array(0);
  #nextExpiry = Number.POSITIVE_INFINITY;
  #sweptUntil = 0;
  #held: { revision: number; rows: Uint32Array } | undefined;
  #live: { revision: number; rows: Uint32Array; quarantined: ReadonlyMap<number, Outlier> } | undefined;
  #shown: { revision: number; rows: Uint32Array } | undefined;
  #counts: { revision: number; products: number; provisional: boolean } | undefined;
  /** What is done about partners whose prices are too often wrong. */
  readonly judgements = new Judgements();
  /** Counts every change that anyone may see. */
  revision = 1;
  /** The revision at which rows, their order, or their products last changed. */
  rowsRevision = 1;

  /**
   * @param currency ISO 4217, of the shown prices
   * @param outliers when a price is taken for a mistake; default: where two other partners agree that it is
   */
  constructor(vertical: Vertical, currency: string, outliers: OutlierPolicy = usualOutliers) {
    this.outlierPolicy = outliers;
    this.#apart = vertical.attributes.filter(({ pricesApart }) => pricesApart).map(({ name }) => name);
    this.applied = new AppliedFilters(vertical);
    this.#upperCounts = vertical.priceBound === 'upper';
    this.priceUnit = vertical.priceUnit;
    this.prices = this.pricedIn(currency);
    // What nobody filters, sorts or counts by (a shared identity key) is not worth merging.
    this.#wanted = vertical.attributes.filter(isQueryable).map((attribute) => attribute.name);
  }

  /** Partners in order of name: a partner's number is its position. Set once, before the first batch. */
  get partners(): readonly string[] {
    return this.#partners;
  }

  set partners(names: readonly string[]) {
    this.#partners = [...names].sort();
    this.#partnerRows = this.#partners.map(() => 0);
    this.judgements.number(this.#partners);
  }

  /** Rows that ever were, with those that are gone. */
  get rowCount(): number {
    return this.#table.rowCount;
  }

  /** Currency of the shown prices, ISO 4217. */
  get currency(): string {
    return this.prices.currency;
  }

  /** As PricedSet.totals, of the shown prices. */
  get totals(): Float64Array {
    return this.prices.totals;
  }

  /** The set in a currency, without prices yet. */
  pricedIn(currency: string): PricedSet {
    return new PricedSet(currency, this.#segments, this.#upperCounts);
  }

  /** Something that is not about rows changed: an outcome. */
  touch(): void {
    this.revision++;
  }

  /**
   * Adds the rows of a batch that have a price. Returns how many.
   * @param inputs what pricing was given: kept, to explain prices from
   * @throws EntrepotError INVALID_FIELD when batch or quotes are not of one piece; the set is then as before
   */
  append(partner: number, batch: PartnerBatch, inputs: PriceBatch, quotes: QuoteBatch): number {
    const checked = checkBatch(batch, inputs, quotes);
    const base = this.#partnerRows[partner]!;
    const kept = this.#add(partner, checked, base, false);
    this.products.noteUnpriced(checked.products, checked.locals);
    this.#partnerRows[partner] = base + checked.count;
    if (kept > 0) this.#rowsChanged();
    return kept;
  }

  /**
   * Puts a verified row in the place of another, under the same identity. Returns its number; undefined when it has no
   * price, and nothing changed.
   * @param batch one row, with its quote
   */
  replace(row: number, batch: PartnerBatch, inputs: PriceBatch, quotes: QuoteBatch): number | undefined {
    const place = this.placeOf(row);
    if (this.#add(place.partner, checkBatch(batch, inputs, quotes), place.row, true) === 0) return undefined;
    const replacement = this.rowCount - 1;
    this.#replaced.set(this.current(row), replacement);
    this.#rowsChanged();
    return replacement;
  }

  /** Takes in identities that came late. True when it changed anything. */
  regroup(changes: readonly IdentityChange[]): boolean {
    const changed = this.products.settle(changes);
    if (changed) this.#rowsChanged();
    return changed;
  }

  /** Takes rows out for good: expired, sold out, or no longer held by supply. */
  remove(rows: Iterable<number>): void {
    for (const row of rows) this.#gone[this.current(row)] = 1;
    this.#rowsChanged();
  }

  /** Takes out what has expired. To be called before the set is looked at. True when anything had. */
  sweep(now: number): boolean {
    if (now < this.#nextExpiry) return false;
    let next = Number.POSITIVE_INFINITY;
    for (let row = 0; row < this.rowCount; row++) {
      if (this.#gone[row] === 1) continue;
      const expiry = this.#expiries[row]!;
      if (expiry <= now) {
        this.#gone[row] = 1;
        this.#sweptUntil = Math.max(this.#sweptUntil, expiry);
      } else if (expiry < next) next = expiry;
    }
    this.#nextExpiry = next;
    this.#rowsChanged();
    return true;
  }

  /** When the row expired that expired last of those that were taken out, epoch ms; 0 where none was. */
  get sweptUntil(): number {
    return this.#sweptUntil;
  }

  /** The rows that are held and can be had, ordered by partner and the partner's row: the order of offer ids. */
  liveRows(): Uint32Array {
    return this.#judged().rows;
  }

  /** Rows that are held but not shown, because their price is taken for a mistake. */
  quarantined(): ReadonlyMap<number, Outlier> {
    return this.#judged().quarantined;
  }

  #judged(): { readonly rows: Uint32Array; readonly quarantined: ReadonlyMap<number, Outlier> } {
    if (this.#live?.revision === this.rowsRevision) return this.#live;
    const held = this.heldRows();
    const { ofRow, provisional } = this.products.view;
    const found = quarantined(
      {
        rows: held,
        totals: this.totals,
        productOf: ofRow,
        provisional,
        products: this.products.ids.length,
        partnerOf: this.#segments.partnerCodes(),
        apart: this.#apart.map((name) => this.column(name)),
      },
      this.outlierPolicy,
    );
    const rows = found.size === 0 ? held : held.filter((row) => !found.has(row));
    this.#live = { revision: this.rowsRevision, rows, quarantined: found };
    return this.#live;
  }

  /** The rows that can be shown and those in quarantine, in the order of offer ids. */
  heldRows(): Uint32Array {
    if (this.#held?.revision === this.rowsRevision) return this.#held.rows;
    const rows = new Uint32Array(this.rowCount);
    let length = 0;
    const clean = this.#replaced.size === 0;
    for (let partner = 0; partner < this.#partners.length; partner++) {
      for (const segment of this.#segments.of(partner)) {
        for (let row = segment.first; row < segment.first + segment.kept; row++) {
          const live = clean ? row : this.current(row);
          if (this.#gone[live] === 0) rows[length++] = live;
        }
      }
    }
    this.#held = { revision: this.rowsRevision, rows: rows.subarray(0, length) };
    return this.#held.rows;
  }

  /** Of the live rows those that are shown: what hidden partners sent is held, not shown. */
  shownRows(): Uint32Array {
    const live = this.liveRows();
    const { hidden } = this.judgements;
    if (hidden === undefined) return live;
    if (this.#shown?.revision !== this.rowsRevision) {
      const codes = this.#segments.partnerCodes();
      this.#shown = { revision: this.rowsRevision, rows: live.filter((row) => hidden[codes[row]!] === 0) };
    }
    return this.#shown.rows;
  }

  /** The partner's number of each row, by row. */
  get partnerCodes(): Uint32Array {
    return this.#segments.partnerCodes();
  }

  /** What is done about the row's partner; undefined for nothing. */
  judgementOf(row: number): Judgement | undefined {
    return this.judgements.none ? undefined : this.judgements.of(this.partnerOf(row));
  }

  /** Distinct products among the rows that are shown, and whether one of them is provisional. */
  productCounts(): { readonly products: number; readonly provisional: boolean } {
    if (this.#counts?.revision === this.rowsRevision) return this.#counts;
    const { ofRow, provisional } = this.products.view;
    const seen = new Uint8Array(this.products.ids.length);
    let products = 0;
    let undecided = false;
    for (const row of this.shownRows()) {
      const product = ofRow[row]!;
      if (seen[product] === 1) continue;
      seen[product] = 1;
      products++;
      undecided ||= provisional[product] === 1;
    }
    this.#counts = { revision: this.rowsRevision, products, provisional: undecided };
    return this.#counts;
  }

  /** Attributes that are held: those that anyone filters, sorts or counts by. */
  get attributes(): readonly string[] {
    return this.#wanted;
  }

  /** An attribute over all rows; undefined when no row has it. */
  column(attribute: string): AnyColumnView | undefined {
    return this.#table.column(attribute);
  }

  /** The partner of each row. */
  partnerColumn(): StringColumnView {
    return new StringView('partner', this.rowCount, undefined, this.#partners, this.#segments.partnerCodes());
  }

  /** The row that stands for a row now: itself, or the one that a verification put in its place. */
  current(row: number): number {
    let at = row;
    for (let next = this.#replaced.get(at); next !== undefined; next = this.#replaced.get(at)) at = next;
    return at;
  }

  /** The row of a partner's row number as it is now; undefined when there was none, or it had no price. */
  find(partner: number, partnerRow: number): number | undefined {
    const row = this.#segments.find(partner, partnerRow);
    return row === undefined ? undefined : this.current(row);
  }

  /** Whether the row is gone: expired, sold out, or no longer held. */
  isGone(row: number): boolean {
    return this.#gone[row] === 1;
  }

  /** The partner's number, and the row's number among the partner's. */
  placeOf(row: number): { readonly partner: number; readonly row: number } {
    const { segment, local } = this.#segments.at(row);
    return { partner: segment.partner, row: segment.base + local };
  }

  /** The partner that sells the row. */
  partnerOf(row: number): string {
    return this.#partners[this.#segments.at(row).segment.partner]!;
  }

  /** When the row expires, epoch milliseconds. */
  expiryOf(row: number): number {
    return this.#expiries[row]!;
  }

  /** The partner's own prices, and the row's position in them. */
  partnerPriceOf(row: number): { readonly prices: PriceView; readonly at: number } {
    const { segment, local } = this.#segments.at(row);
    return { prices: partnerPrices(segment), at: local };
  }

  /** How many charges came with the row's columns. */
  partnerChargesOf(row: number): number {
    const { prices, at } = this.partnerPriceOf(row);
    return prices.allCharges === undefined ? 0 : prices.allCharges.end(at) - prices.allCharges.start(at);
  }

  /** What supply needs to make the row again. */
  handleOf(row: number): OfferHandle {
    const { answer, manifest, row: answerRow } = this.sourceOf(row);
    return { partner: this.partnerOf(row), answer, row: answerRow, manifest };
  }

  /** Where the row came from. */
  sourceOf(row: number): RowSource {
    const { segment, local } = this.#segments.at(row);
    return {
      answer: segment.answer,
      row: segment.answerRows[local]!,
      manifest: segment.manifest,
      fetchedAt: segment.fetchedAt,
      stale: segment.stale,
    };
  }

  /** What pricing was given for the batch that the row came in, and the row's position there. */
  inputsOf(row: number): { readonly batch: PriceBatch; readonly at: number } {
    const { segment, local } = this.#segments.at(row);
    return { batch: segment.inputs, at: local };
  }

  /** Bytes held: columns, prices and what is kept to explain them. An estimate within a factor of about 1.5. */
  memoryBytes(): number {
    const arrays = this.#expiries.byteLength + this.#gone.byteLength;
    const rows = this.#table.memoryBytes() + this.#segments.memoryBytes() + this.prices.memoryBytes();
    return rows + this.products.memoryBytes() + arrays;
  }

  /** Adds the rows that have a price, or nothing at all when the batch is not of one piece. Returns how many. */
  #add(partner: number, checked: CheckedBatch, base: number, replacement: boolean): number {
    const { batch, columns, products, count, kept, locals } = checked;
    if (kept === 0) return 0;
    const codes = this.products.code(products, batch.provisional, locals, kept);
    const wanted = selectColumns(columns, this.#wanted);
    // Room is made at once as if every partner sent as many rows as this one.
    const expected = Math.min(mostExpectedRows, count * this.#partners.length);
    const first = this.#table.append(locals === undefined ? wanted : selectRows(wanted, locals), expected);
    this.products.append(codes, expected);
    this.#segments.add(partner, checked, base, replacement, expected);
    this.prices.add(checked.quotes, expected);
    this.#writeExpiries(first, checked, expected);
    return kept;
  }

  #writeExpiries(first: number, { kept, locals, expiries }: CheckedBatch, expected: number): void {
    const end = first + kept;
    this.#expiries = withRoom(this.#expiries, end, expected);
    this.#gone = withRoom(this.#gone, end, expected);
    for (let i = 0; i < kept; i++) {
      const expiry = int64At(expiries, locals === undefined ? i : locals[i]!);
      this.#expiries[first + i] = expiry;
      if (expiry < this.#nextExpiry) this.#nextExpiry = expiry;
    }
  }

  #rowsChanged(): void {
    this.revision++;
    this.rowsRevision = this.revision;
  }
}

/** Most rows that room is made for before they have come. */
const mostExpectedRows = 4_096;
