import { ConfigError, type ConfigProblem } from '../../libs/config/index.ts';
import type { PushConfig, SellerConfig, TwinConfig } from './config.ts';
import type { Seller } from './formats/format.ts';
import { isWorldCurrency } from './money.ts';

/** Paths that are the twin's own. */
const reserved = new Set(['truth', 'healthz']);

/**
 * The sellers of a configuration.
 *
 * @param file what problems are reported under
 * @throws ConfigError for names that are taken and currencies that the world has no rate for
 */
export function sellersOf(
  config: TwinConfig,
  file = 'twin.yaml',
): { readonly seller: Seller; readonly format: SellerConfig['format']; readonly push: PushConfig }[] {
  const problems: ConfigProblem[] = [];
  const refuse = (reason: string): void => {
    problems.push({ file, line: 0, column: 0, reason });
  };
  const sellers = Object.entries(config.sellers).map(([name, configured]) => {
    const { format, salt = name, username, push, ...rest } = configured;
    if (reserved.has(name)) refuse(`"${name}" cannot be the name of a seller`);
    if (!isWorldCurrency(rest.currency)) refuse(`seller ${name}: the twin's world has no rate for ${rest.currency}`);
    const wholeUnits = format === 'travelport';
    return { seller: { name, salt, username, wholeUnits, revision: 0, ...rest }, format, push };
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return sellers;
}
