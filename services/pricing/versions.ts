import type { PricingConfiguration } from './configuration.ts';
import type { RateBook } from './rate-book.ts';
import type { RateTable } from './rates.ts';
import type { RuleSet } from './rules.ts';
import { View, type ViewContext } from './view.ts';

/** How many versions of the past are kept. */
interface VersionLimits {
  /** Rule sets and books of rates that are no longer in force but still price pinned views, of each. */
  readonly retired: number;
}

/** Views that are kept ready for streams to share; beyond, the longest unused is made anew when it is needed. */
const MAX_VIEWS = 256;

/** The configuration in force, and those of the past that a pinned view may still name. */
export class Versions {
  readonly #limits: VersionLimits;
  readonly #ruleSets = new Map<string, RuleSet>();
  readonly #books = new Map<string, RateBook>();
  readonly #views = new Map<string, View>();
  #current: PricingConfiguration;

  constructor(first: PricingConfiguration, limits: VersionLimits) {
    this.#limits = limits;
    this.#current = first;
    this.replace(first);
  }

  get current(): PricingConfiguration {
    return this.#current;
  }

  /** Puts another configuration in force, from the next stream on. */
  replace(next: PricingConfiguration): void {
    this.#current = next;
    renew(this.#ruleSets, [[next.ruleSet.digest, next.ruleSet]], this.#limits.retired);
    renew(this.#books, [[next.rates.digest, next.rates]], this.#limits.retired);
  }

  /** The rule set of a digest, in force or kept. */
  ruleSet(digest: string): RuleSet | undefined {
    return this.#ruleSets.get(digest);
  }

  /**
   * The rate table of an id, from rates in force or kept.
   * @param instant at which it held, epoch milliseconds
   */
  table(id: string, instant: number): RateTable | undefined {
    for (const book of [...this.#books.values()].toReversed()) {
      const table = book.tableAt(instant);
      if (table?.id === id) return table;
    }
    return undefined;
  }

  /** The table in force at an instant (epoch milliseconds). */
  tableAt(instant: number): RateTable | undefined {
    return this.#current.rates.tableAt(instant);
  }

  /** The view of a context at an instant; throws as View does. */
  view(
    context: ViewContext & { readonly experimentKey: string },
    ruleSet: RuleSet,
    table: RateTable,
    instant: number,
  ): View {
    const held = ruleSet.held(context, instant);
    const { vertical, currency, market, client, display } = context;
    const laterOnTop = display?.dueLaterOnTop === true;
    const key = JSON.stringify([
      ruleSet.digest,
      table.id,
      table.day,
      vertical,
      currency,
      market,
      client,
      laterOnTop,
      held.key,
    ]);
    const view =
      this.#views.get(key) ?? new View({ vertical, currency, market, client, display }, ruleSet, held, table);
    this.#views.delete(key);
    this.#views.set(key, view);
    if (this.#views.size > MAX_VIEWS) this.#views.delete(this.#views.keys().next().value!);
    return view;
  }
}

/** Moves the versions in force to the end and drops the oldest of the others beyond the limit. */
function renew<T>(kept: Map<string, T>, inForce: readonly (readonly [string, T])[], retired: number): void {
  for (const [key, version] of inForce) {
    kept.delete(key);
    kept.set(key, version);
  }
  for (const key of kept.keys()) {
    if (kept.size <= inForce.length + retired) break;
    kept.delete(key);
  }
}
