import { writeInt64s, writeUint32s } from '../../libs/columns/index.ts';
import type { QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { PricingSample, SampledRows } from '../../libs/contracts/gen/entrepot/query/v1/pricing_sample.ts';
import type { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { orderingOf } from './ordering.ts';
import type { Rankings } from './ranking-file.ts';
import { ResultSet } from './result-set.ts';
import { compileView, type ViewProblem, viewError } from './view.ts';

/** How a sampled search comes out with other prices: the offers of each entry's first row, best first. */
export interface SampleOrder {
  /** The partners of the first entries, at most as many as asked for. */
  readonly partners: readonly string[];
  /** What is shown there: the product of each entry, or where each offer is an entry of its own its partner and row. */
  readonly entries: readonly string[];
}

/** A sampled row is good for as long as it takes to look at it. */
const FAR_AWAY = Date.UTC(9999, 0);

/**
 * Orders a sampled search as query would with these prices.
 *
 * @param quotes one for each of the sample's batches
 * @param rankings the configured ones of the sample's vertical
 * @param by what to order by; default: what the search was ordered by
 * @param most entries to give
 * @throws EntrepotError INVALID_ORDER_BY where the ranking is no longer configured
 */
export function orderOfSample(
  sample: PricingSample,
  quotes: readonly QuoteBatch[],
  rankings: Rankings,
  most: number,
  by: Pick<PricingSample, 'orderBy' | 'ranking'> = sample,
): SampleOrder {
  const { vertical: name = '', currency = '' } = sample.view?.context ?? {};
  const sold = vertical(name);
  const asked = { ...by, filter: '', grouping: sample.grouping, pageSize: 1, currency, facets: [] };
  const problems: ViewProblem[] = [];
  const view = compileView(sold, rankings, asked, '', problems);
  if (problems.length > 0) throw viewError(problems);
  const set = new ResultSet(sold, currency);
  set.partners = [...new Set(sample.rows.map(({ inputs }) => inputs?.partner ?? ''))];
  for (const [index, rows] of sample.rows.entries()) {
    const batch = batchOf(rows, index);
    set.append(set.partners.indexOf(batch.partner), batch, rows.inputs!, quotes[index]!);
  }
  const moment = { tag: '', revision: 0, position: 0, swept: 0 };
  const { heads } = orderingOf(set, { ...view, facets: [] }, moment, true, set.prices);
  const shown = [...heads.subarray(0, most)];
  const { ids, view: products } = set.products;
  return {
    partners: shown.map((row) => set.partnerOf(row)),
    entries: shown.map((row) =>
      view.grouping === 'product' ? ids[products.ofRow[row]!]! : `${set.partnerOf(row)}/${set.placeOf(row).row}`,
    ),
  };
}

function batchOf({ inputs, products }: SampledRows, index: number): PartnerBatch {
  const count = inputs?.columns?.rowCount ?? 0;
  return {
    partner: inputs?.partner ?? '',
    answer: String(index),
    manifest: '',
    rows: writeUint32s(Array.from({ length: count }, (_, row) => row)),
    columns: inputs?.columns,
    prices: inputs?.prices,
    products,
    provisional: Buffer.alloc(Math.ceil((products?.dictionary.length ?? 0) / 8)),
    fetchedAt: undefined,
    expiresAt: writeInt64s(Array.from({ length: count }, () => FAR_AWAY)),
    stale: false,
    partnerRates: [],
  };
}
