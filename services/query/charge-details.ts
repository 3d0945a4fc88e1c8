import { type Charge as PartnerCharge, PriceColumnsBuilder, readUint32s } from '../../libs/columns/index.ts';
import type { Charge } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { PriceBatch, QuoteBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { partnerCharge, shownDetail } from './charges.ts';
import { int64At } from './growing.ts';
import type { ResultSet } from './result-set.ts';

const NO_BYTES = Buffer.alloc(0);

/** Charges that detail a row's price, as supply made them. */
export interface Details {
  readonly row: number;
  readonly charges: readonly Charge[];
}

/** Has batches priced in a currency, under the view of the search; one answer for each, in order, or none at all. */
export type PriceBatches = (batches: readonly PriceBatch[]) => Promise<readonly QuoteBatch[]>;

/**
 * Charges that detail prices, in a currency that is shown. What is stated in it stays as it is; the rest is converted by pricing,
 * all rows in one call, by the rates that their prices were made with.
 * @returns for each row its charges; those that cannot be converted without an amount
 */
export async function detailsIn(
  set: ResultSet,
  currency: string,
  details: readonly Details[],
  price: PriceBatches,
): Promise<Charge[][]> {
  const amounts: number[][] = details.map(() => []);
  const foreign = new Map<string, { row: number; charges: PartnerCharge[]; put: ((minor: number) => void)[] }[]>();
  const read = details.map(({ charges }) => charges.map((charge) => ({ charge, own: partnerCharge(charge) })));
  for (const [at, { row }] of details.entries()) {
    const waiting: { row: number; charges: PartnerCharge[]; put: ((minor: number) => void)[] } = {
      row,
      charges: [],
      put: [],
    };
    for (const [index, { own }] of read[at]!.entries()) {
      amounts[at]![index] = own?.currency === currency ? own.amountMinor : -1;
      if (own === undefined || own.currency === currency) continue;
      waiting.charges.push(own);
      waiting.put.push((minor) => {
        amounts[at]![index] = minor;
      });
    }
    if (waiting.charges.length === 0) continue;
    const partner = set.partnerOf(row);
    foreign.set(partner, [...(foreign.get(partner) ?? []), waiting]);
  }
  const asked = [...foreign.values()];
  if (asked.length > 0) {
    const quotes = await price(asked.map((rows, batchId) => batchOf(set, rows, batchId)));
    for (const [at, rows] of asked.entries()) {
      const minors = readUint32s(quotes[at]?.chargesMinor ?? NO_BYTES);
      for (const [position, put] of rows.flatMap((row) => row.put).entries()) {
        if (position * 2 < minors.length) put(int64At(minors, position));
      }
    }
  }
  return read.map((charges, at) =>
    charges.flatMap(({ charge, own }, index) =>
      own === undefined ? [] : [shownDetail(charge, amounts[at]![index]!, currency)],
    ),
  );
}

/** Rows of one partner with nothing but their own prices and these charges. */
function batchOf(
  set: ResultSet,
  rows: readonly { readonly row: number; readonly charges: readonly PartnerCharge[] }[],
  batchId: number,
): PriceBatch {
  const builder = new PriceColumnsBuilder(rows.length);
  for (const { row, charges } of rows) {
    const { prices, at } = set.partnerPriceOf(row);
    builder.push(prices.currency(at), prices.total(at), -1, 0, prices.basis(at), -1, charges);
  }
  const { batch } = set.inputsOf(rows[0]!.row);
  return {
    batchId,
    partner: batch.partner,
    prices: builder.build(),
    columns: { rowCount: rows.length, columns: [] },
    partnerRates: batch.partnerRates,
  };
}
