import { randomUUID } from 'node:crypto';
import type { PricingServiceDefinition } from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Judgement } from '../../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import {
  AccuracyAction,
  type Accuracy as AccuracyRow,
  type ListAccuracyResponse,
  type ListMismatchesRequest,
  type ListMismatchesResponse,
  type ReplayMismatchResponse,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Money } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError, invalidField } from '../../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../../libs/mesh/index.ts';
import { Decimal, minorDigits } from '../../../libs/money/index.ts';
import type { SharedState } from '../../../libs/shared/index.ts';
import type { Store } from '../../../libs/store/index.ts';
import { type Logger, observedGauge } from '../../../libs/telemetry/index.ts';
import type { HeldSearches } from '../held.ts';
import type { Entry } from '../ordering.ts';
import type { Search } from '../search.ts';
import { decodeMismatchToken, encodeMismatchToken } from '../tokens.ts';
import { checkSample } from './check.ts';
import { SharedChecks, StoredChecks } from './check-store.ts';
import { Checks, type Result } from './checks.ts';
import { type AccuracyConfig, isChecked, toleranceOf } from './config.ts';
import { CheckCounts, type Found } from './counts.ts';
import { type Figure, moneyOf, verdictOf } from './figure.ts';
import { describeStanding, Judge } from './judge.ts';
import { checksDone } from './metrics.ts';
import { type MismatchStore, placeOf, SharedMismatches, StoredMismatches } from './mismatches.ts';
import { askedNow } from './replay.ts';
import type { Sample } from './sample.ts';
import { Samples } from './samples.ts';
import { checkedOf, type Tally } from './tally.ts';

/** What tests turn. */
export interface AccuracyOptions {
  /** The clock of the loop, epoch ms. Default the process's own. */
  readonly now?: () => number;
  /** From 0 to below 1: whether a search asks a hidden partner. Default Math.random. */
  readonly random?: () => number;
  /** Between two looks at what is due, ms. Default 1,000; sensible 5 to 5,000. */
  readonly everyMs?: number;
}

/** What the loop needs of the service. */
export interface AccuracyTools {
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly pricing: MeshClient<PricingServiceDefinition>;
  readonly held: HeldSearches;
  /** The clicks' store. */
  readonly store: Store;
  readonly shared: SharedState | undefined;
  readonly log: Logger;
  /** What is in force. */
  readonly config: () => AccuracyConfig;
  readonly timeoutMs: () => number;
}

/** What is done about partners in one search. */
export interface JudgedSearch {
  /** Searches for which the same is done have the same key; empty where nothing is. */
  readonly key: string;
  /** The same with whether a hidden partner is asked this time. */
  pin(): readonly Judgement[];
}

const nothing: JudgedSearch = { key: '', pin: () => [] };
/** What was counted is written, and partners are judged, so often, ms. */
const exchangeMs = 30_000;
const dayMs = 86_400_000;
const mostOnPage = 200;
const usualOnPage = 50;
/** Results that are about what was shown. */
const counted: ReadonlySet<string> = new Set<keyof Tally>(['accurate', 'dearer', 'cheaper', 'gone', 'failed']);

/** Asks a sample of what was shown again, judges partners by what that finds, and says what is done about them in a search. */
export class Accuracy {
  readonly #tools: AccuracyTools;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #samples: Samples;
  readonly #checks: Checks;
  readonly #counts: CheckCounts;
  readonly #judge: Judge;
  readonly #mismatches: MismatchStore;
  readonly #timer: NodeJS.Timeout;
  readonly #endGauge: () => void;
  readonly #abort = new AbortController();
  #exchangedAt = Number.NEGATIVE_INFINITY;
  #exchanging: Promise<void> | undefined;

