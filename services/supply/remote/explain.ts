import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  ExplainOfferRequest,
  ExplainOfferResponse,
  OfferHandle,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { MeshContext } from '../../../libs/mesh/index.ts';
import { logger, withTrace } from '../../../libs/telemetry/index.ts';
import { type ExplainTools, explainOffer, identityOf, toldRow } from '../explain.ts';
import { expired } from '../verify.ts';
import { Redactor } from '../workbench/redact.ts';
import { goneOf, routeOf } from './actions.ts';
import { RemoteCall } from './call.ts';
import type { RemoteConnections } from './connections.ts';
import { remoteFailure } from './failure.ts';
import { isRemoteHandle } from './handle.ts';
import { chargesProblem } from './offers.ts';
import type { RemotePartner, SupplyPartner } from './partner.ts';

/** What explaining an offer of any partner needs. */
export interface ExplainAnyTools extends ExplainTools {
  readonly partners: ReadonlyMap<string, SupplyPartner>;
  readonly remotes: RemoteConnections;
}

/** Texts of a remote that are told, by their length. */
const MOST_CHARACTERS = 2_000;
const log = logger('supply.explain');

/** Where an offer came from, however its partner is asked. Errors as the RPC documents them. */
export async function explainAnyOffer(
  tools: ExplainAnyTools,
  request: ExplainOfferRequest,
  context: MeshContext,
): Promise<ExplainOfferResponse> {
  const { handle, productId } = request;
  if (handle === undefined || !isRemoteHandle(handle)) return explainOffer(tools, request, context);
  const { partner, own } = routeOf(tools, handle);
  const [said, keys] = await Promise.all([
    saidOf(tools.remotes, partner, own, context),
    // What the remote said of the row to identify it by is not held.
    identityOf(tools.normalization, productId, undefined, context),
  ]);
  return {
    ...said,
    manifest: own.manifest === '' ? partner.manifest.digest : own.manifest,
    identity: keys.filter((key) => key.partner === '' || key.partner === partner.name),
  };
}

type Told = Omit<ExplainOfferResponse, 'manifest' | 'identity'>;

/** What a remote says of one of its rows, or what can be said without it: it need not be able to explain. */
async function saidOf(
  remotes: RemoteConnections,
  partner: RemotePartner,
  own: OfferHandle,
  { deadline, signal, trace }: MeshContext,
): Promise<Told> {
  const nothing: Told = {
    adapter: 'remote',
    request: `grpc://${partner.address}/entrepot.supply.v1.SupplyService/Search`,
    requestDigest: '',
    answerDigest: '',
    answerBytes: 0,
    fetchedAt: undefined,
    partnerRow: '',
    charges: [],
  };
  if (partner.hold.remaining(Date.now()) > 0) return nothing;
  const call = new RemoteCall(partner, 'explain', { deadline: halfOf(deadline), signal, trace });
  try {
    const asked = { handle: own, productId: '' };
    const told = await call.within((options) => remotes.client(partner).explainOffer(asked, options));
    call.end(OutcomeStatus.OK, FailureKind.UNSPECIFIED, '', 1, 1);
    return readTold(partner, told, nothing);
  } catch (error) {
    if (goneOf(partner, error) !== undefined) {
      call.end(OutcomeStatus.EMPTY, FailureKind.UNSPECIFIED, '', 0, 0);
      throw expired(`${partner.name} no longer holds the answer; search again`);
    }
    const { status, failure, ...said } = remoteFailure(partner, error, signal);
    const detail = partner.secrets.clean(said.detail);
    call.end(status, failure, detail, 0, 0);
    withTrace(log, trace).info({ partner: partner.name, detail }, 'remote does not explain its offer');
    return nothing;
  }
}

/** Without the remote there is still something to tell, so not all of the caller's time is for it. */
function halfOf(deadline: number | undefined): number | undefined {
  const now = Date.now();
  return deadline === undefined ? undefined : now + (deadline - now) / 2;
}

/** What a remote says is nobody's word but its own: bounded, and without what must not be told. */
function readTold(partner: RemotePartner, said: ExplainOfferResponse, nothing: Told): Told {
  const redactor = new Redactor(partner.secrets.texts);
  const text = (value: string): string => redactor.text(value).slice(0, MOST_CHARACTERS);
  const digest = (value: string): string => (/^[\w+/=-]{1,64}$/.test(value) ? value : '');
  const now = Temporal.Now.instant();
  const { fetchedAt } = said;
  return {
    adapter: said.adapter === '' ? nothing.adapter : text(said.adapter),
    request: said.request === '' ? nothing.request : redactedRequest(said.request, redactor),
    requestDigest: digest(said.requestDigest),
    answerDigest: digest(said.answerDigest),
    answerBytes: said.answerBytes,
    fetchedAt: fetchedAt !== undefined && Temporal.Instant.compare(fetchedAt, now) > 0 ? now : fetchedAt,
    partnerRow: toldRow(said.partnerRow, redactor),
    charges: chargesProblem(said.charges) === undefined ? said.charges : [],
  };
}

/** "GET https://…?key=…": its parameters lose what is secret by their names. */
function redactedRequest(request: string, redactor: Redactor): string {
  return redactor.path(request).slice(0, MOST_CHARACTERS);
}
