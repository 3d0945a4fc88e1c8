// `entrepot catalogue move`: keys belong to another product that there is.
import { Command } from 'commander';
import { keysOf } from './address.ts';
import { type DecidingOptions, decide, withDecidingOptions } from './deciding.ts';

/** Builds the command. */
export function moveCommand(): Command {
  return withDecidingOptions(new Command('move'))
    .description('These keys belong to another product that there is.')
    .argument('<to>', 'the product that they belong to')
    .argument('<keys...>', 'partner:key, as "show" has them; :key for one that all partners share', keysOf)
    .action((toProductId: string, keys: { partner: string; key: string }[], options: DecidingOptions) =>
      decide(options, { $case: 'move', value: { toProductId, keys } }),
    );
}
