// `entrepot catalogue list`: products of a vertical, page by page.
import { Command } from 'commander';
import { ListProductsResponse } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { asking, type CatalogueOptions, pageSize, withCatalogueOptions } from './address.ts';
import { productTable } from './text.ts';

interface Options extends CatalogueOptions {
  readonly vertical: string;
  readonly filter: string;
  readonly orderBy: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Builds the command. */
export function listCommand(): Command {
  return withCatalogueOptions(new Command('list'))
    .description('Products of a vertical.')
    .requiredOption('--vertical <name>', 'flight, stay, good or ride')
    .option(
      '--filter <cel>',
      'CEL over title, partners, partner_count, key_count, created_at, updated_at, reviewed',
      '',
    )
    .option('--order-by <by>', 'created_at, updated_at or title, with " desc" for the other way', '')
    .option('--page-size <count>', 'products to show, at most 1000', pageSize, 50)
    .option('--page-token <token>', 'the next page, as the one before says', '')
    .addHelpText(
      'after',
      `
Examples:
  entrepot catalogue list --vertical stay --filter 'partner_count > 1' --order-by 'updated_at desc'
  entrepot catalogue list --vertical good --filter '"shopify" in partners && title.contains("drill")'
`,
    )
    .action((options: Options) =>
      asking(options, async (client) => {
        const { vertical, filter, orderBy, pageSize, pageToken } = options;
        const found = await client.listProducts({ vertical, filter, orderBy, pageSize, pageToken });
        if (options.json === true) console.log(JSON.stringify(ListProductsResponse.toJSON(found), null, 2));
        else console.log(found.products.length === 0 ? 'None.' : productTable(found.products));
        if (options.json !== true && found.nextPageToken !== '')
          console.log(`More: --page-token ${found.nextPageToken}`);
      }),
    );
}
