import { inPageTime } from './contents.ts';
import { settledProducts } from './offers.ts';
import { type Entry, entriesOf, type Ordering } from './ordering.ts';
import { type Drawing, DrawnOffers, type Screen } from './screen.ts';
import { encodePageToken } from './tokens.ts';
import { UpdateLog } from './updates.ts';
import type { View } from './view.ts';

/** Times that supply may say that rows are no longer held before a page goes out with what there is. */
const mostRecuts = 5;
/** Retractions that are remembered, in pages: who was away for longer gets a snapshot. */
const rememberedPages = 20;

/** The first page of a view, as it changes. */
export class TopScreen implements Screen {
  readonly log: UpdateLog;
  readonly #drawing: Drawing;
  readonly #offers: DrawnOffers;
  /** Content of what is shown that is under way. */
  #loading: Promise<void> | undefined;
  /** The page is complete but for that. */
  #heldUp = false;
  /** It has come since the page was drawn. */
  #arrived = false;

  constructor(drawing: Drawing, view: View) {
    this.#drawing = drawing;
    this.#offers = new DrawnOffers(drawing);
    this.log = new UpdateLog(drawing.searchId, { shows: view.key, retractions: view.pageSize * rememberedPages });
  }

  get whole(): boolean {
    return !this.#heldUp && !this.#arrived;
  }

  get memoryBytes(): number {
    return this.#offers.memoryBytes;
  }

  async draw(): Promise<boolean> {
    // Offers are shown before anybody waits for their content; only a page that is complete otherwise is held up for it.
    const heldUp = this.#heldUp;
    if (heldUp) await inPageTime(this.#loading);
    this.#heldUp = false;
    const { searchId, set, maker } = this.#drawing;
    for (let cut = 1; ; cut++) {
      const now = this.#drawing.now();
      const moment = now instanceof Promise ? await now : now;
      if (moment.revision === this.log.revision && !heldUp && !this.#arrived) return false;
      const { ordering, prices } = moment;
      const { pageSize } = ordering.view;
      let entries = entriesOf(set, ordering, 0, pageSize, prices);
      let failure: unknown;
      try {
        const rows = entries.map(({ row }) => row);
        const whole = await maker.ensure(rows, undefined, prices.currency);
        if (!whole && cut < mostRecuts) continue;
      } catch (error) {
        failure = error;
      }
      if (!maker.needless) {
        const made = entries.filter(({ row }) => maker.made(row) !== undefined);
        // What was made may have been let go of for what somebody else looks at.
        if (failure === undefined && made.length < entries.length && cut < mostRecuts) continue;
        if (made.length === 0 && entries.length > 0 && moment.complete && failure !== undefined) throw failure;
        entries = made;
      }
      const arrived = this.#arrived;
      this.#arrived = false;
      const changed = moment.revision !== this.log.revision || heldUp;
      if (arrived && !changed && this.#offers.outdated(entries, moment).length === 0) return false;
      const offers = this.#offers.only(entries, moment);
      // What did not come in time is not waited for again.
      const loading = this.#load(entries, ordering);
      this.#heldUp = !heldUp && loading && moment.complete;
      // What was complete stays so while the content of products that were settled later comes.
      const complete = moment.complete && (!this.#heldUp || this.log.complete);
      const page = {
        offerIds: [...offers.keys()],
        nextPageToken: nextPageToken(searchId, ordering, pageSize),
        totalSize: ordering.heads.length,
      };
      this.#drawing.looked(entries);
      this.log.publish({ ...moment, complete, page, offers, facets: ordering.facets });
      maker.trim();
      return this.#heldUp;
    }
  }

  /** Begins to load what is known of the products that are shown; false where that is held, or nobody wants it. */
  #load(entries: readonly Entry[], { products }: Ordering): boolean {
    const { contents, set, redraw } = this.#drawing;
    const rows = entries.map(({ row }) => row);
    const loading = contents?.load(settledProducts(set, rows, products));
    this.#loading = loading;
    void loading?.then(() => {
      if (this.#loading !== loading) return;
      this.#loading = undefined;
      this.#arrived = true;
      redraw();
    });
    return loading !== undefined;
  }
}

/** Token of the page that starts at `offset`; empty when there is none. */
export function nextPageToken(searchId: string, ordering: Ordering, offset: number): string {
  if (offset >= ordering.heads.length) return '';
  return encodePageToken({ searchId, view: ordering.view.key, moment: ordering.moment, offset });
}
