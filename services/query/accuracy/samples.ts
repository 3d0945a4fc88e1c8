import type { Entry } from '../ordering.ts';
import type { ResultSet } from '../result-set.ts';
import type { Search } from '../search.ts';
import { chanceOf, seedOf } from './chance.ts';
import { type AccuracyConfig, shareOf } from './config.ts';
import { type Sample, sampleOf } from './sample.ts';

/** A row has one number in its fan-out whoever takes its place: its partner's times this, and its own among the partner's. */
const rowsOfPartner = 1_000_000;

interface Seen {
  readonly seed: number;
  readonly chosen: Set<number>;
  probed: boolean;
}

/** Chooses among shown offers: each is looked at once, however often it is shown and by however many searches. */
export class Samples {
  readonly #take: (sample: Sample, dueAt: number) => void;
  readonly #now: () => number;
  readonly #seen = new WeakMap<ResultSet, Seen>();

  /**
   * @param take told of each chosen offer, and when it is due, epoch ms
   * @param now epoch ms
   */
  constructor(take: (sample: Sample, dueAt: number) => void, now: () => number) {
    this.#take = take;
    this.#now = now;
  }

  /** Entries came onto a page that somebody looks at. */
  shown(search: Search, entries: readonly Entry[], config: AccuracyConfig): void {
    const seen = this.#seenOf(search);
    for (const { row, others } of entries) {
      this.#consider(search, row, seen, config);
      for (const other of others) this.#consider(search, other, seen, config);
    }
  }

  /** A search asked partners that are not shown: some of the offers that they would have shown first are chosen. */
  probe(search: Search, config: AccuracyConfig): void {
    const { set } = search;
    const { hidden } = set.judgements;
    const seen = this.#seenOf(search);
    if (hidden === undefined || seen.probed) return;
    seen.probed = true;
    for (const [partner, flag] of hidden.entries()) {
      if (flag === 0) continue;
      const rows = set.liveRows().filter((row) => set.partnerCodes[row] === partner);
      const cheapest = rows.sort((a, b) => set.totals[a]! - set.totals[b]!).subarray(0, config.probe.offers);
      for (const row of cheapest) this.#choose(search, row, this.#numberOf(set, row), seen, config);
    }
  }

  #seenOf({ set, fanOut }: Search): Seen {
    let seen = this.#seen.get(set);
    if (seen === undefined) {
      seen = { seed: seedOf(fanOut.id), chosen: new Set(), probed: false };
      this.#seen.set(set, seen);
    }
    return seen;
  }

  #consider(search: Search, row: number, seen: Seen, config: AccuracyConfig): void {
    const { set } = search;
    const number = this.#numberOf(set, row);
    if (chanceOf(seen.seed, number) < shareOf(config, set.partnerOf(row))) {
      this.#choose(search, row, number, seen, config);
    }
  }

  #choose(search: Search, row: number, number: number, seen: Seen, { sample }: AccuracyConfig): void {
    if (seen.chosen.has(number)) return;
    seen.chosen.add(number);
    const now = this.#now();
    const waitMs = (sample.delaySeconds + sample.jitterSeconds * chanceOf(~seen.seed, number)) * 1_000;
    this.#take(sampleOf(search, row, now), now + waitMs);
  }

  #numberOf(set: ResultSet, row: number): number {
    const place = set.placeOf(row);
    return place.partner * rowsOfPartner + place.row;
  }
}
