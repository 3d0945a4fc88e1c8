// `entrepot check`: is the configuration right? Every problem with file, line and reason; the same code that loads it.
import { relative } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { type ConfigProblem, configDirectory } from '../../libs/config/index.ts';

/** Builds the command. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Check every configuration file; exit code 1 when one could not be used.')
    .argument('[directory]', 'configuration directory (environment: ENTREPOT_CONFIG)', configDirectory())
    .option('--json', 'a JSON list of problems for scripts')
    .action(async (directory: string, options: { json?: true }) => {
      // Only now: the services take a second to load, and their loggers read LOG_LEVEL when they do.
      const { checkConfiguration } = await import('./check-configuration.ts');
      const problems = await checkConfiguration(directory);
      if (options.json === true) console.log(JSON.stringify(problems, null, 2));
      else print(directory, problems);
      if (problems.length > 0) process.exitCode = 1;
    });
}

function print(directory: string, problems: readonly ConfigProblem[]): void {
  if (problems.length === 0) {
    console.log(`${styleText('green', '✓')} ${shortest(directory) || '.'} can be used`);
    return;
  }
  for (const problem of problems) {
    // Line 0 is the whole file: it is missing, or no file at all.
    const at = problem.line === 0 ? '' : `:${problem.line}:${problem.column}`;
    const where = `${shortest(problem.file)}${at}`;
    console.log(`${styleText('bold', where)}  ${problem.reason}`);
  }
  console.log(`\n${styleText('red', `${problems.length} problem${problems.length === 1 ? '' : 's'}`)}`);
}

/** From the working directory where the file lies below it, else as it is. */
function shortest(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
