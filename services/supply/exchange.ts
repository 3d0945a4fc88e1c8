import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { FailureKind, type OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { traceparentOf, tracer } from '../../libs/telemetry/index.ts';
import type { AskContext, PartnerRequest, SessionClient, StatedFailure } from './adapter.ts';
import { parseBody } from './body.ts';
import type { ConcurrencyLimit } from './concurrency.ts';
import { cancelled, failureName, outcomeName, PartnerFailure, toPartnerFailure } from './failure.ts';
import type { HttpAnswer, HttpSender } from './http.ts';
import type { Inventory } from './inventory/inventory.ts';
import { lookUp } from './inventory/look-up.ts';
import type { InventoryLookup } from './inventory/types.ts';
import type { ConfiguredPartner } from './partner.ts';
import type { Question } from './question.ts';
import { retryAfterMs } from './rate-limit.ts';
import { type FetchedToken, fetchOAuthToken, isToken, type TokenBounds, type TokenCache } from './tokens.ts';

/** What conversations need. */
export interface ExchangeTools {
  readonly http: HttpSender;
  readonly tokens: TokenCache;
  /** What partners have handed over; absent where none does. */
  readonly inventory?: Inventory;
}

/** What bounds a conversation with a partner. */
export interface ExchangeBounds {
  /** The caller's deadline, epoch ms; absent: the partner's own timeout alone counts. */
  readonly deadline?: number | undefined;
  /** When the time is over, epoch ms, in place of both: it may move on while somebody joins who has longer. */
  readonly until?: () => number;
  /** Told of each request that goes out. */
  readonly requested?: () => void;
  readonly signal: AbortSignal;
  /** Parent of the conversation's span. */
  readonly trace: Context;
}

/** One conversation with a partner: a search with its pages, or asking again for one row. One client span. */
export class PartnerExchange {
  readonly partner: ConfiguredPartner;
  readonly #tools: ExchangeTools;
  readonly #context: AskContext;
  readonly #until: () => number;
  readonly #requested: (() => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #span;
  readonly #traceparent: string | undefined;
  readonly #startedAt = performance.now();
  #requests = 0;
  /** What the last request was sent with, where the partner wants a token. */
  #token: string | undefined;
  #renewed = false;
  #httpStatus = 0;

  constructor(
    tools: ExchangeTools,
    partner: ConfiguredPartner,
    purpose: 'search' | 'verify',
    context: AskContext,
    bounds: ExchangeBounds,
  ) {
    this.partner = partner;
    const own = bounds.until === undefined ? deadlineOf(partner.timeoutMs, bounds.deadline, Date.now()) : 0;
    this.#until = bounds.until ?? (() => own);
    this.#tools = tools;
    this.#context = context;
    this.#requested = bounds.requested;
    this.#signal = bounds.signal;
    this.#span = tracer.startSpan(
      `partner ${purpose}`,
      { kind: SpanKind.CLIENT, attributes: { 'entrepot.partner': partner.name, 'server.address': partner.origin } },
      bounds.trace,
    );
    this.#traceparent = partner.sendTraceparent ? traceparentOf(trace.setSpan(bounds.trace, this.#span)) : undefined;
  }

  /** Epoch ms: a little before the caller's deadline, so that the outcome still arrives. */
  get deadline(): number {
    return this.#until();
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Since it began, ms. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Does the work while holding one of the partner's places. Throws PartnerFailure. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return holdingPlace(this.partner.limit, this.deadline, this.#signal, work);
  }

  /** Waits before the next request; an answer that would come after the time is over is not asked for. Throws PartnerFailure. */
  async pause(ms: number): Promise<void> {
    if (Date.now() + ms >= this.deadline - LEAST_TIME_MS) {
      throw new PartnerFailure({
        failure: FailureKind.TIMEOUT,
        detail: 'it was still working on its answer when the time was over',
      });
    }
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => {
      throw cancelled();
    });
  }

  /** The complete answer to a question, whatever its status: from the partner, or out of what it has handed over. Throws PartnerFailure. */
  ask(question: Question): Promise<HttpAnswer> {
    return 'lookup' in question ? this.#lookUp(question) : this.send(question);
  }

  async #lookUp({ lookup }: InventoryLookup): Promise<HttpAnswer> {
    const { inventory } = this.#tools;
    if (inventory === undefined) throw new TypeError('supply has no inventory to look into');
    return lookUp(inventory, this.partner, lookup, { deadline: this.deadline, signal: this.#signal });
  }

  /** Sends a request and returns the complete answer, whatever its status. Throws PartnerFailure. */
  async send(request: PartnerRequest): Promise<HttpAnswer> {
    const signed = await this.#signed(request);
    const answer = await this.#sendOnceMore(signed);
    if (answer.status !== 401 || !this.renewsToken()) return answer;
    return this.#sendOnceMore(await this.#signed(request));
  }

  /**
   * Forgets a token that the partner refused, maybe withdrawn before its time.
   *
   * @returns whether the request is worth sending again, with a new one: once a conversation
   */
  renewsToken(): boolean {
    if (this.#token === undefined || this.#renewed) return false;
    this.#renewed = true;
    this.#tools.tokens.forget(this.partner, this.#token);
    return true;
  }

  /** The request with the partner's token, where it wants one. */
  async #signed(request: PartnerRequest): Promise<PartnerRequest> {
    const { partner } = this;
    const { oauth, session } = partner.adapter;
    const { tokens, http } = this.#tools;
    const own = this.#ownBounds;
    if (oauth !== undefined) {
      this.#token = await tokens.get(partner, (bounds) => fetchOAuthToken(http, partner, oauth, bounds), own);
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${this.#token}` } };
    }
    if (session === undefined) return request;
    const asked = { ...this.#context, now: Date.now() };
    this.#token = await tokens.get(partner, (bounds) => this.#openSession(session, asked, bounds), own);
    return session.sign(request, this.#token, asked);
  }

  /** Opens a session for all that wait for it: it goes on when this conversation has ended. */
  async #openSession(session: SessionClient, asked: AskContext, bounds: TokenBounds): Promise<FetchedToken> {
    const answer = await this.#sendOnceMore(session.open(asked), bounds);
    const { manifest } = this.partner;
    const given = session.read(this.bodyOf(answer), { ...asked, fetchedAt: Date.now(), manifest });
    if ('failure' in given) throw this.failureStated(given);
    if (!isToken(given.token)) {
      throw this.failureStated({ failure: FailureKind.MALFORMED, detail: 'its session has no token' });
    }
    return { value: given.token, ...(given.lifetimeMs !== undefined && { lifetimeMs: given.lifetimeMs }) };
  }

  get #ownBounds(): TokenBounds {
    const until = this.#until;
    return {
      get deadline() {
        return until();
      },
      signal: this.#signal,
    };
  }

  async #sendOnceMore(request: PartnerRequest, bounds = this.#ownBounds): Promise<HttpAnswer> {
    try {
      return await this.#once(request, bounds);
    } catch (error) {
      // A kept-alive connection that the partner closed at the same moment: the request was not looked at.
      if (!(error instanceof PartnerFailure && error.unanswered) || Date.now() >= bounds.deadline) throw error;
      return this.#once(request, bounds);
    }
  }

  /**
   * The parsed body of an answer: of one that is 2xx, or that has one of the statuses with which the manifest says answers
   * come too.
   *
   * @throws PartnerFailure for every other answer, and for a body that is not of the format
   */
  bodyOf(answer: HttpAnswer): unknown {
    const { status, headers, body } = answer;
    const { manifest } = this.partner;
    const parse = () => parseBody(body, headers['content-type'], manifest.format);
    if (status >= 200 && status <= 299) return parse();
    if (manifest.answerStatuses?.includes(status) !== true) throw this.failureOf(answer);
    try {
      return parse();
    } catch {
      // A proxy's own error page under the same status.
      throw this.failureOf(answer);
    }
  }

  /** What an answer that is not 2xx means. A rate limit is remembered. */
  failureOf(answer: HttpAnswer): PartnerFailure {
    const { status, headers, body } = answer;
    const { adapter, manifest } = this.partner;
    let parsed: unknown;
    try {
      parsed = parseBody(body, headers['content-type'], manifest.format);
    } catch {
      // Errors often come as HTML or plain text; the status says enough then.
    }
    let said: ReturnType<typeof adapter.readError>;
    try {
      said = adapter.readError(status, parsed, body.toString('utf8', 0, 2_000), this.#context);
    } catch {
      said = { failure: kindOf(status), detail: 'its error is not in its format' };
    }
    const failure = status === 429 ? FailureKind.RATE_LIMIT : said.failure || kindOf(status);
    const detail = `status ${status}: ${said.detail}`.slice(0, 300);
    if (failure !== FailureKind.RATE_LIMIT) return new PartnerFailure({ failure, detail, httpStatus: status });
    const now = Date.now();
    const stated = said.retryAfterMs ?? retryAfterMs(headers, now);
    return new PartnerFailure({
      failure,
      detail,
      httpStatus: status,
      retryAfterMs: this.partner.hold.hold(now, stated),
    });
  }

  /** A failure that the adapter found inside a 200. A rate limit is remembered. */
  failureStated({ failure, detail, retryAfterMs: stated }: StatedFailure): PartnerFailure {
    const isLimit = failure === FailureKind.RATE_LIMIT;
    return new PartnerFailure({
      failure: failure || FailureKind.SERVER_ERROR,
      detail: detail.slice(0, 300),
      httpStatus: this.#httpStatus,
      ...(isLimit && { retryAfterMs: this.partner.hold.hold(Date.now(), stated) }),
    });
  }

  /** Ends the span. `outcome` and the counts become its attributes. */
  end(outcome: OutcomeStatus, failure: FailureKind, detail: string, received: number, kept: number): void {
    const span = this.#span;
    if (span.isRecording()) {
      span.setAttributes({
        'entrepot.outcome': outcomeName(outcome),
        'entrepot.rows.received': received,
        'entrepot.offers.kept': kept,
        'entrepot.requests': this.#requests,
        'entrepot.cache': 'none',
      });
      if (this.#httpStatus > 0) span.setAttribute('http.response.status_code', this.#httpStatus);
      if (failure !== FailureKind.UNSPECIFIED) {
        span.setAttribute('error.type', failureName(failure));
        span.setStatus({ code: SpanStatusCode.ERROR, message: detail });
      }
    }
    span.end();
  }

  async #once(request: PartnerRequest, bounds: TokenBounds): Promise<HttpAnswer> {
    const { partner } = this;
    const { signal } = bounds;
    const admitted = await partner.rate.take(bounds.deadline - LEAST_TIME_MS, signal);
    if (admitted === 'cancelled') throw cancelled();
    if (admitted === 'too_late') {
      throw new PartnerFailure({
        failure: FailureKind.RATE_LIMIT,
        detail: 'the requests that it allows are spent until after the time is over',
      });
    }
    this.#requests++;
    this.#requested?.();
    const headers =
      this.#traceparent === undefined ? request.headers : { ...request.headers, traceparent: this.#traceparent };
    const path = request.path.startsWith('/') ? request.path : `/${request.path}`;
    try {
      const answer = await this.#tools.http.send({
        origin: partner.origin,
        path: partner.basePath + path,
        method: request.method,
        headers,
        body: request.body,
        get deadline() {
          return bounds.deadline;
        },
        signal,
        maxBodyBytes: partner.maxBodyBytes,
      });
      this.#httpStatus = answer.status;
      partner.rate.learn(answer.headers, Date.now());
      return answer;
    } catch (error) {
      const failure = toPartnerFailure(error);
      if (failure.httpStatus !== undefined) this.#httpStatus = failure.httpStatus;
      throw failure;
    }
  }
}

