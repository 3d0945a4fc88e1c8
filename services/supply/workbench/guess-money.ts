import { minorDigits } from '../../../libs/money/index.ts';
import { isBelow, type Leaf, listsAbove } from './sample.ts';

/** Guessing where a row has its price: an amount with its currency beside it. Never an amount alone. */

/** A price found. */
export interface MoneyGuess {
  readonly amount: Leaf;
  /** Absent where the amount's own text has the code ("GBP12.50", "12.50 GBP"). */
  readonly currency: Leaf | undefined;
  /** The code stands behind the amount, after a space. */
  readonly after: boolean;
  readonly tax: Leaf | undefined;
  /** The upper end of a range. */
  readonly max: Leaf | undefined;
  /** Amounts are in minor units, by the name. */
  readonly minor: boolean;
}

/** What names of amounts are worth; a name may count by several. */
const WORTH: readonly (readonly [RegExp, number])[] = [
  [/(^|_)total/, 5],
  [/(^|_)(grand|selling|sell)(_|$)/, 3],
  [/(^|_)price(_|$)/, 3],
  [/(^|_)gross(_|$)/, 2],
  [/(^|_)(amount|fare|cost|charge|estimate)(_|$)/, 2],
  [/(^|_)(value|rate|net|low|low_estimate)(_|$)/, 1],
  [/(^|_)(high|max|maximum|upper|min|minimum|from|average|avg|per|unit|night|daily)(_|$)/, -4],
  [/(^|_)(base|basic|approximate)(_|$)/, -4],
  [/(^|_)(tax|taxes|vat|fee|fees|surcharge|commission|discount|refund|deposit|penalty|cancellation|policies)(_|$)/, -8],
  [/(^|_)(original|strike|was|list|retail|rrp|msrp|regular|shipping|delivery|baggage|service|services)(_|$)/, -6],
];

/** What is below these is a part of a price or beside it: a night, what is due for cancelling, an extra. Never the price itself. */
const BESIDE =
  /(^|_)(extras?|supplements?|optionals?|payable|dues?|cancel\w*|penalt\w*|polic(y|ies)|fees?|tax(es)?|surcharges?|deposits?|nights?|nightly|daily|days?|breakdowns?|components?|commissions?)(_|$)/;
/** Names that nothing but money has. */
const MONEY = /(^|_)(total|price|amount|fare|cost|gross|grand|selling)(_|$)/;
/** Below this, whole numbers are counts, percent and stars as well. */
const SMALL = 1_000;

/** The best price of the sample; undefined where no amount has a currency. */
export function guessMoney(leaves: readonly Leaf[]): MoneyGuess | undefined {
  let best: { score: number; guess: MoneyGuess } | undefined;
  for (const amount of leaves) {
    const joined =
      amount.values.length > 0 &&
      (amount.values.every(isJoinedAfter) || amount.values.every((value) => isJoined(value) && !isJoinedAfter(value)));
    if (!joined && !isAmounts(amount)) continue;
    if (isBeside(amount)) continue;
    const score = scoreOf(amount);
    if (score < 1 || (best !== undefined && score <= best.score)) continue;
    const currency = joined ? undefined : currencyBeside(amount, leaves);
    if (!joined && currency === undefined) continue;
    const telling = MONEY.test(last(amount)) || (currency !== undefined && isSibling(currency, amount));
    if (!joined && !telling && amount.values.every(isSmallInteger)) continue;
    const minor = /(^|_|\.)(cents?|minor|pence)(_|\.|$)/.test(amount.name);
    const beside = (name: RegExp): Leaf | undefined =>
      leaves.find(
        (one) =>
          one !== amount &&
          isSibling(one, amount) &&
          name.test(last(one)) &&
          (joined ? one.values.every(isJoined) : isAmounts(one)),
      );
    const max = /low|min/.test(last(amount)) ? beside(/high|max|upper/) : undefined;
    const after = joined && amount.values.every(isJoinedAfter);
    best = { score, guess: { amount, currency, after, tax: beside(/^(total_)?tax(es)?(_amount)?$/), max, minor } };
  }
  return best?.guess;
}

