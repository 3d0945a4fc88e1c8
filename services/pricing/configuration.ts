import path from 'node:path';
import { ConfigError, type ConfigProblem } from '../../libs/config/index.ts';
import { readFxFile } from './fx-file.ts';
import { type MarketPolicies, readMarketsFile } from './markets.ts';
import { dayOf, RateBook } from './rate-book.ts';
import { readRateSources } from './rate-files.ts';
import type { RuleSet } from './rules.ts';
import { readRulesFile } from './rules-file.ts';
import { readRulesAside } from './rules-reader.ts';

/** What pricing works by: rules and dated rates that go together. */
export interface PricingConfiguration {
  readonly ruleSet: RuleSet;
  /** What each market must be shown. */
  readonly markets: MarketPolicies;
  /** The first of its rates are in force at the moment of loading at the latest. */
  readonly rates: RateBook;
  /** Set where every rate was refused for its age at the moment of loading: what is wrong, and what to do. */
  readonly stale: ConfigProblem | undefined;
}

/** The folder of pricing in a configuration directory: `rules.yaml`, `markets.yaml`, `fx.yaml`, and `rates/` with one file a day. */
export function pricingDirectory(configDirectory: string): string {
  return path.join(configDirectory, 'pricing');
}

/**
 * Reads and checks the whole configuration of pricing.
 *
 * @param configDirectory the directory that holds `pricing/`
 * @param now epoch milliseconds: a table must be in force by then
 * @throws ConfigError with every problem
 */
export function readPricingConfiguration(configDirectory: string, now: number): PricingConfiguration {
  return readPricingFiles(pricingDirectory(configDirectory), now);
}

/** As {@link readPricingConfiguration}; many rules are read in a thread of their own. */
export async function readPricingConfigurationAside(
  configDirectory: string,
  now: number,
): Promise<PricingConfiguration> {
  const directory = pricingDirectory(configDirectory);
  const problems: ConfigProblem[] = [];
  const ruleSet = await readRulesAside(path.join(directory, 'rules.yaml')).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  });
  return readOthers({ directory, ratesDirectory: directory, fxDirectory: directory, ruleSet, problems, now });
}

/** As {@link readPricingConfiguration}, of a folder of pricing itself; rates, or also what is made of them, may stand in another one. */
export function readPricingFiles(
  directory: string,
  now: number,
  ratesDirectory = directory,
  fxDirectory = ratesDirectory,
  marketsDirectory = directory,
): PricingConfiguration {
  const problems: ConfigProblem[] = [];
  const ruleSet = reading(problems, () => readRulesFile(path.join(directory, 'rules.yaml')));
  return readOthers({ directory: marketsDirectory, ratesDirectory, fxDirectory, ruleSet, problems, now });
}

/** What was read of the rules, and where the rest is. */
interface RulesRead {
  /** Of `markets.yaml`. */
  readonly directory: string;
  readonly ratesDirectory: string;
  readonly fxDirectory: string;
  /** Undefined where something is wrong, which `problems` then says. */
  readonly ruleSet: RuleSet | undefined;
  readonly problems: ConfigProblem[];
  readonly now: number;
}

function readOthers({
  directory,
  ratesDirectory,
  fxDirectory,
  ruleSet,
  problems,
  now,
}: RulesRead): PricingConfiguration {
  const markets = reading(problems, () => readMarketsFile(path.join(directory, 'markets.yaml')));
  const rates = readRates(ratesDirectory, fxDirectory, now, problems);
  if (rates !== undefined) problems.push(...uncovered(rates, ruleSet, ratesDirectory, now));
  if (ruleSet === undefined || markets === undefined || rates === undefined || problems.length > 0) {
    throw new ConfigError(problems);
  }
  return { ruleSet, markets, rates, stale: staleness(rates, ratesDirectory, now) };
}

/** What is read; undefined where something is wrong, which `problems` then says. */
function reading<T>(problems: ConfigProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** Reads `fx.yaml` and the rates of its sources; undefined where something is wrong, which `problems` then says. */
function readRates(
  directory: string,
  fxDirectory: string,
  now: number,
  problems: ConfigProblem[],
): RateBook | undefined {
  return reading(problems, () => {
    const policy = readFxFile(path.join(fxDirectory, 'fx.yaml'));
    const read = readRateSources(policy, directory, dayOf(now));
    problems.push(...read.problems);
    const any = read.sources.some(({ sheets }) => sheets.length > 0);
    return any ? new RateBook(policy, read.sources) : undefined;
  });
}

/**
 * Everything that is wrong with the pricing configuration; empty when it can be used. For `entrepot check`.
 *
 * @param configDirectory the directory that holds `pricing/`
 */
export function checkPricingConfig(configDirectory: string): readonly ConfigProblem[] {
  try {
    const { stale } = readPricingConfiguration(configDirectory, Date.now());
    return stale === undefined ? [] : [stale];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function staleness(rates: RateBook, directory: string, now: number): ConfigProblem | undefined {
  const newest = rates.refusedOn(dayOf(now));
  if (newest === undefined) return undefined;
  const { sheet, age, oldest } = newest;
  return {
    ...placeOf(directory),
    reason:
      `the newest rates are of ${sheet.date}, ${age} business days old, and refused after ${oldest}; add newer ones, ` +
      'or change staleness in fx.yaml',
  };
}

function uncovered(
  rates: RateBook,
  ruleSet: RuleSet | undefined,
  directory: string,
  now: number,
): readonly ConfigProblem[] {
  const today = dayOf(now);
  const { dates } = rates;
  if (dates[0]! > today) {
    const reason = `every table is dated in the future, the first ${dates[0]}; add one up to today`;
    return [{ ...placeOf(directory), reason }];
  }
  const problems: ConfigProblem[] = [];
  for (const day of [today, ...dates.filter((date) => date > today)]) {
    // Whatever their age: that rates grow old is no matter of which there are.
    const covered = new Set(rates.sheetsOn(day).flatMap((sheet) => [sheet.base ?? 'EUR', ...sheet.rates.keys()]));
    for (const [currency, rule] of ruleSet?.currencies ?? []) {
      if (covered.has(currency)) continue;
      const of = rates.tableOn(day)?.date ?? day;
      const reason = `rule "${rule}" adds ${currency}, which has no rate in the table of ${of}`;
      if (!problems.some((problem) => problem.reason === reason)) problems.push({ ...placeOf(directory), reason });
    }
  }
  return problems;
}

function placeOf(directory: string): Pick<ConfigProblem, 'file' | 'line' | 'column'> {
  return { file: path.join(directory, 'rates'), line: 0, column: 0 };
}
