// What other pricing rules would have made of recorded searches: who moves, by how much, and what becomes of margin and order.
import { readInt64s } from '../../../libs/columns/index.ts';
import type {
  ExplainResponse,
  PriceBatch,
  QuoteBatch,
} from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { LedgerLineKind } from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PricingSample } from '../../../libs/contracts/gen/entrepot/query/v1/pricing_sample.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { PricingTrial, TrialView } from '../../pricing/service.ts';

/**
 * Figures of a group of rows. Shares and changes are fractions (0.02 for 2 %), doubles: they are statistics, no money. A row's change is
 * that of its shown price; of a range, of the lower bound.
 */
export interface GroupFigures {
  readonly name: string;
  /** Rows that have a price before or after. */
  readonly rows: number;
  /** Rows whose price changes, comes or goes. */
  readonly moved: number;
  /** Of those, rows that have a price only before, or only after. */
  readonly lost: number;
  readonly gained: number;
  /** Mean change of all rows that have a price before and after. */
  readonly mean: number;
  /** Of the rows whose price changes: the median change, and what 95 % of the changes stay within, either way. */
  readonly median: number;
  readonly p95: number;
  /** The largest change, either way. */
  readonly largest: number;
  /**
   * What is shown beyond what the partners' own prices come to at middle rates, as a share of those; each shown currency counts by its
   * rows. Of rows that have a price before and after.
   */
  readonly marginBefore: number;
  readonly marginAfter: number;
}

/** A rule's part in the rows that move. */
export interface RuleFigures {
  readonly name: string;
  /** Of the moved rows that were looked at, those that the rule does something to. */
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  /** What it adds to those that it does something to, on average, as a share of the converted price of the partner. */
  readonly effectBefore: number;
  readonly effectAfter: number;
}

/** What becomes of the order of searches. */
export interface OrderFigures {
  /** Searches whose order could be made. */
  readonly searches: number;
  /** Of those, searches whose first entry is sold by another partner. */
  readonly firstChanged: number;
  /** Searches whose cheapest entry is sold by another partner. */
  readonly cheapestChanged: number;
  /** Of the first ten entries before, how many are there after, on average; 1 for all. */
  readonly topOverlap: number;
}

/** A simulation's outcome. */
export interface Simulation {
  readonly samples: number;
  /** Samples that could not be priced, with why. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Digests. */
  readonly rulesBefore: string;
  readonly rulesAfter: string;
  /** Samples priced at rates of another day than their own, for there are none of that. */
  readonly otherRates: number;
  readonly total: GroupFigures;
  readonly partners: readonly GroupFigures[];
  readonly markets: readonly GroupFigures[];
  readonly rules: readonly RuleFigures[];
  /** Moved rows whose rules were looked at. */
  readonly ruleRows: number;
  readonly order: OrderFigures;
  /** How many rows change by how much. */
  readonly distribution: readonly Bin[];
}

/** Rows whose change is from `from` up to `to`, which is not included; the outermost are open. From 0 to 0: rows that do not move. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/** How recorded searches are ordered: by query, with the rankings that are configured. */
export type OrderOf = (
  sample: PricingSample,
  quotes: readonly QuoteBatch[],
  most: number,
  byPrice: boolean,
) => { readonly partners: readonly string[]; readonly entries: readonly string[] };

/** Moved rows whose ledgers are compared; more say nothing new. */
const MOST_LEDGERS = 5_000;
const TOP = 10;

/**
 * Prices recorded searches before and after.
 *
 * @param at prices each sample at this instant (epoch milliseconds) instead of its own
 */
