import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { Entry, Ordering } from './ordering.ts';
import type { PricedSet } from './priced-set.ts';
import type { ResultSet } from './result-set.ts';
import { type Drawing, DrawnOffers, type Moment, type Screen } from './screen.ts';
import { UpdateLog } from './updates.ts';
import type { View } from './view.ts';

/** Offers that are made and published at once, and most of one update: one message costs as much as 50 of its offers, and 200 fit in one of 4 MB. */
const batch = 200;
/** Retractions that are remembered. */
const rememberedRetractions = 20_000;

/** Every offer that passes a view's filter, in batches, in no order. */
export class AllScreen implements Screen {
  readonly log: UpdateLog;
  readonly #drawing: Drawing;
  readonly #offers: DrawnOffers;
  #whole = true;

  constructor(drawing: Drawing, view: View) {
    this.#drawing = drawing;
    // Whoever wants every offer gets a product's content with a page, or from the catalogue: here it would come with each of its offers.
    this.#offers = new DrawnOffers({ ...drawing, contents: undefined });
    const shows = allKey(view);
    this.log = new UpdateLog(drawing.searchId, { shows, retractions: rememberedRetractions, mostUpserts: batch });
  }

  get whole(): boolean {
    return this.#whole;
  }

  get memoryBytes(): number {
    return this.#offers.memoryBytes;
  }

  async draw(): Promise<boolean> {
    const now = this.#drawing.now();
    const moment = now instanceof Promise ? await now : now;
    if (moment.revision === this.log.revision && this.#whole) return false;
    const { ordering, prices } = moment;
    const entries = entriesOfAll(this.#drawing.set, ordering, prices);
    const outdated = this.#offers.outdated(entries, moment);
    const made = await this.#make(outdated.slice(0, batch), moment);
    if (made !== undefined) this.#drawing.looked([...made]);
    const waiting = new Set(made === undefined ? outdated : outdated.filter((entry) => this.#waits(entry, made)));
    this.#whole = waiting.size === 0;
    const shown = entries.filter((entry) => this.#offers.has(entry) || made?.has(entry) === true);
    this.#publish(moment, this.#offers.only(shown, moment, waiting));
    return made !== undefined && !this.#whole;
  }

  /** It is still to be drawn: it is of the next batch, or what was made of it was let go of for what somebody else looks at. */
  #waits(entry: Entry, made: ReadonlySet<Entry>): boolean {
    const { set } = this.#drawing;
    return !made.has(entry) && set.current(entry.row) === entry.row && !set.isGone(entry.row);
  }

  /** Those of the entries that could be made; undefined where supply cannot make any now. */
  async #make(entries: readonly Entry[], { complete, prices }: Moment): Promise<ReadonlySet<Entry> | undefined> {
    const { maker } = this.#drawing;
    if (maker.needless) return new Set(entries);
    try {
      // What supply no longer holds leaves the set, which is another change.
      const rows = entries.filter((entry) => !this.#offers.has(entry)).map(({ row }) => row);
      await maker.ensure(rows, undefined, prices.currency);
    } catch (error) {
      // While the search goes on, its next change tries again.
      if (complete) throw error;
      return undefined;
    }
    return new Set(entries.filter((entry) => this.#offers.has(entry) || maker.made(entry.row) !== undefined));
  }

  #publish(moment: Moment, offers: ReadonlyMap<string, Offer>): void {
    // The search is complete for a reader once it has every offer.
    const complete = moment.complete && this.#whole;
    this.log.publish({ ...moment, complete, page: undefined, offers, facets: moment.ordering.facets });
    this.#drawing.maker.trim();
  }
}

/** How cursors name the screen. */
export function allKey(view: View): string {
  return `${view.key}*`;
}

const alone: readonly number[] = [];

/** Every row of an order as an entry of its own. */
function entriesOfAll(set: ResultSet, ordering: Ordering, prices: PricedSet): Entry[] {
  const entries: Entry[] = [];
  for (const rows of [ordering.heads, ordering.others]) {
    for (const row of rows) {
      const current = set.current(row);
      if (!set.isGone(current) && prices.has(current)) entries.push({ row: current, others: alone });
    }
  }
  return entries;
}
