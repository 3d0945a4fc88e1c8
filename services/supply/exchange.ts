import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { FailureKind, type OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { SharedState } from '../../libs/shared/index.ts';
import { traceparentOf, tracer } from '../../libs/telemetry/index.ts';
import type { Adapter, AskContext, PartnerRequest, SessionClient, StatedFailure } from './adapter.ts';
import { headersRead } from './answer-headers.ts';
import { parseBody } from './body.ts';
import { nothingLeftOver, payFor, payInBackground } from './budget/spending.ts';
import { type Endpoint, loginEndpoint } from './endpoint.ts';
import { cancelled, failureName, outcomeName, PartnerFailure, toPartnerFailure } from './failure.ts';
import { sendHedged } from './hedge.ts';
import type { RequestKind } from './hedging.ts';
import type { HttpAnswer, HttpSender } from './http.ts';
import type { Inventory } from './inventory/inventory.ts';
import { lookUp } from './inventory/look-up.ts';
import type { InventoryLookup } from './inventory/types.ts';
import { hedgesSent } from './metrics.ts';
import type { ConfiguredPartner } from './partner.ts';
import { deadlineOf, holdingPlace, LEAST_TIME_MS } from './partner-time.ts';
import type { Question } from './question.ts';
import { retryAfterMs } from './rate-limit.ts';
import { type FetchedToken, isToken, type TokenBounds, type TokenCache } from './tokens.ts';
import { kindOfRequest, type PartnerTraffic, type Traffic } from './traffic.ts';

/** What conversations need. */
export interface ExchangeTools {
  readonly http: HttpSender;
  readonly tokens: TokenCache;
  /** What partners have handed over; absent where none does. */
  readonly inventory?: Inventory;
  /** Where replicas share budgets; absent for one process alone. */
  readonly shared?: SharedState;
  /** What is known of partners by the traffic with them; absent where nothing is learned of it. */
  readonly traffic?: Traffic;
}

/** What bounds a conversation with a partner. */
export interface ExchangeBounds {
  /** The caller's deadline, epoch ms; absent: the partner's own timeout alone counts. */
  readonly deadline?: number | undefined;
  /** When the time is over that the caller gives this partner, epoch ms; absent where it has what the deadline leaves. */
  readonly givenUntil?: number | undefined;
  /** When the time is over, epoch ms, in place of all: it may move on while somebody joins who has longer. */
  readonly until?: () => number;
  /** What the search matters to the partner's budget, 0 to 1: it may rise while others join. Absent for 0.5. */
  readonly priority?: () => number;
  /** Told of each request that goes out. */
  readonly requested?: () => void;
  /** Nobody waits for it: it waits for nothing, and gets what is left over. */
  readonly background?: boolean;
  readonly signal: AbortSignal;
  /** Parent of the conversation's span. */
  readonly trace: Context;
}

/** Largest answer to a login. */
const MOST_LOGIN_BYTES = 65_536;

/** There is no more time to ask in. */
function timeIsOver(detail: string): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.TIMEOUT, detail });
}

/** One conversation with a partner: a search with its pages, or requests for one row. One client span. */
export class PartnerExchange {
  readonly partner: ConfiguredPartner;
  readonly #purpose: 'search' | 'verify' | 'handoff';
  readonly #priority: (() => number) | undefined;
  readonly #tools: ExchangeTools;
  readonly #context: AskContext;
  readonly #until: () => number;
  readonly #requested: (() => void) | undefined;
  readonly #background: boolean;
  readonly #signal: AbortSignal;
  readonly #span;
  readonly #traceparent: string | undefined;
  readonly #startedAt = performance.now();
  /** What it is learned of by; of searches alone. */
  readonly #traffic: PartnerTraffic | undefined;
  #requests = 0;
  #hedges = 0;
  /** What the last request was sent with, where the partner wants a token. */
  #token: string | undefined;
  #renewed = false;
  /** The answer that was read last: of two that are held against each other one is read twice. */
  #parsed: { readonly answer: HttpAnswer; readonly body: unknown } | undefined;
  #httpStatus = 0;

