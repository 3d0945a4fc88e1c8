import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { OutcomeStatus, type PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  PartnerBatch,
  SearchRequest,
  SupplyServiceDefinition,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../../libs/mesh/index.ts';
import { vertical as verticalOf } from '../../../libs/vertical/index.ts';
import { checkCriteria } from '../criteria/index.ts';
import { actionFailed, cannotSupply } from '../failures.ts';
import { newSearchId } from '../ids.ts';
import type { Figure } from './figure.ts';
import type { KeptMismatch } from './mismatches.ts';
import { Said } from './said.ts';

type Supply = MeshClient<SupplyServiceDefinition>;

/**
 * What a partner asks now for what a mismatch was about: of the row, while its answer is held; afterwards of the same offer among what
 * it has now for the same criteria. Spends the partner's budget as any verification or search.
 * @param now epoch ms
 * @throws EntrepotError OFFER_SOLD_OUT, OFFER_EXPIRED, PARTNER_UNAVAILABLE, SUPPLY_UNAVAILABLE, OVERLOADED
 */
export async function askedNow(kept: KeptMismatch, supply: Supply, options: CallOptions, now: number): Promise<Figure> {
  const { mismatch } = kept;
  const { source, partner, criteria } = mismatch;
  const kind = criteria?.vertical?.$case;
  if (source === undefined || criteria === undefined || kind === undefined) {
    throw new EntrepotError({ reason: 'INTERNAL', message: 'The mismatch does not say what it was about.' });
  }
  const handle = { partner, answer: source.answer, row: source.row, manifest: source.manifest };
  try {
    const { batch } = await supply.verifyOffer({ handle }, options);
    if (batch?.columns?.rowCount === 1) return new Said(batch, verticalOf(kind)).figure(0);
    throw new EntrepotError({
      reason: 'INTERNAL',
      message: 'Supply verified the offer, but did not say how it is now.',
    });
  } catch (error) {
    const failure = actionFailed(error);
    if (failure.reason !== 'OFFER_EXPIRED') throw failure;
  }
  const [passed] = checkCriteria(criteria.vertical!, now);
  if (passed !== undefined) {
    const message = `Its answer is no longer held, and what was sought cannot be sought any more: ${passed.field} ${passed.description}.`;
    throw new EntrepotError({ reason: 'OFFER_EXPIRED', message });
  }
  return searchedNow(kept, criteria, kind, supply, options);
}

async function searchedNow(
  kept: KeptMismatch,
  criteria: Criteria,
  kind: string,
  supply: Supply,
  options: CallOptions,
): Promise<Figure> {
  const { partner } = kept.mismatch;
  const { batches, outcome } = await searchOf(kept, criteria, supply, options);
  const said = batches.map((batch) => new Said(batch, verticalOf(kind)));
  for (const one of said) {
    for (let row = 0; row < one.rows; row++) if (isSame(kept, one, row)) return one.figure(row);
  }
  const rows = said.reduce((sum, one) => sum + one.rows, 0);
  if (rows === 0 && outcome !== undefined) refuseUnanswered(outcome);
  const message = `Its answer is no longer held, and none of the ${rows} offers that ${partner} has now for the same criteria is the same.`;
  throw new EntrepotError({ reason: 'OFFER_SOLD_OUT', message });
}

/** Everything that the one partner has for the criteria. */
async function searchOf(
  { mismatch: { partner, market }, currency, locale }: KeptMismatch,
  criteria: Criteria,
  supply: Supply,
  options: CallOptions,
): Promise<{ readonly batches: PartnerBatch[]; readonly outcome: PartnerOutcome | undefined }> {
  async function* start(): AsyncGenerator<SearchRequest> {
    const none = { filter: '', constraints: [], handoffRate: 0, times: [], except: [], permitted: undefined };
    const value = { searchId: newSearchId(), criteria, market, currency, locale, partners: [partner], ...none };
    yield { message: { $case: 'start', value } };
  }
  const batches: PartnerBatch[] = [];
  let outcome: PartnerOutcome | undefined;
  try {
    for await (const { message } of supply.search(start(), options)) {
      if (message?.$case === 'plan') outcome = message.value.skipped[0];
      else if (message?.$case === 'batch') batches.push(message.value);
      else if (message?.$case === 'outcome') outcome = message.value;
    }
  } catch (error) {
    throw toEntrepotError(error).reason === 'INVALID_FIELD'
      ? unavailable(partner, 'it is no longer there')
      : cannotSupply(error);
  }
  return { batches, outcome };
}

/** The same product, and the same in everything but what is a number: that may be a rating, or what is left. */
function isSame({ mismatch, productProvisional, attributes }: KeptMismatch, said: Said, row: number): boolean {
  const product = mismatch.source?.productId ?? '';
  const sameProduct = said.product(row) === product;
  const differing = said.changes(row, attributes);
  // Without an identity everything has to be as it was.
  if (!sameProduct) return productProvisional && differing.length === 0;
  return differing.every(({ before, after }) => isNumber(before) && isNumber(after));
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text));
}

/** @throws EntrepotError where the partner has not answered */
function refuseUnanswered({ partner, status, detail, retryAfterMs }: PartnerOutcome): void {
  if (status === OutcomeStatus.OK || status === OutcomeStatus.EMPTY || status === OutcomeStatus.PARTIAL) return;
  if (status !== OutcomeStatus.BUDGET_SPENT) throw unavailable(partner, detail);
  throw new EntrepotError({
    reason: 'OVERLOADED',
    message: `${partner} was not asked: ${detail}`,
    metadata: { partner },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function unavailable(partner: string, detail: string): EntrepotError {
  return new EntrepotError({
    reason: 'PARTNER_UNAVAILABLE',
    message: `${partner} did not answer as needed: ${detail}`,
    metadata: { partner },
  });
}
