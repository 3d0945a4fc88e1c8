import type { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { ExplainResponse } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import { cannotPrice } from './failures.ts';
import type { HeldRow } from './held.ts';
import { oneRow } from './one-row.ts';

/**
 * Why an offer costs what it costs: pricing replays the row, from what was kept of it, under the view that was pinned
 * when it was priced.
 * @throws EntrepotError VIEW_EXPIRED, PRICING_UNAVAILABLE
 */
export async function explainOffer(
  offerId: string,
  { search, row }: HeldRow,
  pricing: MeshClient<PricingServiceDefinition>,
  options: CallOptions,
): Promise<ExplainResponse> {
  const { set, pricingView: view } = search;
  const { batch, at } = set.inputsOf(row);
  const source = set.sourceOf(row);
  const { ofRow, provisional } = set.products.view;
  const product = ofRow[row]!;
  try {
    const { lines, total, linesMax, totalMax } = await pricing.explain({ view, batch: oneRow(batch, at) }, options);
    return {
      offerId,
      source: {
        partner: set.partnerOf(row),
        answer: source.answer,
        row: source.row,
        manifest: source.manifest,
        fetchedAt: source.fetchedAt,
        productId: set.products.ids[product]!,
        productProvisional: provisional[product] === 1,
      },
      ledger: lines,
      view,
      total,
      ledgerMax: linesMax,
      totalMax,
      rank: undefined,
      origin: undefined,
      outcome: undefined,
    };
  } catch (error) {
    throw cannotPrice(error);
  }
}