  constructor(
    tools: ExchangeTools,
    partner: ConfiguredPartner,
    purpose: 'search' | 'verify' | 'handoff',
    context: AskContext,
    bounds: ExchangeBounds,
  ) {
    this.partner = partner;
    this.#purpose = purpose;
    this.#priority = bounds.priority;
    const { deadline, givenUntil } = bounds;
    const own = bounds.until === undefined ? deadlineOf(partner.timeoutMs, deadline, Date.now(), givenUntil) : 0;
    this.#until = bounds.until ?? (() => own);
    this.#tools = tools;
    this.#traffic = purpose === 'search' ? tools.traffic?.of(partner) : undefined;
    this.#context = context;
    this.#requested = bounds.requested;
    this.#background = bounds.background === true;
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

  /** Requests sent so far; logins are the account's and no conversation's. */
  get requests(): number {
    return this.#requests;
  }

  /** Of these, those that were a second try beside one that took long. */
  get hedges(): number {
    return this.#hedges;
  }

  /** Since it began, ms. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Does the work while holding one of the partner's places. Throws PartnerFailure. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return holdingPlace(this.partner.limit, this.deadline, this.#signal, work, this.#background);
  }

  /** Waits before the next request; an answer that would come after the time is over is not asked for. Throws PartnerFailure. */
  async pause(ms: number): Promise<void> {
    const overIn = (after: number): void => {
      if (Date.now() + after < this.deadline - LEAST_TIME_MS) return;
      throw timeIsOver('it was still working on its answer when the time was over');
    };
    overIn(ms);
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => {
      throw cancelled();
    });
    // On a busy machine one sleeps for longer than one said.
    overIn(0);
  }

  /**
   * The complete answer to a question, whatever its status: from the partner, or out of what it has handed over.
   *
   * @param isGood whether an answer is what was asked for. With it a request that takes longer than nearly all of its kind is sent
   *   a second time, where the partner's manifest lets it be; the first good answer counts
   * @throws PartnerFailure
   */
  ask(question: Question, isGood?: (answer: HttpAnswer) => boolean): Promise<HttpAnswer> {
    return 'lookup' in question ? this.#lookUp(question) : this.send(question, isGood);
  }

  async #lookUp({ lookup }: InventoryLookup): Promise<HttpAnswer> {
    const { inventory } = this.#tools;
    if (inventory === undefined) throw new TypeError('supply has no inventory to look into');
    return lookUp(inventory, this.partner, lookup, { deadline: this.deadline, signal: this.#signal });
  }

  /** Sends a request and returns the complete answer, whatever its status. Throws PartnerFailure. */
  async send(request: PartnerRequest, isGood?: (answer: HttpAnswer) => boolean): Promise<HttpAnswer> {
    const kind = this.#traffic && kindOfRequest(this.partner, this.#context, request.progress);
    const once = async (): Promise<HttpAnswer> => {
      const signed = await this.#signed(request);
      const sending = isGood && kind && this.#sendHedged(signed, kind, isGood);
      const answer = await (sending ?? this.#sendOnceMore(signed, { kind }));
      this.#httpStatus = answer.status;
      return answer;
    };
    const answer = await once();
    return this.#refusesToken(answer) && this.renewsToken() ? once() : answer;
  }

  /** Sends a request that may be sent twice; undefined where it may not, or too little is known of how long such take. */
  #sendHedged(
    request: PartnerRequest,
    kind: RequestKind,
    isGood: (answer: HttpAnswer) => boolean,
  ): Promise<HttpAnswer> | undefined {
    const hedging = this.#traffic?.hedging;
    if (hedging?.allows(kind) !== true) return undefined;
    hedging.earn();
    const afterMs = hedging.waitFor(kind);
    if (afterMs === undefined) return undefined;
    const { partner } = this;
    const until = this.#until;
    const count = (result: 'won' | 'lost' | 'held_back'): void => hedgesSent.add(1, { partner: partner.name, result });
    const sending = sendHedged<HttpAnswer>({
      send: (signal, isHedge, sent) => {
        const bounds = {
          get deadline() {
            return until();
          },
          signal,
        };
        if (!isHedge) return this.#sendOnceMore(request, { kind, bounds, sent });
        this.#hedges++;
        return this.#once(request, { kind, bounds, admitted: true });
      },
      isGood,
      afterMs,
      admit: () => {
        const now = Date.now();
        const inTime = now + Math.max(LEAST_TIME_MS, hedging.expected(kind)) <= this.deadline;
        const left = inTime && partner.hold.remaining(now) === 0 ? this.#placeForHedge(now) : undefined;
        if (left === undefined) count('held_back');
        return left;
      },
      // What it says of limits and quotas holds, whatever the other one says.
      discarded: (answer) => void this.failureOf(answer),
      overtaken: (ms) => this.#traffic?.overtaken(kind, ms),
      signal: this.#signal,
    });
    return sending.then(({ answer, hedge }) => {
      if (hedge !== 'none') count(hedge);
      return answer;
    });
  }

  /** Takes what a second request costs, all or nothing; answers what gives its place back. */
  #placeForHedge(now: number): (() => void) | undefined {
    const { limit, rate } = this.partner;
    if (!limit.tryEnter()) return undefined;
    const left = (): void => limit.leave();
    if (this.#traffic?.hedging?.spend() === true) {
      if (rate.tryTake(now)) return left;
      this.#traffic.hedging.giveBack();
    }
    left();
    return undefined;
  }

