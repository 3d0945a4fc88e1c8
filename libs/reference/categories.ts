/** A category of goods: one of the 21 at the top of Google's product taxonomy, which shops know. */
export interface GoodsCategory {
  /** "HOME_AND_GARDEN". */
  readonly code: string;
  /** "Home & Garden". */
  readonly name: string;
  /** Its number in Google's product taxonomy: 536. */
  readonly googleId: number;
}

/**
 * The category of goods that a partner's category lies in: by its number or path in Google's product taxonomy ("536",
 * "Home & Garden > Kitchen"), or by the top of a path of eBay's, where all of that lies in one of Google's.
 *
 * Only tops are known: a number from deeper in the taxonomy is not, nor is a top that belongs to several ("Collectibles").
 */
export function goodsCategory(text: string): GoodsCategory | undefined {
  const [top = ''] = text.split(/\s+>\s+|\||\s+\/\s+/);
  return byText.get(folded(top));
}

/** All of them, in the order of the taxonomy. */
export function goodsCategories(): readonly GoodsCategory[] {
  return categories;
}

function folded(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
}

/** Number, name, and tops of eBay's sites that lie within it. */
const table = `
1|Animals & Pet Supplies|Pet Supplies
166|Apparel & Accessories|Clothing, Shoes & Accessories;Jewelry & Watches;Jewellery & Watches
8|Arts & Entertainment|Crafts;Musical Instruments & Gear;Musical Instruments & DJ Equipment
537|Baby & Toddler|Baby
111|Business & Industrial|Business, Office & Industrial
141|Cameras & Optics|Cameras & Photo;Cameras & Photography
222|Electronics|Consumer Electronics;Cell Phones & Accessories;Mobile Phones & Communication;Sound & Vision
412|Food, Beverages & Tobacco|Food & Drink
436|Furniture|
632|Hardware|
469|Health & Beauty|
536|Home & Garden|
5181|Luggage & Bags|
772|Mature|
783|Media|Books & Magazines;Books, Comics & Magazines;Movies & TV;Films & TV;Music
922|Office Supplies|
5605|Religious & Ceremonial|
2092|Software|
988|Sporting Goods|
1239|Toys & Games|Toys & Hobbies
888|Vehicles & Parts|eBay Motors;Vehicle Parts & Accessories
`;

const categories: readonly GoodsCategory[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [id = '', name = ''] = line.split('|');
    return { code: folded(name).replaceAll(' ', '_').toUpperCase(), name, googleId: Number(id) };
  });

const byText: ReadonlyMap<string, GoodsCategory> = new Map(
  table
    .trim()
    .split('\n')
    .flatMap((line, at) => {
      const [id = '', name = '', others = ''] = line.split('|');
      return [id, name, ...others.split(';')].filter(Boolean).map((text) => [folded(text), categories[at]!] as const);
    }),
);
