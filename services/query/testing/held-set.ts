import { vertical } from '../../../libs/vertical/index.ts';
import { ResultSet } from '../result-set.ts';
import { FakePricing } from './fake-pricing.ts';
import { batchOf, type TestRow } from './rows.ts';

/** A set of flights that holds these rows of each partner, as they are priced by a pretend pricing. */
export function heldSet(
  partners: Readonly<Record<string, readonly TestRow[]>>,
  pricing = new FakePricing(),
): ResultSet {
  const set = new ResultSet(vertical('flight'), 'GBP');
  set.partners = Object.keys(partners);
  for (const [partner, rows] of Object.entries(partners)) addRows(set, partner, rows, pricing);
  return set;
}

/** Adds a batch of a partner. */
export function addRows(set: ResultSet, partner: string, rows: readonly TestRow[], pricing = new FakePricing()): void {
  if (rows.length === 0) return;
  const batch = batchOf(partner, `${partner}${set.rowCount}`, rows);
  const inputs = { batchId: 0, partner, prices: batch.prices, columns: batch.columns, partnerRates: [] };
  set.append(set.partners.indexOf(partner), batch, inputs, pricing.quotesOf(inputs, set.currency));
}