  /** Whether an answer says that the request's token is not, or no longer, good: by its status, or by what it states. */
  #refusesToken(answer: HttpAnswer): boolean {
    const { status } = answer;
    if (this.#token === undefined || status < 400) return false;
    if (status === 401) return true;
    // A 403 alone means that the account may not do it, whatever its token.
    if (status === 403 || this.partner.manifest.answerStatuses?.includes(status) === true) return false;
    return this.#said(answer).failure === FailureKind.AUTHENTICATION;
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
    const { session } = partner.adapter;
    if (session === undefined) return request;
    const asked = { ...this.#context, now: Date.now() };
    const token = await this.#tools.tokens.get(
      partner,
      (bounds) => this.#logIn(session, asked, bounds),
      this.#ownBounds,
    );
    partner.secrets.add(token);
    this.#token = token;
    return session.sign(request, token, asked);
  }

  /** Logs in for all that wait for it: it goes on when this conversation has ended. */
  async #logIn(session: SessionClient, asked: AskContext, bounds: TokenBounds): Promise<FetchedToken> {
    const { manifest } = this.partner;
    const endpoint = loginEndpoint(this.partner, session.endpointOption);
    const answer = await this.#sendOnceMore(session.open(asked), { bounds, endpoint, login: true });
    if (answer.status < 200 || answer.status > 299) throw this.failureOf(answer, session);
    const body = parseBody(answer.body, answer.headers['content-type'], session.format);
    const context = { ...asked, ...headersRead(this.partner.adapter, answer), fetchedAt: Date.now(), manifest };
    const given = session.read(body, context);
    if ('failure' in given) throw this.failureStated(given);
    const { token, lifetimeMs } = given;
    if (!isToken(token)) {
      throw this.failureStated({ failure: FailureKind.MALFORMED, detail: 'its login gave no token that can be sent' });
    }
    this.partner.secrets.add(token);
    return { value: token, ...(lifetimeMs !== undefined && { lifetimeMs }) };
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

