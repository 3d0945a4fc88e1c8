import type { HostFunction } from '../../../libs/expression/index.ts';
import { Decimal, minorDigits } from '../../../libs/money/index.ts';

/**
 * What manifests compute amounts with: exactly, never in floats. Amounts are decimal texts ("154.34") or JSON numbers whose
 * decimals are certain; results are decimal texts, which `price` takes as they are. What is no amount makes the result absent.
 */

/** Doubles tell all decimals of so many digits apart, so a JSON number of no more is what the partner wrote. */
const CERTAIN_DIGITS = 15;
/** Longest result; what is longer is no amount. */
const MOST_CHARACTERS = 64;
/** Most digits that may be rounded to. */
const MOST_DIGITS = 12;
/** Significant digits that stay: enough for ten billion in hundredths, and sums of floats err far behind them. */
const STEADY_DIGITS = 12;

const hundredth = new Decimal(1n, 2);

/** An amount as it is written; undefined where it is none. */
function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value === 'string') return Decimal.parse(value);
  if (typeof value !== 'number') return undefined;
  const text = String(value);
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length <= CERTAIN_DIGITS ? Decimal.parse(text) : undefined;
}

function textOf(amount: Decimal): string | undefined {
  const text = amount.trim(0).toString();
  return text.length <= MOST_CHARACTERS ? text : undefined;
}

function sum(amounts: readonly unknown[]): string | undefined {
  let total = Decimal.zero;
  for (const one of amounts) {
    const amount = decimalOf(one);
    if (amount === undefined) return undefined;
    total = total.plus(amount);
  }
  return textOf(total);
}

function product(value: unknown, by: unknown, unit?: Decimal): string | undefined {
  const amount = decimalOf(value);
  const factor = decimalOf(by);
  if (amount === undefined || factor === undefined) return undefined;
  const exact = amount.times(factor);
  return textOf(unit === undefined ? exact : exact.times(unit));
}

function round(value: unknown, digits: number): string | undefined {
  const amount = decimalOf(value);
  if (amount === undefined || !Number.isInteger(digits) || digits < 0 || digits > MOST_DIGITS) return undefined;
  const text = amount.round(digits, 'half_up').toString();
  return text.length <= MOST_CHARACTERS ? text : undefined;
}

/** A number that was computed in floats, as it was meant. */
function steady(value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(STEADY_DIGITS)) : value;
}

/** Functions of amounts, for every manifest. */
export const moneyFunctions: ReadonlyMap<string, HostFunction> = new Map<string, HostFunction>([
  [
    'amount_sum',
    {
      args: ['list_dyn'],
      result: 'string',
      call: sum,
      doc: 'the exact sum of amounts, decimal texts or JSON numbers: amount_sum([row.net, row.tax]), amount_sum(row.nights.map(n, n.net)); "0" of none, absent where one is no amount (say first(row.tax, "0") where it may be missing)',
    },
  ],
  [
    'amount_times',
    {
      args: ['dyn', 'dyn'],
      result: 'string',
      call: (amount: unknown, by: unknown) => product(amount, by),
      doc: 'an amount times a number, exactly: amount_times(row.fee, criteria.rooms.size()); by -1 it is what amount_sum takes away',
    },
  ],
  [
    'amount_percent',
    {
      args: ['dyn', 'dyn'],
      result: 'string',
      call: (amount: unknown, percent: unknown) => product(amount, percent, hundredth),
      doc: 'so many percent of an amount, exactly and not rounded yet: amount_round(amount_percent(row.net, row.pct), minor_digits(row.currency))',
    },
  ],
  [
    'amount_round',
    {
      args: ['dyn', 'int'],
      result: 'string',
      call: round,
      doc: 'an amount with exactly so many digits after the point (0 to 12), a half away from zero, as receipts round',
    },
  ],
  [
    'minor_digits',
    {
      args: ['string'],
      result: 'int',
      call: minorDigits,
      doc: 'digits after the point that an ISO 4217 currency has: 2 of EUR, 0 of JPY, 3 of KWD; absent for what is none',
    },
  ],
  [
    'steady',
    {
      args: ['dyn'],
      result: 'dyn',
      call: steady,
      doc: 'a JSON number without the noise of floats, to 12 digits (103.10000000000001 is 103.1), for partners that compute prices in floats: an amount with more than 15 digits is none, for price and amount_… alike; each number by itself, before it is added up',
    },
  ],
]);