export async function simulate(
  samples: AsyncIterable<PricingSample>,
  before: PricingTrial,
  after: PricingTrial,
  orderOf: OrderOf,
  at?: number,
): Promise<Simulation> {
  const total = new Group('all');
  const partners = new Groups();
  const markets = new Groups();
  const rules = new Rules();
  const order = new Orders();
  const skipped: Record<string, number> = {};
  let count = 0;
  let otherRates = 0;
  for await (const sample of samples) {
    count++;
    const context = sample.view?.context;
    const instant = at ?? sample.view?.instant?.epochMilliseconds ?? sample.takenAt?.epochMilliseconds;
    if (context === undefined || instant === undefined) {
      tally(skipped, 'it does not say under which view it was priced');
      continue;
    }
    let views: readonly [TrialView, TrialView];
    try {
      views = [before.at(context, instant), after.at(context, instant)];
    } catch (error) {
      if (!(error instanceof EntrepotError)) throw error;
      tally(skipped, `${error.reason}: ${error.message}`);
      continue;
    }
    const [was, is] = views;
    const day = new Date(instant).toISOString().slice(0, 10);
    if (was.ratesDay !== day || is.ratesDay !== day) otherRates++;
    const quotesBefore: QuoteBatch[] = [];
    const quotesAfter: QuoteBatch[] = [];
    for (const { inputs } of sample.rows) {
      if (inputs === undefined) continue;
      const priced = [was.price(inputs), is.price(inputs)] as const;
      quotesBefore.push(priced[0]);
      quotesAfter.push(priced[1]);
      const groups = [total, partners.of(inputs.partner), markets.of(context.market)];
      addRows(inputs, priced, was.unruled(inputs), groups, (row) => rules.moved(inputs, row, was, is));
    }
    order.add(sample, quotesBefore, quotesAfter, orderOf);
  }
  return {
    samples: count,
    skipped,
    rulesBefore: before.ruleSet,
    rulesAfter: after.ruleSet,
    otherRates,
    total: total.figures,
    partners: partners.figures,
    markets: markets.figures,
    rules: rules.figures,
    ruleRows: rules.rows,
    order: order.figures,
    distribution: total.distribution,
  };
}

