#!/usr/bin/env node
// The `entrepot` command. One file a command; each teaches itself by --help.
import { Command } from 'commander';
import { checkCommand } from './check-command.ts';
import { meshCommand } from './mesh-command.ts';
import { searchCommand } from './search-command.ts';
import { serveCommand } from './serve-command.ts';
import { upCommand } from './up-command.ts';

const program = new Command('entrepot')
  .description('The backend platform of a marketplace that does not own its inventory.')
  .showHelpAfterError('(add --help for what it takes)')
  .addCommand(upCommand())
  .addCommand(searchCommand())
  .addCommand(checkCommand())
  .addCommand(serveCommand())
  .addCommand(meshCommand())
  .addHelpText(
    'after',
    `
Begin with:
  entrepot up                                   everything in this process, with pretend partners
  entrepot search flight LHR JFK +60d           a search, with or without one running
  entrepot check                                is the configuration right?
`,
  );

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
