import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PricingContext } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PartnerBatch, SearchPlan } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { type EntrepotError, toEntrepotError } from '../../libs/errors/index.ts';
import { standingOf } from './completion.ts';
import { Currencies, type PricedUnder } from './currencies.ts';
import {
  cancelled,
  type Ending,
  mayStillAnswer,
  notAwaited,
  notWorthWaiting,
  pricingBroke,
  supplyBroke,
  timedOut,
  unreadable,
} from './endings.ts';
import { cannotPrice, cannotSupply, isDeadline } from './failures.ts';
import { type Asker, callFor, type FanOutTools } from './fan-out-tools.ts';
import { type Entry, Findings } from './findings.ts';
import { type Looker, Lookers } from './lookers.ts';
import { OfferCalls } from './offer-calls.ts';
import type { SampleTaker } from './pricing-samples.ts';
import { type PricedBatch, PricingStream } from './pricing-stream.ts';
import type { Question } from './question.ts';
import { reportOutcomes } from './report.ts';
import type { ResultSet } from './result-set.ts';
import { SupplyStream } from './supply-stream.ts';

/** With less time than this left, partners are not asked again, ms. */
const leastLeftMs = 100;
/** While a policy may come to hold by time alone it is looked at so often. */
const policyEveryMs = 25;

/**
 * One question to every partner: reads supply and pricing, ends every partner with one outcome, and says when that is all. Any
 * number of searches may look at what it finds.
 */
export class FanOut {
  readonly id: string;
  readonly question: Question;
  readonly asker: Asker;
  readonly findings: Findings;
  /** The time that it has, ms from its start. */
  readonly totalMs: number;
  /** Wall clock, epoch ms. */
  readonly startedAt: number;
  /** At its deadline it is complete, so long before the time that it has is over, ms. */
  readonly marginMs: number;
  /** Resolves when the plan is known, or never will be. */
  readonly planned: Promise<void>;
  /** What was found in other currencies than the search's own. */
  readonly currencies: Currencies;
  readonly #tools: FanOutTools;
  /** Asks supply and pricing for its offers as they are shown. */
  readonly offers: OfferCalls;
  readonly #lookers = new Lookers();
  #supply: SupplyStream | undefined;
  #pricing: PricingStream | undefined;
  /** Partners that another process had asked and that are asked again: what it had of them goes when they answer. */
  readonly #again = new Set<string>();
  /** How many they were. */
  #takenOver = 0;
  readonly #resolvePlanned: () => void;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #policyTimer: NodeJS.Timeout | undefined;
  #failure: EntrepotError | undefined;
  #supplyOver = false;
  #pricingOver = false;
  /** Partners are still being asked for what cannot be shown any more. */
  #askedInVain = false;
  #sample: SampleTaker | undefined;
  #started = false;
  #anyOffers = false;
  #ended = false;
  #completedAt = 0;

