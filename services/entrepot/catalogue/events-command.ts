// `entrepot catalogue events`: what happened to products, and to one.
import { Command, InvalidArgumentError } from 'commander';
import {
  ListEventsResponse,
  ProductEventKind,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { asking, type CatalogueOptions, pageSize, withCatalogueOptions } from './address.ts';
import { eventTable } from './text.ts';

interface Options extends CatalogueOptions {
  readonly vertical: string;
  readonly kind: ProductEventKind[];
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Names of the kinds, as they are typed: "kept-apart". */
const kinds: ReadonlyMap<string, ProductEventKind> = new Map(
  Object.entries(ProductEventKind)
    .filter(([, kind]) => kind > 0)
    .map(([name, kind]) => [name.toLowerCase().replaceAll('_', '-'), kind]),
);

/** A kind of event as it is typed, after those before it. */
export function eventKinds(text: string, before: ProductEventKind[]): ProductEventKind[] {
  const kind = kinds.get(text);
  if (kind === undefined) throw new InvalidArgumentError(`"${text}" is none of ${[...kinds.keys()].join(', ')}.`);
  return [...before, kind];
}

/** What is said of the option. */
export const kindHelp = `only these, may be repeated: ${[...kinds.keys()].join(', ')}; default all but created and joined`;

/** Builds the command. */
export function eventsCommand(): Command {
  return withCatalogueOptions(new Command('events'))
    .description('What happened to products, latest first.')
    .argument('[product]', 'to this one alone, also under a former id')
    .option('--vertical <name>', 'in this vertical alone', '')
    .option('--kind <kind>', kindHelp, eventKinds, [])
    .option('--page-size <count>', 'events to show, at most 1000', pageSize, 50)
    .option('--page-token <token>', 'the next page, as the one before says', '')
    .action((product: string | undefined, options: Options) =>
      asking(options, async (client) => {
        const { vertical, kind, pageSize, pageToken } = options;
        const found = await client.listEvents({ productId: product ?? '', vertical, kinds: kind, pageSize, pageToken });
        if (options.json === true) console.log(JSON.stringify(ListEventsResponse.toJSON(found), null, 2));
        else console.log(found.events.length === 0 ? 'None.' : eventTable(found.events));
        if (options.json !== true && found.nextPageToken !== '')
          console.log(`More: --page-token ${found.nextPageToken}`);
      }),
    );
}
