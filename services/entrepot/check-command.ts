// `entrepot check`: is the configuration right? Every problem with file, line and reason; the same code that loads it.
import { relative } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { type ConfigProblem, configDirectory } from '../../libs/config/index.ts';
import { checkPricingConfig } from '../pricing/service.ts';
import { checkQueryConfig } from '../query/service.ts';
import { checkPartners } from '../supply/service.ts';
import { checkTwinConfig } from '../twin/server.ts';

/** Builds the command. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Check every configuration file; exit code 1 when one could not be used.')
    .argument('[directory]', 'configuration directory (environment: ENTREPOT_CONFIG)', configDirectory())
    .option('--json', 'a JSON list of problems for scripts')
    .action(async (directory: string, options: { json?: true }) => {
      const problems = await checkConfiguration(directory);
      if (options.json === true) console.log(JSON.stringify(problems, null, 2));
      else print(directory, problems);
      if (problems.length > 0) process.exitCode = 1;
    });
}

/** Every problem of every file in a configuration directory. */
export async function checkConfiguration(directory: string): Promise<readonly ConfigProblem[]> {
  const checks: (() => Promise<readonly ConfigProblem[]> | readonly ConfigProblem[])[] = [
    () => checkPartners(directory),
    () => checkPricingConfig(directory),
    () => checkQueryConfig(directory),
    () => checkTwinConfig(directory),
  ];
  const problems = await Promise.all(checks.map(async (check) => await check()));
  return problems.flat();
}

function print(directory: string, problems: readonly ConfigProblem[]): void {
  if (problems.length === 0) {
    console.log(`${styleText('green', '✓')} ${relative(process.cwd(), directory) || '.'} can be used`);
    return;
  }
  for (const problem of problems) {
    const where = `${relative(process.cwd(), problem.file)}:${problem.line}:${problem.column}`;
    console.log(`${styleText('bold', where)}  ${problem.reason}`);
  }
  console.log(`\n${styleText('red', `${problems.length} problem${problems.length === 1 ? '' : 's'}`)}`);
}
