import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { Decimal, minorDigits, parseAmount } from '../../../libs/money/index.ts';
import type { PartnerPrice, Rejection } from '../adapter.ts';
import { nameOf } from '../failure.ts';
import { type Computed, computedPrice } from './certify-computed.ts';
import { type Check, check, exactness } from './grade.ts';
import type { Read } from './reads.ts';
import type { Change, Outcome, RowTrial } from './row-trial.ts';

/** Currencies with 0, 2 and 3 minor digits, each with amounts that a float would not carry. */
const AMOUNTS: readonly (readonly [currency: string, amount: string])[] = [
  ['JPY', '1234567'],
  ['KRW', '90071992547'],
  ['GBP', '1234.56'],
  ['EUR', '0.10'],
  ['USD', '999999.99'],
  ['BHD', '1234.567'],
  ['KWD', '0.001'],
];

/** Rates of one unit of a currency with 0, 2 and 3 minor digits, dear and cheap beside the partner's. */
const RATES: readonly (readonly [currency: string, rate: string])[] = [
  ['JPY', '163.27'],
  ['USD', '0.000061'],
  ['KWD', '0.3081'],
];
/** Digits to which pricing cuts a converted amount. */
const CONVERTED_DIGITS = 12;

const noOffers = 'no golden case makes an offer';
const unseen = 'of no offer the price stands in the answer as one amount beside its currency';
const allStated = 'every total stands in the answer as it is';
const minorOnly = 'amounts come in whole minor units, which have no more digits';

/** Where a row says what it costs. */
interface Stated {
  readonly totals: readonly Read[];
  readonly currencies: readonly Read[];
  /** The upper end of a range. */
  readonly uppers: readonly Read[];
  /** Other amounts beside it, such as taxes. */
  readonly others: readonly Read[];
  readonly form: 'major' | 'minor' | 'joined';
}

/** Tries the money of rows that become offers. */
export function moneyChecks(trials: readonly RowTrial[]): Check[] {
  const whole: string[] = [];
  const exact: string[] = [];
  const rounded: string[] = [];
  const assumed: string[] = [];
  const below: string[] = [];
  const inverse: string[] = [];
  let tried = 0;
  let major = 0;
  let converted = 0;
  const computed: Computed[] = [];
  let why = '';
  for (const trial of trials) {
    const read = (row: unknown): PartnerPrice => trial.adapter.price(row, trial.context);
    const price = trial.with([], read);
    if ('rejection' in price) {
      whole.push(`an offer cannot be read again: ${price.rejection.message}`);
      continue;
    }
    whole.push(...incomplete(price.value));
    for (const [currency, rate] of RATES) {
      converted++;
      inverse.push(...notInverse(price.value, currency, rate));
    }
    const found = statedIn(trial.reads(read), price.value);
    const stated = found && inItsForm(trial, found, price.value, read);
    if (stated === undefined || remembers(trial, stated, price.value, read)) {
      const tries = computedPrice(trial, price.value, read);
      if (typeof tries === 'string') {
        why ||= tries;
        continue;
      }
      computed.push(tries);
      assumed.push(...assumptions(trial, { ...nowhere, currencies: tries.currencies }, read));
      continue;
    }
    const made = AMOUNTS.map(([currency, amount]) => priced(trial, stated, currency, amount, read));
    const wrong = AMOUNTS.flatMap(([currency, amount], at) => wrongAmount(stated, made[at]!, currency, amount) ?? []);
    // A mapping that refuses every amount for what has nothing to do with money says nothing.
    if (wrong.length === 0 && !made.some((one) => 'value' in one)) continue;
    tried++;
    exact.push(...wrong);
    if (stated.form !== 'minor') {
      major++;
      const longer = priced(trial, stated, 'GBP', '12.345', read);
      if ('value' in longer) rounded.push(`12.345 GBP became ${longer.value.totalMinor} minor units`);
    }
    const negative = priced(trial, stated, 'GBP', '-12.34', read);
    if ('value' in negative) below.push(`-12.34 GBP became ${negative.value.totalMinor} minor units`);
    assumed.push(...assumptions(trial, stated, read));
  }
  exact.push(...computed.flatMap((one) => one.exact), ...untaken(tried, computed));
  below.push(...computed.flatMap((one) => one.below));
  assumed.push(...computed.flatMap((one) => one.assumed));
  const both = tried + computed.length;
  const none = why === '' ? unseen : `${unseen}, and it cannot be told what it is worked out of: ${why}`;
  const notComputed = both > computed.length ? allStated : none;
  return [
    check('money', 'every price has an amount, a currency and a tax basis', whole, trials.length, noOffers),
    check('money', exactness, exact, both, none),
    check(
      'money',
      'an amount with more digits than its currency has is refused, not rounded',
      rounded,
      major,
      computed.length > 0 ? `its totals are worked out, of ${computed[0]!.of}` : tried === 0 ? none : minorOnly,
    ),
    check(
      'money',
      'a total that is worked out doubles with its amounts',
      computed.flatMap((one) => one.doubled),
      computed.length,
      notComputed,
    ),
    check(
      'money',
      'one minor unit more in an amount moves a total that is worked out by its part of it, and never back',
      computed.flatMap((one) => one.stepped),
      computed.length,
      notComputed,
    ),
    check(
      'money',
      'more digits than the currency has never make another amount of a total that is worked out',
      computed.flatMap((one) => one.shifted),
      computed.length,
      notComputed,
    ),
    check('money', 'an amount below zero is refused', below, both, none),
    check(
      'money',
      'without its amount or its currency a row is refused, not priced by assumption',
      assumed,
      both,
      none,
    ),
    check('money', 'an amount that is converted and converted back is the same', inverse, converted, noOffers),
  ];
}

