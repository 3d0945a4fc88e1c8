import { minorDigits } from '../../../libs/money/index.ts';
import type { PartnerPrice } from '../adapter.ts';
import { type Amount, amountsIn, type Factor, type Factors, factorsOf, predicted, written } from './amount-inputs.ts';
import type { Read } from './reads.ts';
import type { Change, Outcome, RowTrial } from './row-trial.ts';

/**
 * Prices that are worked out of several values: nights and a tax in percent, a fare and its fees. Nobody here knows the formula,
 * but what it is linear in can be found out, and then what it has to give for other amounts is known.
 */

/** An amount in each input, in major units: so round, that shares, percents and averages of it are whole. */
const ROUND = 2_520_000;
/** Amounts that a float would not carry, by the minor digits that they need. */
const ODD: Readonly<Record<number, readonly string[]>> = {
  0: ['1234567', '1'],
  2: ['1234.56', '0.10', '999999.99'],
  3: ['1234.567', '0.001'],
};
/** A currency for each number of minor digits. */
const CURRENCIES: Readonly<Record<number, string>> = { 0: 'JPY', 2: 'GBP', 3: 'KWD' };
/** What roundings of one input (a share, a tax or two) may add up to, minor units. */
const ROUNDINGS = 3;
/** A number that a float made: 0.30000000000000004. */
const FLOAT = /\d\.\d*(?:0{6,}|9{6,})\d+/;

/** What was found out about one price that is worked out. */
export interface Computed {
  /** Places of what it is worked out of, for people. */
  readonly of: string;
  readonly exact: readonly string[];
  readonly doubled: readonly string[];
  readonly stepped: readonly string[];
  readonly shifted: readonly string[];
  readonly below: readonly string[];
  readonly assumed: readonly string[];
  /** Numbers of minor digits that amounts were taken in, with what was said of those that were not. */
  readonly taken: ReadonlySet<number>;
  readonly refused: ReadonlyMap<number, string>;
  /** What says its currency. */
  readonly currencies: readonly Read[];
}

/** Tries a price that is worked out; a text says why it cannot be. */
export function computedPrice(
  trial: RowTrial,
  price: PartnerPrice,
  read: (row: unknown) => PartnerPrice,
): Computed | string {
  const reads = trial.reads(read);
  const currencies = reads.filter(({ value }) => value === price.currency);
  const total = (changes: readonly Change[]): number | undefined => {
    const made = trial.with(changes, read);
    return 'value' in made ? made.value.totalMinor : undefined;
  };
  const found = factorsOf(amountsIn(reads, price.currency), price, total);
  if (typeof found === 'string') return found;
  return new Trial(trial, price, read, reads, currencies, found).run();
}

/** Tries one price whose amounts are known. */
class Trial {
  readonly #trial: RowTrial;
  readonly #price: PartnerPrice;
  readonly #read: (row: unknown) => PartnerPrice;
  readonly #amounts: readonly Amount[];
  #isMinor: boolean;
  readonly #currencies: readonly Read[];
  /** Other numbers that the price reads: the total does not depend on them. */
  readonly #others: readonly Amount[];
  readonly #taken = new Set<number>();
  readonly #refused = new Map<number, string>();

  constructor(
    trial: RowTrial,
    price: PartnerPrice,
    read: (row: unknown) => PartnerPrice,
    reads: readonly Read[],
    currencies: readonly Read[],
    { amounts, all, isMinor }: Factors,
  ) {
    this.#trial = trial;
    this.#price = price;
    this.#read = read;
    this.#amounts = amounts;
    this.#isMinor = isMinor;
    this.#currencies = currencies;
    const own = new Set(all.map((one) => one.read.path));
    this.#others = amountsIn(reads, price.currency).filter((one) => !own.has(one.read.path));
  }

  run(): Computed | string {
    const { currency } = this.#price;
    const digits = minorDigits(currency)!;
    const unit = 10 ** digits;
    const round = this.#total(
      currency,
      this.#amounts.map(() => BigInt(ROUND * unit)),
    );
    if (typeof round === 'string') return `other amounts are refused: ${round}`;
    const factors = this.#factors(currency, unit, round);
    const doubled = this.#doubled(currency, unit, round);
    const exact = this.#inCurrencies(digits, round, doubled.isExact, factors);
    return {
      of: [...new Set(this.#amounts.map((one) => one.shape))].join(', '),
      exact,
      doubled: doubled.against,
      stepped: this.#stepped(currency, digits, factors),
      shifted: this.#isMinor ? [] : this.#shifted(currency, digits, factors),
      below: this.#below(currency, unit),
      assumed: this.#assumed(),
      taken: this.#taken,
      refused: this.#refused,
      currencies: this.#currencies,
    };
  }

  /** The total of other amounts, in minor units; a text where it is refused. */
  #total(currency: string, minor: readonly bigint[], zeros = 0, digits = minorDigits(currency)!): number | string {
    const made = this.#made(currency, minor, zeros, digits);
    return 'value' in made ? made.value.totalMinor : made.rejection.example;
  }

