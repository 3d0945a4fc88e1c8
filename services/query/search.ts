import type { Context } from '@opentelemetry/api';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PricingServiceDefinition, PricingView } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Progress } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type {
  IdentitiesResolved,
  MadeOffer,
  OfferHandle,
  PartnerBatch,
  SearchPlan,
  SupplyServiceDefinition,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions, MeshClient, MeshContext } from '../../libs/mesh/index.ts';
import type { Logger } from '../../libs/telemetry/index.ts';
import type { QueryConfig } from './config.ts';
import { Currencies, type PricedUnder } from './currencies.ts';
import { cancelled, notAwaited, pricingBroke, supplyBroke, timedOut, unreadable } from './endings.ts';
import { cannotPrice, cannotSupply, isDeadline } from './failures.ts';
import { newSearchId } from './ids.ts';
import { OfferMaker } from './make.ts';
import { type Ordering, Orderings } from './ordering.ts';
import { Outcomes } from './outcomes.ts';
import type { PricedSet } from './priced-set.ts';
import { type PricedBatch, PricingStream } from './pricing-stream.ts';
import { type Moment, Publisher } from './publisher.ts';
import { reportEnd, reportFailure, reportFirstOffers } from './report.ts';
import type { PreparedSearch } from './request.ts';
import { ResultSet } from './result-set.ts';
import { SupplyStream } from './supply-stream.ts';
import { UpdateLog } from './updates.ts';
import { filterOfPartners, type View } from './view.ts';

/** What searches need of the service. */
export interface SearchDependencies {
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly pricing: MeshClient<PricingServiceDefinition>;
  readonly config: QueryConfig;
  readonly log: Logger;
  /** A search holds more than before. */
  readonly grown: (search: Search) => void;
  /** A search is of no use: it must not be found any more. */
  readonly failed: (search: Search) => void;
}

/** Whose search it is. */
export interface Asker {
  readonly client: string;
  readonly trace: Context;
  /** When the client wants its answer, epoch milliseconds; undefined for the configured patience. */
  readonly deadline: number | undefined;
}

/** How long prices that are late are waited for beyond a search's own time, where its client set no deadline. */
const latePricesMs = 10_000;

/** Retractions that a search remembers, in pages: who was away for longer gets a snapshot. */
const rememberedPages = 20;

/**
 * One search while it runs and while it is held: reads supply and pricing, ends every partner with one outcome, and
 * keeps what was found.
 */
export class Search {
  readonly id = newSearchId();
  readonly request: PreparedSearch;
  readonly asker: Asker;
  readonly set: ResultSet;
  readonly log: UpdateLog;
  readonly maker: OfferMaker;
  readonly publisher: Publisher;
  /** The set in other currencies than its own. */
  readonly currencies: Currencies;
  readonly #orderings: Orderings;
  readonly #deps: SearchDependencies;
  /** When it began, epoch milliseconds. */
  readonly beganAt = Date.now();
  /** The time that it has, in milliseconds. */
  readonly timeMs: number;
  readonly #startedAt = performance.now();
  readonly #outcomes: Outcomes;
  readonly #supply: SupplyStream;
  readonly #pricing: PricingStream;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #complete = false;
  #completedBecause = '';
  #tookMs: number | undefined;
  #failed = false;
  #supplyOver = false;
  #pricingOver = false;
  /** Partners are still being asked for what cannot be shown any more. */
  #askedInVain = false;
  #anyOffers = false;
  #firstShown = false;

