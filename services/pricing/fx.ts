import { createHash } from 'node:crypto';
import { Decimal } from '../../libs/money/index.ts';

/** What stands in `fx.yaml`: where rates come from, what is added to them, and how old they may be. */

/** How old rates may be, in business days of {@link businessDaysSince}. */
export interface Staleness {
  /** Up to this age they are used as they are. */
  readonly use: number;
  /** Then something is added for each day beyond `use`, up to the age `until`; absent for nothing in between. Then they are refused. */
  readonly widen: { readonly percentagePerDay: Decimal; readonly until: number } | undefined;
}

/** Something that is added to what is converted: middle rates are not to be had. */
export interface Spread {
  /** Unique; every ledger line that it makes names it. */
  readonly name: string;
  /** Per cent of the converted amount, 0 or more. */
  readonly percentage: Decimal;
  /** It is for conversions from or to one of these; absent for all. */
  readonly currencies: ReadonlySet<string> | undefined;
  /** It is for these pairs, "USD/GBP" from the partner's currency to the shown one; absent for all. */
  readonly pairs: ReadonlySet<string> | undefined;
  /** It is for what is shown in these markets; absent for all. */
  readonly markets: ReadonlySet<string> | undefined;
}

/** A source of rates. */
export interface FxSource {
  readonly name: string;
  readonly format: 'ecb' | 'yaml';
  /** Folder beside `fx.yaml`. */
  readonly directory: string;
  readonly staleness: Staleness;
}

/** What a policy makes of rates of an age. */
export type Judgement =
  | { readonly kind: 'current' | 'used' | 'refused' }
  | { readonly kind: 'widened' /** Per cent. */; readonly percentage: Decimal };

/** The age up to which rates are as new as they can be: the last ones before today's are published. */
const CURRENT = 1;
const ZERO = new Decimal(0n, 0);

/** Judges rates of an age in business days. */
export function judgeAge({ use, widen }: Staleness, age: number): Judgement {
  if (age <= use) return { kind: age <= CURRENT ? 'current' : 'used' };
  if (widen === undefined || age > widen.until) return { kind: 'refused' };
  return { kind: 'widened', percentage: widen.percentagePerDay.times(new Decimal(BigInt(age - use), 0)) };
}

/** The oldest that rates may be, in business days. */
export function oldest({ use, widen }: Staleness): number {
  return Math.max(use, widen?.until ?? 0);
}

/** `fx.yaml`, checked. Immutable. */
export class FxPolicy {
  /** In order: the first that has a usable rate of a currency gives it. */
  readonly sources: readonly FxSource[];
  /** In order: the first that fits is added. */
  readonly spreads: readonly Spread[];
  /** How old the rates that partners state themselves may be. */
  readonly staleness: Staleness;
  /** The same policy has the same digest everywhere. */
  readonly digest: string;

  constructor(sources: readonly FxSource[], spreads: readonly Spread[], staleness: Staleness) {
    this.sources = sources;
    this.spreads = spreads;
    this.staleness = staleness;
    const text = JSON.stringify([sources, spreads, staleness], (_, value: unknown) => {
      if (value instanceof Decimal) return value.trim(0).toString();
      if (value instanceof Set) return [...value].sort();
      return typeof value === 'bigint' ? String(value) : value;
    });
    this.digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  }

  /** What is added between two currencies in a market; undefined for nothing. */
  spread(from: string, to: string, market: string): Spread | undefined {
    const found = this.spreads.find(
      ({ currencies, pairs, markets }) =>
        (currencies === undefined || currencies.has(from) || currencies.has(to)) &&
        (pairs === undefined || pairs.has(`${from}/${to}`)) &&
        (markets === undefined || markets.has(market)),
    );
    return found === undefined || found.percentage.compare(ZERO) === 0 ? undefined : found;
  }
}
