import type { ProductContent } from '../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import {
  type FoundProduct,
  type Identity,
  IdentityRule,
  NormalizationServiceDefinition,
  type Product,
  type ProductKey,
  type ResolveRequest,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import { type MeshContext, meshService, type ServiceHandle } from '../../libs/mesh/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { counter, logger } from '../../libs/telemetry/index.ts';
import type { Catalogue } from './catalogue.ts';
import { ContentStore } from './content/index.ts';
import { createCatalogues } from './rules.ts';

export { normalizationStore } from './schema.ts';

/** What normalization needs. */
export interface NormalizationDependencies {
  /** Opened with {@link normalizationStore}; closed by its owner, after the service. */
  store: Store;
  /** Keys of each vertical held in memory, about 0.5 KB each. Default 100,000; 1,000 to 2,000,000 is sensible. */
  memoryKeys?: number;
  /** Days after departure for which flights are kept. Default 7; 1 to 400 is sensible. */
  keepPastDays?: number;
  /** Epoch milliseconds; default Date.now. */
  now?: () => number;
}

const unknown = async (): Promise<never> => {
  throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: 'There is none yet.' });
};
async function* unknownStream(): AsyncGenerator<never> {
  yield await unknown();
}

/** Most rows in one Resolve. */
const maxRows = 5000;
/** Most products in one BatchGetProducts. */
const maxProducts = 1000;
const dayMs = 86_400_000;

const resolvedRows = counter('entrepot.normalization.rows', {
  unit: '{row}',
  description: 'Rows resolved, by vertical and by the rule that decided.',
});

/** Normalization: which supplier products are the same product. */
export function createNormalizationService(dependencies: NormalizationDependencies): ServiceHandle {
  const { store, memoryKeys = 100_000, keepPastDays = 7, now = Date.now } = dependencies;
  const catalogues = createCatalogues(store, { keys: memoryKeys });
  const content = new ContentStore(store, { keys: memoryKeys, now });
  const log = logger('normalization');
  let pruning: Promise<void> = Promise.resolve();
  const prune = (): void => {
    const today = new Date(now() - keepPastDays * dayMs).toISOString().slice(0, 10);
    pruning = Promise.all([...catalogues.values(), content].map((one) => one.prune(today))).then(
      () => {},
      (error: unknown) => log.error({ err: error }, 'past products could not be deleted; trying again in a day'),
    );
  };
  prune();
  const timer = setInterval(prune, dayMs).unref();

  const service = meshService(NormalizationServiceDefinition, {
    async resolve(request: ResolveRequest, context: MeshContext) {
      const catalogue = catalogueOf(catalogues, request.vertical);
      const rows = request.evidence.reduce((sum, { rows }) => sum + (rows?.rowCount ?? 0), 0);
      if (rows > maxRows) throw invalidField('evidence', `has ${rows} rows; at most ${maxRows} go into one call`);
      const identities = await catalogue.resolve(request.evidence, context.signal);
      count(request.vertical, identities);
      for (const evidence of request.evidence) {
        content.observe(request.vertical, evidence, () => catalogue.leads(evidence));
      }
      return { identities };
    },

    async getProduct({ productId, statedBy }) {
      const row = (await productsOf(store, [productId])).get(productId);
      if (row === undefined) {
        throw new EntrepotError({
          reason: 'PRODUCT_NOT_FOUND',
          message: `there is no product ${JSON.stringify(productId.slice(0, 80))}; flights are kept for ${keepPastDays} days after departure`,
        });
      }
      const catalogue = catalogueOf(catalogues, row.vertical);
      const { title, keys: all } = await catalogue.describe(productId, row.content);
      const keys = statedBy === undefined ? all : catalogue.stated(statedBy, all);
      return { product: productOf(row, title, keys, (await content.contentOf([productId])).get(productId)) };
    },
    resolveStream: unknownStream,

    async batchGetProducts({ productIds, contentOnly }) {
      if (productIds.length > maxProducts) {
        throw invalidField('productIds', `has ${productIds.length} ids; at most ${maxProducts} go into one call`);
      }
      const [found, known] = await Promise.all([productsOf(store, productIds), content.contentOf(productIds)]);
      const products: FoundProduct[] = [];
      for (const requestedId of productIds) {
        const row = found.get(requestedId);
        if (row === undefined) continue;
        const { title, keys } = contentOnly
          ? { title: '', keys: [] }
          : await catalogueOf(catalogues, row.vertical).describe(requestedId, row.content);
        products.push({ requestedId, product: productOf(row, title, keys, known.get(row.product_id)) });
      }
      return { products };
    },

    listProducts: unknown,
    listReviews: unknown,
    decide: unknown,
    undo: unknown,
    listEvents: unknown,
    watchProducts: unknownStream,
  });

  return {
    name: 'normalization',
    services: [service],
    async close() {
      clearInterval(timer);
      await pruning;
      await content.settled();
    },
  };
}

interface ProductRow {
  readonly product_id: string;
  readonly vertical: string;
  readonly content: string;
  readonly created_at: Date;
}

/** The products of ids, by id. */
async function productsOf(store: Store, ids: readonly string[]): Promise<Map<string, ProductRow>> {
  const rows = await store.query<ProductRow>(
    'SELECT product_id, vertical, content, created_at FROM products WHERE product_id = ANY($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.product_id, row]));
}

function productOf(
  { product_id, vertical, created_at }: ProductRow,
  title: string,
  keys: ProductKey[],
  content: ProductContent | undefined,
): Product {
  const createdAt = Temporal.Instant.fromEpochMilliseconds(created_at.getTime());
  return {
    productId: product_id,
    vertical,
    title,
    createdAt,
    keys,
    content,
    formerProductIds: [],
    etag: '',
    updatedAt: createdAt,
  };
}

function catalogueOf(catalogues: ReadonlyMap<string, Catalogue>, vertical: string): Catalogue {
  const catalogue = catalogues.get(vertical);
  if (catalogue === undefined) {
    throw invalidField(
      'vertical',
      `is ${JSON.stringify(vertical.slice(0, 40))}; there are ${[...catalogues.keys()].join(', ')}`,
    );
  }
  return catalogue;
}

const ruleNames = Object.entries(IdentityRule);

function count(vertical: string, identities: readonly Identity[]): void {
  const counts = new Map<number, number>();
  for (const { rule } of identities) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  for (const [rule, rows] of counts) {
    const name = ruleNames.find(([, value]) => value === rule)?.[0] ?? 'UNSPECIFIED';
    resolvedRows.add(rows, { vertical, rule: name });
  }
}
