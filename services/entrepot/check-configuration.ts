// Asks every service what is wrong with its part of the configuration; the same code that loads it.
import path from 'node:path';
import { checkClients, loadClients } from '../../libs/clients/index.ts';
import { type ConfigProblem, yamlFiles } from '../../libs/config/index.ts';
import { checkOperations } from '../edge/graphql/registered.ts';
import { checkViews } from '../edge/views/views.ts';
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
    () => partnersOfClients(directory),
    () => checkViews(directory),
    () => checkOperations(directory),
  ];
  const problems = await Promise.all(checks.map(async (check) => await check()));
  return problems.flat();
}

/** A client that is given a partner by a wrong name would see less than it is meant to, and nobody would be told. */
function partnersOfClients(directory: string): readonly ConfigProblem[] {
  // What else is wrong with the file is query's to say.
  if (checkClients(directory).length > 0) return [];
  const partners = yamlFiles(path.join(directory, 'partners')).map((file) => path.parse(file).name);
  return loadClients(directory).unknownPartners(new Set(partners));
}
