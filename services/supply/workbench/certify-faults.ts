import {
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ConcurrencyLimit } from '../concurrency.ts';
import { nameOf } from '../failure.ts';
import { HttpClient } from '../http.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { RateLimitHold } from '../rate-limit.ts';
import type { LoadedCase } from './cases.ts';
import { type Fault, FaultServer } from './fault-server.ts';
import { type Check, check } from './grade.ts';
import { searchPartner } from './search.ts';

/** What a fault has to become. */
export interface Expected {
  readonly name: string;
  readonly fault: Fault;
  readonly status: OutcomeStatus;
  readonly failure: FailureKind;
  /** What else has to hold. */
  readonly also?: (outcome: PartnerOutcome) => string | undefined;
}

const { FAILED, RATE_LIMITED, TIMED_OUT, CANCELLED, PARTIAL } = OutcomeStatus;
/** Time that a partner has for a fault that never ends, ms. */
const IMPATIENCE = 400;
/** A machine under load is late; that is no fault of the adapter's. */
const GRACE_MS = 5_000;
const HTML = '<!DOCTYPE html><html><body>Down for maintenance</body></html>';

/**
 * Every way to misbehave.
 *
 * @param limitBytes the partner's maxBodyBytes
 * @param retryAfter what Retry-After says, seconds
 */
export const faults = (limitBytes: number, retryAfter: number): Expected[] => [
  { name: 'no answer', fault: { kind: 'hang' }, status: TIMED_OUT, failure: FailureKind.TIMEOUT },
  { name: 'an answer that drips', fault: { kind: 'drip' }, status: TIMED_OUT, failure: FailureKind.TIMEOUT },
  {
    name: '429 with Retry-After',
    fault: { kind: 'answer', status: 429, headers: { 'retry-after': String(retryAfter) } },
    status: RATE_LIMITED,
    failure: FailureKind.RATE_LIMIT,
    also: ({ retryAfterMs }) =>
      retryAfterMs === retryAfter * 1_000 ? undefined : `is left alone for ${retryAfterMs} ms, not ${retryAfter} s`,
  },
  {
    name: '429 without Retry-After',
    fault: { kind: 'answer', status: 429 },
    status: RATE_LIMITED,
    failure: FailureKind.RATE_LIMIT,
    also: ({ retryAfterMs = 0 }) => (retryAfterMs > 0 ? undefined : 'is not left alone at all'),
  },
  { name: '500', fault: { kind: 'answer', status: 500 }, status: FAILED, failure: FailureKind.SERVER_ERROR },
  {
    name: '502 with a page of HTML',
    fault: { kind: 'answer', status: 502, headers: { 'content-type': 'text/html' }, body: HTML },
    status: FAILED,
    failure: FailureKind.SERVER_ERROR,
  },
  {
    name: '503',
    fault: { kind: 'answer', status: 503, body: 'later' },
    status: FAILED,
    failure: FailureKind.SERVER_ERROR,
  },
  { name: 'a truncated body', fault: { kind: 'truncated' }, status: FAILED, failure: FailureKind.MALFORMED },
  {
    name: 'a connection that breaks in the answer',
    fault: { kind: 'cut' },
    status: FAILED,
    failure: FailureKind.CONNECTION,
  },
  {
    name: 'a connection that breaks before',
    fault: { kind: 'reset' },
    status: FAILED,
    failure: FailureKind.CONNECTION,
  },
  {
    name: 'a page of HTML under 200',
    fault: { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: HTML },
    status: FAILED,
    failure: FailureKind.MALFORMED,
  },
  { name: 'an empty body', fault: { kind: 'answer', status: 200 }, status: FAILED, failure: FailureKind.MALFORMED },
  {
    name: 'a wrong content type',
    fault: { kind: 'answer', status: 200, headers: { 'content-type': 'image/png' }, body: '\u0089PNG\r\n' },
    status: FAILED,
    failure: FailureKind.MALFORMED,
  },
  {
    name: 'a body beyond maxBodyBytes',
    fault: { kind: 'huge', bytes: limitBytes + 1 },
    status: FAILED,
    failure: FailureKind.TOO_LARGE,
  },
];

/**
 * Lets a partner on this machine misbehave in every way, and looks at what the search becomes.
 *
 * @param one a case whose last answer is the one with offers
 * @param paged a case with several pages, if there is one
 */
export async function faultChecks(
  partner: ConfiguredPartner,
  one: LoadedCase,
  paged: LoadedCase | undefined,
): Promise<Check[]> {
  const server = await FaultServer.start(one.answers);
  const http = new HttpClient();
  try {
    const bench = new FaultBench(partner, one, server, http);
    const checks: Check[] = [];
    for (const expected of faults(bench.bodyLimit, 7)) checks.push(await bench.fault(expected));
    checks.push(await bench.deadline(), await bench.cancellation());
    checks.push(await bench.concurrency(), await bench.bodies(), await pageCheck(partner, paged, http));
    return checks;
  } finally {
    await http.close();
    await server.close();
  }
}

async function pageCheck(partner: ConfiguredPartner, paged: LoadedCase | undefined, http: HttpClient): Promise<Check> {
  if (paged === undefined) return check('limits', 'maxPages', [], false, 'no case has several pages');
  const server = await FaultServer.start(paged.answers);
  try {
    return await new FaultBench(partner, paged, server, http).pages();
  } finally {
    await server.close();
  }
}

class FaultBench {
  readonly #partner: ConfiguredPartner;
  readonly #case: LoadedCase;
  readonly #server: FaultServer;
  readonly #http: HttpClient;
  /** Large enough for the recording, small enough to be sent often. */
  readonly bodyLimit: number;

