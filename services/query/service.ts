import { randomUUID } from 'node:crypto';
import type { Tier } from '../../libs/clients/index.ts';
import type { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import {
  type ExplainSearchRequest,
  type ExplainSearchResponse,
  type GetOfferRequest,
  type GetOfferResponse,
  type HandoffRequest,
  type HandoffResponse,
  type ListAccuracyRequest,
  type ListAccuracyResponse,
  type ListMismatchesRequest,
  type ListMismatchesResponse,
  type ListPartnerActivityRequest,
  type ListPartnerActivityResponse,
  type ListQuarantinedRequest,
  type ListQuarantinedResponse,
  QueryServiceDefinition,
  type ReplayMismatchRequest,
  type ReplayMismatchResponse,
  Screen,
  type SearchRequest,
  type SearchUpdate,
  type WatchSearchRequest,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type {
  CreateHandoffResponse,
  MadeOffer,
  SupplyServiceDefinition,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { type FieldViolation, invalidFields } from '../../libs/errors/index.ts';
import {
  type CallOptions,
  forMany,
  type MeshClient,
  type MeshContext,
  meshService,
  type ServiceHandle,
} from '../../libs/mesh/index.ts';
import { moneyFromMinor } from '../../libs/money/index.ts';
import type { SharedState } from '../../libs/shared/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { logger, observedGauge } from '../../libs/telemetry/index.ts';
import { Accuracy, type AccuracyOptions } from './accuracy/accuracy.ts';
import { Activity } from './activity/activity.ts';
import { Clicks, checkReference } from './clicks.ts';
import { Contents, inPageTime } from './contents.ts';
import { explainOffer } from './explain.ts';
import { explainSearch } from './explain-search.ts';
import { explainedOf } from './explained.ts';
import { actionFailed, cannotSupply } from './failures.ts';
import { SharedCounts, StoredCounts } from './handoff-counts.ts';
import { HandoffRates, type Kind } from './handoff-rate.ts';
import { type HeldRow, HeldSearches, offerExpired } from './held.ts';
import { newClickId } from './ids.ts';
import { Journals } from './journal.ts';
import { KnownSearches } from './known-searches.ts';
import { LiveConfig } from './live-config.ts';
import { settledProducts, wholeOffer } from './offers.ts';
import { readPage, viewOf } from './pages.ts';
import { PastOrderings } from './past-orderings.ts';
import { Patience } from './patience.ts';
import { PricingSamples, type SampleSettings } from './pricing-samples.ts';
import { QuarantineLog } from './quarantine-log.ts';
import { compileReadMask, type ReadMask } from './read-mask.ts';
import { type PreparedSearch, prepareSearch } from './request.ts';
import type { Search } from './search.ts';
import { type Begun, type InForce, Searches } from './searches.ts';
import { SharedClicks } from './shared-clicks.ts';
import { Subscription } from './subscription.ts';
import { decodeCursor } from './tokens.ts';
import { verifyOffer } from './verify.ts';

export type { AccuracyOptions } from './accuracy/accuracy.ts';
export { clickStore } from './clicks.ts';
export { checkQueryConfig } from './config.ts';
export { readPricingSamples } from './pricing-sample-files.ts';
export { orderOfSample } from './pricing-sample-order.ts';
export type { SampleSettings } from './pricing-samples.ts';
export { loadRankings } from './ranking-file.ts';

/** What query is made of. */
export interface QueryDependencies {
  /** The directory of `query.yaml`, `accuracy.yaml`, `ranking.yaml` and `clients.yaml`; followed while it changes. */
  readonly configDirectory: string;
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly pricing: MeshClient<PricingServiceDefinition>;
  /** Knows of products what partners say of them, for pages. Without it pages have offers alone. */
  readonly normalization?: MeshClient<NormalizationServiceDefinition>;
  /** Where clicks are recorded, opened with `clickStore`. The caller closes it, after the service. */
  readonly clicks: Store;
  /** What several processes of query share, so that each can go on with the searches of another. Without it there is one alone. */
  readonly shared?: SharedState;
  /** Of which searches pricing samples are kept, and where; default: as configured. */
  readonly samples?: SampleSettings;
  /** The clock of the loop that asks shown offers again; for tests. */
  readonly accuracy?: AccuracyOptions;
}

/** Query: searches, and everything that can be done with what they found. Throws ConfigError. */
export function createQueryService(dependencies: QueryDependencies): ServiceHandle {
  const service = new QueryService(dependencies);
  return {
    name: 'query',
    services: [meshService(QueryServiceDefinition, service)],
    tierOf: (client) => service.tierOf(client),
    close: () => service.close(),
  };
}

/** What was made of a request, and from what. */
interface Prepared {
  readonly prepared: PreparedSearch;
  readonly rankings: LiveConfig['rankings'];
  readonly at: number;
}

/** Some dates may be asked for until a moment: what was right so long ago counts as right. */
const preparedForMs = 1_000;

/** The RPCs. Each checks what it is given, finds what it is about, and leaves the rest to the modules. */
class QueryService {
  readonly #supply: MeshClient<SupplyServiceDefinition>;
  readonly #pricing: MeshClient<PricingServiceDefinition>;
  readonly #clicks: Pick<Clicks, 'record' | 'report'>;
  readonly #log = logger('query');
  readonly #live: LiveConfig;
  readonly #held: HeldSearches;
  readonly #rates: HandoffRates;
  readonly #accuracy: Accuracy;
  readonly #searches: Searches;
  readonly #contents: Contents | undefined;
  readonly #known: KnownSearches;
  readonly #past: PastOrderings | undefined;
  readonly #patience = new Patience();
  readonly #quarantine = new QuarantineLog();
  readonly #activity = new Activity();
  readonly #samples: PricingSamples;
  readonly #prepared = new WeakMap<SearchRequest, Prepared>();
  readonly #endGauge: () => void;

  constructor({
    configDirectory,
    supply,
    pricing,
    normalization,
    clicks,
    shared,
    samples,
    accuracy,
  }: QueryDependencies) {
    this.#supply = supply;
    this.#pricing = pricing;
    const own = new Clicks(clicks);
    this.#clicks = shared === undefined ? own : new SharedClicks(own, shared, this.#log);
    this.#live = new LiveConfig(configDirectory, this.#log);
    this.#held = new HeldSearches(this.#live.config.hold);
    // In one process counts survive it beside the clicks; replicas keep theirs together.
    const counts = shared?.kind === 'redis' ? new SharedCounts(shared, randomUUID()) : new StoredCounts(clicks);
    this.#rates = new HandoffRates(counts, this.#log);
    const inForce = { config: () => this.#live.accuracy, timeoutMs: () => this.#live.config.actionTimeoutMs };
    const loop = { supply, pricing, held: this.#held, store: clicks, shared, log: this.#log, ...inForce };
    this.#accuracy = new Accuracy(loop, accuracy);
    const { hold, takeOverMs } = this.#live.config;
    const times = { leaseMs: takeOverMs, ttlMs: hold.minutes * 60_000 };
    const journals = shared && new Journals(shared, times, this.#log);
    this.#contents = normalization && new Contents(normalization, { log: this.#log });
    this.#samples = new PricingSamples(() => sampleSettings(this.#live, samples), this.#log);
    const tools = {
      log: this.#log,
      held: this.#held,
      patience: this.#patience,
      quarantine: this.#quarantine,
      journals,
      samples: this.#samples,
      activity: this.#activity,
      accuracy: this.#accuracy,
      contents: this.#contents,
    };
    this.#searches = new Searches({ supply, pricing, ...tools });
    this.#past = journals && new PastOrderings(journals, pricing, this.#live.config.actionTimeoutMs);
    this.#known = new KnownSearches(this.#held, this.#searches, journals, this.#live, (client, prepared) =>
      this.#inForce(client, prepared),
    );
    const description = '1 while the files on disk are refused and older ones are in force, else 0';
    this.#endGauge = observedGauge('entrepot.query.config.refused', { unit: '1', description }, (result) =>
      result.observe(this.#live.refused ? 1 : 0),
    );
  }

  async listAccuracy({ partner }: ListAccuracyRequest): Promise<ListAccuracyResponse> {
    return this.#accuracy.list(partner);
  }

  listMismatches(request: ListMismatchesRequest): Promise<ListMismatchesResponse> {
    return this.#accuracy.mismatches(request);
  }

  replayMismatch({ mismatchId }: ReplayMismatchRequest, context: MeshContext): Promise<ReplayMismatchResponse> {
    return this.#accuracy.replay(mismatchId, this.#options(context));
  }

  async listQuarantined(request: ListQuarantinedRequest): Promise<ListQuarantinedResponse> {
    return this.#quarantine.list(request);
  }

  async listPartnerActivity(request: ListPartnerActivityRequest): Promise<ListPartnerActivityResponse> {
    return this.#activity.list(request);
  }

  tierOf(client: string): Tier {
    return this.#live.clients.tierOf(client);
  }

  search(request: SearchRequest, context: MeshContext): AsyncIterable<{ update: SearchUpdate }> {
    const begun = this.#begin(request, context);
    return answers(begun instanceof Promise ? begun.then(({ reader }) => reader) : begun.reader, context, 'searching');
  }

  #begin(request: SearchRequest, context: MeshContext): Begun | Promise<Begun> {
    const prepared = this.#prepare(request, Date.now());
    const { client, trace, deadline } = context;
    this.#rates.searched(kindOf(client, prepared));
    const inForce = this.#inForce(client, prepared);
    return this.#searches.begin(prepared, { client, trace, deadline }, inForce, () => context.signal.aborted);
  }

  /** A request that is passed on as the same object many times is checked once in a while. */
  #prepare(request: SearchRequest, now: number): PreparedSearch {
    const { rankings } = this.#live;
    const known = this.#prepared.get(request);
    if (known !== undefined && known.rankings === rankings && now - known.at < preparedForMs) return known.prepared;
    const prepared = prepareSearch(request, now, rankings);
    this.#prepared.set(request, { prepared, rankings, at: now });
    return prepared;
  }

  #inForce(client: string, prepared: PreparedSearch): InForce {
    const { config, policies, clients, version } = this.#live;
    return {
      config,
      policy: prepared.completion ?? policies(client),
      permitted: clients.partnersOf(client),
      handoffRate: this.#rates.rate(kindOf(client, prepared)),
      judged: this.#accuracy.judgedIn(prepared.market),
      version,
    };
  }

  /** A search that is complete, or as complete as the caller's time lets it be. */
  async #searched(request: SearchRequest, context: MeshContext): Promise<Search> {
    const { search, reader } = await this.#begin(request, context);
    const updates = answers(reader, context, 'searching')[Symbol.asyncIterator]();
    while (!(await updates.next()).done);
    return search;
  }

  watchSearch(request: WatchSearchRequest, context: MeshContext): AsyncIterable<{ update: SearchUpdate }> {
    // Who resumes is told the little that has changed, and may wait long for it: all clients of an edge that was killed come at once.
    if (request.cursor !== '') context.quiet?.();
    const search = this.#known.search(request.searchId, context.client);
    const watch = (known: Search): Subscription<SearchUpdate> => this.#watch(known, request);
    return answers(search instanceof Promise ? search.then(watch) : watch(search), context, 'watching');
  }

  #watch(search: Search, request: WatchSearchRequest): Subscription<SearchUpdate> {
    const cursor = request.cursor === '' ? undefined : decodeCursor(request.cursor, request.searchId);
    const view = request.options === undefined ? search.request.view : viewOf(search, request.options);
    search.set.applied.check(view, 'options.filter');
    const screen = request.screen === Screen.UNSPECIFIED ? search.request.screen : request.screen;
    return search.subscribe(view, screen, cursor, false);
  }

  async getPage(
    request: Parameters<typeof readPage>[1],
    context: MeshContext,
  ): Promise<{ page: Awaited<ReturnType<typeof readPage>> }> {
    const search = await this.#known.search(request.searchId, context.client);
    const page = await readPage(search, request, context, (wider) => this.#searched(wider, context), this.#past);
    this.#held.grown(search);
    return { page };
  }

  async getOffer(request: GetOfferRequest, context: MeshContext): Promise<GetOfferResponse> {
    const held = await this.#known.offer(request.offerId, context.client);
    const { search, row } = held;
    const violations: FieldViolation[] = [];
    const mask = compileReadMask(request.readMask, search.request.vertical.name, violations);
    if (violations.length > 0) throw invalidFields(violations);
    const { set } = search;
    const { vertical } = search.request;
    const [product] = settledProducts(set, [row], set.products.view);
    const contents = mask.content && vertical.hasContent && product !== undefined ? this.#contents : undefined;
    const loading = contents?.load([product!]);
    const made = await this.#made(held, mask, context);
    await inPageTime(loading);
    const content = contents?.of(product!);
    const entry = { row, others: [] };
    return { offer: wholeOffer(search.id, set, set.products.view, entry, made, mask, set.prices, content) };
  }

  async verify({ offerId }: { offerId: string }, context: MeshContext): ReturnType<typeof verifyOffer> {
    const held = await this.#known.offer(offerId, context.client);
    const verified = await verifyOffer(held, { supply: this.#supply, pricing: this.#pricing }, this.#options(context));
    this.#held.grown(held.search);
    // Whoever looks at it elsewhere is to see what this caller sees.
    await held.search.fanOut.written();
    return verified;
  }

  async handoff({ offerId, clientReference }: HandoffRequest, context: MeshContext): Promise<HandoffResponse> {
    const violations = checkReference('clientReference', clientReference);
    if (violations.length > 0) throw invalidFields(violations);
    const { search, row } = await this.#known.offer(offerId, context.client);
    const { set } = search;
    const clickId = newClickId();
    let way: CreateHandoffResponse;
    try {
      way = await this.#supply.createHandoff({ handle: set.handleOf(row), clickId }, this.#options(context));
    } catch (error) {
      throw actionFailed(error);
    }
    // Nobody is sent on before it is recorded: a click that the partner reports back must be known.
    await this.#clicks.record({
      clickId,
      searchId: search.id,
      offerId,
      productId: set.products.ids[set.products.view.ofRow[row]!]!,
      partner: set.partnerOf(row),
      client: context.client,
      clientReference,
      shownTotal: moneyFromMinor(set.totals[row]!, set.currency),
    });
    this.#rates.handedOff(kindOf(search.asker.client, search.request));
    return { clickId, target: way.target, expiresAt: way.expiresAt };
  }

  async reportConversion(
    request: Parameters<Clicks['report']>[0],
    { client }: MeshContext,
  ): Promise<{ click: Awaited<ReturnType<Clicks['report']>> }> {
    return { click: await this.#clicks.report(request, this.#known.seesOf(client)) };
  }

  async explain({ offerId }: { offerId: string }, context: MeshContext): ReturnType<typeof explainOffer> {
    const { actionTimeoutMs } = this.#live.config;
    const tools = {
      pricing: this.#pricing,
      supply: this.#supply,
      timeoutMs: actionTimeoutMs,
      originTimeoutMs: actionTimeoutMs / 2,
      log: this.#log,
    };
    return explainOffer(offerId, await this.#known.offerOrPast(offerId, context.client), tools, context);
  }

  async explainSearch(
    { searchId, productId }: ExplainSearchRequest,
    { client }: MeshContext,
  ): Promise<ExplainSearchResponse> {
    const search = await this.#known.search(searchId, client);
    return explainSearch(explainedOf(search, this.#patience, this.#live.clients), productId);
  }

  async close(): Promise<void> {
    await this.#searches.close();
    await this.#samples.close();
    await this.#accuracy.close();
    this.#endGauge();
    this.#held.close();
    this.#live.close();
    await this.#rates.close();
  }

  /** The row as supply makes it for a mask; from what is kept where that has all fields. */
  async #made({ search, row }: HeldRow, mask: ReadMask, context: MeshContext): Promise<MadeOffer | undefined> {
    if (mask.itemFields?.length === 0) return undefined;
    const own = search.request.mask;
    const kept = own.key === '' || own.key === mask.key ? search.maker.made(row) : undefined;
    if (kept !== undefined) return kept;
    const { set, fanOut } = search;
    const request = { handles: [search.set.handleOf(row)], readMask: mask.itemFields };
    const options = { context, timeoutMs: this.#live.config.makeTimeoutMs };
    const made = await this.#supply.getOffers(request, options).catch((error: unknown) => {
      throw cannotSupply(error);
    });
    const [offer] = made.offers;
    if (offer === undefined || offer.missing) {
      fanOut.removed([row]);
      throw offerExpired();
    }
    if (!mask.details || offer.charges.length === 0) return { ...offer, charges: [] };
    const [charges = []] = await fanOut.offers.details([{ row, charges: offer.charges }], set.currency, context);
    return { ...offer, charges };
  }

  #options(context: MeshContext): CallOptions {
    return { context, timeoutMs: this.#live.config.actionTimeoutMs };
  }
}

function sampleSettings({ config }: LiveConfig, given: SampleSettings | undefined): SampleSettings {
  const { directory, megabytes, share } = config.pricingSamples;
  return given ?? { directory, bytes: megabytes * 1_000_000, share };
}

/** Which searches one is like. */
function kindOf(client: string, { market, vertical }: PreparedSearch): Kind {
  return { client, market, vertical: vertical.name };
}

const responses = new WeakMap<SearchUpdate, { readonly update: SearchUpdate }>();

/** An update as an answer. Readers at the same place share it. */
function responseOf(update: SearchUpdate): { update: SearchUpdate } {
  let response = responses.get(update);
  if (response === undefined) {
    response = forMany({ update });
    responses.set(update, response);
  }
  return response;
}

/**
 * A reader's updates as a call's answers; the reader leaves when the call is cancelled. Once a search is complete, or a
 * watcher has what is there, its call makes room for another.
 */
function answers(
  coming: Subscription<SearchUpdate> | Promise<Subscription<SearchUpdate>>,
  context: MeshContext,
  work: 'searching' | 'watching',
): AsyncIterable<{ update: SearchUpdate }> {
  const leave = (): void => {
    if (coming instanceof Subscription) void coming.return();
    // What it failed with is what its reader is told.
    else void coming.then((reader) => reader.return()).catch(() => undefined);
  };
  context.signal.addEventListener('abort', leave, { once: true });
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const { done, value } = await (coming instanceof Subscription ? coming : await coming).next();
        if (done) return { done: true, value: undefined };
        if (value.complete || work === 'watching') context.quiet?.();
        return { done: false, value: responseOf(value) };
      },
      return: async () => {
        leave();
        return { done: true, value: undefined };
      },
    }),
  };
}
