import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type {
  NormalizationServiceDefinition,
  PartnerEvidence,
  ProductKey,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { ExplainOfferRequest, ExplainOfferResponse } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { invalidField, toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshClient, MeshContext } from '../../libs/mesh/index.ts';
import { logger, withTrace } from '../../libs/telemetry/index.ts';
import type { AnswerStore } from './answers.ts';
import { redactorOf } from './asked-request.ts';
import { buildEvidence } from './build-columns.ts';
import { mapRows } from './map-rows.ts';
import { detailsOf, findRow, type HeldRow } from './offers.ts';
import type { ConfiguredPartner } from './partner.ts';
import { Rejections } from './rejections.ts';
import { SeenOffers } from './seen-offers.ts';
import { rowJson } from './told-row.ts';
import { expired } from './verify.ts';
import { recordedAnswer } from './workbench/record.ts';
import type { Redactor } from './workbench/redact.ts';

/** What explaining needs. */
export interface ExplainTools {
  readonly answers: AnswerStore;
  readonly normalization: MeshClient<NormalizationServiceDefinition>;
}

/** Characters of a partner's row that are told. */
const MOST_ROW_CHARACTERS = 20_000;
/** How long the catalogue is waited for: without it there is still much to tell. */
const IDENTITY_WAIT_MS = 3_000;
/** Provisional product ids begin with it. */
const PROVISIONAL = '~';
const log = logger('supply.explain');

/** Where an offer came from. Errors as the RPC documents them: an answer that is gone is OFFER_EXPIRED, an offer that is not. */
export async function explainOffer(
  { answers, normalization }: ExplainTools,
  { handle, productId }: ExplainOfferRequest,
  context: MeshContext,
): Promise<ExplainOfferResponse> {
  if (handle === undefined) throw invalidField('handle', 'missing');
  const row = await findRow(answers, handle);
  const original = row && (await answers.original(handle.answer, handle.manifest));
  if (row === undefined || original === undefined)
    throw expired("the partner's answer is no longer held; search again");
  const { partner } = row;
  const asked = original.asked?.();
  const evidence = evidenceOf(row);
  return {
    adapter: partner.manifest.name,
    manifest: partner.manifest.digest,
    request: asked?.request ?? '',
    requestDigest: asked?.digest ?? '',
    answerDigest: recordedDigest(handle.answer, original.body, partner),
    answerBytes: original.body.length,
    fetchedAt: Temporal.Instant.fromEpochMilliseconds(row.context.fetchedAt),
    partnerRow: toldRow(rowJson(partner.adapter.partsOf?.(row.row) ?? { row: row.row }), redactorOf(partner)),
    charges: detailsOf(row),
    identity: evidence === undefined ? [] : await identityOf(normalization, productId, evidence, context),
  };
}

/** Of answers that were explained, by their digests: a recording of a large one takes a while to make. */
const recordedDigests = new LRUCache<string, string>({ max: 1_000 });

/** The digest of an answer's body as a cassette records it: who has one of the two can tell whether it is the other. */
function recordedDigest(answer: string, body: Buffer, partner: ConfiguredPartner): string {
  const known = recordedDigests.get(answer);
  if (known !== undefined) return known;
  const recorded = recordedAnswer({ status: 200, headers: {}, body }, redactorOf(partner));
  const text = recorded.body ?? Buffer.from(recorded.bodyBase64 ?? '', 'base64');
  const digest = hash('sha256', text, 'base64url');
  recordedDigests.set(answer, digest);
  return digest;
}

/** A row's JSON as it may be told. What is secret is taken out first: a part of it must not be left over by the cut. */
export function toldRow(json: string, redactor: Redactor): string {
  return redactor.body(json).slice(0, MOST_ROW_CHARACTERS);
}

/**
 * What leads from a row to its product; empty where nothing does, or that cannot be found out.
 *
 * @param evidence of the row alone; undefined where that is not known: then all keys of the product
 */
export async function identityOf(
  normalization: MeshClient<NormalizationServiceDefinition>,
  productId: string,
  evidence: PartnerEvidence | undefined,
  { trace, signal, deadline }: MeshContext,
): Promise<ProductKey[]> {
  if (productId === '' || productId.startsWith(PROVISIONAL)) return [];
  const left = deadline === undefined ? IDENTITY_WAIT_MS : Math.max(1, (deadline - Date.now()) / 2);
  try {
    const options = { timeoutMs: Math.min(IDENTITY_WAIT_MS, left), trace, signal };
    return (await normalization.getProduct({ productId, statedBy: evidence }, options)).product?.keys ?? [];
  } catch (error) {
    const { reason, message } = toEntrepotError(error);
    withTrace(log, trace).info({ reason, detail: message, product: productId }, 'identity cannot be explained');
    return [];
  }
}

/** What identifies the row, as normalization was told when it came. */
function evidenceOf({ partner, context, row }: HeldRow): PartnerEvidence | undefined {
  const mapped = mapRows(partner.plan, partner.adapter, [row], context, new SeenOffers(), new Rejections());
  if (mapped.rows.length === 0) return undefined;
  return { partner: partner.name, rows: buildEvidence(partner.plan, mapped, [0]) };
}
