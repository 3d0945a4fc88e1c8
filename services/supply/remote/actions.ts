import { Status } from 'nice-grpc-common';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  CreateHandoffRequest,
  CreateHandoffResponse,
  OfferHandle,
  VerifyOfferRequest,
  VerifyOfferResponse,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { CallOptions, MeshContext } from '../../../libs/mesh/index.ts';
import { logger, withTrace } from '../../../libs/telemetry/index.ts';
import type { AnswerContext } from '../adapter.ts';
import type { Page } from '../ask.ts';
import { payInBackground } from '../budget/spending.ts';
import { failureName, nameOf } from '../failure.ts';
import { checkTarget, createHandoff } from '../handoff.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import type { SearchTools } from '../session.ts';
import { admitAction, suspendedDetail, verdictOfAction } from '../suspension.ts';
import { expired, refusedInBackground, soldOut, unavailable, verifiedBatch, verifyOffer } from '../verify.ts';
import { bytesOf, malformed, readPage } from './batch.ts';
import { RemoteCall } from './call.ts';
import { remoteFailure } from './failure.ts';
import { isRemoteHandle, remoteOf } from './handle.ts';
import { usable } from './offers.ts';
import type { RemotePartner } from './partner.ts';

const log = logger('supply.remote');

/** Asks the partner of a row again, however it is asked. Errors as the RPC documents them. */
export async function verifyAnyOffer(
  tools: SearchTools,
  request: VerifyOfferRequest,
  context: MeshContext,
): Promise<VerifyOfferResponse> {
  const { handle } = request;
  if (handle === undefined || !isRemoteHandle(handle)) return verifyOffer(tools, request, context);
  const { partner, own } = routeOf(tools, handle);
  const said = await callRemote(
    tools,
    partner,
    request.background === true ? 'check' : 'verify',
    context,
    async (options) => {
      const asked = { handle: own, keepIdentity: true };
      const response = await tools.remotes.client(partner).verifyOffer(asked, options);
      return readVerified(partner, response);
    },
  );
  if (said === 'expired') throw soldOut(partner.name);
  const { page, offer } = said;
  return { offer, batch: await verifiedBatch(tools.identities, page, request.keepIdentity === true, context) };
}

/** A partner's own way on for one row, however it is asked. Errors as the RPC documents them, and PARTNER_UNAVAILABLE. */
export async function createAnyHandoff(
  tools: SearchTools,
  request: CreateHandoffRequest,
  context: MeshContext,
): Promise<CreateHandoffResponse> {
  const { handle, clickId } = request;
  if (handle === undefined || !isRemoteHandle(handle)) return createHandoff(tools, request, context);
  const { partner, own } = routeOf(tools, handle);
  return callRemote(tools, partner, 'handoff', context, async (options) => {
    const response = await tools.remotes.client(partner).createHandoff({ handle: own, clickId }, options);
    checkTarget(response.target);
    if (response.expiresAt === undefined) throw malformed('hand-off: expires_at is missing');
    if (response.expiresAt.epochMilliseconds <= Date.now()) throw expired('the way on is no longer honoured');
    return response;
  });
}

/** Who made the row of a remote's handle. Throws EntrepotError OFFER_EXPIRED. */
export function routeOf(
  { partners }: Pick<SearchTools, 'partners'>,
  handle: OfferHandle,
): NonNullable<ReturnType<typeof remoteOf>> {
  const route = remoteOf(partners, handle);
  if (route !== undefined) return route;
  throw expired('the partner is no longer the one that made the offer; search again');
}

