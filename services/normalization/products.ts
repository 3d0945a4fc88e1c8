import type { Product, ProductKey } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { ContentStore } from './content/index.ts';
import type { FormerIds } from './former-ids.ts';

/** A product as it is stored. */
export interface ProductRow {
  readonly product_id: string;
  readonly vertical: string;
  readonly content: string;
  readonly title: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

/** The columns of a {@link ProductRow}. */
export const productColumns = 'product_id, vertical, content, title, created_at, updated_at, version';

/** Reads products. */
export class Products {
  readonly #catalogues: ReadonlyMap<string, Catalogue>;
  readonly #formerIds: FormerIds;
  readonly #content: Pick<ContentStore, 'contentOf'>;

  constructor(
    catalogues: ReadonlyMap<string, Catalogue>,
    formerIds: FormerIds,
    content: Pick<ContentStore, 'contentOf'>,
  ) {
    this.#content = content;
    this.#catalogues = catalogues;
    this.#formerIds = formerIds;
  }

  /** What products are stored as, by id; ids are taken as they are. */
  async rows(ids: readonly string[], store: Store): Promise<Map<string, ProductRow>> {
    if (ids.length === 0) return new Map();
    const found = await store.query<ProductRow>(
      `SELECT ${productColumns} FROM products WHERE product_id = ANY($1::text[])`,
      [ids],
    );
    return new Map(found.map((row) => [row.product_id, row]));
  }

  /**
   * The products that ids lead to, by those, with what is known of them: merged ones too. What leads nowhere is left out.
   * @param withKeys whether their keys are read as well
   */
  async read(ids: readonly string[], store: Store, withKeys: boolean): Promise<Map<string, Product>> {
    const rows = await this.rows([...new Set(ids.map((id) => this.#formerIds.follow(id)))], store);
    const keys = withKeys ? await this.keysOf([...rows.values()], store) : new Map<string, ProductKey[]>();
    const contents = await this.#content.contentOf([...rows.keys()]);
    const products = new Map<string, Product>();
    for (const id of ids) {
      const row = rows.get(this.#formerIds.follow(id));
      if (row === undefined) continue;
      const product = this.product(row, keys.get(row.product_id) ?? []);
      products.set(id, { ...product, content: contents.get(row.product_id) });
    }
    return products;
  }

  /** One product with its keys. Throws EntrepotError PRODUCT_NOT_FOUND. */
  async one(id: string, store: Store): Promise<Product> {
    const product = (await this.read([id], store, true)).get(id);
    if (product === undefined) throw productNotFound(id);
    return product;
  }

  /** A stored product as the contract has it, without content. */
  product(row: ProductRow, keys: ProductKey[]): Product {
    return {
      productId: row.product_id,
      vertical: row.vertical,
      title: row.title,
      createdAt: Temporal.Instant.fromEpochMilliseconds(row.created_at.getTime()),
      keys,
      content: undefined,
      formerProductIds: this.#formerIds.of(row.product_id),
      etag: etagOf(row),
      updatedAt: Temporal.Instant.fromEpochMilliseconds(row.updated_at.getTime()),
    };
  }

  /** The keys of stored products, by id. */
  async keysOf(rows: readonly ProductRow[], store: Store): Promise<Map<string, ProductKey[]>> {
    const formers = new Map(rows.map(({ product_id }) => [product_id, this.#formerIds.of(product_id)]));
    const former = await this.rows([...formers.values()].flat(), store);
    const keys = new Map<string, ProductKey[]>();
    for (const [vertical, ones] of Map.groupBy(rows, (row) => row.vertical)) {
      const asked = ones.map(({ product_id, content }) => ({
        productId: product_id,
        contents: [content, ...formers.get(product_id)!.map((id) => former.get(id)?.content ?? '')],
      }));
      const found = await this.#catalogues.get(vertical)!.describe(asked, store);
      for (const [index, { productId }] of asked.entries()) keys.set(productId, found[index]!);
    }
    return keys;
  }
}

/** Changes whenever the product does. */
export function etagOf({ version }: ProductRow): string {
  return `"${version.toString(36)}"`;
}

/** PRODUCT_NOT_FOUND. */
export function productNotFound(id: string): EntrepotError {
  return new EntrepotError({
    reason: 'PRODUCT_NOT_FOUND',
    message: `there is no product ${JSON.stringify(id.slice(0, 80))}; flights are not kept for good after their departure`,
  });
}