  constructor(partner: ConfiguredPartner, one: LoadedCase, server: FaultServer, http: HttpClient) {
    const account = { ...partner.account, endpoint: server.url };
    this.#partner = { ...partner, account, origin: server.url, basePath: '' };
    this.#case = one;
    this.#server = server;
    this.#http = http;
    this.bodyLimit = Math.max(65_536, ...one.answers.map(({ body }) => body.length + 1_024));
  }

  async fault(expected: Expected): Promise<Check> {
    const { fault } = expected;
    const timeoutMs = isEndless(fault) ? IMPATIENCE : 20_000;
    const outcome = await this.#search(fault, { timeoutMs, maxBodyBytes: this.bodyLimit });
    return judged(expected, outcome, this.#server);
  }

  async deadline(): Promise<Check> {
    const startedAt = performance.now();
    const outcome = await this.#search({ kind: 'hang' }, { timeoutMs: 60_000 }, { deadline: Date.now() + IMPATIENCE });
    const against: string[] = [];
    if (outcome.status !== TIMED_OUT) against.push(`became ${said(outcome)}`);
    if (performance.now() - startedAt > IMPATIENCE + GRACE_MS) against.push('the outcome came long after the deadline');
    if (!(await this.#server.aborted(GRACE_MS))) against.push('its connection stayed open');
    return check('deadline', "the caller's deadline ends the search and its connection", against);
  }

  async cancellation(): Promise<Check> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), IMPATIENCE / 2);
    const outcome = await this.#search({ kind: 'hang' }, { timeoutMs: 60_000 }, { signal: stop.signal });
    clearTimeout(timer);
    const against: string[] = [];
    if (outcome.status !== CANCELLED) against.push(`became ${said(outcome)}`);
    if (!(await this.#server.aborted(GRACE_MS))) against.push('its connection stayed open');
    return check('deadline', 'cancelling ends the search and its connection', against);
  }

  async concurrency(): Promise<Check> {
    this.#server.rewind({ kind: 'wait', ms: 40 });
    const limit = new ConcurrencyLimit(2);
    const partner = { ...this.#partner, limit, hold: new RateLimitHold(), timeoutMs: 20_000 };
    const searches = Array.from({ length: 6 }, () =>
      searchPartner(partner, this.#case.asked, this.#http, { frozen: true }),
    );
    await Promise.all(searches);
    const { peak } = this.#server;
    const against = peak > 2 ? [`${peak} requests were under way at once where 2 are allowed`] : [];
    if (limit.active + limit.waiting > 0) against.push('places were not given back');
    return check('limits', 'concurrency', against);
  }

  async pages(): Promise<Check> {
    const whole = await this.#search({ kind: 'none' }, {});
    const outcome = await this.#search({ kind: 'none' }, { maxPages: 1 });
    // Of requests on the way to the first page, or between polls, there may be any number.
    if (outcome.requests === whole.requests) return check('limits', 'maxPages', [], false, 'no case has several pages');
    const against = outcome.status === PARTIAL ? [] : [`one of several pages became ${said(outcome)}, not partial`];
    return check('limits', 'maxPages', against);
  }

  async bodies(): Promise<Check> {
    const largest = Math.max(...this.#case.answers.map(({ body }) => body.length));
    const outcome = await this.#search({ kind: 'none' }, { maxBodyBytes: Math.max(1, largest - 1) });
    const against = outcome.failure === FailureKind.TOO_LARGE ? [] : [`a body above it became ${said(outcome)}`];
    return check('limits', 'maxBodyBytes', against);
  }

  async #search(
    fault: Fault,
    limits: Partial<Pick<ConfiguredPartner, 'timeoutMs' | 'maxPages' | 'maxBodyBytes'>>,
    bounds: { readonly deadline?: number; readonly signal?: AbortSignal } = {},
  ): Promise<PartnerOutcome> {
    this.#server.rewind(fault);
    const fresh = { limit: new ConcurrencyLimit(2), hold: new RateLimitHold() };
    const partner = { ...this.#partner, ...limits, ...fresh };
    return (await searchPartner(partner, this.#case.asked, this.#http, { ...bounds, frozen: true })).outcome;
  }
}

/** Whether a fault ends with the time alone. */
export function isEndless({ kind }: Fault): boolean {
  return kind === 'hang' || kind === 'drip';
}

/** What is to be said of what a fault became. */
export async function judged(
  { name, fault, status, failure, also }: Expected,
  outcome: PartnerOutcome,
  server: FaultServer,
): Promise<Check> {
  // Pages that came before are kept.
  const statusFits = outcome.status === status || (outcome.status === PARTIAL && outcome.rowsReceived > 0);
  const against: string[] = [];
  if (!statusFits || outcome.failure !== failure) {
    against.push(`became ${said(outcome)}, not ${nameOf(OutcomeStatus, status)} (${nameOf(FailureKind, failure)})`);
  }
  const more = also?.(outcome);
  if (more !== undefined) against.push(more);
  if (isEndless(fault) && !(await server.aborted(GRACE_MS))) against.push('its connection stayed open');
  return check('faults', name, against);
}

/** An outcome in a few words, the same from run to run. */
export function said({ status, failure, detail }: PartnerOutcome): string {
  const kind = failure === FailureKind.UNSPECIFIED ? '' : ` (${nameOf(FailureKind, failure)})`;
  return `${nameOf(OutcomeStatus, status)}${kind}${detail === '' ? '' : `: ${detail.replaceAll(/\d+ ms/g, '… ms')}`}`;
}
