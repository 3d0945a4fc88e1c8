import type { Context } from '@opentelemetry/api';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  OfferHandle,
  PartnerBatch,
  VerifyOfferRequest,
  VerifyOfferResponse,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import type { MeshContext } from '../../libs/mesh/index.ts';
import { logger, withTrace } from '../../libs/telemetry/index.ts';
import { type AnswerContext, Rejection } from './adapter.ts';
import { headersRead } from './answer-headers.ts';
import type { AnswerStore } from './answers.ts';
import type { Page } from './ask.ts';
import { askedRequest } from './asked-request.ts';
import { askIdentities, buildBatches, identify } from './batches.ts';
import { parseBody } from './body.ts';
import { PartnerExchange } from './exchange.ts';
import { failureName, nameOf, PartnerFailure, toldOf, toPartnerFailure } from './failure.ts';
import type { HttpAnswer } from './http.ts';
import type { Identities } from './identities.ts';
import { type MappedRows, mapRows } from './map-rows.ts';
import { findRow, type HeldRow, makeOffer } from './offers.ts';
import type { ConfiguredPartner } from './partner.ts';
import { type Question, questionAgain } from './question.ts';
import { Rejections } from './rejections.ts';
import { SeenOffers } from './seen-offers.ts';
import type { SearchTools } from './session.ts';
import { admitAction, suspendedDetail, verdictOfAction } from './suspension.ts';
import { everything } from './wanted.ts';

const log = logger('supply.verify');
/** How long the answer waits for the identity of a product that changed its key; after that it stays provisional. */
const IDENTITY_WAIT_MS = 500;

/** Asks the partner again for one row. Errors as the RPC documents them. */
export async function verifyOffer(
  tools: SearchTools,
  request: VerifyOfferRequest,
  context: MeshContext,
): Promise<VerifyOfferResponse> {
  const before = await livingRow(tools.answers, request.handle);
  const { partner } = before;
  const wait = partner.hold.remaining(Date.now());
  if (wait > 0) throw unavailable(partner.name, 'its rate limit was met a moment ago', wait);
  const admitted = admitAction(tools.traffic, partner);
  if (!('end' in admitted)) throw unavailable(partner.name, suspendedDetail(admitted), admitted.retryAfterMs);
  const { deadline, signal, trace } = context;
  const background = request.background === true;
  const exchange = new PartnerExchange(tools, partner, 'verify', before.context, {
    deadline,
    signal,
    trace,
    background,
  });
  let said: Said | 'gone';
  try {
    said = await exchange.within(() => askAgain(exchange, before));
  } catch (error) {
    const failure = toPartnerFailure(error);
    admitted.end(verdictOfAction(partner, failure));
    exchange.end(failure.status, failure.failure, failure.detail, 0, 0);
    if (failure.status === OutcomeStatus.BUDGET_SPENT) throw refusedInBackground(partner.name, failure);
    withTrace(log, trace).warn(
      { partner: partner.name, failure: failureName(failure.failure), detail: failure.detail, err: failure.cause },
      'partner could not verify an offer',
    );
    throw unavailable(partner.name, toldOf(failure), failure.retryAfterMs);
  }
  admitted.end({ was: 'good' });
  const rows = said === 'gone' ? 0 : 1;
  exchange.end(rows === 0 ? OutcomeStatus.EMPTY : OutcomeStatus.OK, FailureKind.UNSPECIFIED, '', rows, rows);
  if (said === 'gone') throw soldOut(partner.name);
  return respond(tools, before, said, request.keepIdentity === true, context);
}

/** What the partner said of a row that it still sells. */
export interface Said {
  readonly question: Question;
  readonly answer: HttpAnswer;
  readonly context: AnswerContext;
  readonly row: unknown;
  readonly mapped: MappedRows;
}

/**
 * Asks for one row again, request by request; what is refused because of a token is begun again with another.
 *
 * @param clock by which questions and answers are dated, epoch ms; recorded answers have a time of their own
 * @throws PartnerFailure
 */
export async function askAgain(
  exchange: PartnerExchange,
  before: HeldRow,
  clock: () => number = Date.now,
): Promise<Said | 'gone'> {
  const asked: AnswerContext = { ...before.context, now: clock() };
  let question = questionAgain(before.partner.adapter, before.row, asked);
  for (;;) {
    const said = await askOne(exchange, before, question, asked, clock);
    if (said === 'refused') return askAgain(exchange, before, clock);
    if (said === 'gone' || !('next' in said)) return said;
    question = said.next;
  }
}

