#!/usr/bin/env node
// The `entrepot` command. One file a command; each teaches itself by --help.
import { Command, CommanderError } from 'commander';
import { accuracyCommand } from './accuracy-command.ts';
import { catalogueCommand } from './catalogue/catalogue-command.ts';
import { checkCommand } from './check-command.ts';
import { clientCommand } from './client-command.ts';
import { explainCommand } from './explain-command.ts';
import { meshCommand } from './mesh-command.ts';
import { partnerCommand } from './partner/partner-command.ts';
import { pricingCommand } from './pricing/pricing-command.ts';
import { searchCommand } from './search-command.ts';
import { serveCommand } from './serve-command.ts';
import { upCommand } from './up-command.ts';
import { viewsCommand } from './views-command.ts';

const program = new Command('entrepot')
  .description('The backend platform of a marketplace that does not own its inventory.')
  .showHelpAfterError('(add --help for what it takes)')
  .addCommand(upCommand())
  .addCommand(searchCommand())
  .addCommand(explainCommand())
  .addCommand(accuracyCommand())
  .addCommand(checkCommand())
  .addCommand(clientCommand())
  .addCommand(viewsCommand())
  .addCommand(partnerCommand())
  .addCommand(catalogueCommand())
  .addCommand(pricingCommand())
  .addCommand(serveCommand())
  .addCommand(meshCommand())
  .addHelpText(
    'after',
    `
Begin with:
  entrepot up                                   everything in this process, with pretend partners
  entrepot search flight LHR JFK +60d           a search, with or without one running
  entrepot explain <id>                         how a search went, or why an offer is what it is
  entrepot accuracy                             are shown prices right, partner by partner?
  entrepot check                                is the configuration right?
  entrepot client --help                        keys for clients of the edge
  entrepot views                                registered views, and which fields nobody reads
  entrepot partner --help                       integrate a partner
  entrepot catalogue --help                     which products are the same, and who says so
  entrepot pricing --help                       quote rows, and try pricing rules on recorded searches
`,
  );

/** What the reader can mend by typing something else; 1 is for what went wrong here. */
const usageExitCode = 2;

refuseUsage(program);
try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof CommanderError ? usageExitCode : 1;
}

/** Commander would end with 1 for what cannot be understood; its help and its message are printed by then. */
function refuseUsage(command: Command): void {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageExitCode));
  for (const one of command.commands) refuseUsage(one);
}
