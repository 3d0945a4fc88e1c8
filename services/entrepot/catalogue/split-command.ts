// `entrepot catalogue split`: keys of a product become a product of their own.
import { Command } from 'commander';
import { keysOf } from './address.ts';
import { type DecidingOptions, decide, withDecidingOptions } from './deciding.ts';

interface Options extends DecidingOptions {
  readonly etag: string;
}

/** Builds the command. */
export function splitCommand(): Command {
  return withDecidingOptions(new Command('split'))
    .description('These keys of a product are another product. It keeps its id, they get a new one.')
    .argument('<product>', 'the product that they leave')
    .argument('<keys...>', 'partner:key, as "show" has them; :key for one that all partners share', keysOf)
    .option('--etag <etag>', 'of the product, as "show" had it: refuse if it has changed since', '')
    .action((productId: string, keys: { partner: string; key: string }[], options: Options) =>
      decide(options, { $case: 'split', value: { productId, keys, etag: options.etag } }),
    );
}