  async #sendOnceMore(request: PartnerRequest, way: Way = {}): Promise<HttpAnswer> {
    const { deadline } = way.bounds ?? this;
    try {
      return await this.#once(request, way);
    } catch (error) {
      // A kept-alive connection that the partner closed at the same moment: the request was not looked at.
      if (!(error instanceof PartnerFailure && error.unanswered) || Date.now() >= deadline) throw error;
      return this.#once(request, way);
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
    const parse = () => {
      if (this.#parsed?.answer === answer) return this.#parsed.body;
      const parsed = parseBody(body, headers['content-type'], manifest.format);
      this.#parsed = { answer, body: parsed };
      this.#learn(answer, parsed);
      return parsed;
    };
    if (status >= 200 && status <= 299) return parse();
    if (manifest.answerStatuses?.includes(status) !== true) throw this.failureOf(answer);
    try {
      return parse();
    } catch {
      // A proxy's own error page under the same status.
      throw this.failureOf(answer);
    }
  }

  /**
   * What an answer that is not 2xx means. A rate limit is remembered.
   *
   * @param reader whose answer it is: the adapter's, or its login's
   */
  failureOf(answer: HttpAnswer, reader?: SessionClient): PartnerFailure {
    const { status, headers } = answer;
    const said = this.#said(answer, reader);
    const failure = status === 429 ? FailureKind.RATE_LIMIT : said.failure || kindOf(status);
    const detail = this.clean(`status ${status}: ${said.detail}`).slice(0, 300);
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

  /** What an answer that is not 2xx says by itself. */
  #said(answer: HttpAnswer, reader?: SessionClient): StatedFailure {
    const { status, headers, body } = answer;
    const { adapter, manifest } = this.partner;
    const { format } = reader ?? manifest;
    let parsed: unknown;
    try {
      parsed = parseBody(body, headers['content-type'], format);
    } catch {
      // Errors often come as HTML or plain text; the status says enough then.
    }
    if (reader === undefined) this.#learn(answer, parsed);
    const from: Pick<Adapter, 'readError'> = reader ?? adapter;
    try {
      const context = { ...this.#context, ...headersRead(adapter, answer) };
      return from.readError(status, parsed, body.toString('utf8', 0, 2_000), context);
    } catch {
      return { failure: kindOf(status), detail: 'its error is not in its format' };
    }
  }

  /** Takes in what an answer says in the partner's own words is left of its quota. */
  #learn(answer: HttpAnswer, body: unknown): void {
    const { adapter, rate } = this.partner;
    if (adapter.quota === undefined) return;
    const now = Date.now();
    try {
      const stated = adapter.quota(answer.status, body, { ...this.#context, ...headersRead(adapter, answer), now });
      if (stated !== undefined) rate.state(stated, now);
    } catch {
      // An answer that is not built as the manifest says is told of where its rows are read.
    }
  }

  /** A text for people without the partner's secrets: partners quote them in errors. */
  clean(text: string): string {
    return this.partner.secrets.clean(text);
  }

  /** A failure that the adapter found inside a 200. A rate limit is remembered. */
  failureStated({ failure, detail, retryAfterMs: stated }: StatedFailure): PartnerFailure {
    const isLimit = failure === FailureKind.RATE_LIMIT;
    return new PartnerFailure({
      failure: failure || FailureKind.SERVER_ERROR,
      detail: this.clean(detail).slice(0, 300),
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
        'entrepot.hedges': this.#hedges,
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

  /** Has the partner's budget pay for a request, each one that goes out. Searches alone are refused. Throws PartnerFailure. */
  async #pay({ deadline, signal }: TokenBounds, { login, admitted }: Way): Promise<void> {
    const { partner } = this;
    if (partner.budget === undefined) return;
    const { shared } = this.#tools;
    if (this.#background && login !== true) return payInBackground(partner, shared, signal);
    if (login === true || this.#purpose !== 'search') {
      // Nobody waits for the count.
      void partner.budget.count(shared, login === true ? 'login' : this.#purpose);
      return;
    }
    if (admitted !== true) return payFor(partner, shared, this.#priority, deadline - LEAST_TIME_MS, signal);
    try {
      // A second request goes out at once or not at all.
      await payFor(partner, shared, this.#priority, Date.now(), signal);
    } catch (error) {
      this.#hedges--;
      throw error;
    }
  }

  async #once(request: PartnerRequest, way: Way): Promise<HttpAnswer> {
    const { bounds = this.#ownBounds, endpoint, login } = way;
    const { partner } = this;
    const { signal } = bounds;
    const { origin, basePath } = endpoint ?? partner;
    // Another host has limits of its own, and is nobody to be told of the trace.
    const isOwn = origin === partner.origin;
    const takes = isOwn && way.admitted !== true;
    if (takes && this.#background && !partner.rate.tryTake(Date.now())) {
      throw nothingLeftOver('the requests that it allows are spent for now');
    }
    const admitted =
      takes && !this.#background ? await partner.rate.take(bounds.deadline - LEAST_TIME_MS, signal) : 'admitted';
    if (admitted === 'cancelled') throw cancelled();
    if (admitted === 'too_late') {
      // Whose own time is over is kept from asking by that, whatever is left to be asked with.
      if (Date.now() >= bounds.deadline - LEAST_TIME_MS) throw timeIsOver('its next request could not be sent in time');
      throw new PartnerFailure({
        failure: FailureKind.RATE_LIMIT,
        detail: 'the requests that it allows are spent until after the time is over',
      });
    }
    if (isOwn) await this.#pay(bounds, way);
    if (login !== true) {
      this.#requests++;
      this.#requested?.();
    }
    const traceparent = isOwn ? this.#traceparent : undefined;
    const headers = traceparent === undefined ? request.headers : { ...request.headers, traceparent };
    const path = request.path.startsWith('/') ? request.path : `/${request.path}`;
    const sentAt = performance.now();
    way.sent?.();
    try {
      const answer = await this.#tools.http.send({
        origin,
        path: basePath + path,
        method: request.method,
        headers,
        body: request.body,
        get deadline() {
          return bounds.deadline;
        },
        signal,
        maxBodyBytes: login === true ? Math.min(MOST_LOGIN_BYTES, partner.maxBodyBytes) : partner.maxBodyBytes,
      });
      if (isOwn) partner.rate.learn(answer.headers, Date.now());
      if (way.kind !== undefined) this.#traffic?.responded(way.kind, answer.status, performance.now() - sentAt);
      return answer;
    } catch (error) {
      const failure = toPartnerFailure(error);
      if (failure.httpStatus !== undefined) this.#httpStatus = failure.httpStatus;
      if (way.kind !== undefined) this.#traffic?.failed(way.kind, failure.failure, performance.now() - sentAt);
      throw failure;
    }
  }
}

/** How a request is sent where it is not one of the conversation's own. */
interface Way {
  readonly bounds?: TokenBounds;
  readonly endpoint?: Endpoint;
  /** It logs in. */
  readonly login?: true;
  /** What is learned of how long it takes counts for such. */
  readonly kind?: RequestKind | undefined;
  /** The partner's pace lets it go out already. */
  readonly admitted?: true;
  /** Told when it goes out. */
  readonly sent?: () => void;
}

function kindOf(status: number): FailureKind {
  if (status === 401 || status === 403) return FailureKind.AUTHENTICATION;
  if (status === 429) return FailureKind.RATE_LIMIT;
  return status >= 500 ? FailureKind.SERVER_ERROR : FailureKind.REQUEST_REFUSED;
}
