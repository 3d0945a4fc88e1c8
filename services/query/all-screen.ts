import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { Entry, Ordering } from './ordering.ts';
import type { PricedSet } from './priced-set.ts';
import type { ResultSet } from './result-set.ts';
import { type Drawing, DrawnOffers, type Moment, type Screen } from './screen.ts';
import { UpdateLog } from './updates.ts';
import type { View } from './view.ts';

/** Offers that are made and published at once: one message costs as much as 50 of its offers, and 200 fit in one of 4 MB. */
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
    this.#offers = new DrawnOffers(drawing);
    const shows = allKey(view);
    this.log = new UpdateLog(drawing.searchId, { shows, retractions: rememberedRetractions, mostUpserts: batch });
  }

  get whole(): boolean {
    return this.#whole;
  }

  async draw(): Promise<boolean> {
    const now = this.#drawing.now();
    const moment = now instanceof Promise ? await now : now;
    if (moment.revision === this.log.revision && this.#whole) return false;
    const { ordering, prices } = moment;
    const { set, maker } = this.#drawing;
    const known: Entry[] = [];
    const fresh: Entry[] = [];
    for (const entry of entriesOfAll(set, ordering, prices)) {
      if (maker.needless || this.#offers.has(entry.row)) known.push(entry);
      else fresh.push(entry);
    }
    const made = await this.#make(fresh.slice(0, batch), moment, known.length === 0);
    this.#whole = fresh.length <= batch;
    this.#publish(moment, this.#offers.only([...known, ...made], moment));
    return !this.#whole;
  }

  /** Those of the entries that could be made. */
  async #make(entries: readonly Entry[], { complete }: Moment, first: boolean): Promise<readonly Entry[]> {
    if (entries.length === 0) return entries;
    const { maker } = this.#drawing;
    try {
      // What supply no longer holds leaves the set, which is another change.
      await maker.ensure(entries.map(({ row }) => row));
    } catch (error) {
      if (complete && first) throw error;
    }
    return entries.filter(({ row }) => maker.made(row) !== undefined);
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

/** Every row of an order as an entry of its own. */
function entriesOfAll(set: ResultSet, ordering: Ordering, prices: PricedSet): Entry[] {
  const entries: Entry[] = [];
  for (const rows of [ordering.heads, ordering.others]) {
    for (const row of rows) {
      const current = set.current(row);
      if (!set.isGone(current) && prices.has(current)) entries.push({ row: current, others: [] });
    }
  }
  return entries;
}