/** Amounts in parts of rows, which may add up to their prices. */
export function partAmounts(leaves: readonly Leaf[], row: readonly string[]): Leaf | undefined {
  return leaves.find(
    (leaf) =>
      isBelow(leaf.path, row) &&
      leaf.path.slice(row.length).includes('[]') &&
      /(^|[._])(nights?|nightly|daily|days?|breakdowns?|components?)[._]/.test(leaf.name) &&
      isAmounts(leaf) &&
      leaf.values.some((value) => !Number.isInteger(Number(value)) || Number(value) >= SMALL) &&
      WORTH.some(([pattern, worth]) => worth > 0 && pattern.test(last(leaf))),
  );
}

/** Codes of currencies in a row or in what holds it. */
export function currencyOf(leaves: readonly Leaf[], row: readonly string[]): Leaf | undefined {
  return currencyBeside({ path: [...row, 'amount'], name: 'amount', values: [] }, leaves);
}

function isBeside({ name }: Leaf): boolean {
  return name
    .split('.')
    .slice(0, -1)
    .some((step) => BESIDE.test(step));
}

function isSmallInteger(value: unknown): boolean {
  const number = Number(value);
  return Number.isInteger(number) && Math.abs(number) < SMALL && !String(value).includes('.');
}

/** The last name counts in full, what stands above it in part; deeper lists are likelier to be what is sold. */
function scoreOf({ name, path }: Leaf): number {
  const steps = name.split('.').slice(-3).reverse();
  let score = 0;
  for (const [at, step] of steps.entries()) {
    for (const [pattern, worth] of WORTH) if (pattern.test(step)) score += worth / (at + 1);
  }
  return score + listsAbove(path).length / 2;
}

function isAmounts({ values }: Leaf): boolean {
  return (
    values.length > 0 &&
    values.every((value) =>
      typeof value === 'number' ? Number.isFinite(value) : /^-?\d{1,12}(\.\d{1,4})?$/.test(String(value)),
    )
  );
}

function isJoined(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return (/^[A-Z]{3}\d+(\.\d+)?$/.test(value) && isCurrency(value.slice(0, 3))) || isJoinedAfter(value);
}

function isJoinedAfter(value: unknown): boolean {
  return typeof value === 'string' && /^\d+(\.\d+)? [A-Z]{3}$/.test(value) && isCurrency(value.slice(-3));
}

function isCurrency(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z]{3}$/.test(value) && minorDigits(value) !== undefined;
}

/** The nearest leaf of currency codes: beside the amount, else beside what holds it, up to the answer itself. */
function currencyBeside(amount: Leaf, leaves: readonly Leaf[]): Leaf | undefined {
  const codes = leaves.filter(
    ({ values, name }) => values.length > 0 && values.every(isCurrency) && /curr|ccy/.test(name),
  );
  for (let depth = amount.path.length - 1; depth >= 0; depth--) {
    const holder = amount.path.slice(0, depth);
    const near = codes.filter(({ path }) => isBelow(path, holder) && !path.slice(depth).includes('[]'));
    if (near.length === 0) continue;
    // "total_currency" belongs to "total_amount"; "hotel_currency" beside it is that of something else.
    const first = last(amount).split('_')[0]!;
    const own = near.find((one) => last(one).startsWith(first)) ?? near.find((one) => PLAIN_CURRENCY.test(last(one)));
    if (own !== undefined) return own;
  }
  return undefined;
}

const PLAIN_CURRENCY = /^((iso_?)?currency(_?(code|iso|id))?|ccy|curr)$/;

function isSibling(one: Leaf, other: Leaf): boolean {
  return one.path.length === other.path.length && isBelow(one.path, other.path.slice(0, -1));
}

function last({ name }: Leaf): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
