// `entrepot partner …`: the tools of supply teams.
import { Command } from 'commander';
import { certifyCommand } from './certify-command.ts';
import { diffCommand } from './diff-command.ts';
import { driftCommand } from './drift-command.ts';
import { newCommand } from './new-command.ts';
import { recordCommand } from './record-command.ts';
import { statusCommand } from './status-command.ts';
import { testCommand } from './test-command.ts';
import { tryCommand } from './try-command.ts';

/** Builds the command. */
export function partnerCommand(): Command {
  return new Command('partner')
    .description('Integrate a partner: draft, try, record, test, compare, certify.')
    .addCommand(newCommand())
    .addCommand(tryCommand())
    .addCommand(recordCommand())
    .addCommand(testCommand())
    .addCommand(diffCommand())
    .addCommand(statusCommand())
    .addCommand(certifyCommand())
    .addCommand(driftCommand())
    .addHelpText(
      'after',
      `
A partner is a folder: manifest.yaml, code tables (CSV), map.ts for what expressions cannot say, cassettes/ and cases/.
Most commands take the folder's name, or a path to it; folders outside this repository are found by ENTREPOT_ADAPTERS.
`,
    );
}