async function askOne(
  exchange: PartnerExchange,
  before: HeldRow,
  question: Question,
  asked: AnswerContext,
  clock: () => number,
): Promise<Said | { readonly next: Question } | 'gone' | 'refused'> {
  const { partner, row } = before;
  const { adapter } = partner;
  if ('afterMs' in question && question.afterMs !== undefined) await exchange.pause(question.afterMs);
  const answer = await exchange.ask(question);
  const { progress } = question;
  const context: AnswerContext = {
    ...asked,
    ...(progress !== undefined && { progress }),
    ...headersRead(adapter, answer),
    fetchedAt: clock(),
  };
  const reads = (body: unknown) => adapter.readVerified(body, context, row);
  if (saysGone(answer, partner, reads)) return 'gone';
  const said = reads(exchange.bodyOf(answer));
  if ('gone' in said) return 'gone';
  if ('failure' in said) {
    // A token that is refused inside a 200.
    if (said.failure === FailureKind.AUTHENTICATION && exchange.renewsToken()) return 'refused';
    throw exchange.failureStated(said);
  }
  if ('next' in said) return said;
  const rejections = new Rejections();
  const mapped = mapRows(partner.plan, adapter, [said.row], context, new SeenOffers(), rejections);
  if (mapped.rows.length === 0) {
    const { reason, example } = rejections.toCounts()[0]!;
    if (reason === RejectionReason.EXPIRED) return 'gone';
    throw new PartnerFailure({
      failure: FailureKind.MALFORMED,
      detail: `its answer cannot be used (${nameOf(RejectionReason, reason)}): ${example}`,
    });
  }
  return { question, answer, context, row: said.row, mapped };
}

/** Whether a 4xx answer means that the offer is no longer sold; partners say so with statuses from 400 to 422. */
export function saysGone(
  { status, body, headers }: HttpAnswer,
  { manifest }: ConfiguredPartner,
  reads: (body: unknown) => object,
): boolean {
  if (status < 400 || status > 499 || status === 401 || status === 403 || status === 429) return false;
  try {
    return 'gone' in reads(parseBody(body, headers['content-type'], manifest.format));
  } catch {
    // Not in the partner's format: then its status alone speaks.
    return false;
  }
}

async function respond(
  tools: SearchTools,
  { partner }: HeldRow,
  { question, answer, context, row, mapped }: Said,
  keepIdentity: boolean,
  mesh: MeshContext,
): Promise<VerifyOfferResponse> {
  const contentType = answer.headers['content-type'];
  const digest = tools.answers.hold({
    partner,
    context,
    kind: 'verified',
    body: answer.body,
    contentType: contentType === undefined ? undefined : String(contentType),
    rows: [row],
    expiresAt: mapped.lastExpiry,
    asked: askedRequest(partner, question),
  });
  const page = { partner, answer: digest, manifest: partner.manifest.digest, fetchedAt: context.fetchedAt, mapped };
  const batch = await verifiedBatch(tools.identities, page, keepIdentity, mesh);
  return { offer: makeOffer({ partner, context, row }, everything), batch };
}

/** The page of a verified row as its one batch, with the product that it is of where the caller wants to be told. */
export async function verifiedBatch(
  identities: Identities,
  page: Page,
  keepIdentity: boolean,
  { trace, signal }: MeshContext,
): Promise<PartnerBatch | undefined> {
  if (!keepIdentity) await settleIdentity(identities, page, trace, signal);
  return buildBatches(page, keepIdentity ? undefined : identify(page, identities))[0];
}

/** Waits a moment for the identity of a product that is not known yet; without it the id stays provisional. */
async function settleIdentity(identities: Identities, page: Page, trace: Context, signal: AbortSignal): Promise<void> {
  const identity = identify(page, identities);
  if (identity.unsettled.length === 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = { settled: () => resolve() };
  askIdentities(page, identity, identities, listener, trace);
  const timer = setTimeout(resolve, IDENTITY_WAIT_MS);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  identities.leave(identity.ids, listener);
}

/** The row of a handle while it lives. Throws EntrepotError OFFER_EXPIRED. */
export async function livingRow(answers: AnswerStore, handle: OfferHandle | undefined): Promise<HeldRow> {
  if (handle === undefined) throw invalidField('handle', 'missing');
  const row = await findRow(answers, handle);
  if (row === undefined) throw expired("the partner's answer is no longer held; search again");
  if (expiryOf(row) <= Date.now()) throw expired('the partner stands by the offer no longer; search again');
  return row;
}

/** A row that was rejected has no handle, so one whose expiry cannot be read was never offered. */
function expiryOf({ partner, context, row }: HeldRow): number {
  try {
    return partner.adapter.expiresAt(row, context);
  } catch (error) {
    if (error instanceof Rejection) return 0;
    throw error;
  }
}

/** The offer is no more: its lifetime is over, or the answer that it stood in is no longer held. */
export function expired(message: string): EntrepotError {
  return new EntrepotError({ reason: 'OFFER_EXPIRED', message });
}

/** The partner no longer sells the offer. */
export function soldOut(partner: string): EntrepotError {
  return new EntrepotError({ reason: 'OFFER_SOLD_OUT', message: `${partner} no longer sells the offer; search again` });
}

/** Nothing was left over for a call that nobody waits for. */
export function refusedInBackground(partner: string, { detail, retryAfterMs }: PartnerFailure): EntrepotError {
  return new EntrepotError({
    reason: 'OVERLOADED',
    message: `${partner} was not asked: ${detail}`,
    metadata: { partner },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The partner did not answer as needed. */
export function unavailable(partner: string, detail: string, retryAfterMs?: number): EntrepotError {
  const message = `${partner} did not answer as needed: ${detail}`;
  return new EntrepotError({
    reason: 'PARTNER_UNAVAILABLE',
    message,
    metadata: { partner },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
