// `entrepot catalogue merge`: several products become one.
import { Command } from 'commander';
import { type DecidingOptions, decide, withDecidingOptions } from './deciding.ts';

interface Options extends DecidingOptions {
  readonly etag: string;
}

/** Builds the command. */
export function mergeCommand(): Command {
  return withDecidingOptions(new Command('merge'))
    .description('These products are one. Ids of those that are no more go on leading to it.')
    .argument('<into>', 'the product that stays')
    .argument('<products...>', 'those that become it, at most 100')
    .option('--etag <etag>', 'of the product that stays, as "show" had it: refuse if it has changed since', '')
    .action((intoProductId: string, productIds: string[], options: Options) =>
      decide(options, { $case: 'merge', value: { intoProductId, productIds, etag: options.etag } }),
    );
}
