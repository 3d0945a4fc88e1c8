import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { JournalEntry, PricedRows } from '../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import type { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { Ending } from './endings.ts';
import { Outcomes } from './outcomes.ts';
import type { OutlierPolicy } from './outliers.ts';
import { ResultSet } from './result-set.ts';

/** What can happen in a fan-out. */
export type Entry = NonNullable<JournalEntry['entry']>;

/**
 * What a fan-out has found so far: the result set, every partner's outcome, and whether that is all. It changes by entries alone,
 * one after the other, so that whoever takes the same entries in holds the same.
 */
export class Findings {
  readonly set: ResultSet;
  readonly outcomes: Outcomes;
  readonly startedAt: number;
  readonly #record: (entry: Entry) => void;
  #view: PricingView | undefined;
  #unshared = false;
  #completedBecause = '';
  /** Entries so far. */
  entries = 0;

  /**
   * @param startedAt of the search, in milliseconds of performance.now()
   * @param record told of each entry, after it has taken effect
   * @param outliers when a price is taken for a mistake
   */
  constructor(
    vertical: Vertical,
    currency: string,
    startedAt: number,
    record: (entry: Entry) => void,
    outliers?: OutlierPolicy,
  ) {
    this.startedAt = startedAt;
    this.set = new ResultSet(vertical, currency, outliers);
    this.#record = record;
    this.outcomes = new Outcomes(startedAt, this.set, (end) => this.#note({ $case: 'ended', value: end }));
  }

  /** The view that prices are made under; undefined until pricing has said. */
  get view(): PricingView | undefined {
    return this.#view;
  }

  /** The search is complete, whatever may still come. */
  get complete(): boolean {
    return this.#completedBecause !== '';
  }

  /** Why; empty while it is not. */
  get completedBecause(): string {
    return this.#completedBecause;
  }

  /** What was found is good for one search alone. */
  get unshared(): boolean {
    return this.#unshared;
  }

  /** Every outcome so far. */
  get ended(): readonly PartnerOutcome[] {
    return this.outcomes.ended;
  }

  /** Something happened here: it takes effect, and is recorded. Throws what taking rows in throws, and nothing has changed then. */
  happened(entry: Entry): void {
    if (entry.$case === 'rows') {
      // Before the end of their partner's part, which may come of them.
      const kept = this.#append(entry.value);
      this.#note(entry);
      this.#priced(entry.value, kept);
      return;
    }
    this.#apply(entry);
    this.#note(entry);
  }

  /** Something happened elsewhere and was recorded there. */
  replay(entry: Entry): void {
    this.entries++;
    if (entry.$case === 'rows') {
      this.arrived(entry.value.batch!);
      this.#priced(entry.value, this.#append(entry.value));
    } else {
      this.#apply(entry);
    }
  }

  /** Rows are gone for good: sold out, or no longer held by supply. */
  remove(rows: readonly number[]): void {
    const places = rows.map((row) => this.set.placeOf(row));
    const value = { partners: places.map(({ partner }) => partner), rows: places.map(({ row }) => row) };
    this.happened({ $case: 'removed', value });
  }

  /** A partner is asked again: its rows so far are gone. */
  restart(partner: string): void {
    const { set, outcomes } = this;
    const rows = Array.from(set.heldRows()).filter((row) => set.partnerOf(row) === partner);
    if (rows.length > 0) this.remove(rows);
    outcomes.restart(partner);
  }

  /**
   * A row was verified. Returns the row that stands for it now; undefined where that has no price, and nothing changed.
   * @param now one row, with its price
   */
  verified(row: number, now: PricedRows): number | undefined {
    const before = this.set.current(row);
    this.happened({ $case: 'verified', value: { ...this.set.placeOf(row), now } });
    const after = this.set.current(before);
    return after === before ? undefined : after;
  }

  /** Rows of a partner came that have no prices yet. False when they are of no use. */
  arrived(batch: PartnerBatch): boolean {
    return this.outcomes.received(batch.partner, batch.columns?.rowCount ?? 0);
  }

  /** A partner's outcome was reported. */
  reported(outcome: PartnerOutcome): void {
    if (this.outcomes.report(outcome)) this.set.touch();
  }

  /** A partner's rows were of no use. */
  spoiled(partner: string, ending: Ending): void {
    if (this.outcomes.spoil(partner, ending)) this.set.touch();
  }

  #note(entry: Entry): void {
    this.entries++;
    this.#record(entry);
  }

  #apply(entry: Entry): void {
    const { set, outcomes } = this;
    switch (entry.$case) {
      case 'plan':
        set.partners = entry.value.asked;
        for (const applied of entry.value.applied) set.applied.add(applied);
        this.#unshared = entry.value.unshared.length > 0;
        outcomes.plan(entry.value);
        break;
      case 'applied':
        set.applied.add(entry.value);
        break;
      case 'view':
        this.#view = entry.value;
        this.set.display = entry.value.display;
        return;
      case 'ended':
        outcomes.restore(entry.value);
        break;
      case 'identities':
        // Where identity could not be asked for, products stay provisional, which is how they are marked already.
        set.regroup(entry.value.changes);
        return;
      case 'removed': {
        const rows = entry.value.rows.map((row, at) => set.find(entry.value.partners[at]!, row));
        set.remove(rows.filter((row) => row !== undefined));
        return;
      }
      case 'verified': {
        const { partner, row, now } = entry.value;
        const at = set.find(partner, row);
        if (at !== undefined) set.replace(at, now!.batch!, now!.inputs!, now!.quotes!);
        return;
      }
      case 'completedBecause':
        this.#completedBecause = entry.value;
        break;
      case 'judged':
        set.judgements.take(entry.value);
        return;
      case 'over':
        return;
    }
    set.touch();
  }

  #append({ batch, inputs, quotes }: PricedRows): number {
    const { set } = this;
    return set.append(set.partners.indexOf(batch!.partner), batch!, inputs!, quotes!);
  }

  #priced({ batch, quotes }: PricedRows, kept: number): void {
    this.outcomes.priced(batch!.partner, kept, quotes!.unpriced);
    this.set.touch();
  }
}
