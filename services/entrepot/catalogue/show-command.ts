// `entrepot catalogue show`: one product, its keys with their evidence, its content and former ids.
import { Command } from 'commander';
import { Product } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { asking, type CatalogueOptions, withCatalogueOptions } from './address.ts';
import { productText } from './text.ts';

/** Builds the command. */
export function showCommand(): Command {
  return withCatalogueOptions(new Command('show'))
    .description('One product: its keys and why they lead to it, what is known of it, what it was called before.')
    .argument('<product>', 'its id, or a former one')
    .action((productId: string, options: CatalogueOptions) =>
      asking(options, async (client) => {
        const { product } = await client.getProduct({ productId, statedBy: undefined });
        if (product === undefined) {
          throw new EntrepotError({ reason: 'PRODUCT_NOT_FOUND', message: `There is no product ${productId}.` });
        }
        if (options.json === true) console.log(JSON.stringify(Product.toJSON(product), null, 2));
        else {
          if (product.productId !== productId) console.log(`${productId} is ${product.productId} now.\n`);
          console.log(productText(product));
        }
      }),
    );
}
