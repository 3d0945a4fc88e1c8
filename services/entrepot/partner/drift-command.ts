// `entrepot partner drift`: what supply found in live answers that partners were not certified for.
import { basename, join } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { dataDirectory } from '../../../libs/config/index.ts';
import type { FoundDrift } from '../../supply/workbench/index.ts';
import { plain, shortest } from './print.ts';
import { workbench } from './workbench.ts';

interface DriftCommandOptions {
  readonly from: string;
  readonly adopt?: true;
  readonly json?: true;
}

/** Builds the command. */
export function driftCommand(): Command {
  return new Command('drift')
    .description('What live answers have that a partner was not certified for; with --adopt, as cases in its folder.')
    .argument('[name]', 'the partner, by the name or path of its folder; without it, every partner')
    .option('--adopt', 'move the cases with their cassettes into the folder, ready to commit')
    .option('--from <directory>', 'where supply writes them', join(dataDirectory(), 'drift'))
    .option('--json', 'a JSON list for scripts')
    .addHelpText('after', help)
    .action(async (name: string | undefined, options: DriftCommandOptions) => {
      const { adapterFolders, adoptDrift, findDrift, folderOf } = await workbench();
      const folders = name === undefined ? adapterFolders() : [folderOf(name)];
      const found = folders.flatMap((folder) =>
        findDrift(options.from, [basename(folder)]).map((drift) => {
          if (options.adopt !== true) return drift;
          const { name: now, file, cassette } = adoptDrift(drift, folder);
          return { ...drift, case: now, file, cassette };
        }),
      );
      if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else print(found, options);
    });
}

function print(found: readonly FoundDrift[], { from, adopt }: DriftCommandOptions): void {
  for (const one of found) {
    console.log(`${styleText('bold', one.partner)}  ${one.case}  ${plain(one.about)}`);
    console.log(styleText('dim', `  ${shortest(one.file)}\n  ${shortest(one.cassette)}`));
  }
  if (found.length === 0) {
    console.log(`Nothing in ${shortest(from)}.`);
  } else if (adopt === true) {
    const partners = [...new Set(found.map(({ partner }) => partner))].join(', ');
    console.log(
      `\nLook through them before you commit: redaction knows names of fields, not what people write in texts. Then mend\nthe manifest, and run \`entrepot partner test --update\` and \`certify\` for: ${partners}`,
    );
  } else {
    console.log('\n--adopt moves them into the folders of their partners.');
  }
}

const help = `
Supply holds a sample of each partner's live answers against baseline.json in its folder, which \`certify\` writes. A field
that the mapping looks at and that has another type, or is gone from all answers, is written down below the data directory:
a cassette cut to what shows it, without secrets and persons, and a golden case that fails while the mapping takes the
field for what it was. A field that is not mapped is none of this.

From there on:
  entrepot partner drift duffel --adopt           the case is in the folder
  entrepot partner test duffel                    it fails with what is otherwise
  (mend manifest.yaml)
  entrepot partner test duffel --update           what comes of the answer now is what is expected
  entrepot partner certify duffel                 a running supply takes the alarm back

What a running supply sees at this moment is in ListPartners and in the metric entrepot.supply.drift.fields.
`;
