import {
  type ExplainResponse,
  type LedgerLine,
  LedgerLineKind,
  type PriceBatch,
  type UnpricedRow,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { type Money, TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import { type Decimal, minorDigits, moneyFromMinor } from '../../libs/money/index.ts';
import { priceBatch, readBatch, refusalOf, sideOf, totalMaxOf } from './batch.ts';
import { chargeLine } from './charge-lines.ts';
import { ledgerCharges } from './charges.ts';
import type { Line } from './ledger.ts';
import { exactTotal } from './quote.ts';
import type { View } from './view.ts';

const KINDS = {
  partner_total: LedgerLineKind.PARTNER_TOTAL,
  due_later: LedgerLineKind.DUE_LATER,
  charge: LedgerLineKind.CHARGE,
  conversion: LedgerLineKind.CONVERSION,
  percentage: LedgerLineKind.PERCENTAGE,
  fixed: LedgerLineKind.FIXED,
  rounding: LedgerLineKind.ROUNDING,
} as const;

const BASES: Readonly<Record<number, string>> = {
  [TaxBasis.INCLUDED]: 'every tax included',
  [TaxBasis.EXCLUDED]: 'taxes come on top',
  [TaxBasis.PARTLY_INCLUDED]: 'some taxes included',
};

/**
 * Replays the price of a batch of one row, line by line; of a range, both bounds.
 *
 * @throws EntrepotError INVALID_FIELD when there is not exactly one row, or the row has no price for what it says;
 *   UNKNOWN_CURRENCY when no rate leads to the shown currency
 */
export function explain(view: View, batch: PriceBatch): ExplainResponse {
  const rows = readBatch(view, batch);
  if (rows.length !== 1) throw invalidField('batch', `has ${rows.length} rows; send exactly the one to explain`);
  const plan = view.plan(batch.partner, rows.currencies[rows.codes[0]!]!, rows.source);
  const refusal = refusalOf(rows, 0) ?? ('reason' in plan ? plan : undefined);
  if (refusal !== undefined || 'reason' in plan) throw unpriced(refusal!);

  const { unpriced: wrong } = priceBatch(view, batch);
  if (wrong[0] !== undefined) throw unpriced(wrong[0]);
  const side = sideOf(rows, 0, (currency) => view.plan(batch.partner, currency, rows.source));
  if (side !== undefined && 'reason' in side) throw unpriced(side);

  const charges = side && ledgerCharges(side, plan, view.laterOnTop);
  const dueLater = view.laterOnTop ? 0 : rows.dueLater.get(0);
  const ledger: Line[] = [];
  const total = exactTotal(plan, rows.total.get(0), dueLater, 0, (line) => ledger.push(line), charges);
  const basis = BASES[rows.basis[0]!] ?? '';
  const { currency } = view.context;
  const lower = {
    lines: ledger.map((line) => printed(line, view, `Total of ${batch.partner}, ${basis}`)),
    total: moneyFromMinor(total, currency),
  };
  const partnerMax = totalMaxOf(rows, 0);
  if (partnerMax < 0) return { ...lower, linesMax: [], totalMax: undefined };

  const upper: Line[] = [];
  const totalMax = exactTotal(plan, partnerMax, dueLater, 0, (line) => upper.push(line), charges);
  return {
    ...lower,
    linesMax: upper.map((line) => printed(line, view, `Upper bound of the total of ${batch.partner}, ${basis}`)),
    totalMax: moneyFromMinor(totalMax, currency),
  };
}

function printed(line: Line, view: View, partnerTotal: string): LedgerLine {
  const common = {
    kind: KINDS[line.kind],
    amount: money(line.amount, line.currency),
    runningTotal: money(line.running, line.currency),
    inputs: [],
  };
  switch (line.kind) {
    case 'partner_total':
      return { ...common, description: partnerTotal, source: '', version: '' };
    case 'due_later':
      return { ...common, description: 'Mandatory charges due at the place', source: '', version: '' };
    case 'charge':
      return { ...common, ...chargeLine(line, view) };
    case 'conversion': {
      const { source, id } = view.table;
      return { ...common, description: line.conversion.description, source, version: id };
    }
    case 'percentage':
    case 'fixed': {
      const { name, effect } = line.rule;
      return { ...common, description: `${effect} (${name})`, source: name, version: view.ruleSet.digest };
    }
    case 'rounding':
      return { ...common, description: `Rounding to the minor unit of ${line.currency}`, source: '', version: '' };
  }
}

/** Every digit that counts, and at least those of the currency. */
function money(amount: Decimal, currency: string): Money {
  return { currencyCode: currency, amount: amount.trim(minorDigits(currency) ?? 0).toString() };
}

function unpriced({ reason, detail }: Pick<UnpricedRow, 'reason' | 'detail'>): EntrepotError {
  if (reason !== 'NO_RATE') return invalidField('batch.prices', `the row has no price (${reason}): ${detail}`);
  const violations = [{ field: 'batch.prices.currencies', description: detail }];
  return new EntrepotError({ reason: 'UNKNOWN_CURRENCY', message: `The row has no price: ${detail}.`, violations });
}
