// Another look at what a search holds: filter, order, facets and a page of 10,000 offers, beside the same over an array of objects
// written by hand; and what a held search of 1,000 offers takes in memory beyond the rows that supply holds.
import path from 'node:path';
import { Grouping, PageOptions } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { MadeOffer } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { liveBytes } from '../../../libs/telemetry/live-bytes.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { newSearchId } from '../../../services/query/ids.ts';
import { wholeOffer } from '../../../services/query/offers.ts';
import { entriesOf, type Ordering, Orderings } from '../../../services/query/ordering.ts';
import type { PricedSet } from '../../../services/query/priced-set.ts';
import { loadRankings } from '../../../services/query/ranking-file.ts';
import { compileReadMask } from '../../../services/query/read-mask.ts';
import { ResultSet } from '../../../services/query/result-set.ts';
import { compileView, type View, type ViewProblem } from '../../../services/query/view.ts';
import type { Case } from '../bench.ts';
import { type Look, plainPage } from '../by-hand/held.ts';
import { type Figure, figure } from '../figures.ts';
import { partnerName, plainOffers, readBatch, type WireBatch, wireBatch } from '../held-rows.ts';

const date = '2027-01-22';
const partners = 10;
const samples = 15;
/** Looks in a sample: the processor's time is told in steps that are longer than some looks. */
const inSample = 20;
const warmUp = 50;
const pageSize = 20;
const flight = vertical('flight');
const rankings = loadRankings(path.join(import.meta.dirname, '../../../deploy/config')).get('flight')!;
const mask = compileReadMask(undefined, 'flight', []);

/** The looks that are measured: all filter, count every facet, group by product and cut a page. */
const looks: Readonly<Record<string, { readonly options: Partial<PageOptions>; readonly byHand: Look }>> = {
  price: {
    options: { orderBy: 'price', filter: 'stops <= 1 && price < 900.0 && !("XX" in carriers)' },
    byHand: {
      matches: ({ stops, price, carriers }) => stops <= 1 && price < 900 && !carriers.includes('XX'),
      key: ({ price }) => price,
    },
  },
  everything: {
    options: { orderBy: 'duration_minutes desc' },
    byHand: { matches: () => true, key: (offer) => -offer.duration_minutes },
  },
  best: {
    options: { orderBy: 'best', filter: 'changeable || cabin == "BUSINESS" || departure_minute_of_day > 480' },
    byHand: {
      matches: (offer) => offer.changeable || offer.cabin === 'BUSINESS' || offer.departure_minute_of_day > 480,
      key: undefined,
    },
  },
  ranking: {
    options: { ranking: 'price / price_median + double(stops) / 2.0 + (partner == "partner-03" ? 0.1 : 0.0)' },
    byHand: { matches: () => true, key: undefined },
  },
};

/** Measures both. */
export const heldCase: Case = async (say) => [...timeFigures(say), ...memoryFigures(say)];

function timeFigures(say: (line: string) => void): Figure[] {
  const plain = Array.from({ length: partners }, (_, partner) => plainOffers(partner, 1_000, date));
  const set = setOf(plain.map((rows, partner) => wireBatch(partner, rows)));
  const all = plain.flat();
  const figures: Figure[] = [];
  for (const [name, { options, byHand }] of Object.entries(looks)) {
    const view = viewOf(options);
    check(name, look(set, view, set.prices), plainPage(all, byHand, pageSize), byHand);
    const ours = times(() => look(set, view, set.prices));
    const floor = times(() => plainPage(all, byHand, pageSize));
    figures.push(figure(`held.${name}`, ours, 'ms CPU', 5));
    if (byHand.key !== undefined) figures.push(figure(`held.${name}_floor`, floor, 'ms CPU'));
    say(`  ${name}: ${ours.toSorted((a, b) => a - b)[samples >> 1]?.toFixed(2)} ms CPU`);
  }
  return figures;
}