const nowhere: Stated = { totals: [], currencies: [], uppers: [], others: [], form: 'major' };

/** Numbers of minor digits in which no amount at all was taken, though their currency can be any. */
function untaken(stated: number, computed: readonly Computed[]): string[] {
  if (stated > 0) return [];
  const refused = new Map(computed.flatMap((one) => [...one.refused]));
  return [...refused].flatMap(([digits, example]) =>
    computed.some(({ taken }) => taken.has(digits))
      ? []
      : [`no amount with ${digits} minor digits was taken: ${example}`],
  );
}

/** A price in another currency and, by the inverse rate, in its own again. */
function notInverse({ currency, totalMinor }: PartnerPrice, other: string, rate: string): string[] {
  const digits = minorDigits(currency);
  const factor = Decimal.parse(rate);
  if (digits === undefined || factor === undefined) return [];
  const there = Decimal.fromMinor(totalMinor, digits).times(factor).round(CONVERTED_DIGITS, 'half_up');
  const back = there.dividedBy(factor, CONVERTED_DIGITS, 'half_up').round(digits, 'half_up').toMinor(digits);
  return back === totalMinor ? [] : [`${totalMinor} minor units of ${currency} came back from ${other} as ${back}`];
}

function incomplete({ currency, totalMinor, basis }: PartnerPrice): string[] {
  const found: string[] = [];
  if (minorDigits(currency) === undefined) found.push(`"${currency}" is no currency`);
  if (!Number.isSafeInteger(totalMinor) || totalMinor < 0) found.push(`${totalMinor} is no amount in minor units`);
  if (nameOf(TaxBasis, basis) === 'unspecified') found.push('no tax basis');
  return found;
}

/** Where the price stands in what was looked at; undefined where it is put together of several amounts, or a constant. */
function statedIn(reads: readonly Read[], price: PartnerPrice): Stated | undefined {
  const { currency, totalMinor, totalMaxMinor } = price;
  const digits = minorDigits(currency) ?? 0;
  const is = (value: unknown, minor = totalMinor): boolean => {
    const amount = parseAmount(value, currency);
    return 'minor' in amount && amount.minor === minor;
  };
  const joining = reads.filter(({ value }) => amountIn(value, currency) !== undefined);
  const joined = joining.filter(({ value }) => is(amountIn(value, currency)));
  if (joined.length > 0) {
    const others = joining.filter((read) => !joined.includes(read));
    return { totals: joined, currencies: [], uppers: [], others, form: 'joined' };
  }
  const currencies = reads.filter(({ value }) => value === currency);
  if (currencies.length === 0) return undefined;
  const major = reads.filter(({ value }) => is(value));
  const minor = reads.filter(({ value }) => digits > 0 && /^\d+$/.test(String(value)) && Number(value) === totalMinor);
  const totals = major.length > 0 ? major : minor;
  if (totals.length === 0) return undefined;
  const form = major.length > 0 ? 'major' : 'minor';
  const uppers = reads.filter(
    ({ value }) =>
      totalMaxMinor !== undefined && (form === 'major' ? is(value, totalMaxMinor) : Number(value) === totalMaxMinor),
  );
  const others = reads.filter(
    (read) => !totals.includes(read) && !uppers.includes(read) && 'minor' in parseAmount(read.value, currency),
  );
  return { totals, currencies, uppers, others, form };
}

/** Of a currency without minor digits both forms look the same: the one that another currency is read in counts. */
function inItsForm(trial: RowTrial, stated: Stated, price: PartnerPrice, read: (row: unknown) => PartnerPrice): Stated {
  if (stated.form !== 'major' || minorDigits(price.currency) !== 0) return stated;
  const other: Stated = { ...stated, form: 'minor' };
  const fits = (one: Stated): boolean =>
    wrongAmount(one, priced(trial, one, 'GBP', '1234.56', read), 'GBP', '1234.56') === undefined;
  return !fits(stated) && fits(other) ? other : stated;
}

/** Rows of an adapter's own may hold what was read of them before: then changing them changes nothing. */
function remembers(
  trial: RowTrial,
  stated: Stated,
  price: PartnerPrice,
  read: (row: unknown) => PartnerPrice,
): boolean {
  return AMOUNTS.every(([currency, amount]) => {
    const made = priced(trial, stated, currency, amount, read);
    return 'value' in made && made.value.totalMinor === price.totalMinor && made.value.currency === price.currency;
  });
}

