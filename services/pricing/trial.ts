import { existsSync } from 'node:fs';
import path from 'node:path';
import type {
  ExplainResponse,
  PriceBatch,
  PricingContext,
  QuoteBatch,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { priceBatch, readBatch } from './batch.ts';
import { type PricingConfiguration, pricingDirectory, readPricingFiles } from './configuration.ts';
import { explainRow } from './explain.ts';
import { FxPolicy } from './fx.ts';
import { dayOf, RateBook } from './rate-book.ts';
import { RuleSet } from './rules.ts';
import { Versions } from './versions.ts';

/** Older than any rates: on a trial nobody is sold anything, so that age decides nothing. */
const ANY_AGE = { use: 100_000, widen: undefined };

/** Pricing as one context would have it at one instant. */
export interface TrialView {
  /** Id of the rate table. */
  readonly rateTable: string;
  /** The day of pricing for rates, ISO 8601: another than the instant's where there are none for that. */
  readonly ratesDay: string;
  /** As Price does. */
  price(batch: PriceBatch): QuoteBatch;
  /** What the partners' own prices come to in the shown currency, at middle rates and without any rule. */
  unruled(batch: PriceBatch): QuoteBatch;
  /** As Explain does, for one row of a batch. */
  ledger(batch: PriceBatch, row: number): ExplainResponse;
}

/**
 * Rules and rates from files, to be tried beside whatever is in force. A directory is a configuration directory, or a folder with
 * `rules.yaml` in it; rates, `fx.yaml` and `markets.yaml`, where it has none, come from another one.
 */
export class PricingTrial {
  /** Digest of the rules. */
  readonly ruleSet: string;
  readonly #configuration: PricingConfiguration;
  readonly #versions: Versions;
  readonly #unruled: Versions;

  private constructor(configuration: PricingConfiguration) {
    const { ruleSet, rates, markets } = configuration;
    this.ruleSet = ruleSet.digest;
    this.#configuration = configuration;
    this.#versions = new Versions(configuration, { retired: 0 });
    const none = new RuleSet({
      zones: undefined,
      rules: [],
      terms: Object.fromEntries(ruleSet.verticals.map((name) => [name, []])),
    });
    const sources = rates.sources.map(({ source, sheets }) => ({ source: { ...source, staleness: ANY_AGE }, sheets }));
    const policy = new FxPolicy(
      sources.map(({ source }) => source),
      [],
      ANY_AGE,
    );
    const middle = { ruleSet: none, markets, rates: new RateBook(policy, sources), stale: undefined };
    this.#unruled = new Versions(middle, { retired: 0 });
  }

  /**
   * Reads a directory.
   *
   * @param otherwise the configuration directory that what is missing comes from
   * @param now epoch milliseconds
   * @throws ConfigError with every problem
   */
  static read(directory: string, otherwise: string, now: number): PricingTrial {
    const whole = pricingDirectory(directory);
    const own = existsSync(whole) ? whole : directory;
    const base = pricingDirectory(otherwise);
    const rates = existsSync(path.join(own, 'rates')) ? own : base;
    const fx = existsSync(path.join(own, 'fx.yaml')) ? own : base;
    const markets = existsSync(path.join(own, 'markets.yaml')) ? own : base;
    return new PricingTrial(readPricingFiles(own, now, rates, fx, markets));
  }

  /**
   * Pricing for a context at an instant.
   *
   * @param instant epoch milliseconds: rules with a validity are judged by it, and rates are those of its day where they can be used
   * @throws EntrepotError UNKNOWN_CURRENCY as pricing does; INVALID_FIELD for a vertical that there is not
   */
  at(context: PricingContext, instant: number): TrialView {
    const { ruleSet, rates } = this.#configuration;
    if (!ruleSet.verticals.includes(context.vertical)) {
      throw new EntrepotError({ reason: 'INVALID_FIELD', message: `There is no vertical "${context.vertical}".` });
    }
    const day = usableDay(rates, dayOf(instant));
    const table = rates.tableOn(day)!;
    const shown = { ...context, display: this.#configuration.markets.displayIn(context.market) };
    const view = this.#versions.view(shown, ruleSet, table, instant);
    const middle = this.#unruled.current;
    const bare = this.#unruled.view(shown, middle.ruleSet, middle.rates.tableOn(day)!, instant);
    return {
      rateTable: table.id,
      ratesDay: day,
      price: (batch) => priceBatch(view, batch),
      unruled: (batch) => priceBatch(bare, batch),
      ledger: (batch, row) => explainRow(view, batch, readBatch(view, batch), row),
    };
  }
}

/** The day itself where it has rates that are not too old, else the nearest that has some: the newest before it, or the oldest. */
function usableDay(rates: RateBook, day: string): string {
  if (rates.tableOn(day) !== undefined && rates.refusedOn(day) === undefined) return day;
  return rates.dates.findLast((date) => date <= day) ?? rates.dates[0]!;
}