  constructor(tools: AccuracyTools, { now = Date.now, random = Math.random, everyMs = 1_000 }: AccuracyOptions = {}) {
    this.#tools = tools;
    this.#now = now;
    this.#random = random;
    const { store, shared, log } = tools;
    const replicas = shared?.kind === 'redis' ? shared : undefined;
    const checks = replicas === undefined ? new StoredChecks(store) : new SharedChecks(replicas, randomUUID());
    this.#mismatches = replicas === undefined ? new StoredMismatches(store) : new SharedMismatches(replicas, now);
    this.#counts = new CheckCounts(checks, log, now);
    this.#judge = new Judge(checks, log, now);
    this.#checks = new Checks(
      (sample) => this.#check(sample),
      (sample, result) => this.#done(sample, result),
      now,
    );
    this.#samples = new Samples((sample, dueAt) => this.#checks.add(sample, dueAt), now);
    this.#timer = setInterval(() => void this.#tick(), everyMs).unref();
    const description = 'What is done about a partner in a market: 1 demoted, 2 hidden; absent for nothing';
    this.#endGauge = observedGauge('entrepot.query.accuracy.standing', { unit: '1', description }, (result) => {
      for (const [name, { action }] of this.#judge.standings) {
        const [partner = '', market = ''] = name.split('/');
        result.observe(action === 'hidden' ? 2 : 1, { partner, market });
      }
    });
    void this.#tick();
  }

  /** What is done in the searches of a market. */
  judgedIn(market: string): JudgedSearch {
    const judged = this.#judge.in(market);
    if (judged.key === '') return nothing;
    const { probe } = this.#tools.config();
    return {
      key: judged.key,
      pin: () =>
        judged.partners.map((one) => ({
          ...one,
          asked: one.action !== AccuracyAction.HIDDEN || this.#random() < probe.share,
        })),
    };
  }

  /** Entries came onto a page that somebody looks at. */
  shown(search: Search, entries: readonly Entry[]): void {
    const config = this.#tools.config();
    if (isChecked(config)) this.#samples.shown(search, entries, config);
  }

  /** A complete first page of a search was shown. */
  complete(search: Search): void {
    if (search.set.judgements.hidden === undefined) return;
    const config = this.#tools.config();
    if (isChecked(config)) this.#samples.probe(search, config);
  }

  /** How right shown prices were. @param partner of one; empty for all */
  list(partner: string): ListAccuracyResponse {
    const config = this.#tools.config();
    const found = this.#counts.found(config.policy).filter((one) => partner === '' || one.partner === partner);
    const known = new Set(found.map(nameOf));
    // Whoever is judged stands here, also without a check of late.
    const unchecked = [...this.#judge.standings.keys()].filter((name) => !known.has(name)).map(unfound);
    const judged = [...found, ...unchecked.filter((one) => partner === '' || one.partner === partner)];
    return {
      accuracies: found.flatMap(rowsOf),
      standings: judged.map((one) => describeStanding(one, this.#judge.standings.get(nameOf(one)), config)),
    };
  }

  /** Mismatches, latest first. @throws EntrepotError INVALID_FIELD, INVALID_TOKEN */
  async mismatches({ partner, pageSize, pageToken }: ListMismatchesRequest): Promise<ListMismatchesResponse> {
    if (pageSize < 0 || pageSize > mostOnPage) {
      throw invalidField('pageSize', `is ${pageSize}; give 1 to ${mostOnPage}, or 0 for ${usualOnPage}`);
    }
    const size = pageSize === 0 ? usualOnPage : pageSize;
    const after = pageToken === '' ? undefined : decodeMismatchToken(pageToken, partner);
    const since = this.#now() - this.#tools.config().mismatches.keepDays * dayMs;
    const kept = await this.#mismatches.list(partner, after, size + 1, since);
    const page = kept.slice(0, size);
    const nextPageToken = kept.length > size ? encodeMismatchToken({ partner, ...placeOf(page.at(-1)!) }) : '';
    return { mismatches: page.map(({ mismatch }) => mismatch), nextPageToken };
  }

  /** What the partner says now. @throws EntrepotError MISMATCH_NOT_FOUND, and as the RPC documents */
  async replay(mismatchId: string, options: CallOptions): Promise<ReplayMismatchResponse> {
    const kept = await this.#mismatches.get(mismatchId);
    if (kept === undefined) {
      const message = 'There is no mismatch of this id, or it is no longer kept.';
      throw new EntrepotError({ reason: 'MISMATCH_NOT_FOUND', message });
    }
    const { mismatch } = kept;
    const now = await askedNow(kept, this.#tools.supply, options, this.#now());
    const tolerance = toleranceOf(this.#tools.config(), mismatch.market);
    const like = (money: Money | undefined): boolean =>
      money !== undefined && verdictOf(figureIn(money), now, tolerance) === 'accurate';
    return { mismatch, now: moneyOf(now), asShown: like(mismatch.shown), asFound: like(mismatch.found) };
  }

  /** Gives up the checks under way, and writes what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#abort.abort();
    this.#endGauge();
    await this.#checks.settled();
    await this.#exchanging;
    if (this.#counts.unwritten) await this.#counts.exchange(this.#tools.config().policy);
  }

  async #tick(): Promise<void> {
    const config = this.#tools.config();
    if (!isChecked(config)) {
      this.#judge.rest();
      return;
    }
    this.#checks.begin(config.sample);
    const now = this.#now();
    if (now - this.#exchangedAt < exchangeMs) return;
    this.#exchangedAt = now;
    this.#exchanging ??= this.#exchange().finally(() => {
      this.#exchanging = undefined;
    });
    await this.#exchanging;
  }

  async #exchange(): Promise<void> {
    const { policy } = this.#tools.config();
    await this.#counts.exchange(policy);
    const config = this.#tools.config();
    if (isChecked(config)) await this.#judge.judge(this.#counts.found(config.policy), config);
  }

  #check(sample: Sample): Promise<Result> {
    const { config, log, ...tools } = this.#tools;
    return checkSample(sample, {
      ...tools,
      log,
      now: this.#now,
      signal: this.#abort.signal,
      toleranceOf: (market) => toleranceOf(config(), market),
      mismatched: (kept) =>
        this.#mismatches.add(kept, config().mismatches).catch((error: unknown) => {
          log.warn({ err: error, partner: sample.partner }, 'a mismatch cannot be kept');
        }),
    });
  }

  #done(sample: Sample, result: Result): void {
    checksDone.add(1, { partner: sample.partner, result });
    if (isCounted(result)) this.#counts.count(sample, result);
  }
}

function isCounted(result: Result): result is keyof Tally {
  return counted.has(result);
}

function nameOf({ partner, market }: Found): string {
  return `${partner}/${market}`;
}

function unfound(name: string): Found {
  const [partner = '', market = ''] = name.split('/');
  return { partner, market, all: { accurate: 0, dearer: 0, cheaper: 0, gone: 0, failed: 0 }, byLeadTime: new Map() };
}

function rowsOf({ partner, market, byLeadTime }: Found): AccuracyRow[] {
  return [...byLeadTime].map(([leadTime, tally]) => {
    const checked = checkedOf(tally);
    const accuracy = checked === 0 ? undefined : tally.accurate / checked;
    return { partner, market, leadTime, checked, ...tally, accuracy };
  });
}

function figureIn({ amount, currencyCode: currency }: Money): Figure {
  const minor = Decimal.parse(amount)?.toMinor(minorDigits(currency) ?? 0);
  return { minor: Number(minor ?? Number.NaN), currency };
}