/** The amount in a text that names its currency too: "GBP12.50", "GBP 12.50", "12.50 GBP". */
function amountIn(value: unknown, currency: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, before, first, second, after] =
    /^(?:([A-Z]{3}) ?(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?) ?([A-Z]{3}))$/.exec(value) ?? [];
  return (before ?? after) === currency ? (first ?? second) : undefined;
}

/** Another amount written as the text writes its own. */
function joinedLike(text: unknown, amount: string, currency: string): string {
  return String(text)
    .replace(/[A-Z]{3}/, currency)
    .replace(/\d+(\.\d+)?/, amount);
}

/** The price with another amount in another currency; with nothing beside it where what stands there then makes no sense. */
function priced(
  trial: RowTrial,
  stated: Stated,
  currency: string,
  amount: string,
  read: (row: unknown) => PartnerPrice,
): Outcome<PartnerPrice> {
  const alone = trial.with(changesTo({ ...stated, others: [] }, currency, amount), read);
  if ('value' in alone) return alone;
  const cleared = trial.with(changesTo(stated, currency, amount), read);
  return 'value' in cleared || isAboutMoney(cleared.rejection) ? cleared : alone;
}

function changesTo({ totals, uppers, currencies, others, form }: Stated, currency: string, amount: string): Change[] {
  const text = form === 'minor' ? minorText(amount, currency) : amount;
  const written = ({ value }: Read, plain: string): unknown => {
    if (form === 'joined') return joinedLike(value, plain, currency);
    return typeof value === 'number' ? Number(plain) : plain;
  };
  return [
    // A range that ends where it begins.
    ...[...totals, ...uppers].map((read) => ({ read, value: written(read, text) })),
    ...currencies.map((read) => ({ read, value: currency })),
    // Nothing is right for every currency but nothing.
    ...others.map((read) => ({ read, value: written(read, '0') })),
  ];
}

function minorText(amount: string, currency: string): string {
  const read = parseAmount(amount.replace('-', ''), currency);
  return 'minor' in read ? `${amount.startsWith('-') ? '-' : ''}${read.minor}` : amount;
}

function wrongAmount(
  { uppers }: Stated,
  made: Outcome<PartnerPrice>,
  currency: string,
  amount: string,
): string | undefined {
  const expected = parseAmount(amount, currency);
  if (!('minor' in expected)) throw new Error(`${amount} ${currency} is no amount`);
  if ('rejection' in made) {
    // Refused for what has nothing to do with money: a rule of the mapping about cheap or dear rows.
    const { rejection } = made;
    return isAboutMoney(rejection) ? `${amount} ${currency} was refused: ${rejection.example}` : undefined;
  }
  const { totalMinor, totalMaxMinor, currency: code } = made.value;
  // An upper end that does not stand in the answer is worked out of something else.
  const upper = uppers.length === 0 ? undefined : totalMaxMinor;
  if (totalMinor === expected.minor && upper === undefined && code === currency) return undefined;
  const range = upper === undefined ? '' : ` to ${upper}`;
  return `${amount} ${currency} became ${totalMinor}${range} minor units of ${code}`;
}

function isAboutMoney({ reason }: Rejection): boolean {
  return MONEY_REASONS.has(reason);
}

const MONEY_REASONS: ReadonlySet<number> = new Set([
  RejectionReason.INVALID_AMOUNT,
  RejectionReason.NEGATIVE_AMOUNT,
  RejectionReason.INVALID_CURRENCY,
  RejectionReason.INVALID_PRECISION,
]);

/** A price that is made though what says it is gone, and nothing else in the answer says the same. */
function assumptions(
  trial: RowTrial,
  { totals, currencies, form }: Stated,
  read: (row: unknown) => PartnerPrice,
): string[] {
  const found: string[] = [];
  const without = (
    reads: readonly Read[],
    what: string,
    still: (price: PartnerPrice, other: Read) => boolean,
  ): void => {
    if (reads.length === 0) return;
    const changes = reads.map((one) => ({ read: one, value: null }));
    const made = trial.with(changes, read);
    if ('rejection' in made) return;
    if (trial.readsWith(changes, read).some((other) => still(made.value, other))) return;
    found.push(`without ${reads[0]!.path} the ${what} was assumed`);
  };
  without(
    totals,
    'amount',
    (price, other) =>
      'minor' in parseAmount(form === 'joined' ? amountIn(other.value, price.currency) : other.value, price.currency),
  );
  without(currencies, 'currency', (price, other) => other.value === price.currency);
  if (form === 'joined') {
    const bare = totals.map((one) => ({ read: one, value: String(one.value).replace(/ ?[A-Z]{3} ?/, '') }));
    if ('value' in trial.with(bare, read)) found.push(`without the currency in ${totals[0]!.path} it was assumed`);
  }
  return found;
}
