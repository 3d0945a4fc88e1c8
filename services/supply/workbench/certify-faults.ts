import {
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { nameOf } from '../failure.ts';
import { type FaultBench, GRACE_MS } from './fault-bench.ts';
import type { Conversation, Fault } from './fault-server.ts';
import { type Check, type CheckGroup, check, untried } from './grade.ts';

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
    name: '401',
    fault: { kind: 'answer', status: 401 },
    status: FAILED,
    failure: FailureKind.AUTHENTICATION,
  },
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

/** Time that a partner has for a fault that never ends, ms; where the conversation is not there by then, the next one. */
const IMPATIENCE = [400, 2_000, 10_000] as const;

/**
 * Lets a partner on this machine misbehave in every way, at every request of a conversation, and looks at what the search
 * becomes.
 */
export async function faultChecks(bench: FaultBench): Promise<Check[]> {
  const all = faults(bench.bodyLimit, 7);
  // Each is a conversation of its own. What waits for its time to be over is not kept waiting by the others.
  const endless = await Promise.all(
    all.filter(({ fault }) => isEndless(fault)).map((expected) => faultCheck(bench, expected)),
  );
  const others = await Promise.all([
    ...all.filter(({ fault }) => !isEndless(fault)).map((expected) => faultCheck(bench, expected)),
    tokenCheck(bench),
  ]);
  return [...endless, ...others, await deadline(bench), await cancellation(bench)];
}

function faultCheck(bench: FaultBench, expected: Expected): Promise<Check> {
  const { name, fault } = expected;
  return everywhere(bench, 'faults', name, async (at) => {
    const { outcome, conversation } = await (isEndless(fault)
      ? bench.impatient(fault, at, (ms) => ({ timeoutMs: ms }), IMPATIENCE)
      : bench.search(fault, at, { maxBodyBytes: bench.bodyLimit }));
    return against(expected, outcome, conversation);
  });
}

/** Tries the same at every request, and says at which it went wrong. */
async function everywhere(
  bench: FaultBench,
  group: CheckGroup,
  name: string,
  tried: (at: number) => Promise<readonly string[]>,
  from = 0,
): Promise<Check> {
  const places = bench.requests.map((_, at) => at).slice(from);
  const found = await Promise.all(places.map(tried));
  const wrong = found.flatMap((against, at) => against.map((one) => `${bench.requests[places[at]!]} ${one}`));
  const requests = places.length === 1 ? 'its only request' : `each of ${places.length} requests`;
  return { ...check(group, name, wrong), ...(wrong.length === 0 && { detail: `at ${requests}` }) };
}

async function tokenCheck(bench: FaultBench): Promise<Check> {
  const name = 'a token that is refused before its time is renewed, once';
  if (!bench.hasToken) return untried('faults', name, 'it wants no token: its credentials go with every request');
  const whole = await bench.search({ kind: 'none' }, bench.requests.length - 1, {});
  const same = async (at: number): Promise<string[]> => {
    const { outcome } = await bench.search({ kind: 'refuseToken' }, at, {});
    const { status, offersKept } = whole.outcome;
    return outcome.status === status && outcome.offersKept === offersKept ? [] : [`became ${said(outcome)}`];
  };
  // The first request is the one that gets it.
  return everywhere(bench, 'faults', name, same, 1);
}

function deadline(bench: FaultBench): Promise<Check> {
  return everywhere(bench, 'deadline', "the caller's deadline ends the search and its connection", async (at) => {
    const { outcome, conversation, lateMs } = await bench.impatient(
      { kind: 'hang' },
      at,
      (ms) => ({ timeoutMs: 60_000, deadline: Date.now() + ms }),
      IMPATIENCE,
    );
    const found: string[] = [];
    if (!fits(outcome, TIMED_OUT) || outcome.failure !== FailureKind.TIMEOUT) found.push(`became ${said(outcome)}`);
    if (lateMs > GRACE_MS) found.push('ended long after the deadline');
    if (!(await conversation.aborted(GRACE_MS))) found.push('kept its connection open');
    return found;
  });
}

function cancellation(bench: FaultBench): Promise<Check> {
  return everywhere(bench, 'deadline', 'cancelling ends the search and its connection', async (at) => {
    const stop = new AbortController();
    const conversation = bench.converse({ kind: 'hang' }, at);
    const searching = bench.searchIn(conversation, { timeoutMs: 60_000, signal: stop.signal });
    await Promise.race([conversation.reached, searching]);
    stop.abort();
    const outcome = await searching;
    const found: string[] = [];
    if (outcome.status !== CANCELLED) found.push(`became ${said(outcome)}`);
    if (!(await conversation.aborted(GRACE_MS))) found.push('kept its connection open');
    return found;
  });
}

/** Whether a fault ends with the time alone. */
export function isEndless({ kind }: Fault): boolean {
  return kind === 'hang' || kind === 'drip';
}

/** Whether an outcome has a status, or is partial with what came before. */
function fits(outcome: PartnerOutcome, status: OutcomeStatus): boolean {
  return outcome.status === status || (outcome.status === PARTIAL && outcome.rowsReceived > 0);
}

/** What is to be said against what a fault became; nothing where it is as it should be. */
export async function against(
  { fault, status, failure, also }: Expected,
  outcome: PartnerOutcome,
  conversation: Conversation,
): Promise<string[]> {
  const found: string[] = [];
  if (!fits(outcome, status) || outcome.failure !== failure) {
    found.push(`became ${said(outcome)}, not ${nameOf(OutcomeStatus, status)} (${nameOf(FailureKind, failure)})`);
  }
  const more = also?.(outcome);
  if (more !== undefined) found.push(more);
  if (isEndless(fault) && !(await conversation.aborted(GRACE_MS))) found.push('kept its connection open');
  return found;
}

/** An outcome in a few words, the same from run to run. */
export function said({ status, failure, detail }: PartnerOutcome): string {
  const kind = failure === FailureKind.UNSPECIFIED ? '' : ` (${nameOf(FailureKind, failure)})`;
  return `${nameOf(OutcomeStatus, status)}${kind}${detail === '' ? '' : `: ${detail.replaceAll(/\d+ ms/g, '… ms')}`}`;
}
