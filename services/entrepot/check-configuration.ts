// Asks every service what is wrong with its part of the configuration; the same code that loads it.
import type { ConfigProblem } from '../../libs/config/index.ts';
import { checkOperations } from '../edge/graphql/registered.ts';
import { checkPricingConfig } from '../pricing/service.ts';
import { checkQueryConfig } from '../query/service.ts';
import { checkPartners } from '../supply/service.ts';
import { checkTwinConfig } from '../twin/server.ts';

/** Every problem of every file in a configuration directory. */
export async function checkConfiguration(directory: string): Promise<readonly ConfigProblem[]> {
  const checks: (() => Promise<readonly ConfigProblem[]> | readonly ConfigProblem[])[] = [
    () => checkPartners(directory),
    () => checkPricingConfig(directory),
    () => checkQueryConfig(directory),
    () => checkTwinConfig(directory),
    () => checkOperations(directory),
  ];
  const problems = await Promise.all(checks.map(async (check) => await check()));
  return problems.flat();
}
