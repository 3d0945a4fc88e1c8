import {
  type Identity,
  IdentityRule,
  NormalizationServiceDefinition,
  type ResolveRequest,
  type ResolveResponse,
  ReviewState,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { type MeshContext, meshService, type ServiceHandle } from '../../libs/mesh/index.ts';
import type { SharedStore } from '../../libs/store/index.ts';
import { counter, logger, observedGauge } from '../../libs/telemetry/index.ts';
import type { Catalogue, CatalogueTools } from './catalogue.ts';
import { CatchUp, channel } from './catch-up.ts';
import { ContentStore } from './content/index.ts';
import { decide } from './decisions/decide.ts';
import { undo } from './decisions/undo.ts';
import { EventLog } from './events.ts';
import { FormerIds } from './former-ids.ts';
import { listEvents } from './list-events.ts';
import { listProducts } from './list-products.ts';
import { getReview, listReviews } from './list-reviews.ts';
import { createMatcher, type Matcher } from './matching/index.ts';
import { Products } from './products.ts';
import { createCatalogues } from './rules.ts';
import { Turns } from './turns.ts';
import { Watchers } from './watch.ts';

export { normalizationStore } from './schema.ts';

/** What normalization needs. */
export interface NormalizationDependencies {
  /** Opened with {@link normalizationStore}; closed by its owner, after the service. */
  store: SharedStore;
  /** Keys of flights, and of rides, held in memory, about 0.5 KB each. Default 100,000; 1,000 to 2,000,000 is sensible. */
  memoryKeys?: number;
  /** Days after departure for which flights are kept. Default 7; 1 to 400 is sensible. */
  keepPastDays?: number;
  /** Epoch milliseconds; default Date.now. */
  now?: () => number;
  /** Who decides what keys do not; default the trained matchers. */
  matchers?: { readonly stays: Matcher; readonly goods: Matcher };
  /** Hears of rows of records that are new or were decided anew, in the transaction that writes them down. What it throws undoes it. */
  onDecided?: CatalogueTools['onDecided'];
}

/** Most rows in one Resolve. */
const maxRows = 5000;
/** Most ids in one BatchGetProducts. */
const maxIds = 1000;
const dayMs = 86_400_000;

const resolvedRows = counter('entrepot.normalization.rows', {
  unit: '{row}',
  description: 'Rows resolved, by vertical and by the rule that decided.',
});

/** Normalization: which supplier products are the same product. */
export function createNormalizationService(dependencies: NormalizationDependencies): ServiceHandle {
  const { store, memoryKeys = 100_000, keepPastDays = 7, now = Date.now, onDecided } = dependencies;
  const matchers = dependencies.matchers ?? { stays: createMatcher('stay'), goods: createMatcher('good') };
  const log = logger('normalization');
  const turns = new Turns();
  const events = new EventLog(now);
  const formerIds = new FormerIds();
  const catchUp = new CatchUp(events, formerIds);
  const catalogues = createCatalogues(
    { store, turns, catchUp, formerIds, onDecided },
    { keys: memoryKeys, ...matchers },
  );
  catchUp.take(catalogues);
  const content = new ContentStore(store, { keys: memoryKeys, now });
  const products = new Products(catalogues, formerIds, content);
  const tools = { store, turns, events, catchUp, formerIds, products, catalogues };
  const watchers = new Watchers(store, events);
  let openReviews = 0;
  const countReviews = async (): Promise<void> => {
    const [row] = await store.query<{ open: number }>('SELECT count(*)::int AS open FROM reviews WHERE state = $1', [
      ReviewState.OPEN,
    ]);
    openReviews = row!.open;
  };

  const prune = async (): Promise<void> => {
    const today = new Date(now() - keepPastDays * dayMs).toISOString().slice(0, 10);
    try {
      for (const catalogue of catalogues.values()) await catalogue.prune(today);
      await content.prune();
    } catch (error) {
      log.error({ err: error }, 'past products could not be deleted; trying again in a day');
    }
  };
  // Everything waits for what is stored to be in memory; what is past is deleted before anything else is decided.
  const opened = turns.take(async () => {
    await events.open(store);
    await formerIds.open(store);
    const start = performance.now();
    for (const catalogue of catalogues.values()) await catalogue.open();
    const records = [...catalogues.values()].reduce((sum, { memory }) => sum + (memory?.size ?? 0), 0);
    if (records > 0) log.info({ records, ms: Math.round(performance.now() - start) }, 'records are in memory');
    await countReviews();
  });
  // What other processes wrote is taken over when they say so; undefined where something may have been missed.
  const stopListening = store.listen(channel, (text) => {
    if (text !== undefined && Number(text) <= events.turn) return;
    void turns
      .take(async () => {
        await opened;
        if (text === undefined || Number(text) > events.turn) await store.transaction((tx) => catchUp.look(tx));
      })
      .catch((error: unknown) =>
        log.warn({ err: error }, 'what others wrote could not be read; it is before the next write'),
      );
  });
  stopListening.catch((error: unknown) =>
    log.warn({ err: error }, 'other processes are not heard; they are looked at when writing'),
  );
  opened.catch((error: unknown) => log.fatal({ err: error }, 'the catalogue could not be read'));
  let pruning = turns.take(async () => {
    await opened;
    await prune();
  });
  pruning.catch(() => {});
  const timer = setInterval(() => {
    pruning = turns.take(prune);
    void countReviews().catch(() => {});
  }, dayMs).unref();
  const endGauge = observedGauge(
    'entrepot.normalization.open_reviews',
    { unit: '{review}', description: 'Reviews that wait for a person.' },
    (result) => result.observe(openReviews),
  );

  const resolve = async (request: ResolveRequest, signal: AbortSignal): Promise<ResolveResponse> => {
    const catalogue = catalogueOf(catalogues, request.vertical);
    const rows = request.evidence.reduce((sum, { rows }) => sum + (rows?.rowCount ?? 0), 0);
    if (rows > maxRows) throw invalidField('evidence', `has ${rows} rows; at most ${maxRows} go into one call`);
    await opened;
    const identities = await catalogue.resolve(request.evidence, signal);
    count(request.vertical, identities);
    for (const evidence of request.evidence) content.observe(request.vertical, evidence);
    return { identities };
  };

  const service = meshService(NormalizationServiceDefinition, {
    resolve: (request: ResolveRequest, { signal }: MeshContext) => resolve(request, signal),

    async *resolveStream(requests, { signal }: MeshContext) {
      let index = 0;
      for await (const { rows } of requests) {
        if (rows === undefined) throw invalidField('rows', `is missing in request ${index}`);
        yield { decided: await resolve(rows, signal) };
        index++;
      }
    },

    async getProduct({ productId, statedBy }) {
      await opened;
      const product = await products.one(productId, store);
      if (statedBy === undefined) return { product };
      const keys = catalogueOf(catalogues, product.vertical).stated(statedBy, product.keys);
      return { product: { ...product, keys } };
    },

    async batchGetProducts({ productIds, contentOnly }) {
      if (productIds.length > maxIds) throw invalidField('productIds', `are ${productIds.length}; at most ${maxIds}`);
      await opened;
      const found = await products.read(productIds, store, !contentOnly);
      return {
        products: productIds.flatMap((requestedId) => {
          const product = found.get(requestedId);
          return product === undefined ? [] : [{ requestedId, product }];
        }),
      };
    },

    async listProducts(request, { signal }: MeshContext) {
      catalogueOf(catalogues, request.vertical);
      await opened;
      return listProducts(request, products, store, signal);
    },

    async listReviews(request) {
      checkVertical(request.vertical);
      await opened;
      return listReviews(request, catalogues, formerIds, store);
    },

    async getReview({ reviewId }) {
      await opened;
      return { review: await getReview(reviewId, catalogues, formerIds, store) };
    },

    async decide(request) {
      await opened;
      return told(await decide(request, tools));
    },

    async undo(request) {
      await opened;
      return told(await undo(request, tools));
    },

    async listEvents(request) {
      checkVertical(request.vertical);
      await opened;
      return listEvents(request, formerIds, store);
    },

    async *watchProducts(request, context: MeshContext) {
      checkVertical(request.vertical);
      await opened;
      yield* watchers.watch(request, context);
    },
  });

  const checkVertical = (vertical: string): void => {
    if (vertical !== '') catalogueOf(catalogues, vertical);
  };
  const told = async ({ event, productIds }: Awaited<ReturnType<typeof decide>>) => {
    void countReviews().catch(() => {});
    const found = await products.read(productIds, store, true);
    return { event, products: [...found.values()] };
  };

  return {
    name: 'normalization',
    services: [service],
    async close() {
      clearInterval(timer);
      endGauge();
      watchers.close();
      await (await stopListening.catch(() => undefined))?.();
      await pruning.catch(() => {});
      await content.settled();
    },
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

const ruleNames = new Map<number, string>(Object.entries(IdentityRule).map(([name, rule]) => [rule, name]));

function count(vertical: string, identities: readonly Identity[]): void {
  const counts = new Map<number, number>();
  let rule = -1;
  let run = 0;
  // Rows with the same rule stand together, as a rule.
  for (const one of identities) {
    if (one.rule === rule) run++;
    else {
      if (run > 0) counts.set(rule, (counts.get(rule) ?? 0) + run);
      rule = one.rule;
      run = 1;
    }
  }
  if (run > 0) counts.set(rule, (counts.get(rule) ?? 0) + run);
  for (const [found, rows] of counts) {
    resolvedRows.add(rows, { vertical, rule: ruleNames.get(found) ?? 'UNSPECIFIED' });
  }
}
