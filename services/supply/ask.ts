import type { Context } from '@opentelemetry/api';
import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
  RejectionReason,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { logger, withTrace } from '../../libs/telemetry/index.ts';
import type { AnswerContext, AskContext, ReadResult } from './adapter.ts';
import { headersRead } from './answer-headers.ts';
import type { AnswerStore } from './answers.ts';
import { askedRequest } from './asked-request.ts';
import type { Sample } from './drift/sample.ts';
import type { DriftWatch } from './drift/watch.ts';
import { type ExchangeBounds, type ExchangeTools, PartnerExchange } from './exchange.ts';
import { nameOf, outcomeName, PartnerFailure, toPartnerFailure } from './failure.ts';
import type { HttpAnswer } from './http.ts';
import { type MappedRows, mapRows } from './map-rows.ts';
import { partnerDuration, partsAnswered, rowsKept, rowsRejected } from './metrics.ts';
import type { AnyPartner, ConfiguredPartner } from './partner.ts';
import type { Question } from './question.ts';
import { Rejections } from './rejections.ts';
import { Repairs } from './repairs.ts';
import { SeenOffers } from './seen-offers.ts';
import type { Turns } from './turns.ts';

/** One page of a partner's answer, mapped and held. */
export interface Page {
  readonly partner: AnyPartner;
  /** Digest of the answer. */
  readonly answer: string;
  /** Digest of the manifest that mapped it. */
  readonly manifest: string;
  readonly fetchedAt: number;
  readonly mapped: MappedRows;
  /** The answer is past its time of reuse: the partner is being asked again, or failed. */
  readonly stale?: boolean;
}

/** What asking needs. */
export interface AskTools extends ExchangeTools {
  readonly answers: Pick<AnswerStore, 'hold'>;
  /** The clock by which answers are dated, epoch ms; default the machine's. Recorded answers have a time of their own. */
  readonly now?: () => number;
  readonly turns: Turns;
  /** Told of conversations, of which it looks at some. */
  readonly drift?: Pick<DriftWatch, 'begin'>;
}

const log = logger('supply.partner');

/**
 * Asks one partner, page by page, and hands over each page with offers as it comes. Always ends with an outcome; never
 * throws.
 */
export async function askPartner(
  tools: AskTools,
  partner: ConfiguredPartner,
  context: AskContext,
  first: Question,
  bounds: ExchangeBounds,
  onPage: (page: Page) => void,
): Promise<PartnerOutcome> {
  const exchange = new PartnerExchange(tools, partner, 'search', context, bounds);
  const tally = new Tally(partner);
  const sample = tools.drift?.begin(partner);
  let failure: PartnerFailure | undefined;
  try {
    await exchange.within(() => readPages(tools, exchange, context, first, tally, sample, onPage));
  } catch (error) {
    failure = toPartnerFailure(error);
  }
  sample?.end();
  const outcome = outcomeOf(exchange, context, tally, failure);
  outcome.detail = exchange.clean(outcome.detail);
  for (const told of [...outcome.rejections, ...outcome.repairs]) told.example = exchange.clean(told.example);
  exchange.end(outcome.status, outcome.failure, outcome.detail, outcome.rowsReceived, outcome.offersKept);
  report(outcome, exchange.elapsedMs, bounds.trace, failure?.cause);
  return outcome;
}

/** What came of a search so far. */
class Tally {
  received = 0;
  kept = 0;
  /** Why something may be missing; the first reason stays. */
  incomplete: string | undefined;
  readonly mapper: PageMapper;

  constructor(partner: ConfiguredPartner) {
    this.mapper = new PageMapper(partner);
  }

  get rejections(): Rejections {
    return this.mapper.rejections;
  }
}

/** Maps the pages of one search in their order. Offers that came before are passed over. */
export class PageMapper {
  readonly rejections = new Rejections();
  readonly repairs = new Repairs();
  readonly #partner: ConfiguredPartner;
  readonly #seen = new SeenOffers();
  /** Rows that an answer given bit by bit has shown already. */
  readonly #shown: Set<string> | undefined;

