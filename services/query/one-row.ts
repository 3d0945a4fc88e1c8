import { type Charge, readPrices, selectColumns, selectPrices, selectRows } from '../../libs/columns/index.ts';
import type {
  PriceBatch,
  PriceRequest,
  PricingServiceDefinition,
  PricingView,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CallOptions, MeshClient } from '../../libs/mesh/index.ts';
import { cannotPrice } from './failures.ts';
import type { PricedBatch } from './pricing-stream.ts';

/**
 * One row of a batch, as a batch that pricing can price or explain.
 * @param details charges of the row that did not come with it: they are told, and change nothing
 */
export function oneRow(batch: PriceBatch, at: number, details: readonly Charge[] = []): PriceBatch {
  const { prices, columns } = batch;
  if (prices === undefined || columns === undefined) throw new RangeError('the batch has no prices or columns');
  const read = readPrices(prices);
  return {
    batchId: batch.batchId,
    partner: batch.partner,
    prices: selectPrices(read, [at], (row) => [...details, ...read.charges(row)]),
    columns: selectRows(columns, [at]),
    partnerRates: batch.partnerRates,
  };
}

/**
 * Prices one batch under a view that was pinned before.
 * @throws EntrepotError PRICING_UNAVAILABLE, or what pricing says: VIEW_EXPIRED
 */
export async function priceUnder(
  pricing: MeshClient<PricingServiceDefinition>,
  view: PricingView,
  batch: PartnerBatch,
  options: CallOptions,
): Promise<PricedBatch> {
  const columns = selectColumns(batch.columns ?? { rowCount: 0, columns: [] }, view.attributes);
  const inputs: PriceBatch = {
    batchId: 0,
    partner: batch.partner,
    prices: batch.prices,
    columns,
    partnerRates: batch.partnerRates,
  };
  try {
    for await (const { message } of pricing.price(requestsOf(view, inputs), options)) {
      if (message?.$case === 'quotes') return { batch, inputs, quotes: message.value };
    }
  } catch (error) {
    throw cannotPrice(error);
  }
  throw new EntrepotError({ reason: 'PRICING_UNAVAILABLE', message: 'Pricing ended without a price; try again.' });
}

async function* requestsOf(view: PricingView, batch: PriceBatch): AsyncGenerator<PriceRequest> {
  yield { message: { $case: 'start', value: { context: view.context, view } } };
  yield { message: { $case: 'batch', value: batch } };
}