function tally(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function addRows(
  { prices }: PriceBatch,
  [before, after]: readonly [QuoteBatch, QuoteBatch],
  unruled: QuoteBatch,
  groups: readonly Group[],
  moved: (row: number) => void,
): void {
  const was = readInt64s(before.totalMinor);
  const is = readInt64s(after.totalMinor);
  const own = readInt64s(unruled.totalMinor);
  const rows = prices?.currencyCodes.length ?? 0;
  for (let row = 0; row < rows; row++) {
    const [a, b] = [was.get(row), is.get(row)];
    if (a < 0 && b < 0) continue;
    for (const group of groups) group.add(a, b, own.get(row));
    if (a !== b && a >= 0 && b >= 0) moved(row);
  }
}

/** Collects the rows of one group. */
class Group {
  readonly name: string;
  readonly #changes: number[] = [];
  #rows = 0;
  #lost = 0;
  #gained = 0;
  #unmoved = 0;
  #marginBefore = 0;
  #marginAfter = 0;
  #margins = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** A row's prices in minor units, -1 for none; `own` is what the partner's price comes to. */
  add(before: number, after: number, own: number): void {
    this.#rows++;
    if (after < 0) this.#lost++;
    else if (before < 0) this.#gained++;
    else {
      if (own > 0) {
        this.#margins++;
        this.#marginBefore += (before - own) / own;
        this.#marginAfter += (after - own) / own;
      }
      if (before === after) this.#unmoved++;
      // Of nothing, any change is all of it.
      else this.#changes.push(before === 0 ? 1 : (after - before) / before);
    }
  }

  get figures(): GroupFigures {
    const changes = this.#changes.toSorted((a, b) => a - b);
    const sizes = changes.map(Math.abs).sort((a, b) => a - b);
    const sum = changes.reduce((all, change) => all + change, 0);
    return {
      name: this.name,
      rows: this.#rows,
      moved: changes.length + this.#lost + this.#gained,
      lost: this.#lost,
      gained: this.#gained,
      mean: changes.length === 0 ? 0 : sum / (changes.length + this.#unmoved),
      median: quantile(changes, 0.5),
      p95: quantile(sizes, 0.95),
      largest: sizes.at(-1) ?? 0,
      marginBefore: this.#margins === 0 ? 0 : this.#marginBefore / this.#margins,
      marginAfter: this.#margins === 0 ? 0 : this.#marginAfter / this.#margins,
    };
  }

  /** Rows by change: falls, what does not move, rises. */
  get distribution(): readonly Bin[] {
    const sizes = this.#changes.map(Math.abs).sort((a, b) => a - b);
    const edges = edgesFor(quantile(sizes, 0.99));
    const bins = [...edges, Number.POSITIVE_INFINITY].map((to, at) => ({
      from: edges[at - 1] ?? Number.NEGATIVE_INFINITY,
      to,
      rows: 0,
    }));
    for (const change of this.#changes) {
      // Doubles that differ in their last digit belong together.
      const bin = bins.find(({ to }) => change < (to === 0 ? 0 : to - 1e-12));
      (bin ?? bins.at(-1)!).rows++;
    }
    const rises = bins.findIndex(({ from }) => from === 0);
    return [...bins.slice(0, rises), { from: 0, to: 0, rows: this.#unmoved }, ...bins.slice(rises)];
  }
}

const BINS_A_SIDE = 8;

/** Round edges at both sides of 0, so that nearly all changes lie between the outermost. */
function edgesFor(size: number): number[] {
  const least = Math.max(size, 0.004) / BINS_A_SIDE;
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((one) => one >= least - 1e-12)!;
  return Array.from({ length: 2 * BINS_A_SIDE + 1 }, (_, at) => (at - BINS_A_SIDE) * step);
}

/** Of sorted values, the one that so much of them does not exceed; 0 of none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

class Groups {
  readonly #groups = new Map<string, Group>();

  of(name: string): Group {
    const group = this.#groups.get(name) ?? new Group(name);
    this.#groups.set(name, group);
    return group;
  }

  /** Those that move most come first. */
  get figures(): readonly GroupFigures[] {
    return [...this.#groups.values()]
      .map((group) => group.figures)
      .sort((a, b) => b.moved - a.moved || (a.name < b.name ? -1 : 1));
  }
}

interface Effect {
  rows: number;
  sum: number;
}

/** Which rules do something to the rows that move. */
class Rules {
  readonly #before = new Map<string, Effect>();
  readonly #after = new Map<string, Effect>();
  #seen = 0;
  rows = 0;

  moved(batch: PriceBatch, row: number, before: TrialView, after: TrialView): void {
    this.#seen++;
    // Thinner and thinner, so that searches of the end are looked at too.
    if (this.rows >= MOST_LEDGERS && this.#seen % 64 !== 0) return;
    this.rows++;
    note(this.#before, before.ledger(batch, row));
    note(this.#after, after.ledger(batch, row));
  }

  get figures(): readonly RuleFigures[] {
    const names = [...new Set([...this.#before.keys(), ...this.#after.keys()])];
    const effect = (of: Map<string, Effect>, name: string): number =>
      (of.get(name)?.sum ?? 0) / (of.get(name)?.rows ?? 1);
    return names
      .map((name) => ({
        name,
        rowsBefore: this.#before.get(name)?.rows ?? 0,
        rowsAfter: this.#after.get(name)?.rows ?? 0,
        effectBefore: effect(this.#before, name),
        effectAfter: effect(this.#after, name),
      }))
      .sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1));
  }
}

/** How much of the change is a rule's. */
function weight({ rowsBefore, rowsAfter, effectBefore, effectAfter }: RuleFigures): number {
  return Math.abs(rowsAfter * effectAfter - rowsBefore * effectBefore);
}

const OF_RULES: ReadonlySet<LedgerLineKind> = new Set([
  LedgerLineKind.PERCENTAGE,
  LedgerLineKind.FIXED,
  LedgerLineKind.LIMIT,
  LedgerLineKind.SPREAD,
]);

function note(effects: Map<string, Effect>, { lines }: ExplainResponse): void {
  const first = lines.findIndex(({ kind }) => OF_RULES.has(kind));
  const base = Number(lines[first - 1]?.runningTotal?.amount ?? 0);
  const own = new Map<string, number>();
  for (const { kind, source, amount } of lines) {
    if (!OF_RULES.has(kind)) continue;
    const name = kind === LedgerLineKind.SPREAD ? `spread ${source}` : source;
    own.set(name, (own.get(name) ?? 0) + Number(amount?.amount ?? 0));
  }
  for (const [name, sum] of own) {
    const effect = effects.get(name) ?? { rows: 0, sum: 0 };
    effect.rows++;
    effect.sum += base > 0 ? sum / base : 0;
    effects.set(name, effect);
  }
}

/** What becomes of the order of searches. */
class Orders {
  #searches = 0;
  #first = 0;
  #cheapest = 0;
  #overlap = 0;

  add(sample: PricingSample, before: readonly QuoteBatch[], after: readonly QuoteBatch[], orderOf: OrderOf): void {
    const was = orderOf(sample, before, TOP, false);
    const is = orderOf(sample, after, TOP, false);
    if (was.entries.length === 0) return;
    this.#searches++;
    if (was.partners[0] !== is.partners[0]) this.#first++;
    if (orderOf(sample, before, 1, true).partners[0] !== orderOf(sample, after, 1, true).partners[0]) this.#cheapest++;
    const there = new Set(is.entries);
    this.#overlap += was.entries.filter((entry) => there.has(entry)).length / was.entries.length;
  }

  get figures(): OrderFigures {
    return {
      searches: this.#searches,
      firstChanged: this.#first,
      cheapestChanged: this.#cheapest,
      topOverlap: this.#searches === 0 ? 1 : this.#overlap / this.#searches,
    };
  }
}
