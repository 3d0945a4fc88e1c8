// `entrepot pricing …`: prices outside a search, and rules before they are in force.
import { Command } from 'commander';
import { quoteCommand } from './quote-command.ts';
import { sampleCommand } from './sample-command.ts';
import { simulateCommand } from './simulate-command.ts';

/** Builds the command. */
export function pricingCommand(): Command {
  return new Command('pricing')
    .description('Quote rows without a search; try rules on recorded searches before they are in force.')
    .addCommand(quoteCommand())
    .addCommand(simulateCommand())
    .addCommand(sampleCommand());
}
