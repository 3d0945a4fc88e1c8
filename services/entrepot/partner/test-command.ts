// `entrepot partner test`: the golden cases of one partner or of all.
import { writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import type { CaseResult } from '../../supply/workbench/index.ts';
import { clipped, coloured, plain, shortest } from './print.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function testCommand(): Command {
  return new Command('test')
    .description('Run golden cases: recorded conversations, and what has to become of them.')
    .argument('[name]', 'the partner, by the name or path of its folder; without it, every partner')
    .option('--update', 'write what comes of each case into it as its expectation')
    .option('--new-case <kind>', 'begin a case that `certify` asks for; a kind that is none lists them')
    .option('--json', 'a JSON list of results for scripts')
    .addHelpText('after', help)
    .action(async (name: string | undefined, options: TestOptions) => {
      const bench = await workbench();
      if (options.newCase !== undefined) {
        if (name === undefined) throw new InvalidArgumentError('Name the partner that the case is of.');
        const begun = await bench.beginCase(bench.folderOf(name), options.newCase);
        for (const file of [begun.case, begun.cassette]) if (file !== undefined) console.log(`wrote ${shortest(file)}`);
        console.log(`still to do: ${begun.left}`);
        return;
      }
      const folders = name === undefined ? bench.adapterFolders() : [bench.folderOf(name)];
      const results: Tested[] = [];
      for (const folder of folders) {
        for (const one of bench.loadCases(folder)) {
          const before = await bench.runCase(one);
          if (options.update !== true || before.differences.length === 0) {
            results.push({ ...before, money: [] });
            continue;
          }
          const money = bench.moneyChanges(one.document.value.expect ?? {}, before.actual);
          writeFileSync(one.file, bench.updatedText(before));
          results.push({ ...(await bench.runCase(bench.loadCase(one.file))), updated: true, money });
        }
      }
      const failed = results.filter(({ differences }) => differences.length > 0);
      if (options.json === true) {
        const list = results.map(({ case: one, differences, actual, updated, money }) => ({
          case: one.name,
          file: one.file,
          passed: differences.length === 0,
          updated: updated === true,
          money,
          differences,
          outcome: actual.outcome,
          kept: actual.kept,
        }));
        console.log(JSON.stringify(list, null, 2));
      } else {
        printMoney(results);
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

interface TestOptions {
  readonly update?: true;
  readonly newCase?: string;
  readonly json?: true;
}

/** A case that was run, with what became otherwise in money when it was written anew. */
interface Tested extends CaseResult {
  readonly money: readonly string[];
}

/** What changed in money comes before everything else: nobody should commit it unread. */
function printMoney(results: readonly Tested[]): void {
  const changed = results.filter(({ money }) => money.length > 0);
  if (changed.length === 0) return;
  console.log(styleText('bold', 'What shoppers are told to pay has changed:'));
  for (const { case: one, money } of changed) {
    console.log(`  ${shortest(one.file)}`);
    for (const line of money) console.log(`    ${coloured(plain(line), 'partly')}`);
  }
  console.log();
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

A case without a cassette sends nothing: criteria that are refused. \`locale\` is the language that texts are asked for in
(BCP 47, "de-AT"; without it, en-GB), \`options\` are those of the account. \`verify: { offer: 0 }\` asks for an offer again, by
its id or place; \`handoff: { offer: 0, click: c1 }\` goes on with it. Their answers stand under \`verify\` and \`handoff\` in the
cassette, or are the exchanges of a cassette of their own: \`verify: { offer: 0, cassette: ../cassettes/gone.yaml }\`.

--update changes nothing but the text of \`expect\`, whole where it was only begun, and says first what it does to money.

Of offers the first ones are listed, with as many of their fields as the case says; null stands for absent. The digest
covers all offers in full; leave it out where a case is about one thing alone. \`answers\` names types of fields of the
partner's answers: another type fails as long as the mapping looks at the field (see \`drift\`).

Examples:
  entrepot partner test duffel
  entrepot partner test duffel --update && git diff
  entrepot partner test duffel --new-case rate-limit
`;
