import path from 'node:path';
import { ConfigError, type ConfigProblem } from '../../libs/config/index.ts';
import { type RateFiles, readRateFiles } from './rate-files.ts';
import type { RateTable } from './rates.ts';
import type { RuleSet } from './rules.ts';
import { readRulesFile } from './rules-file.ts';
import { readRulesAside } from './rules-reader.ts';

/** What pricing works by: rules and dated rates that go together. */
export interface PricingConfiguration {
  readonly ruleSet: RuleSet;
  /** By date, oldest first; the first is in force at the moment of loading at the latest. */
  readonly tables: readonly RateTable[];
}

/** The folder of pricing in a configuration directory: `rules.yaml`, and `rates/` with one file a day. */
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
  let rules: RuleSet | ConfigError;
  try {
    rules = readRulesFile(rulesFileIn(configDirectory));
  } catch (error) {
    rules = asConfigError(error);
  }
  return withRates(configDirectory, now, rules);
}

/** As readPricingConfiguration; rules are read in a thread of their own. */
export async function readPricingConfigurationAside(
  configDirectory: string,
  now: number,
): Promise<PricingConfiguration> {
  return withRates(configDirectory, now, await readRulesAside(rulesFileIn(configDirectory)).catch(asConfigError));
}

function rulesFileIn(configDirectory: string): string {
  return path.join(pricingDirectory(configDirectory), 'rules.yaml');
}

function asConfigError(error: unknown): ConfigError {
  if (error instanceof ConfigError) return error;
  throw error;
}

function withRates(configDirectory: string, now: number, rules: RuleSet | ConfigError): PricingConfiguration {
  const directory = pricingDirectory(configDirectory);
  const problems: ConfigProblem[] = rules instanceof ConfigError ? [...rules.problems] : [];
  const ruleSet = rules instanceof ConfigError ? undefined : rules;
  const rates = readRateFiles(path.join(directory, 'rates'));
  problems.push(...rates.problems, ...uncovered(rates, ruleSet, directory, now));
  if (ruleSet === undefined || problems.length > 0) throw new ConfigError(problems);
  return { ruleSet, tables: rates.tables };
}

/**
 * Everything that is wrong with the pricing configuration; empty when it can be used. For `entrepot check`.
 *
 * @param configDirectory the directory that holds `pricing/`
 */
export function checkPricingConfig(configDirectory: string): readonly ConfigProblem[] {
  try {
    readPricingConfiguration(configDirectory, Date.now());
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The table in force at an instant: the latest that is dated not after it (UTC). */
export function tableAt(tables: readonly RateTable[], instant: number): RateTable | undefined {
  const date = new Date(instant).toISOString().slice(0, 10);
  return tables.findLast((table) => table.date <= date);
}

function uncovered(rates: RateFiles, ruleSet: RuleSet | undefined, directory: string, now: number): ConfigProblem[] {
  if (rates.tables.length === 0) return [];
  const inForce = tableAt(rates.tables, now);
  const place = { file: path.join(directory, 'rates'), line: 0, column: 0 };
  if (inForce === undefined) {
    return [
      {
        ...place,
        reason: `every table is dated in the future, the first ${rates.tables[0]!.date}; add one up to today`,
      },
    ];
  }
  const problems: ConfigProblem[] = [];
  for (const table of rates.tables.slice(rates.tables.indexOf(inForce))) {
    for (const [currency, rule] of ruleSet?.currencies ?? []) {
      if (table.has(currency)) continue;
      problems.push({
        ...place,
        reason: `rule "${rule}" adds ${currency}, which has no rate in the table of ${table.date}`,
      });
    }
  }
  return problems;
}
