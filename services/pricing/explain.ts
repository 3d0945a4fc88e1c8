import {
  type ExplainResponse,
  type LedgerInput,
  type LedgerLine,
  LedgerLineKind,
  type PriceBatch,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { type Money, TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import { type Decimal, formatMinor, minorDigits, moneyFromMinor } from '../../libs/money/index.ts';
import {
  type BatchRows,
  quoteDueLater,
  quoteTax,
  type Refusal,
  readBatch,
  refusalOf,
  refusalOfQuote,
  sideOf,
  totalMaxOf,
} from './batch.ts';
import { chargeLine } from './charge-lines.ts';
import { ledgerCharges, type PlanOf } from './charges.ts';
import type { Line } from './ledger.ts';
import { exactTotal } from './quote.ts';
import { RuleInputs } from './rule-inputs.ts';
import type { View } from './view.ts';

const KINDS = {
  partner_total: LedgerLineKind.PARTNER_TOTAL,
  due_later: LedgerLineKind.DUE_LATER,
  charge: LedgerLineKind.CHARGE,
  conversion: LedgerLineKind.CONVERSION,
  spread: LedgerLineKind.SPREAD,
  percentage: LedgerLineKind.PERCENTAGE,
  fixed: LedgerLineKind.FIXED,
  limit: LedgerLineKind.LIMIT,
  round: LedgerLineKind.ROUNDING,
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
  return explainRow(view, batch, rows, 0);
}

/** As {@link explain}, for one row of a batch that was read. */
export function explainRow(view: View, batch: PriceBatch, rows: BatchRows, row: number): ExplainResponse {
  const plan = view.plan(batch.partner, rows.currencies[rows.codes[row]!]!, rows.source, batch.partnerRates);
  const refusal = refusalOf(rows, row) ?? ('reason' in plan ? plan : undefined);
  if (refusal !== undefined || 'reason' in plan) throw unpriced(refusal!);

  const planOf: PlanOf = (currency) => view.plan(batch.partner, currency, rows.source, batch.partnerRates);
  const side = sideOf(rows, row, planOf);
  if (side !== undefined && 'reason' in side) throw unpriced(side);

  const charges = side && ledgerCharges(side, plan, view.laterOnTop);
  const dueLater = view.laterOnTop ? 0 : rows.dueLater.get(row);
  const ledger: Line[] = [];
  const total = exactTotal(plan, rows.total.get(row), dueLater, row, (line) => ledger.push(line), charges);
  const parts = [quoteDueLater(plan, rows, row, side), quoteTax(plan, rows, row, side)] as const;
  const wrong = refusalOfQuote(total, ...parts, view.laterOnTop);
  if (wrong !== undefined) throw unpriced(wrong);
  const basis = BASES[rows.basis[row]!] ?? '';
  const { currency } = view.context;
  const inputs = new RuleInputs(view, plan.constants, rows.source, row);
  const lower = {
    lines: [
      ...ledger.map((line) => printed(line, view, `Total of ${batch.partner}, ${basis}`, inputs)),
      ...plan.failuresOf(row).map((name) => failed(name, view, moneyFromMinor(total, currency), inputs)),
    ],
    total: moneyFromMinor(total, currency),
  };
  const partnerMax = totalMaxOf(rows, row);
  if (partnerMax < 0) return { ...lower, linesMax: [], totalMax: undefined };

  const upper: Line[] = [];
  const totalMax = exactTotal(plan, partnerMax, dueLater, row, (line) => upper.push(line), charges);
  const wrongMax = refusalOfQuote(totalMax < total ? Number.NaN : totalMax, 0, 0, view.laterOnTop);
  if (wrongMax !== undefined) throw unpriced(wrongMax);
  return {
    ...lower,
    linesMax: upper.map((line) =>
      printed(line, view, `Upper bound of the total of ${batch.partner}, ${basis}`, inputs),
    ),
    totalMax: moneyFromMinor(totalMax, currency),
  };
}

function printed(line: Line, view: View, partnerTotal: string, inputs: RuleInputs): LedgerLine {
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
      return { ...common, ...chargeLine(line, view.laterOnTop) };
    case 'conversion': {
      const { description, source, version, inputs } = line.conversion;
      return { ...common, description, source, version, inputs: inputsOf(inputs) };
    }
    case 'spread': {
      const { description, source, inputs } = line.spread;
      return { ...common, description, source, version: line.version, inputs: inputsOf(inputs) };
    }
    case 'percentage':
    case 'fixed':
    case 'limit':
    case 'round': {
      const { name, effect } = line.rule;
      const bound = line.bound === '' ? '' : `, ${line.bound}`;
      const description = `${effect} (${name}${bound})`;
      const own = inputs.of(name, line.bound);
      return { ...common, description, source: name, version: view.ruleSet.digest, inputs: own };
    }
    case 'rounding':
      return { ...common, description: `Rounding to the minor unit of ${line.currency}`, source: '', version: '' };
  }
}

/** A rule that does not apply because its condition errs adds nothing, and is told at the end. */
function failed(name: string, view: View, total: Money, inputs: RuleInputs): LedgerLine {
  return {
    kind: LedgerLineKind.FIXED,
    description: `Does not apply: its condition divides by zero or overflows (${name})`,
    amount: { currencyCode: total.currencyCode, amount: formatMinor(0, total.currencyCode) },
    runningTotal: total,
    source: name,
    version: view.ruleSet.digest,
    inputs: [...inputs.of(name, ''), { name: 'error', value: 'the condition errs' }],
  };
}

function inputsOf(inputs: ReadonlyMap<string, string>): LedgerInput[] {
  return [...inputs].map(([name, value]) => ({ name, value }));
}

/** Every digit that counts, and at least those of the currency. */
function money(amount: Decimal, currency: string): Money {
  return { currencyCode: currency, amount: amount.trim(minorDigits(currency) ?? 0).toString() };
}

function unpriced({ reason, detail }: Refusal): EntrepotError {
  if (reason !== 'NO_RATE') return invalidField('batch.prices', `the row has no price (${reason}): ${detail}`);
  const violations = [{ field: 'batch.prices.currencies', description: detail }];
  return new EntrepotError({ reason: 'UNKNOWN_CURRENCY', message: `The row has no price: ${detail}.`, violations });
}
