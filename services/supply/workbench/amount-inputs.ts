import { minorDigits } from '../../../libs/money/index.ts';
import type { PartnerPrice } from '../adapter.ts';
import type { Read } from './reads.ts';
import type { Change } from './row-trial.ts';

/** A number that a price reads: an amount, a percentage, a count. */
export interface Amount {
  readonly read: Read;
  /** Its place without positions in lists: "property.rooms[].nights[].net". */
  readonly shape: string;
  readonly form: 'text' | 'number' | 'joined';
  /** Its digits as a whole number, without the point. */
  readonly digits: bigint;
  /** How many of them stand behind the point. */
  readonly decimals: number;
}

/** How much of an amount a total has, as a fraction. */
export interface Factor {
  readonly of: bigint;
  readonly in: bigint;
}

const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/;

/** The numbers among what was looked at. */
export function amountsIn(reads: readonly Read[], currency: string): Amount[] {
  return reads.flatMap((read) => {
    const { value, path } = read;
    const isJoined = typeof value === 'string' && value.startsWith(currency);
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    const [, sign = '', whole, fraction = ''] =
      DECIMAL.exec(isJoined ? value.slice(currency.length) : String(value)) ?? [];
    if (whole === undefined) return [];
    return [
      {
        read,
        shape: path.replaceAll(/\[\d+\]/g, '[]'),
        form: isJoined ? 'joined' : typeof value === 'number' ? 'number' : 'text',
        digits: BigInt(sign + whole + fraction),
        decimals: fraction.length,
      } as const,
    ];
  });
}

/** The value in another's place: so many minor units of a currency, as the partner writes them. */
export function written(one: Amount, minor: bigint, digits: number, currency: string, isMinor: boolean): unknown {
  const sign = minor < 0n ? '-' : '';
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  const plain =
    isMinor || digits === 0 ? sign + BigInt(text) : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  if (one.form === 'number') return Number(plain);
  return one.form === 'joined' ? currency + plain : plain;
}

/** Changes that make amounts so many times as much. */
export function multiplied(amounts: readonly Amount[], times: bigint, currency: string): Change[] {
  return amounts.map((one) => ({
    read: one.read,
    value: written(one, one.digits * times, one.decimals, currency, false),
  }));
}

/** Kinds of numbers that are told apart: with more of them too many sets would have to be tried. */
const MOST_KINDS = 8;
/** So many times as much: fees of a fixed amount then no longer hide behind roundings. */
const LARGE = 1_000n;
/** Places that are amounts, as partners call them. */
const NAMED = /price|amount|net|gross|fare|total|fee|charge|cost|rate|sum/i;

/** What a total is worked out of. */
export interface Factors {
  readonly amounts: readonly Amount[];
  /** These, and what they are multiplied by: percentages, counts. */
  readonly all: readonly Amount[];
  /** The amounts come in minor units. */
  readonly isMinor: boolean;
}

/**
 * The amounts that a total is worked out of: the smallest set of kinds of numbers that it grows with in step. A text says why
 * there is none.
 */
export function factorsOf(
  numbers: readonly Amount[],
  { currency, totalMinor }: PartnerPrice,
  total: (changes: readonly Change[]) => number | undefined,
): Factors | string {
  if (numbers.length === 0) return 'the price reads no number of the answer';
  if (totalMinor === 0) return 'its total is 0, of which nothing can be told';
  const kinds = [...Map.groupBy(numbers, ({ shape }) => shape).values()].filter((kind) => {
    const changed = total(multiplied(kind, 2n, currency));
    return changed !== undefined && changed !== totalMinor;
  });
  if (kinds.length === 0) return 'changing the numbers that it reads changes nothing, or is refused';
  if (kinds.length > MOST_KINDS) return `its total depends on ${kinds.length} kinds of numbers, too many to tell apart`;
  const digits = minorDigits(currency) ?? 0;
  const candidates = subsetsOf(kinds)
    .filter((amounts) => growsInStep(amounts, currency, totalMinor, total))
    .sort((a, b) => scoreOf(b, digits) - scoreOf(a, digits) || a.length - b.length);
  const [amounts] = candidates;
  if (amounts === undefined) {
    const shapes = kinds.map(([one]) => one!.shape).join(', ');
    return `doubling none of ${shapes}, alone or together, doubles its total: a part of it is no amount of the answer`;
  }
  return { amounts, all: kinds.flat(), isMinor: isInMinor(amounts, digits, currency, total) };
}

function subsetsOf(kinds: readonly (readonly Amount[])[]): (readonly Amount[])[] {
  return Array.from({ length: 2 ** kinds.length - 1 }, (_, at) =>
    kinds.filter((_, kind) => ((at + 1) >> kind) & 1).flat(),
  );
}

function growsInStep(
  amounts: readonly Amount[],
  currency: string,
  before: number,
  total: (changes: readonly Change[]) => number | undefined,
): boolean {
  const large = total(multiplied(amounts, LARGE, currency));
  if (large === undefined || Math.abs(large - before * Number(LARGE)) > amounts.length * Number(LARGE)) return false;
  const twice = total(multiplied(amounts, 2n * LARGE, currency));
  return twice !== undefined && Math.abs(twice - 2 * large) <= 2 * amounts.length;
}

/** Of several sets that a total grows with (rates, or the number of nights) the one that looks like money. */
function scoreOf(amounts: readonly Amount[], digits: number): number {
  const share = (is: (one: Amount) => boolean): number => amounts.filter(is).length / amounts.length;
  return (
    4 * share(({ form }) => form === 'joined') +
    2 * share(({ decimals }) => decimals > 0 && decimals === digits) +
    share(({ shape }) => NAMED.test(shape.slice(shape.lastIndexOf('.'))))
  );
}

/** Whole numbers of a currency that has minor digits may be minor units: then none with a point is taken. */
function isInMinor(
  amounts: readonly Amount[],
  digits: number,
  currency: string,
  total: (changes: readonly Change[]) => number | undefined,
): boolean {
  if (digits === 0 || amounts.some(({ decimals }) => decimals > 0)) return false;
  const as = (isMinor: boolean): number | undefined =>
    total(amounts.map((one) => ({ read: one.read, value: written(one, 12_345n, digits, currency, isMinor) })));
  const [major, minor] = [as(false), as(true)];
  return major === undefined || (minor !== undefined && minor === major);
}

/**
 * The total that amounts have to give, and how many of them may have been rounded on the way; undefined where the part that
 * one of them has is not known.
 *
 * @param finer so many times smaller than minor units the amounts are
 */
export function predicted(
  factors: readonly (Factor | undefined)[],
  amounts: readonly bigint[],
  finer: bigint,
): { readonly total: number; readonly rounded: number } | undefined {
  let total = 0;
  let rounded = 0;
  for (const [at, factor] of factors.entries()) {
    if (factor === undefined) return undefined;
    const product = factor.of * amounts[at]!;
    const by = factor.in * finer;
    if (product % by !== 0n) rounded++;
    total += Number(product / by) + Number(product % by) / Number(by);
  }
  return { total: Math.round(total), rounded };
}
