// `entrepot catalogue watch`: what happens to products, as it happens.
import { Command } from 'commander';
import {
  type ProductEventKind,
  WatchProductsResponse,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { askingNormalization, type CatalogueOptions, withNormalizationOptions } from './address.ts';
import { eventKinds, kindHelp } from './events-command.ts';
import { eventTable } from './text.ts';

interface Options extends CatalogueOptions {
  readonly vertical: string;
  readonly kind: ProductEventKind[];
  readonly cursor: string;
}

/** Builds the command. */
export function watchCommand(): Command {
  return withNormalizationOptions(new Command('watch'))
    .description('What happens to products, as it happens, until Ctrl-C.')
    .option('--vertical <name>', 'in this vertical alone', '')
    .option('--kind <kind>', kindHelp, eventKinds, [])
    .option('--cursor <cursor>', 'from where an earlier one ended', '')
    .action((options: Options) =>
      askingNormalization(options, async (client) => {
        const stop = new AbortController();
        const onInterrupt = (): void => stop.abort();
        process.once('SIGINT', onInterrupt);
        const { vertical, kind } = options;
        let { cursor } = options;
        try {
          for await (const part of client.watchProducts({ vertical, kinds: kind, cursor }, { signal: stop.signal })) {
            cursor = part.cursor;
            if (options.json === true) console.log(JSON.stringify(WatchProductsResponse.toJSON(part)));
            else if (part.events.length > 0) console.log(eventTable(part.events));
          }
        } catch (error) {
          if (!stop.signal.aborted) throw error;
        } finally {
          process.off('SIGINT', onInterrupt);
          if (options.json !== true && cursor !== '') console.error(`Go on with --cursor ${cursor}`);
        }
      }),
    );
}