  /** @param zeros of the other numbers: 0 stay, 1 those with a point are nothing, 2 all are */
  #made(currency: string, minor: readonly bigint[], zeros: number, digits: number): Outcome<PartnerPrice> {
    const isMinor = this.#isMinor;
    const others = zeros === 0 ? [] : this.#others.filter((one) => zeros === 2 || one.decimals > 0);
    return this.#trial.with(
      [
        ...this.#amounts.map((one, at) => ({
          read: one.read,
          value: written(one, minor[at]!, digits, currency, isMinor),
        })),
        ...others.map((one) => ({ read: one.read, value: written(one, 0n, digits, currency, isMinor) })),
        ...this.#currencies.map((one) => ({ read: one, value: currency })),
      ],
      this.#read,
    );
  }

  /** How much of each amount the total has. */
  #factors(currency: string, unit: number, round: number): readonly (Factor | undefined)[] {
    const base = BigInt(ROUND * unit);
    if (this.#amounts.length > MOST_FACTORS) return this.#amounts.map(() => undefined);
    return this.#amounts.map((_, own) => {
      const total = this.#total(
        currency,
        this.#amounts.map((_, at) => (at === own ? 2n * base : base)),
      );
      return typeof total === 'string' ? undefined : { of: BigInt(total - round), in: base };
    });
  }

  #doubled(currency: string, unit: number, round: number): { isExact: boolean; against: string[] } {
    const against: string[] = [];
    let isExact = true;
    for (const times of [2, 3]) {
      const total = this.#total(
        currency,
        this.#amounts.map(() => BigInt(times * ROUND * unit)),
      );
      if (total === times * round) continue;
      isExact = false;
      if (typeof total === 'number' && Math.abs(total - times * round) <= ROUNDINGS * this.#amounts.length * times)
        continue;
      against.push(`${times} times as much became ${total} minor units of ${currency}, where once is ${round}`);
    }
    return { isExact, against };
  }

  #inCurrencies(
    ownDigits: number,
    round: number,
    isExact: boolean,
    factors: readonly (Factor | undefined)[],
  ): string[] {
    const { currency: own } = this.#price;
    const varied = this.#currencies.length > 0 || this.#amounts.every(({ form }) => form === 'joined');
    const tried = varied
      ? [
          ...new Map([
            ...Object.entries(CURRENCIES).map(([digits, code]) => [Number(digits), code] as const),
            [ownDigits, own] as const,
          ]),
        ]
      : [[ownDigits, own] as const];
    const against: string[] = [];
    for (const [digits, currency] of tried) {
      const amount = BigInt(ROUND * 10 ** digits);
      const each = this.#amounts.map(() => amount);
      const zeros = this.#zerosFor(currency, each, ownDigits);
      if (zeros === undefined) {
        this.#refused.set(digits, `${ROUND} ${currency}: ${this.#total(currency, each)}`);
        continue;
      }
      const total = this.#total(currency, each, zeros) as number;
      const expected = round * 10 ** (digits - ownDigits);
      const far = Math.abs(total - expected);
      if (far > (isExact && Number.isInteger(expected) ? 0 : ROUNDINGS * this.#amounts.length)) {
        against.push(`${ROUND} ${currency} in each amount became ${total} minor units, not ${expected}`);
        continue;
      }
      const odd = this.#odd(currency, digits, zeros, factors);
      against.push(...odd.against);
      if (odd.taken > 0) this.#taken.add(digits);
      else this.#refused.set(digits, odd.refused);
    }
    return against;
  }

  /** How the other numbers have to be so that amounts of a currency are taken; undefined where they are not. */
  #zerosFor(currency: string, each: readonly bigint[], ownDigits: number): number | undefined {
    const found = (): number | undefined =>
      [0, 1, 2].find((one) => typeof this.#total(currency, each, one) === 'number');
    const zeros = found();
    if (zeros !== undefined || ownDigits !== 0 || this.#isMinor) return zeros;
    // Of a currency without minor digits both ways of writing look the same.
    this.#isMinor = true;
    const minor = found();
    if (minor === undefined) this.#isMinor = false;
    return minor;
  }

  /** Amounts that floats do not carry, another in each place. */
  #odd(currency: string, digits: number, zeros: number, factors: readonly (Factor | undefined)[]) {
    const against: string[] = [];
    let taken = 0;
    let refused = '';
    for (const text of ODD[digits] ?? []) {
      const amount = BigInt(text.replace('.', ''));
      const each = this.#amounts.map((_, at) => amount * BigInt(1 + (at % 3)));
      const total = this.#total(currency, each, zeros);
      if (typeof total === 'string') {
        refused ||= `${text} ${currency}: ${total}`;
        if (FLOAT.test(total)) against.push(`${text} ${currency} went through floats, see steady(): ${total}`);
        continue;
      }
      taken++;
      const wanted = predicted(factors, each, 1n);
      if (wanted === undefined || Math.abs(total - wanted.total) <= ROUNDINGS * wanted.rounded) continue;
      if (this.#bends(currency, each, total, zeros, digits)) continue;
      against.push(
        `${text} ${currency} in ${this.#amounts[0]!.shape} became ${total} minor units, not ${wanted.total}`,
      );
    }
    return { against, taken, refused };
  }

  /** Whether it is worked out in another way at this size: a least fee, a cap. */
  #bends(currency: string, each: readonly bigint[], total: number, zeros: number, digits: number): boolean {
    const tenfold = this.#total(
      currency,
      each.map((one) => 10n * one),
      zeros,
      digits,
    );
    if (typeof tenfold === 'string') return true;
    return Math.abs(tenfold - 10 * total) > 10 * ROUNDINGS * this.#amounts.length;
  }

  /** One minor unit more in one amount. */
  #stepped(currency: string, digits: number, factors: readonly (Factor | undefined)[]): string[] {
    const amount = BigInt((ODD[digits]?.[0] ?? '1234567').replace('.', ''));
    const before = this.#total(
      currency,
      this.#amounts.map(() => amount),
    );
    if (typeof before === 'string') return [];
    return this.#amounts.slice(0, MOST_FACTORS).flatMap(({ read: { path } }, own) => {
      const after = this.#total(
        currency,
        this.#amounts.map((_, at) => (at === own ? amount + 1n : amount)),
      );
      if (typeof after === 'string') return [];
      const factor = factors[own];
      const share = factor === undefined ? undefined : Number(factor.of) / Number(factor.in);
      const step = share !== undefined && share < 0 ? before - after : after - before;
      const most = share === undefined ? Number.POSITIVE_INFINITY : Math.ceil(Math.abs(share)) + ROUNDINGS;
      if (step >= 0 && step <= most) return [];
      return [`one minor unit more in ${path} moved the total by ${after - before} minor units of ${currency}`];
    });
  }

  /** Amounts with a digit more than the currency has: refused, or rounded where they count, never read as others. */
  #shifted(currency: string, digits: number, factors: readonly (Factor | undefined)[]): string[] {
    const amount = BigInt(`${(ODD[digits]?.[0] ?? '1234567').replace('.', '')}5`);
    const each = this.#amounts.map(() => amount);
    const total = this.#total(currency, each, 0, digits + 1);
    const wanted = predicted(factors, each, 10n);
    if (typeof total === 'string' || wanted === undefined) return [];
    const most = ROUNDINGS * this.#amounts.length;
    if (Math.abs(total - wanted.total) <= most) return [];
    if (this.#bends(currency, each, total, 0, digits + 1)) return [];
    const text = `${String(amount).slice(0, -digits - 1)}.${String(amount).slice(-digits - 1)}`;
    return [`${text} ${currency} in each amount became ${total} minor units, not about ${wanted.total}`];
  }

  #below(currency: string, unit: number): string[] {
    const total = this.#total(
      currency,
      this.#amounts.map(() => BigInt(-ROUND * unit)),
    );
    return typeof total === 'string' ? [] : [`-${ROUND} ${currency} in each amount became ${total} minor units`];
  }

  #assumed(): string[] {
    const made = this.#trial.with(
      this.#amounts.map(({ read }) => ({ read, value: null })),
      this.#read,
    );
    if ('rejection' in made) return [];
    return [`without ${this.#amounts[0]!.read.path} the total was ${made.value.totalMinor} minor units`];
  }
}

/** Amounts whose part in the total is found out one by one. */
const MOST_FACTORS = 40;
