// `entrepot partner test`: the golden cases of one partner or of all.
import { writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { clipped, coloured, shortest } from './print.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function testCommand(): Command {
  return new Command('test')
    .description('Run golden cases: recorded conversations, and what has to become of them.')
    .argument('[name]', 'the partner, by the name or path of its folder; without it, every partner')
    .option('--update', 'write what comes of each case into it as its expectation')
    .option('--json', 'a JSON list of results for scripts')
    .addHelpText('after', help)
    .action(async (name: string | undefined, options: { update?: true; json?: true }) => {
      const bench = await workbench();
      const folders = name === undefined ? bench.adapterFolders() : [bench.folderOf(name)];
      const results = [];
      for (const folder of folders) {
        for (const one of bench.loadCases(folder)) {
          let result = await bench.runCase(one);
          if (options.update === true && result.differences.length > 0) {
            writeFileSync(one.file, bench.updatedText(result));
            result = { ...(await bench.runCase(bench.loadCase(one.file))), updated: true };
          }
          results.push(result);
        }
      }
      const failed = results.filter(({ differences }) => differences.length > 0);
      if (options.json === true) {
        const list = results.map(({ case: one, differences, actual, updated }) => ({
          case: one.name,
          file: one.file,
          passed: differences.length === 0,
          updated: updated === true,
          differences,
          outcome: actual.outcome,
          kept: actual.kept,
        }));
        console.log(JSON.stringify(list, null, 2));
      } else {
        for (const { case: one, differences, actual, updated } of results) {
          const passed = differences.length === 0;
          const mark = coloured(passed ? '✓' : '✗', passed);
          const what = `${one.document.value.kind}, ${actual.outcome}, ${actual.kept} of ${actual.received} rows`;
          console.log(
            `${mark} ${shortest(one.file)}  ${styleText('dim', what)}${updated === true ? ' (updated)' : ''}`,
          );
          for (const { path, expected, actual: got } of differences.slice(0, MOST)) {
            console.log(`    ${path}`);
            console.log(`      ${coloured(`- ${value(expected)}`, false)}`);
            console.log(`      ${coloured(`+ ${value(got)}`, true)}`);
          }
          if (differences.length > MOST) console.log(`    and ${differences.length - MOST} more`);
        }
        console.log(
          results.length === 0
            ? 'No cases. `entrepot partner record` makes one of a live search.'
            : `\n${results.length - failed.length} of ${results.length} cases hold`,
        );
      }
      if (failed.length > 0) process.exitCode = 1;
    });
}

/** Differences shown of one case. */
const MOST = 20;

function value(of: unknown): string {
  return of === undefined ? '(nothing)' : clipped(of, 160);
}

const help = `
A case is <folder>/cases/<case>.yaml: criteria, market, currency, the moment (now), a cassette, and what is expected. It
runs through the code that serves searches, with the cassette in the partner's place. Kinds:
  exemplary      how the format is meant; ends without an error and without unreadable rows
  supplemental   faults and oddities: errors in the partner's own words, rows that have to be refused

Of offers the first ones are listed, with as many of their fields as the case says; null stands for absent. The digest
covers all offers in full; leave it out where a case is about one thing alone. \`answers\` names types of fields of the
partner's answers: another type fails as long as the mapping looks at the field (see \`drift\`).

Examples:
  entrepot partner test duffel
  entrepot partner test duffel --update && git diff
`;