/** A page as GetPage makes one, but for the offers' items, which supply makes. */
function look(set: ResultSet, view: View, prices: PricedSet): { ordering: Ordering; offers: unknown[] } {
  const ordering = new Orderings(set, () => 0, 16).now(view, true, prices);
  const offers = entriesOf(set, ordering, 0, view.pageSize, prices).map((entry) =>
    wholeOffer('0123456789abcdef', set, ordering.products, entry, made, mask, prices),
  );
  return { ordering, offers };
}

const made = MadeOffer.fromPartial({ partnerTotal: { currencyCode: 'GBP', amount: '1.00' } });

function viewOf(options: Partial<PageOptions>): View {
  const asked = { ...PageOptions.fromPartial(options), pageSize, currency: 'GBP', grouping: Grouping.PRODUCT };
  const problems: ViewProblem[] = [];
  const view = compileView(flight, rankings, asked, '', problems);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return view;
}

/** Both must have found the same, or one of them has done less. */
function check(
  name: string,
  { ordering }: ReturnType<typeof look>,
  plain: ReturnType<typeof plainPage>,
  { key }: Look,
): void {
  const counted = ordering.facets.map(({ attribute, values, range, absent }) => ({
    attribute,
    absent,
    values: values.map(({ value, count, products }) => `${value} ${count} ${products}`).sort(),
    range,
  }));
  for (const facet of counted) {
    const other = plain.facets.get(facet.attribute);
    const same = JSON.stringify({ ...other, values: [...(other?.values ?? [])].sort() });
    const own = JSON.stringify({ absent: facet.absent, values: facet.values, range: facet.range });
    if (same !== own) throw new Error(`${name}: facet ${facet.attribute} is ${own}, by hand ${same}`);
  }
  if (ordering.matching !== plain.matching || ordering.heads.length !== plain.entries) {
    throw new Error(`${name}: ${ordering.matching} offers, by hand ${plain.matching}`);
  }
  if (key !== undefined && ordering.matching === 0) throw new Error(`${name}: nothing matches`);
}

function setOf(batches: readonly WireBatch[]): ResultSet {
  const set = new ResultSet(flight, 'GBP');
  set.partners = batches.map((_, partner) => partnerName(partner));
  for (const [partner, wire] of batches.entries()) {
    const { batch, inputs, quotes } = readBatch(wire);
    set.append(partner, batch, inputs, quotes);
  }
  return set;
}

/** Milliseconds of a run, sample by sample, by the time of this thread's processor: who shares the machine does not count. */
function times(run: () => unknown): number[] {
  for (let time = 0; time < warmUp; time++) run();
  // What others left behind is not for this one to collect; what that takes out of the caches it may put back.
  liveBytes();
  for (let time = 0; time < warmUp; time++) run();
  return Array.from({ length: samples }, () => {
    const before = process.threadCpuUsage();
    for (let time = 0; time < inSample; time++) run();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000 / inSample;
  });
}

const heldSets = 100;

function memoryFigures(say: (line: string) => void): Figure[] {
  const wire = Array.from({ length: partners }, (_, partner) => wireBatch(partner, plainOffers(partner, 100, date)));
  const view = viewOf({});
  const hold = (): { set: ResultSet; orderings: Orderings; id: string } => {
    const set = setOf(wire);
    const orderings = new Orderings(set, () => 0, 16);
    orderings.now(view, true);
    return { set, orderings, id: newSearchId() };
  };
  for (let time = 0; time < 20; time++) hold();
  const taken: number[] = [];
  const estimated: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = liveBytes();
    const held = Array.from({ length: heldSets }, hold);
    taken.push((liveBytes() - before) / heldSets / 1_000);
    const [one] = held;
    estimated.push((one!.set.memoryBytes() + one!.orderings.memoryBytes()) / 1_000);
  }
  say(`  1,000 offers: ${taken.at(-1)?.toFixed(0)} KB, estimated ${estimated.at(-1)?.toFixed(0)} KB`);
  return [figure('held.memory', taken, 'KB', 400), figure('held.memory_estimate', estimated, 'KB')];
}