/** Does the work while holding one of a partner's places, which is waited for until the deadline. Throws PartnerFailure. */
export async function holdingPlace<T>(
  limit: ConcurrencyLimit,
  deadline: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (!limit.tryEnter()) {
    const entered = await limit.enter(deadline - LEAST_TIME_MS, signal);
    if (entered === 'cancelled') throw cancelled();
    if (entered === 'too_late') {
      throw new PartnerFailure({
        failure: FailureKind.TIMEOUT,
        detail: `waited for one of its ${limit.limit} calls at once until the time was over; see its concurrency`,
      });
    }
  }
  try {
    return await work();
  } finally {
    limit.leave();
  }
}

/** A call that has waited does not begin with less time than this: nobody could answer it. */
const LEAST_TIME_MS = 10;

/** When a partner's time is over, epoch ms. Of the caller's, a twentieth, 5 to 100 ms, is kept back for the way up. */
export function deadlineOf(timeoutMs: number, callers: number | undefined, now: number): number {
  const own = now + timeoutMs;
  if (callers === undefined) return own;
  const margin = Math.min(100, Math.max(5, (callers - now) / 20));
  return Math.min(own, callers - margin);
}

function kindOf(status: number): FailureKind {
  if (status === 401 || status === 403) return FailureKind.AUTHENTICATION;
  if (status === 429) return FailureKind.RATE_LIMIT;
  return status >= 500 ? FailureKind.SERVER_ERROR : FailureKind.REQUEST_REFUSED;
}