  constructor(partner: ConfiguredPartner) {
    this.#partner = partner;
    this.#shown = partner.adapter.idOf === undefined ? undefined : new Set();
  }

  map(rows: readonly unknown[], context: AnswerContext): MappedRows {
    const { adapter, plan } = this.#partner;
    const shown = this.#shown;
    const ids = shown === undefined ? [] : rows.map((row) => adapter.idOf!(row));
    const fresh = shown === undefined ? undefined : (row: number): boolean => !shown.has(ids[row] ?? '');
    const mapped = mapRows(plan, adapter, rows, context, this.#seen, this.rejections, fresh, this.repairs);
    for (const id of ids) if (id !== undefined) shown?.add(id);
    return mapped;
  }
}

async function readPages(
  { answers, turns, now = Date.now }: AskTools,
  exchange: PartnerExchange,
  context: AskContext,
  first: Question,
  tally: Tally,
  sample: Sample | undefined,
  onPage: (page: Page) => void,
): Promise<void> {
  const { partner } = exchange;
  const { adapter, manifest } = partner;
  let next: Question | undefined = first;
  for (let pages = 0; next !== undefined; ) {
    if (pages === partner.maxPages) {
      tally.incomplete ??= `there are more pages than the ${pages} that maxPages allows`;
      return;
    }
    if ('afterMs' in next && next.afterMs !== undefined) await exchange.pause(next.afterMs);
    const { progress } = next;
    const answeredBy = (by: HttpAnswer, fetchedAt: number): AnswerContext => ({
      ...context,
      ...(progress !== undefined && { progress }),
      ...headersRead(adapter, by),
      fetchedAt,
      manifest,
    });
    const isGood = (one: HttpAnswer): boolean => isAnswer(exchange, one, answeredBy(one, now()));
    const answer: HttpAnswer = await exchange.ask(next, isGood);
    const fetchedAt = now();
    await turns.take();
    const contentType = answer.headers['content-type'];
    const body = exchange.bodyOf(answer);
    const answered = answeredBy(answer, fetchedAt);
    sample?.came(next, answer, body, answered);
    const result = read(adapter, body, answered);
    sample?.means(result);
    if ('failure' in result) {
      // A token that is refused inside a 200.
      if (result.failure === FailureKind.AUTHENTICATION && exchange.renewsToken()) continue;
      throw exchange.failureStated(result);
    }
    if (result.intermediate !== true) pages++;
    if (result.warning !== undefined) tally.incomplete ??= `it warns: ${result.warning.slice(0, 250)}`;
    const mapped = tally.mapper.map(result.rows, answered);
    tally.received += mapped.received;
    if (mapped.rows.length > 0) {
      tally.kept += mapped.rows.length;
      const digest = answers.hold({
        partner,
        context: answered,
        kind: 'page',
        body: answer.body,
        contentType: contentType === undefined ? undefined : String(contentType),
        rows: result.rows,
        expiresAt: mapped.lastExpiry,
        asked: askedRequest(partner, next),
      });
      onPage({ partner, answer: digest, manifest: manifest.digest, fetchedAt, mapped });
    }
    next = result.next;
  }
}

/** Whether an answer is one: its status, its format, and no failure that it states. */
function isAnswer(exchange: PartnerExchange, answer: HttpAnswer, context: AnswerContext): boolean {
  try {
    return !('failure' in read(exchange.partner.adapter, exchange.bodyOf(answer), context));
  } catch {
    return false;
  }
}

function read(adapter: ConfiguredPartner['adapter'], body: unknown, context: AnswerContext): ReadResult<unknown> {
  try {
    return adapter.read(body, context);
  } catch (cause) {
    throw new PartnerFailure({
      failure: FailureKind.MALFORMED,
      detail: `the answer is not built as the format promises: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    });
  }
}

function outcomeOf(
  exchange: PartnerExchange,
  { filters = [] }: AskContext,
  tally: Tally,
  failure: PartnerFailure | undefined,
): PartnerOutcome {
  const { received, kept, rejections, incomplete } = tally;
  const outcome: PartnerOutcome = {
    ...emptyOutcome(exchange.partner.name, OutcomeStatus.OK, ''),
    rowsReceived: received,
    offersKept: kept,
    rejections: rejections.toCounts(),
    repairs: tally.mapper.repairs.toCounts(),
    latencyMs: Math.round(exchange.elapsedMs),
    requests: exchange.requests,
    hedges: exchange.hedges,
    appliedFilters: filters.map(({ text }) => text),
  };
  if (failure !== undefined) {
    const partly = received > 0 && failure.status !== OutcomeStatus.CANCELLED;
    outcome.status = partly ? OutcomeStatus.PARTIAL : failure.status;
    outcome.failure = failure.failure;
    outcome.detail = partly ? `not every page came: ${failure.detail}` : failure.detail;
    if (failure.retryAfterMs !== undefined) outcome.retryAfterMs = Math.ceil(failure.retryAfterMs);
  } else if (received === 0) {
    outcome.status = OutcomeStatus.EMPTY;
    outcome.detail = incomplete ?? '';
  } else if (kept === 0) {
    const unreadable = rejections.total > rejections.count(RejectionReason.EXPIRED);
    outcome.status = OutcomeStatus.PARTIAL;
    outcome.failure = unreadable ? FailureKind.MALFORMED : FailureKind.UNSPECIFIED;
    outcome.detail = `none of its ${received} rows became an offer; the rejections say why`;
  } else if (incomplete !== undefined) {
    outcome.status = OutcomeStatus.PARTIAL;
    outcome.detail = incomplete;
  }
  return outcome;
}

/** An outcome without counts. */
export function emptyOutcome(partner: string, status: OutcomeStatus, detail: string): PartnerOutcome {
  return {
    partner,
    status,
    failure: FailureKind.UNSPECIFIED,
    detail,
    rowsReceived: 0,
    offersKept: 0,
    rejections: [],
    latencyMs: 0,
    requests: 0,
    cache: CacheUse.UNSPECIFIED,
    retryAfterMs: undefined,
    cacheAgeMs: undefined,
    late: false,
    hedges: 0,
    timeMs: undefined,
    reusableMs: 0,
    repairs: [],
    accuracyAction: '',
    appliedFilters: [],
  };
}

/** How a part of a search was answered, for metrics and traces: "none" where the partner was asked. */
export function cacheName(cache: CacheUse): string {
  return cache === CacheUse.UNSPECIFIED ? 'none' : nameOf(CacheUse, cache);
}

/** Tells metrics and log how a partner's part of a search ended. `cause` is what a defect of ours threw. */
export function report(outcome: PartnerOutcome, elapsedMs: number, trace: Context, cause: unknown): void {
  const { partner, status, detail, rowsReceived, offersKept } = outcome;
  // A held answer says nothing about how long the partner takes.
  if (outcome.cache !== CacheUse.HIT && outcome.cache !== CacheUse.STALE)
    partnerDuration.record(elapsedMs / 1_000, { partner, outcome: outcomeName(status) });
  partsAnswered.add(1, { partner, cache: cacheName(outcome.cache) });
  if (offersKept > 0) rowsKept.add(offersKept, { partner });
  for (const { reason, count } of outcome.rejections) {
    rowsRejected.add(count, { partner, reason: nameOf(RejectionReason, reason) });
  }
  const failed = outcome.failure !== FailureKind.UNSPECIFIED;
  if (!failed && !log.isLevelEnabled('debug')) return;
  const line = {
    partner,
    outcome: outcomeName(status),
    detail,
    received: rowsReceived,
    kept: offersKept,
    requests: outcome.requests,
    ms: Math.round(elapsedMs),
  };
  const traced = withTrace(log, trace);
  if (!failed) traced.debug(line, 'partner answered');
  // A defect of ours is worth its stack; a partner's failure is not.
  else if (outcome.failure === FailureKind.PLATFORM) traced.error({ ...line, err: cause }, 'partner call broke');
  else traced.warn(line, 'partner failed');
}