/** One call about one row. What it fails with becomes an error that the RPCs document. */
async function callRemote<T>(
  { traffic, shared }: SearchTools,
  partner: RemotePartner,
  purpose: 'verify' | 'check' | 'handoff',
  { deadline, signal, trace }: MeshContext,
  work: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const wait = partner.hold.remaining(Date.now());
  if (wait > 0) throw unavailable(partner.name, 'its rate limit was met a moment ago', wait);
  const admitted = admitAction(traffic, partner);
  if (!('end' in admitted)) throw unavailable(partner.name, suspendedDetail(admitted), admitted.retryAfterMs);
  const background = purpose === 'check';
  if (!background) void partner.budget?.count(shared, purpose);
  const call = new RemoteCall(partner, background ? 'verify' : purpose, { deadline, signal, trace, background });
  try {
    const answer = await call.within(async (options) => {
      if (background) await payInBackground(partner, shared, signal);
      return work(options);
    });
    admitted.end({ was: 'good' });
    call.end(OutcomeStatus.OK, FailureKind.UNSPECIFIED, '', 1, 1);
    return answer;
  } catch (error) {
    const gone = goneOf(partner, error);
    if (gone !== undefined) {
      admitted.end({ was: 'good' });
      call.end(OutcomeStatus.EMPTY, FailureKind.UNSPECIFIED, '', 0, 0);
      throw gone;
    }
    const found = remoteFailure(partner, error, signal);
    admitted.end(verdictOfAction(partner, found));
    const { status, failure, retryAfterMs, cause, ...said } = found;
    const detail = partner.secrets.clean(said.detail);
    call.end(status, failure, detail, 0, 0);
    if (status === OutcomeStatus.BUDGET_SPENT) throw refusedInBackground(partner.name, found);
    // A defect of ours is worth its stack; what the remote said stands in the detail.
    const err = failure === FailureKind.PLATFORM ? cause : undefined;
    withTrace(log, trace).warn(
      { partner: partner.name, failure: failureName(failure), detail, err },
      'remote did not answer for an offer',
    );
    throw unavailable(partner.name, detail, retryAfterMs);
  }
}

/**
 * Whether the remote says that the row is no more: by ErrorInfo, or, for who has no library for that, by
 * FAILED_PRECONDITION with a message that begins with the reason.
 */
export function goneOf(partner: RemotePartner, error: unknown): EntrepotError | undefined {
  if (!(error instanceof EntrepotError)) return undefined;
  const { reason, code, message } = error;
  const plain = code === Status.FAILED_PRECONDITION && reason === 'INTERNAL';
  if (reason === 'OFFER_SOLD_OUT' || (plain && message.startsWith('OFFER_SOLD_OUT'))) return soldOut(partner.name);
  if (reason === 'OFFER_EXPIRED' || (plain && message.startsWith('OFFER_EXPIRED'))) {
    return expired(`${partner.name} stands by the offer no longer; search again`);
  }
  return undefined;
}

/** What a remote said of a row that it still sells; 'expired' when that is over already. Throws PartnerFailure. */
export function readVerified(
  partner: RemotePartner,
  { offer, batch }: VerifyOfferResponse,
): { readonly page: Page; readonly offer: NonNullable<VerifyOfferResponse['offer']> } | 'expired' {
  if (batch?.columns?.rowCount !== 1) throw malformed('verify: batch is not one row');
  if (bytesOf(batch) > partner.maxBodyBytes) throw malformed('verify: batch has more bytes than maxBodyBytes allows');
  if (offer === undefined) throw malformed('verify: offer is missing');
  const rejections = new Rejections();
  const page = readPage(partner, batch, verifyContext(partner), new SeenOffers(), rejections);
  if (page.mapped.rows.length === 0) {
    const { reason, example } = rejections.toCounts()[0]!;
    if (reason === RejectionReason.EXPIRED) return 'expired';
    throw malformed(`verify: its row cannot be used (${nameOf(RejectionReason, reason)}): ${example}`);
  }
  const made = usable(partner, offer);
  if (made === undefined) throw malformed('verify: its offer is none, or not of the vertical; the log says why');
  return { page, offer: made };
}

/** Rows of a remote are read without regard to what was sought. */
function verifyContext({ account, manifest }: RemotePartner): AnswerContext {
  const now = Date.now();
  const nothing = { criteria: { vertical: undefined }, market: '', currency: '', locale: '' };
  return { ...nothing, account, manifest, now, fetchedAt: now };
}
