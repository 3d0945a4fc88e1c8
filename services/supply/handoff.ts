import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  CreateHandoffRequest,
  CreateHandoffResponse,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import { logger, withTrace } from '../../libs/telemetry/index.ts';
import type { AnswerContext, HandoffTarget, PartnerRequest } from './adapter.ts';
import { headersRead } from './answer-headers.ts';
import { PartnerExchange } from './exchange.ts';
import { failureName, PartnerFailure, toldOf, toPartnerFailure } from './failure.ts';
import type { HeldRow } from './offers.ts';
import type { ConfiguredPartner } from './partner.ts';
import type { SearchTools } from './session.ts';
import { admitAction, suspendedDetail, verdictOfAction } from './suspension.ts';
import { livingRow, saysGone, soldOut, unavailable } from './verify.ts';

const log = logger('supply.handoff');
/** Characters of a link or token. */
const MOST_TARGET = 8_192;

/** The partner's own way on for one row. Errors as the RPC documents them. */
export async function createHandoff(
  tools: SearchTools,
  request: CreateHandoffRequest,
  context: MeshContext,
): Promise<CreateHandoffResponse> {
  const held = await livingRow(tools.answers, request.handle);
  const { adapter, name, secrets } = held.partner;
  let way: ReturnType<typeof firstWay>;
  try {
    way = firstWay(held, request.clickId);
  } catch (error) {
    const failure = toPartnerFailure(error);
    const { detail, cause } = failure;
    withTrace(log, context.trace).warn({ partner: name, detail, err: cause }, 'row has no way on');
    throw unavailable(name, secrets.clean(toldOf(failure)));
  }
  const found = 'next' in way ? await askFor(tools, held, way.next, request.clickId, context) : way;
  return {
    target: targetOf(found),
    expiresAt: Temporal.Instant.fromEpochMilliseconds(adapter.expiresAt(held.row, held.context)),
  };
}

/**
 * The way on for a row, or the first request that it takes to get one.
 *
 * @throws PartnerFailure MALFORMED for a way that nobody can go, and what the adapter throws where the row has none
 */
export function firstWay(
  { partner, context, row }: HeldRow,
  clickId: string,
  clock: () => number = Date.now,
): ReturnType<ConfiguredPartner['adapter']['handoff']> {
  const way = partner.adapter.handoff(row, { ...context, now: clock() }, clickId);
  if (!('next' in way)) checkTarget(targetOf(way));
  return way;
}

function targetOf(way: HandoffTarget): NonNullable<CreateHandoffResponse['target']> {
  return 'url' in way ? { $case: 'url', value: way.url } : { $case: 'token', value: way.token };
}

/** Throws PartnerFailure MALFORMED for what nobody can go on with: no text, too long, a link that is none of http or https. */
export function checkTarget(target: CreateHandoffResponse['target']): void {
  if (target === undefined || target.value === '') throw malformed('neither url nor token');
  if (target.value.length > MOST_TARGET) throw malformed(`has more than ${MOST_TARGET} characters`);
  if (target.$case === 'token') return;
  const url = URL.canParse(target.value) ? new URL(target.value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw malformed('url is no link of http or https');
}

/** The way on where the partner has to be asked for it. */
async function askFor(
  tools: SearchTools,
  { partner, context: before, row }: HeldRow,
  first: PartnerRequest,
  clickId: string,
  { deadline, signal, trace }: MeshContext,
): Promise<HandoffTarget> {
  const wait = partner.hold.remaining(Date.now());
  if (wait > 0) throw unavailable(partner.name, 'its rate limit was met a moment ago', wait);
  const admitted = admitAction(tools.traffic, partner);
  if (!('end' in admitted)) throw unavailable(partner.name, suspendedDetail(admitted), admitted.retryAfterMs);
  const exchange = new PartnerExchange(tools, partner, 'handoff', before, { deadline, signal, trace });
  let said: HandoffTarget | 'gone';
  try {
    said = await exchange.within(() => askSteps(exchange, { partner, context: before, row }, first, clickId));
  } catch (error) {
    const found = toPartnerFailure(error);
    const { status, failure, detail, retryAfterMs, cause } = found;
    admitted.end(verdictOfAction(partner, found));
    exchange.end(status, failure, detail, 0, 0);
    withTrace(log, trace).warn(
      { partner: partner.name, failure: failureName(failure), detail, err: cause },
      'partner gave no way on',
    );
    throw unavailable(partner.name, toldOf(found), retryAfterMs);
  }
  admitted.end({ was: 'good' });
  const rows = said === 'gone' ? 0 : 1;
  exchange.end(rows === 0 ? OutcomeStatus.EMPTY : OutcomeStatus.OK, FailureKind.UNSPECIFIED, '', rows, rows);
  if (said === 'gone') throw soldOut(partner.name);
  return said;
}

/**
 * Asks for the way on, request by request.
 *
 * @param clock by which questions and answers are dated, epoch ms
 * @throws PartnerFailure
 */
export async function askSteps(
  exchange: PartnerExchange,
  { partner, context: before, row }: HeldRow,
  first: PartnerRequest,
  clickId: string,
  clock: () => number = Date.now,
): Promise<HandoffTarget | 'gone'> {
  const { adapter } = partner;
  let request = first;
  for (;;) {
    const { progress } = request;
    if (request.afterMs !== undefined) await exchange.pause(request.afterMs);
    const asked: AnswerContext = { ...before, ...(progress !== undefined && { progress }), now: clock() };
    const answer = await exchange.send(request);
    const context: AnswerContext = { ...asked, ...headersRead(adapter, answer), fetchedAt: clock() };
    const reads = (body: unknown) => {
      if (adapter.readHandoff === undefined)
        throw new TypeError('an adapter whose hand-off asks has to read the answer');
      return adapter.readHandoff(body, context, row, clickId);
    };
    if (saysGone(answer, partner, reads)) return 'gone';
    const said = reads(exchange.bodyOf(answer));
    if ('gone' in said) return 'gone';
    if ('failure' in said) {
      // A token that is refused inside a 200: what was refused was not done.
      if (said.failure === FailureKind.AUTHENTICATION && exchange.renewsToken()) continue;
      throw exchange.failureStated(said);
    }
    if (!('next' in said)) {
      checkTarget(targetOf(said));
      return said;
    }
    request = said.next;
  }
}

function malformed(detail: string): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.MALFORMED, detail: `hand-off: ${detail}` });
}