  /**
   * @param record told of everything that happens here, in order
   * @param startedAt epoch ms; in the past for one that another process began
   */
  constructor(
    id: string,
    question: Question,
    asker: Asker,
    tools: FanOutTools,
    record: (entry: Entry) => void,
    startedAt = Date.now(),
  ) {
    this.id = id;
    this.question = question;
    this.asker = asker;
    this.#tools = tools;
    this.startedAt = startedAt;
    const { config } = tools;
    const { vertical, currency } = question.prepared;
    const began = performance.now() - (Date.now() - startedAt);
    this.findings = new Findings(vertical, currency, began, record, config.priceOutliers);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.planned = promise;
    this.#resolvePlanned = resolve;
    this.totalMs = asker.deadline === undefined ? config.deadlineMs : Math.max(1, asker.deadline - startedAt);
    this.marginMs = Math.min(config.completionMarginMs, this.totalMs / 10);
    const under = (): PricedUnder => ({ context: this.#pricingContext, view: this.findings.view });
    this.currencies = new Currencies(this.findings.set, tools.pricing, under, config.actionTimeoutMs);
    const source = { id, asker, set: this.findings.set, currencies: this.currencies, stream: () => this.#supply };
    this.offers = new OfferCalls(source, tools);
  }

  /** Starts to ask, unless it has, or somebody else does. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#sample = this.#tools.samples?.begin(this.question.prepared.view);
    const { judged } = this.#tools;
    if (judged.length > 0) this.findings.happened({ $case: 'judged', value: { partners: [...judged] } });
    this.#ask(this.question.prepared.partners);
  }

  /** Another process asks: what happens there is taken in as it is told. */
  follow(): void {
    this.#started = true;
  }

  /** Takes in what happened in the process that asks. */
  replay(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const complete = this.complete;
    for (const entry of entries) {
      this.findings.replay(entry);
      if (entry.$case === 'over') this.#supplyOver = this.#pricingOver = true;
    }
    if (this.findings.outcomes.planned) this.#resolvePlanned();
    if (this.complete && !complete) this.#completed();
    this.#lookers.changed(false);
    this.#overIfDone();
  }

  /** Goes on where the process that asked has died: partners that had not answered are asked again while there is time. */
  takeOver(): void {
    if (this.over) return;
    const { outcomes } = this.findings;
    const unanswered = [...outcomes.open, ...outcomes.awaited];
    const left = this.startedAt + this.totalMs - Date.now();
    if (this.complete || (outcomes.planned && (unanswered.length === 0 || left < leastLeftMs))) {
      this.#giveUp();
      outcomes.endOpen(() => timedOut);
      this.#supplyOver = this.#pricingOver = true;
      if (this.complete) this.#overIfDone();
      else this.#complete('its time was over when the process that asked had died');
      return;
    }
    for (const partner of outcomes.planned ? unanswered : []) this.#again.add(partner);
    this.#takenOver = this.#again.size;
    this.#ask(outcomes.planned ? unanswered : this.question.prepared.partners);
  }

  /** Another process has taken it over: nothing is asked from here any more. */
  handOver(): void {
    this.#supply?.stop();
    this.#pricing?.stop();
    this.#supply = this.#pricing = undefined;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#policyTimer);
  }

  #ask(partners: string[]): void {
    const { config, patience, supply, pricing, handoffRate, permitted } = this.#tools;
    const { criteria, currency, market, locale } = this.question.prepared;
    const leftMs = Math.max(1, this.startedAt + this.totalMs - Date.now());
    const lateMs = this.asker.deadline === undefined ? config.lateMs : 0;
    const supplyMs = lateMs > 0 ? leftMs + lateMs : leftMs - Math.min(config.supplyMarginMs, leftMs / 4);
    const { view } = this.findings;
    const context = this.#pricingContext;
    this.#pricing = new PricingStream(pricing, { context, view }, callFor(this.asker, leftMs + lateMs), {
      viewed: (seen) => {
        if (view === undefined) this.findings.happened({ $case: 'view', value: seen });
        this.#lookers.changed(false);
        this.#consider();
      },
      priced: (priced) => this.#priced(priced),
      over: (error) => this.#pricingEnded(error),
    });
    const start = {
      searchId: this.id,
      criteria,
      market,
      currency,
      locale,
      partners,
      filter: this.question.filter,
      constraints: [],
      handoffRate,
      except: this.#set.judgements.notAsked,
      permitted: permitted && { partners: [...permitted] },
      times: patience.timesOf(this.question, leftMs, config.partnerTime),
    };
    this.#supply = new SupplyStream(supply, start, callFor(this.asker, supplyMs), {
      planned: (plan) => this.#planned(plan),
      received: (batch) => this.#received(batch),
      reported: (outcome) => this.#reported(outcome),
      applied: (applied) => this.findings.happened({ $case: 'applied', value: applied }),
      resolved: (identities) => {
        this.findings.happened({ $case: 'identities', value: identities });
        this.#lookers.changed(false);
      },
      over: (error) => this.#supplyEnded(error),
    });
    this.#deadlineTimer = setTimeout(() => this.#late(), leftMs - Math.min(config.completionMarginMs, leftMs / 10));
    void this.#pricing.run();
    void this.#supply.run();
  }

  /** A search looks at it from now on; the result ends that. Once nobody looks at it, it asks nobody any more. */
  look(looker: Looker): () => void {
    this.#lookers.add(looker);
    return () => {
      this.#lookers.delete(looker);
      if (this.#lookers.size > 0) {
        this.tidy();
        return;
      }
      this.cancel('Nobody looks at it any more.');
      if (this.asks) this.#stop();
      this.#tools.deserted(this);
    };
  }

  /** It asks, or follows who does. */
  get started(): boolean {
    return this.#started;
  }

  /** Searches that look at it. */
  get lookers(): number {
    return this.#lookers.size;
  }

  /** Every partner has an outcome. */
  get complete(): boolean {
    return this.findings.complete;
  }

  /** Why nothing can be shown; undefined while that is not so. */
  get failure(): EntrepotError | undefined {
    return this.#failure;
  }

  /** Milliseconds since it began; until it was complete, where it is. */
  get elapsedMs(): number {
    return (this.complete ? this.#completedAt : performance.now()) - this.findings.startedAt;
  }

  /** Nothing more will come. */
  get over(): boolean {
    return this.#supplyOver && this.#pricingOver;
  }

  /** Takes out what has expired by now. */
  sweep(now: number): void {
    if (this.#set.sweep(now)) this.#lookers.changed(false);
  }

  /** Rows are gone: sold out, or no longer held by supply. */
  removed(rows: readonly number[]): void {
    this.findings.remove(rows);
    this.#lookers.changed(false);
  }

  /**
   * A row was verified. Returns the one that stands in for it from now on; undefined when that has no price, and nothing changed.
   * @param now one row, with its quote
   */
  verified(row: number, now: PricedBatch): number | undefined {
    const replacement = this.findings.verified(row, now);
    this.#lookers.changed(false);
    return replacement;
  }

  /** Partners are asked from here. */
  get asks(): boolean {
    return this.#supply !== undefined;
  }

  /** Resolves when what has happened is where other replicas find it; undefined where there is nothing to wait for. */
  written(): Promise<void> | undefined {
    return this.#tools.written(this);
  }

  /** Somebody reads it. */
  get read(): boolean {
    return this.#lookers.some(({ read }) => read);
  }

  /** As cancel, unless somebody wants it. */
  leave(detail: string): void {
    if (!this.#lookers.some(({ wanted }) => wanted)) this.cancel(detail);
  }

  /** Ends it where it is: partners without an outcome are cancelled. Who only follows leaves it to the process that asks. */
  cancel(detail: string): void {
    if (this.complete || this.#failure !== undefined || !this.asks) return;
    this.findings.outcomes.endOpen(() => cancelled(detail));
    this.#complete(`cancelled: ${detail}`);
    this.#stop();
  }

  /** Lets go of what nobody needs any more: the streams once all is there and shown, and late partners once nobody reads. */
  tidy(): void {
    if (!this.complete || this.#failure !== undefined || !this.asks) return;
    if (this.findings.outcomes.awaited.length > 0) {
      if (this.#lookers.some(({ stays }) => stays)) return;
      this.#giveUp();
    }
    this.#pricing?.end();
    // The last pages are made on the stream.
    if (!this.#lookers.some(({ read, served }) => read && !served)) this.#releaseSupply();
  }

  get #set(): ResultSet {
    return this.findings.set;
  }

  /** Nobody waits for partners that are late. */
  #giveUp(): void {
    this.findings.outcomes.giveUp();
    this.#set.touch();
    this.#askedInVain = true;
    this.#lookers.changed(false);
  }

  #planned(plan: SearchPlan): void {
    if (this.findings.outcomes.planned) {
      for (const applied of plan.applied) this.findings.happened({ $case: 'applied', value: applied });
      for (const outcome of plan.skipped) this.findings.reported(outcome);
    } else {
      this.findings.happened({ $case: 'plan', value: plan });
    }
    this.#resolvePlanned();
    this.#changed();
  }

  #received(batch: PartnerBatch): void {
    this.#anew(batch.partner);
    const rows = batch.columns?.rowCount ?? 0;
    if (rows > 0 && this.findings.arrived(batch)) this.#pricing?.price(batch);
  }

  #priced({ batch, inputs, quotes }: PricedBatch): void {
    // What a partner's outcome does not count is not shown either.
    if (!this.findings.outcomes.accepts(batch.partner)) return;
    try {
      this.findings.happened({ $case: 'rows', value: { batch, inputs, quotes } });
    } catch (error) {
      // Whatever is wrong with one partner's rows must not cost the others'.
      this.#tools.log.error({ err: error, search: this.id, partner: batch.partner }, 'rows could not be taken in');
      this.findings.spoiled(batch.partner, unreadable);
    }
    this.#sample?.priced({ batch, inputs, quotes });
    const first = !this.#anyOffers && this.#set.rowCount > 0;
    this.#anyOffers ||= first;
    this.#changed(first);
  }

  /** A partner that is asked again answers: what was there of it before would come twice. */
  #anew(partner: string): void {
    if (this.#again.delete(partner)) this.findings.restart(partner);
  }

  #reported(outcome: PartnerOutcome): void {
    this.#anew(outcome.partner);
    this.#tools.patience.ended(this.question, outcome);
    this.findings.reported(outcome);
    this.#changed();
  }

  /** Something about partners changed. */
  #changed(urgent = false): void {
    if (this.complete || this.#failure !== undefined) {
      this.#lookers.changed(urgent);
      this.tidy();
      return;
    }
    if (this.findings.outcomes.complete) {
      this.#complete('every partner answered');
      return;
    }
    this.#lookers.changed(urgent);
    this.#consider();
  }

  /**
   * Completes where the client's policy says that what is open is not worth waiting for. Policies are about partners: without
   * pricing nothing could be shown of any.
   */
  #consider(): void {
    const { policy, patience } = this.#tools;
    if (policy === undefined || this.complete || this.#failure !== undefined) return;
    if (!this.findings.outcomes.planned || this.findings.view === undefined) return;
    clearTimeout(this.#policyTimer);
    if (policy.holds(standingOf(this.findings, this.question, patience, this.elapsedMs, this.totalMs))) {
      this.#completeWithout(notWorthWaiting, true, `not worth waiting: ${policy.source}`);
      return;
    }
    this.#policyTimer = setTimeout(() => this.#consider(), policyEveryMs);
  }

  /** The time is over: completes with what there is. */
  #late(): void {
    if (this.complete || this.#failure !== undefined) return;
    if (!this.findings.outcomes.planned) {
      this.#fail(cannotSupply(undefined));
      return;
    }
    // A client that set a deadline is gone when it is over.
    const later = this.asker.deadline === undefined;
    if (this.findings.view === undefined && !this.#awaits(later)) {
      this.#fail(cannotPrice(undefined));
      return;
    }
    this.#completeWithout(notAwaited, later, 'its time was over');
  }

  /** Whether late partners are waited for: somebody stays to be told of them, and they can be heard. */
  #awaits(later: boolean): boolean {
    return later && !this.#supplyOver && !this.#pricingOver && this.#lookers.some(({ stays }) => stays);
  }

  /** Completes while partners are open. Who stays is told what they say when they say it. */
  #completeWithout(ending: Ending, later: boolean, because: string): void {
    const awaited = this.#awaits(later);
    const ends = (answered: boolean): Ending => {
      if (awaited) return mayStillAnswer(ending);
      return answered || ending === notWorthWaiting ? ending : timedOut;
    };
    this.findings.outcomes.endOpen(({ answered }) => ends(answered), awaited);
    this.#set.touch();
    // Whoever is not awaited is not asked for either, but the last pages may still be made on the stream.
    if (!awaited) this.#askedInVain = true;
    this.#complete(because);
  }

  /**
   * One that was taken over is asked again together with many others, which supply may refuse: then once more a moment later, unless a
   * partner has answered or there is no time.
   */
  #asksOnceMore(error: unknown): boolean {
    const again = [...this.#again];
    const none = again.length === 0 || again.length < this.#takenOver;
    if (none || error === undefined || isDeadline(error) || this.complete || this.#failure !== undefined) return false;
    const { retryAfterMs = leastLeftMs } = toEntrepotError(error);
    if (this.startedAt + this.totalMs - Date.now() < retryAfterMs + leastLeftMs) return false;
    this.#pricing?.stop();
    clearTimeout(this.#deadlineTimer);
    this.#deadlineTimer = setTimeout(() => this.#ask(again), retryAfterMs);
    return true;
  }

  #supplyEnded(error: unknown): void {
    if (this.#asksOnceMore(error)) return;
    this.#supplyOver = true;
    this.#resolvePlanned();
    const { outcomes } = this.findings;
    if (this.#failure === undefined) {
      if (!outcomes.planned) {
        this.#fail(cannotSupply(error));
        return;
      }
      const open = !this.complete || outcomes.awaited.length > 0;
      outcomes.endUnreported(isDeadline(error) ? timedOut : supplyBroke);
      if (open) this.#set.touch();
      this.#changed();
    }
    this.#overIfDone();
  }

  #pricingEnded(error: unknown): void {
    this.#pricingOver = true;
    if (!this.complete && this.#failure === undefined) {
      if (this.#set.rowCount === 0) {
        this.#fail(cannotPrice(error));
        return;
      }
      this.#askedInVain = true;
      this.findings.outcomes.endOpen(() => pricingBroke);
      this.#set.touch();
      this.#changed();
    } else if (this.findings.outcomes.awaited.length > 0) {
      this.#giveUp();
      this.tidy();
    }
    this.#overIfDone();
  }

  #complete(because: string): void {
    this.findings.happened({ $case: 'completedBecause', value: because });
    reportOutcomes(this.findings.ended);
    this.#tools.activity.note(this.findings.ended);
    const { view } = this.findings;
    if (view !== undefined) this.#sample?.complete(view);
    this.#sample = undefined;
    this.#completed();
    this.#lookers.changed(true);
    this.tidy();
    this.#overIfDone();
  }

  #completed(): void {
    this.#completedAt = performance.now();
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#policyTimer);
    this.#lookers.completed();
  }

  /** The last pages are made: supply goes on for identities alone, or not at all. */
  #releaseSupply(): void {
    if (!this.#askedInVain) {
      this.#supply?.end();
      return;
    }
    this.#supply?.stop();
    this.#supplyOver = true;
    this.#overIfDone();
  }

  #fail(error: EntrepotError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#policyTimer);
    this.#stop();
    this.#lookers.failed(error);
  }

  #stop(): void {
    this.#supply?.stop();
    this.#pricing?.stop();
    this.#supplyOver = true;
    this.#pricingOver = true;
    this.#resolvePlanned();
    this.#overIfDone();
  }

  #overIfDone(): void {
    if (!this.over || !this.complete || this.#ended) return;
    this.#ended = true;
    this.#lookers.ended();
    this.#tools.over(this);
  }

  get #pricingContext(): PricingContext {
    const { vertical, currency, market, experimentKey } = this.question.prepared;
    return { vertical: vertical.name, currency, market, client: this.asker.client, experimentKey };
  }
}