  constructor(request: PreparedSearch, asker: Asker, deps: SearchDependencies) {
    this.request = request;
    this.asker = asker;
    this.#deps = deps;
    const { config } = deps;
    const { vertical, currency, market, view } = request;
    this.set = new ResultSet(vertical, currency);
    this.#outcomes = new Outcomes(this.#startedAt, this.set.applied);
    this.log = new UpdateLog(this.id, view.key, view.pageSize * rememberedPages);
    this.maker = new OfferMaker(
      this.set,
      request.mask,
      (handles, itemFields, context) => this.#make(handles, itemFields, context),
      Math.max(config.hold.offers, view.pageSize * 2),
    );
    this.#orderings = new Orderings(this.set, config.hold.orders);
    this.publisher = new Publisher(this.#published(), config.minUpdateIntervalMs);

    const totalMs = asker.deadline === undefined ? config.deadlineMs : Math.max(1, asker.deadline - Date.now());
    this.timeMs = totalMs;
    const supplyMs = totalMs - Math.min(config.supplyMarginMs, totalMs / 4);
    const context = { vertical: vertical.name, currency, market, client: asker.client };
    const under = (): PricedUnder => ({ context, view: this.pricingView });
    this.currencies = new Currencies(this.set, deps.pricing, under, config.actionTimeoutMs);
    const pricingMs = asker.deadline === undefined ? totalMs + latePricesMs : totalMs;
    this.#pricing = new PricingStream(deps.pricing, { context }, this.#callOptions(pricingMs), {
      viewed: () => this.publisher.changed(false),
      priced: (priced) => this.#priced(priced),
      over: (error) => this.#pricingEnded(error),
    });
    const start = {
      searchId: this.id,
      criteria: request.criteria,
      market,
      currency,
      locale: request.locale,
      partners: request.partners,
      filter: filterOfPartners(view, vertical),
      constraints: [],
      handoffRate: 0,
      times: [],
    };
    this.#supply = new SupplyStream(deps.supply, start, this.#callOptions(supplyMs), {
      planned: (plan) => this.#planned(plan),
      received: (batch) => this.#received(batch),
      reported: (outcome) => this.#reported(outcome),
      applied: (applied) => this.set.applied.add(applied),
      resolved: (identities) => this.#resolved(identities),
      over: (error) => this.#supplyEnded(error),
    });
    const patienceMs = totalMs - Math.min(config.completionMarginMs, totalMs / 10);
    this.#deadlineTimer = setTimeout(() => this.#late(), patienceMs);
  }

  /** Starts to ask. */
  start(): void {
    void this.#pricing.run();
    void this.#supply.run();
  }

  /** Every partner has an outcome. */
  get complete(): boolean {
    return this.#complete;
  }

  /** For a person: why it completed; empty while it runs. */
  get completedBecause(): string {
    return this.#complete ? this.#completedBecause : '';
  }

  /** How long it took to complete, in milliseconds; undefined while it runs. */
  get tookMs(): number | undefined {
    return this.#tookMs;
  }

  /** Every outcome so far. */
  get outcomes(): readonly PartnerOutcome[] {
    return this.#outcomes.ended;
  }

  /** The view that prices were made under; undefined until pricing has said. */
  get pricingView(): PricingView | undefined {
    return this.#pricing.view;
  }

  /** The order of the set under a view as it is now. @param prices in the view's currency; default: the set's own */
  ordering(view: View, prices?: PricedSet): Ordering {
    return this.#orderings.now(view, this.#complete, prices);
  }

  /** The order of the set under a view at a revision; undefined when it is no longer kept. */
  orderingAt(viewKey: string, revision: number): Ordering | undefined {
    return this.#orderings.at(viewKey, revision);
  }

  /** How far the search is, with the counts of an order. */
  progress(ordering: Ordering): Progress {
    const counts = this.set.productCounts();
    return {
      partnersAsked: this.#outcomes.asked,
      partnersDone: this.#outcomes.done,
      offers: this.set.liveRows().length,
      offersMatching: ordering.matching,
      products: counts.products,
      productsProvisional: counts.provisional,
      elapsedMs: Math.round(performance.now() - this.#startedAt),
    };
  }

  /** Bytes held, roughly. */
  memoryBytes(): number {
    const looks = this.#orderings.memoryBytes() + this.currencies.memoryBytes();
    return 4_000 + this.set.memoryBytes() + looks + this.maker.memoryBytes();
  }

  /** Ends the search where it is: partners without an outcome are cancelled. */
  cancel(detail: string): void {
    if (this.#complete || this.#failed) return;
    this.#completedBecause = `cancelled: ${detail}`;
    this.#outcomes.endOpen(() => cancelled(detail));
    this.#end('cancelled');
    this.#stop();
  }

  #planned(plan: SearchPlan): void {
    this.set.partners = plan.asked;
    for (const applied of plan.applied) this.set.applied.add(applied);
    this.#outcomes.plan(plan);
    this.#changed();
  }

  #received(batch: PartnerBatch): void {
    const rows = batch.columns?.rowCount ?? 0;
    if (rows > 0 && this.#outcomes.received(batch.partner, rows)) this.#pricing.price(batch);
  }

  #priced({ batch, inputs, quotes }: PricedBatch): void {
    try {
      const kept = this.set.append(this.set.partners.indexOf(batch.partner), batch, inputs, quotes);
      this.#outcomes.priced(batch.partner, kept, quotes.unpriced);
    } catch (error) {
      // Whatever is wrong with one partner's rows must not cost the others'.
      this.#deps.log.error({ err: error, search: this.id, partner: batch.partner }, 'rows could not be taken in');
      this.#outcomes.spoil(batch.partner, unreadable);
    }
    const first = !this.#anyOffers && this.set.rowCount > 0;
    this.#anyOffers ||= first;
    this.#changed(first);
  }

  #reported(outcome: PartnerOutcome): void {
    if (this.#outcomes.report(outcome)) this.#changed();
  }

  #resolved({ changes }: IdentitiesResolved): void {
    // Where identity could not be asked for, products stay provisional, which is how they are marked already.
    if (this.set.regroup(changes)) this.publisher.changed(false);
  }

  /** Something about partners changed. */
  #changed(urgent = false): void {
    this.set.touch();
    if (this.#outcomes.complete && !this.#complete && !this.#failed) this.#end('complete');
    else this.publisher.changed(urgent);
  }

  #supplyEnded(error: unknown): void {
    this.#supplyOver = true;
    if (!this.#complete && !this.#failed) {
      if (!this.#outcomes.planned) {
        this.#fail(cannotSupply(error));
        return;
      }
      if (error !== undefined) this.#completedBecause = isDeadline(error) ? 'deadline' : 'supply broke off';
      this.#outcomes.endUnreported(isDeadline(error) ? timedOut : supplyBroke);
      this.#changed();
    }
    this.#overIfDone();
  }

  #pricingEnded(error: unknown): void {
    this.#pricingOver = true;
    if (!this.#complete && !this.#failed) {
      if (this.set.rowCount === 0) {
        this.#fail(cannotPrice(error));
        return;
      }
      this.#askedInVain = true;
      this.#completedBecause = 'pricing broke off';
      this.#outcomes.endOpen(() => pricingBroke);
      this.#changed();
    }
    this.#overIfDone();
  }

  /** The time of the search is over: completes with what there is. */
  #late(): void {
    if (this.#complete || this.#failed) return;
    if (!this.#outcomes.planned) {
      this.#fail(cannotSupply(undefined));
      return;
    }
    this.#completedBecause = 'deadline';
    this.#outcomes.endOpen(({ answered }) => (answered ? notAwaited : timedOut));
    this.#supply.stop();
    this.#supplyOver = true;
    this.#changed();
    this.#overIfDone();
  }

  #end(outcome: 'complete' | 'cancelled'): void {
    this.#complete = true;
    this.#completedBecause ||= this.#outcomes.asked === 0 ? 'nobody could be asked' : 'every partner answered';
    this.#tookMs = Math.round(performance.now() - this.#startedAt);
    this.set.touch();
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#graceTimer);
    this.#pricing.end();
    reportEnd(this, outcome, this.#outcomes.ended, performance.now() - this.#startedAt, this.#deps.log);
    this.publisher.changed(true);
    // With nobody reading there is no page to make on the stream.
    if (!this.publisher.read) this.#releaseSupply();
  }

  /** The last page of the search is made: supply goes on for identities alone, or not at all. */
  #releaseSupply(): void {
    if (!this.#askedInVain) {
      this.#supply.end();
      return;
    }
    this.#supply.stop();
    this.#supplyOver = true;
    this.#overIfDone();
  }

  #fail(error: EntrepotError): void {
    this.#failed = true;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#graceTimer);
    this.#stop();
    if (!this.#complete) reportFailure(this, error, this.#deps.log);
    this.#deps.failed(this);
    this.publisher.fail(error);
  }

  #stop(): void {
    this.#supply.stop();
    this.#pricing.stop();
    this.#supplyOver = true;
    this.#pricingOver = true;
    this.#overIfDone();
  }

  #overIfDone(): void {
    if (this.#supplyOver && this.#pricingOver && this.#complete) this.publisher.end();
  }

  #published(): ConstructorParameters<typeof Publisher>[0] {
    const search = this;
    return {
      searchId: this.id,
      set: this.set,
      mask: this.request.mask,
      maker: this.maker,
      log: this.log,
      get ready() {
        return search.#outcomes.planned && (search.pricingView !== undefined || search.#complete);
      },
      get complete() {
        return search.#complete;
      },
      now: () => this.#now(),
      shown: (moment, offers) => this.#shown(moment, offers),
      broken: (error) => this.#fail(error),
      deserted: () => this.#deserted(),
    };
  }

  #now(): Moment {
    const ordering = this.ordering(this.request.view);
    return {
      revision: this.set.revision,
      ordering,
      outcomes: this.#outcomes.ended.slice(),
      progress: this.progress(ordering),
      complete: this.#complete,
    };
  }

  #shown(moment: Moment, offers: number): void {
    if (offers > 0 && !this.#firstShown) {
      this.#firstShown = true;
      reportFirstOffers(this, performance.now() - this.#startedAt);
    }
    if (moment.complete) {
      this.#releaseSupply();
      this.#deps.grown(this);
    }
  }

  #deserted(): void {
    if (this.#complete || this.#failed) return;
    if (this.request.final) {
      this.cancel('The client went away.');
      return;
    }
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => {
      if (!this.publisher.read) this.cancel('The client went away and did not come back.');
    }, this.#deps.config.resumeGraceMs);
  }

  /** Makes offers on the search's stream while it is open, by a call of their own afterwards. */
  async #make(
    handles: OfferHandle[],
    itemFields: string[] | undefined,
    context: MeshContext | undefined,
  ): Promise<readonly MadeOffer[]> {
    if (this.#supply.open && context === undefined) {
      try {
        return await this.#supply.make(handles, itemFields);
      } catch {
        // The stream broke off under the request; the rows may still be held.
      }
    }
    const left = (this.asker.deadline ?? Number.POSITIVE_INFINITY) - Date.now();
    const { makeTimeoutMs } = this.#deps.config;
    // While the client waits, its deadline counts; a held search has outlived it.
    const timeoutMs = left > 0 ? Math.min(makeTimeoutMs, left) : makeTimeoutMs;
    const options = context === undefined ? this.#callOptions(timeoutMs) : { context, timeoutMs: makeTimeoutMs };
    try {
      return (await this.#deps.supply.getOffers({ handles, readMask: itemFields }, options)).offers;
    } catch (error) {
      throw cannotSupply(error);
    }
  }

  #callOptions(timeoutMs: number): CallOptions {
    return { timeoutMs, trace: this.asker.trace, client: this.asker.client };
  }
}
