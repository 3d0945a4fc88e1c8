// `entrepot partner diff`: what a change of a manifest does to the offers of recorded conversations.
import { styleText } from 'node:util';
import { Command } from 'commander';
import type { Comparison } from '../../supply/workbench/index.ts';
import { whole } from '../verticals/arguments.ts';
import { clipped, coloured, plain } from './print.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('The same recordings through two manifests: offers gained, lost, changed.')
    .argument('<before>', 'a manifest file, or a folder that has one')
    .argument('<after>', 'another')
    .argument('<name>', 'the partner whose cases are replayed, and whose tables and map.ts stand beside both manifests')
    .option('--most <count>', 'offers listed of each kind', whole, 10)
    .option('--json', 'a JSON list for scripts')
    .addHelpText('after', help)
    .action(async (before: string, after: string, name: string, options: { most: number; json?: true }) => {
      const { compareManifests, folderOf } = await workbench();
      const found = await compareManifests(before, after, folderOf(name));
      if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else for (const one of found) print(one, options.most);
      const differs = found.some(({ gained, lost, changed, outcome }) =>
        [gained, lost, changed, outcome].some((list) => list.length > 0),
      );
      if (differs) process.exitCode = 1;
    });
}

function print(one: Comparison, most: number): void {
  const { gained, lost, changed, same, outcome } = one;
  console.log(
    `${styleText('bold', one.case)}  ${gained.length} gained, ${lost.length} lost, ${changed.length} changed, ${same} the same`,
  );
  for (const { path, expected, actual } of outcome)
    console.log(`  ${path}: ${clipped(expected, 70)} → ${clipped(actual, 70)}`);
  for (const { id, price } of gained.slice(0, most)) console.log(`  ${coloured('+', true)} ${plain(id)} ${price}`);
  for (const { id, price, why } of lost.slice(0, most)) {
    console.log(`  ${coloured('-', false)} ${plain(id)} ${price}  ${clipped(why, 90)}`);
  }
  for (const [field, count] of fieldsOf(one)) console.log(`  ${coloured('~', 'partly')} ${field}: in ${count} offers`);
  for (const { id, fields } of changed.slice(0, most)) {
    console.log(`  ${coloured('~', 'partly')} ${plain(id)}`);
    for (const { path, expected, actual } of fields.slice(0, most)) {
      console.log(`      ${path}: ${clipped(expected ?? '(nothing)', 60)} → ${clipped(actual ?? '(nothing)', 60)}`);
    }
  }
}

/** Fields that changed, with in how many offers; positions in lists do not count. */
function fieldsOf({ changed }: Comparison): [string, number][] {
  const counts = new Map<string, number>();
  for (const { fields } of changed) {
    for (const field of new Set(fields.map(({ path }) => path.replaceAll(/\[\d+\]/g, '[]')))) {
      counts.set(field, (counts.get(field) ?? 0) + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

const help = `
Exit code 1 where anything differs.

Example: what does my change do?
  git show HEAD:services/supply/partners/duffel/manifest.yaml > /tmp/before.yaml
  entrepot partner diff /tmp/before.yaml services/supply/partners/duffel duffel
`;
