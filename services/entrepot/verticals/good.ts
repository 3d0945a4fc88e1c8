import { type Command, InvalidArgumentError } from 'commander';
import { upper, whole } from './arguments.ts';
import { clip, figure, words } from './cells.ts';
import type { RunSearch, TerminalVertical } from './vertical.ts';

interface GoodOptions {
  readonly gtin?: string;
  readonly brand?: string;
  readonly mpn?: string;
  readonly category?: string;
  readonly condition?: string;
  readonly shipTo?: string;
  readonly postalCode?: string;
  readonly maxResults?: number;
}

interface JsonGood {
  readonly title?: string;
  readonly brand?: string;
  readonly condition?: string;
  readonly availability?: string;
  readonly sellerName?: string;
  readonly rating?: number;
  readonly reviewCount?: number;
  readonly freeDelivery?: boolean;
  readonly deliveryCost?: string;
  readonly deliveryDaysMin?: number;
  readonly deliveryDaysMax?: number;
}

const examples = `
Words, a GTIN (EAN, UPC, ISBN), or a brand with the maker's part number: one of them has to be there.

Examples:
  entrepot search good "dewalt drill" --ship-to GB --currency GBP
  entrepot search good --gtin 4006381333931 --every-offer
  entrepot search good --brand DeWalt --mpn DCD796N --condition new,open-box
  entrepot search good "cordless drill" --filter 'brand == "DeWalt" && free_delivery' --order best
Offers of one product by several sellers are one line; --every-offer shows them all.
`;

/** Goods. */
export const good: TerminalVertical = {
  name: 'good',

  describe<Options>(command: Command, run: RunSearch<Options>) {
    command
      .description('Goods by words, GTIN, or brand and part number.')
      .argument('[words]', 'what is wanted: "dewalt drill"')
      .option('--gtin <digits>', 'Global Trade Item Number: EAN, UPC or ISBN-13')
      .option('--brand <name>', "the maker's brand; with --mpn")
      .option('--mpn <number>', "the maker's part number; with --brand")
      .option('--category <name>', 'category to look in: "power tools"')
      .option('--condition <list>', 'conditions of interest: new,open-box,refurbished,used')
      .option('--ship-to <country>', 'country of delivery, ISO 3166-1; without it, the market', upper)
      .option('--postal-code <code>', 'postal code of delivery; with --ship-to')
      .option('--max-results <count>', 'most offers wanted of each partner', whole)
      .addHelpText('after', examples)
      .action(async (query: string | undefined, options: Options & GoodOptions) => {
        const { gtin, brand, mpn, category, condition, shipTo, postalCode, maxResults } = options;
        await run(options, {
          good: {
            ...(query && { query }),
            ...(gtin && { gtin }),
            ...(brand && { brand }),
            ...(mpn && { mpn }),
            ...(category && { category }),
            ...(condition && { conditions: await conditions(condition) }),
            ...((shipTo ?? postalCode) && { shipTo: { country: shipTo ?? '', ...(postalCode && { postalCode }) } }),
            ...(maxResults !== undefined && { maxResults }),
          },
        });
      });
  },

  headings: ['title', 'brand', 'condition', 'stock', '>rated', 'delivery', '>days', 'seller'],

  cells({ item, price }) {
    const found = item?.good as JsonGood | undefined;
    const { rating, reviewCount, deliveryDaysMin: least, deliveryDaysMax: most } = found ?? {};
    return [
      clip(found?.title ?? '', 40),
      clip(found?.brand ?? '', 14),
      words(found?.condition, 'CONDITION_'),
      words(found?.availability, 'AVAILABILITY_'),
      rating === undefined ? '' : figure(rating, 1) + (reviewCount === undefined ? '' : ` (${reviewCount})`),
      delivery(found, price?.partnerTotal?.currencyCode),
      least === undefined || least === most ? figure(most ?? least) : `${least}–${most ?? '?'}`,
      clip(found?.sellerName ?? '', 18),
    ];
  },
};

/** A delivery's cost is in the currency of the partner's own price. */
function delivery(found: JsonGood | undefined, currency = ''): string {
  if (found?.freeDelivery === true) return 'free';
  if (found?.deliveryCost !== undefined) return `${clip(found.deliveryCost, 12)} ${currency}`;
  return found?.freeDelivery === false ? 'costs' : '?';
}

/** Names of conditions between commas, as the contract has them. "used" and "refurbished" stand for all their grades. */
async function conditions(text: string): Promise<string[]> {
  const { Condition } = await import('../../../libs/contracts/gen/entrepot/offer/v1/good.ts');
  const known = Object.keys(Condition).filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
  return text.split(',').flatMap((one) => {
    const name = one.trim().toUpperCase().replaceAll(/[\s-]/g, '_');
    if (!known.includes(name)) {
      const names = known.map((condition) => condition.toLowerCase().replaceAll('_', '-')).join(', ');
      throw new InvalidArgumentError(`"${one}" is no condition; there are ${names}.`);
    }
    const graded = name === 'USED' || name === 'REFURBISHED';
    return known
      .filter((condition) => condition === name || (graded && condition.startsWith(`${name}_`)))
      .map((condition) => `CONDITION_${condition}`);
  });
}
