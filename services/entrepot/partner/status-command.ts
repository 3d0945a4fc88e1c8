// `entrepot partner status`: how every partner's folder stands, in a table.
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { configDirectory, dataDirectory } from '../../../libs/config/index.ts';
import type { FolderStatus } from '../../supply/workbench/index.ts';
import { table } from '../table.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Lines, cases, grade and traffic of every partner.')
    .argument('[name]', 'one partner, by the name or path of its folder')
    .option('--config <directory>', 'configuration directory with the accounts', configDirectory())
    .option('--json', 'a JSON list for scripts')
    .addHelpText('after', help)
    .action(async (name: string | undefined, options: { config: string; json?: true }) => {
      const { adapterFolders, folderOf, statusOf } = await workbench();
      const drift = join(dataDirectory(), 'drift');
      const found = statusOf(name === undefined ? adapterFolders() : [folderOf(name)], options.config, drift);
      if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else
        console.log(
          table(
            ['partner', '>yaml', '>csv', '>ts', '>cases', '>cassettes', '>drift', 'grade', '>ceiling', 'accounts'],
            found.map(row),
          ),
        );
    });
}

function row({ name, lines, cases, cassettes, drift, certificate, ceiling, accounts }: FolderStatus): string[] {
  return [
    name,
    String(lines.yaml),
    String(lines.csv),
    String(lines.typescript),
    `${cases.exemplary}+${cases.supplemental}`,
    String(cassettes),
    drift === 0 ? '0' : styleText('yellow', String(drift)),
    gradeText(certificate),
    String(ceiling),
    accounts.map((account) => `${account.name} ${styleText('dim', String(account.trafficShare))}`).join(', '),
  ];
}

function gradeText(certificate: FolderStatus['certificate']): string {
  if (certificate.state === 'none') return styleText('dim', 'none');
  const { state, grade, manifest } = certificate;
  if (state === 'stale') return styleText('yellow', `${grade}, stale (${manifest})`);
  return `${styleText(grade === 'D' ? 'red' : 'green', grade)} ${styleText('dim', manifest)}`;
}

const help = `
Lines are those with something on them: manifest.yaml, CSV tables, TypeScript without tests. Cases are exemplary +
supplemental. Drift is the cases that supply wrote of live answers below ENTREPOT_DATA, see \`drift\`. A grade is stale when the folder's digest is not the one it was given to; its ceiling is then that of a
partner without a certificate. Accounts stand with their trafficShare.
`;
