import type { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { ExplainResponse } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type {
  ExplainOfferResponse,
  SupplyServiceDefinition,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { toEntrepotError } from '../../libs/errors/index.ts';
import type { MeshClient, MeshContext } from '../../libs/mesh/index.ts';
import type { Logger } from '../../libs/telemetry/index.ts';
import { partnerCharge } from './charges.ts';
import { cannotPrice } from './failures.ts';
import type { HeldRow } from './held.ts';
import { oneRow } from './one-row.ts';
import { explainRank } from './rank.ts';

/** Who is asked, and how long each is waited for, in milliseconds. */
export interface ExplainTools {
  readonly pricing: MeshClient<PricingServiceDefinition>;
  readonly supply: MeshClient<SupplyServiceDefinition>;
  readonly timeoutMs: number;
  /** For supply, without which there is still much to tell. */
  readonly originTimeoutMs: number;
  readonly log: Logger;
}

/**
 * Why an offer is what it is: pricing replays the row, from what was kept of it, under the view that was pinned when it was
 * priced; supply tells where it came from, as long as it holds that.
 * @throws EntrepotError VIEW_EXPIRED, PRICING_UNAVAILABLE
 */
export async function explainOffer(
  offerId: string,
  { search, row }: HeldRow,
  tools: ExplainTools,
  context: MeshContext,
): Promise<ExplainResponse> {
  const { set, pricingView: view, request } = search;
  const { batch, at } = set.inputsOf(row);
  const source = set.sourceOf(row);
  const { ofRow, provisional } = set.products.view;
  const product = ofRow[row]!;
  const productId = set.products.ids[product]!;
  const productProvisional = provisional[product] === 1;
  const { timeoutMs } = tools;
  // Charges that only detail the price lie with supply, and are told with it.
  const origin = await originOf({ search, row }, productProvisional ? '' : productId, tools, context);
  const details = (origin?.charges ?? []).map(partnerCharge).filter((charge) => charge !== undefined);
  const explained = { view, batch: oneRow(batch, at, details) };
  const price = await tools.pricing.explain(explained, { context, timeoutMs }).catch((error: unknown) => {
    throw cannotPrice(error);
  });
  const partner = set.partnerOf(row);
  return {
    offerId,
    source: {
      partner,
      answer: source.answer,
      row: source.row,
      manifest: source.manifest,
      fetchedAt: source.fetchedAt,
      productId,
      productProvisional,
    },
    ledger: price.lines,
    view,
    total: price.total,
    ledgerMax: price.linesMax,
    totalMax: price.totalMax,
    rank: explainRank(
      { searchId: search.id, vertical: request.vertical, set, ordering: search.ordering(request.view) },
      row,
    ),
    origin,
    outcome: search.outcomes.find((outcome) => outcome.partner === partner),
  };
}

/** Undefined where supply cannot be reached, or no longer holds the answer. */
async function originOf(
  { search, row }: HeldRow,
  productId: string,
  { supply, originTimeoutMs, log }: ExplainTools,
  context: MeshContext,
): Promise<ExplainOfferResponse | undefined> {
  const handle = search.set.handleOf(row);
  try {
    return await supply.explainOffer({ handle, productId }, { context, timeoutMs: originTimeoutMs });
  } catch (error) {
    const { reason, message } = toEntrepotError(error);
    if (reason !== 'OFFER_EXPIRED') log.info({ search: search.id, reason, detail: message }, 'supply does not explain');
    return undefined;
  }
}
