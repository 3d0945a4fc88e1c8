import type { PricingServiceDefinition } from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type {
  SupplyServiceDefinition,
  VerifyOfferResponse,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { toEntrepotError } from '../../../libs/errors/index.ts';
import type { MeshClient } from '../../../libs/mesh/index.ts';
import type { Logger } from '../../../libs/telemetry/index.ts';
import type { HeldSearches } from '../held.ts';
import { parseOfferId } from '../ids.ts';
import { putInPlace } from '../verify.ts';
import type { Result } from './checks.ts';
import type { Tolerance } from './config.ts';
import { differenceOf, type Figure, moneyOf, verdictOf } from './figure.ts';
import { impersonal } from './impersonal.ts';
import { type KeptMismatch, newMismatchId } from './mismatches.ts';
import { Said } from './said.ts';
import type { Sample } from './sample.ts';

/** Under what name supply is asked. */
export const checkClient = 'entrepot-accuracy';

/** What a check needs. */
export interface CheckTools {
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly pricing: MeshClient<PricingServiceDefinition>;
  readonly held: HeldSearches;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  readonly timeoutMs: () => number;
  /** The service is being stopped. */
  readonly signal: AbortSignal;
  readonly toleranceOf: (market: string) => Tolerance;
  /** Keeps a mismatch. */
  readonly mismatched: (kept: KeptMismatch) => Promise<void>;
}

/** Asks a partner once more for what was shown, and takes in what it says. Never rejects. */
export async function checkSample(sample: Sample, tools: CheckTools): Promise<Result> {
  const options = { timeoutMs: tools.timeoutMs(), client: checkClient, signal: tools.signal };
  let verified: VerifyOfferResponse;
  try {
    verified = await tools.supply.verifyOffer({ handle: sample.handle, background: true }, options);
  } catch (error) {
    return notVerified(sample, error, tools);
  }
  const { batch } = verified;
  if (batch?.columns?.rowCount !== 1) return 'failed';
  try {
    const said = new Said(batch, sample.vertical);
    const found = said.figure(0);
    const verdict = verdictOf(sample.shown, found, tools.toleranceOf(sample.market));
    const changes = said.changes(0, sample.attributes);
    const isOther = found.minor !== sample.shown.minor || found.currency !== sample.shown.currency;
    // Who still looks at it sees what it costs.
    if (isOther || changes.length > 0) await replace(sample, verified, tools);
    if (verdict !== 'accurate') await keep({ sample, found, changes }, tools);
    return verdict;
  } catch (error) {
    tools.log.error(
      { err: error, partner: sample.partner, offer: sample.offerId },
      'what a check found cannot be read',
    );
    return 'failed';
  }
}

async function notVerified(sample: Sample, error: unknown, tools: CheckTools): Promise<Result> {
  if (tools.signal.aborted) return 'skipped';
  const { reason } = toEntrepotError(error);
  if (reason === 'OVERLOADED') return 'refused';
  if (reason !== 'OFFER_SOLD_OUT' && reason !== 'OFFER_EXPIRED') return 'failed';
  const place = heldRow(sample, tools);
  place?.search.fanOut.removed([place.row]);
  if (reason === 'OFFER_EXPIRED') return 'expired';
  await keep({ sample, found: undefined, changes: [] }, tools);
  return 'gone';
}

/** The row as it was when it was chosen; undefined where its search is no longer held, or it is another one now. */
function heldRow(sample: Sample, { held }: CheckTools) {
  const place = parseOfferId(sample.offerId);
  const search = held.peek(sample.searchId);
  const row = place && search?.set.find(place.partner, place.row);
  if (search === undefined || row === undefined || search.set.isGone(row)) return undefined;
  return search.set.handleOf(row).answer === sample.handle.answer ? { search, row } : undefined;
}

async function replace(sample: Sample, verified: VerifyOfferResponse, tools: CheckTools): Promise<void> {
  const place = heldRow(sample, tools);
  if (place === undefined) return;
  const options = { timeoutMs: tools.timeoutMs(), client: checkClient };
  try {
    await putInPlace(place, verified, tools.pricing, options);
    tools.held.grown(place.search);
  } catch (error) {
    const { reason, message } = toEntrepotError(error);
    tools.log.info({ offer: sample.offerId, reason, detail: message }, 'what a check found cannot be shown');
  }
}

async function keep(
  { sample, found, changes }: Pick<KeptMismatch['mismatch'], 'changes'> & { sample: Sample; found: Figure | undefined },
  tools: CheckTools,
): Promise<void> {
  const { handle, shown, productId, productProvisional } = sample;
  const now = tools.now();
  const mismatch = {
    mismatchId: newMismatchId(now),
    partner: sample.partner,
    market: sample.market,
    leadTime: sample.leadTime,
    offerId: sample.offerId,
    source: {
      partner: handle.partner,
      answer: handle.answer,
      row: handle.row,
      manifest: handle.manifest,
      fetchedAt: sample.shownAt,
      productId,
      productProvisional,
    },
    shown: moneyOf(shown),
    found: found && moneyOf(found),
    difference: found && differenceOf(shown, found),
    shownAt: sample.shownAt,
    checkedAt: Temporal.Instant.fromEpochMilliseconds(now),
    criteria: impersonal(sample.criteria),
    changes,
  };
  const { currency, locale, attributes } = sample;
  await tools.mismatched({ mismatch, currency, locale, productProvisional, attributes });
}
