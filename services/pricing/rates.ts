import { createHash } from 'node:crypto';
import { Decimal, minorDigits } from '../../libs/money/index.ts';
import type { FxPolicy, Judgement, Spread } from './fx.ts';

/**
 * Digits after the point of a converted amount in major units. A quotient of two rates seldom ends; the ledger cuts it
 * here, half up, and every later line is exact again. Twelve keep seven figures of one rupiah in dinars.
 */
export const CONVERTED_DIGITS = 12;

/** What one file says: the rates of one day by one source. */
export interface RateSheet {
  /** The day it is for, ISO 8601. In force from that day's start in UTC until a later one is. */
  readonly date: string;
  /** For a person: who says so. */
  readonly source: string;
  /** Units of each currency for one of the base, greater than zero. */
  readonly rates: ReadonlyMap<string, Decimal>;
  /** ISO 4217; default the euro. */
  readonly base?: string;
  /** Quoted by nobody: for trying out. It does not grow old, counts only where there is no other, and views say it. */
  readonly indicative?: boolean;
}

/** A sheet with what the policy makes of its age on the day of pricing. */
export interface JudgedSheet {
  readonly sheet: RateSheet;
  /** Business days. */
  readonly age: number;
  readonly judgement: Judgement;
  /** Business days beyond which its rates are refused. */
  readonly oldest: number;
}

/** Something added to a converted amount: a line of its own in the ledger. */
export interface AddedSpread {
  /** Of the converted amount, 0.005 for half a per cent; above 0, at most a half. */
  readonly share: Decimal;
  /** For a person: "Spread: 0.5 % (exotic)". */
  readonly description: string;
  /** The spread's name; "staleness" where age alone adds something. */
  readonly source: string;
  readonly inputs: ReadonlyMap<string, string>;
}

/** The way from one currency to another. */
export interface Conversion {
  readonly from: string;
  readonly to: string;
  /** From and to are the same currency: nothing happens, no rate is needed. */
  readonly identity: boolean;
  /** Minor units of `to` for one of `from`, the spread included; relative error at most 4 · 2^-53. */
  readonly minorFactor: number;
  /** For a person: "USD to GBP at 0.832284 (USD 1.0163, GBP 0.84585 for EUR 1, 2026-11-20)". */
  readonly description: string;
  /** Who says so, and the version of what they say. */
  readonly source: string;
  readonly version: string;
  /** The rate and its date. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Absent where nothing is added. */
  readonly spread?: AddedSpread;
  /** An amount in major units, converted without the spread and cut to {@link CONVERTED_DIGITS} digits. */
  convert(amount: Decimal): Decimal;
}

/** A rate as a sheet states it. */
interface Quote {
  readonly currency: string;
  readonly rate: Decimal;
  readonly of: JudgedSheet;
}

/** A currency's worth: numerator / denominator units of it for one of the table's anchor, and the rates that say so. */
interface Worth {
  readonly numerator: Decimal;
  readonly denominator: Decimal;
  readonly quotes: readonly Quote[];
}

const ONE = new Decimal(1n, 0);
const PER_CENT = new Decimal(1n, 2);
const EURO = 'EUR';

/** What rates there are on one day of pricing, from one sheet or merged from several. Immutable. */
export class RateTable {
  /** The day of its newest rates, ISO 8601. */
  readonly date: string;
  /** The day of pricing for which their ages were judged. */
  readonly day: string;
  /** For a person: who says so. */
  readonly source: string;
  /** Date and digest: "2026-11-20:5f1c09aa62d38e17". The same rates under the same policy have the same id everywhere. */
  readonly id: string;
  /** Currencies that have a rate, the base among them, in alphabetical order. */
  readonly currencies: readonly string[];
  /** For a person: which rates are old, and what is added for it; empty where all are as new as they can be. */
  readonly staleRates: string;
  /** Absent for one sheet without a policy: nothing is added then. */
  readonly policy: FxPolicy | undefined;
  readonly #worths: ReadonlyMap<string, Worth>;
  readonly #refused: ReadonlyMap<string, JudgedSheet>;
  readonly #conversions = new Map<string, Conversion | undefined>();

  /** The rates of one sheet, as they are. */
  constructor(sheet: RateSheet);
  /**
   * Merges sheets: of each currency the first that has a usable rate gives it. Sheets of other bases are joined over one of the bases;
   * nothing is rounded on the way.
   *
   * @param sheets in the order of their sources, at least one
   * @param day of pricing, ISO 8601
   */
  constructor(sheets: readonly JudgedSheet[], policy: FxPolicy, day: string);
  constructor(of: RateSheet | readonly JudgedSheet[], policy?: FxPolicy, day?: string) {
    const sheets: readonly JudgedSheet[] = isList(of)
      ? of
      : [{ sheet: of, age: 0, judgement: { kind: 'current' }, oldest: 0 }];
    const usable = sheets.filter(({ judgement }) => judgement.kind !== 'refused');
    this.#worths = merge(usable.length > 0 ? usable : sheets.slice(0, 1).map(withoutRates));
    const refused = sheets.filter(({ judgement }) => judgement.kind === 'refused');
    this.#refused = new Map(
      refused.flatMap((one) => [...one.sheet.rates.keys()].map((code) => [code, one] as const)).toReversed(),
    );
    this.policy = policy;
    this.date = sheets
      .map(({ sheet }) => sheet.date)
      .sort()
      .at(-1)!;
    this.day = day ?? this.date;
    this.source = [...new Set((usable.length > 0 ? usable : sheets).map(({ sheet }) => sheet.source))].join('; ');
    this.currencies = [...this.#worths.keys()].sort();
    this.staleRates = sheets.map(told).filter(Boolean).join('; ');
    const content = sheets.map(contentOf);
    const digest = createHash('sha256')
      .update(JSON.stringify([content, policy?.digest]))
      .digest('hex');
    this.id = `${this.date}:${digest.slice(0, 16)}`;
  }

  /** Whether the currency has a rate. */
  has(currency: string): boolean {
    return this.#worths.has(currency);
  }

  /** Units of the currency for one of the base, where that is one rate of a sheet. */
  rate(currency: string): Decimal | undefined {
    const worth = this.#worths.get(currency);
    return worth?.quotes.length === 1 && worth.denominator === ONE ? worth.numerator : undefined;
  }

  /** For a person: that a currency's rate is refused for its age, and what to do; undefined where that is not why there is none. */
  refusal(currency: string): string | undefined {
    const old = this.#refused.get(currency);
    if (old === undefined || this.has(currency)) return undefined;
    const { sheet, age, oldest } = old;
    return (
      `its rate (${sheet.source}) is of ${sheet.date}, ${age} business days old, and refused after ${oldest}; ` +
      'put newer rates into pricing/rates, or change staleness in pricing/fx.yaml'
    );
  }

  /**
   * The way between two ISO 4217 currencies.
   *
   * @param market in which it is shown, for the policy's spreads; absent for the middle rate, with what age adds to it
   * @returns `undefined` where a rate is missing; a currency needs none to itself
   */
  conversion(from: string, to: string, market?: string): Conversion | undefined {
    const spread = market === undefined || from === to ? undefined : this.policy?.spread(from, to, market);
    const key = `${from} ${to} ${spread?.name ?? ''}`;
    if (!this.#conversions.has(key)) {
      const made = this.#make(from, to, spread);
      // Only pairs of known currencies are kept, so that strange codes cannot fill the memory.
      if (made === undefined) return undefined;
      this.#conversions.set(key, made);
    }
    return this.#conversions.get(key);
  }

  #make(from: string, to: string, spread: Spread | undefined): Conversion | undefined {
    if (minorDigits(from) === undefined || minorDigits(to) === undefined) return undefined;
    if (from === to) return sameCurrency(from);
    const own = this.#worths.get(from);
    const other = this.#worths.get(to);
    if (own === undefined || other === undefined) return undefined;
    const numerator = other.numerator.times(own.denominator);
    const denominator = other.denominator.times(own.numerator);
    const quotes = [...new Set([...own.quotes, ...other.quotes])];
    const dates = [...new Set(quotes.map(({ of }) => of.sheet.date))];
    return conversionOf({
      from,
      to,
      numerator,
      denominator,
      description: describe(from, to, quotes, significant(numerator, denominator)),
      source: [...new Set(quotes.map(({ of }) => of.sheet.source))].join('; '),
      version: this.id,
      date: dates.join(', '),
      spread: addedSpread(spread, widest(quotes.map(({ of }) => of))),
    });
  }
}

/** A conversion as a fraction. */
interface ConversionInit extends Pick<Conversion, 'from' | 'to' | 'description' | 'source' | 'version'> {
  /** Major units of `to` for one of `from`: numerator / denominator, both greater than zero. */
  readonly numerator: Decimal;
  readonly denominator: Decimal;
  readonly date: string;
  readonly spread: AddedSpread | undefined;
}

/** Makes a conversion between two known currencies of its fraction. */
export function conversionOf(init: ConversionInit): Conversion {
  const { from, to, numerator, denominator, spread } = init;
  const factor = spread === undefined ? numerator : numerator.times(ONE.plus(spread.share));
  // minor(to) = minor(from) / 10^fromDigits * factor / denominator * 10^toDigits, as one fraction of integers.
  const above = factor.unscaled * 10n ** BigInt(denominator.scale + (minorDigits(to) ?? 0));
  const below = denominator.unscaled * 10n ** BigInt(factor.scale + (minorDigits(from) ?? 0));
  return {
    from,
    to,
    identity: false,
    minorFactor: Number(above) / Number(below),
    description: init.description,
    source: init.source,
    version: init.version,
    inputs: new Map([
      ['rate', significant(numerator, denominator)],
      ['rate_date', init.date],
    ]),
    ...(spread && { spread }),
    convert: (amount) => amount.times(numerator).dividedBy(denominator, CONVERTED_DIGITS, 'half_up'),
  };
}

/** What is added for a spread and for age; undefined for nothing. */
export function addedSpread(
  spread: Pick<Spread, 'name' | 'percentage'> | undefined,
  old: Widened | undefined,
): AddedSpread | undefined {
  const inputs = new Map<string, string>();
  const parts: string[] = [];
  let percentage = new Decimal(0n, 0);
  if (spread !== undefined) {
    percentage = percentage.plus(spread.percentage);
    const text = `${spread.percentage.trim(0)} %`;
    parts.push(`${text} (${spread.name})`);
    inputs.set('spread', spread.name).set('spread_share', text);
  }
  if (old !== undefined) {
    percentage = percentage.plus(old.percentage);
    const text = `${old.percentage.trim(0)} %`;
    parts.push(`${text} for rates of ${old.date}, ${old.age} business days old`);
    inputs.set('staleness_share', text).set('age_business_days', String(old.age));
  }
  if (percentage.isZero()) return undefined;
  return {
    share: percentage.times(PER_CENT),
    description: `Spread: ${parts.join(' and ')}`,
    source: spread?.name ?? 'staleness',
    inputs,
  };
}

/** Something is added because rates of a date have an age, in business days. */
export interface Widened {
  readonly percentage: Decimal;
  readonly date: string;
  readonly age: number;
}

function widest(sheets: readonly JudgedSheet[]): Widened | undefined {
  let most: Widened | undefined;
  for (const { sheet, age, judgement } of sheets) {
    if (judgement.kind !== 'widened') continue;
    const { percentage } = judgement;
    if (most === undefined || percentage.compare(most.percentage) > 0) most = { percentage, date: sheet.date, age };
  }
  return most;
}

function merge(sheets: readonly JudgedSheet[]): ReadonlyMap<string, Worth> {
  const worths = new Map<string, Worth>();
  const anchor = baseOf(sheets[0]!.sheet);
  worths.set(anchor, { numerator: ONE, denominator: ONE, quotes: [] });
  for (const of of sheets) {
    const { rates } = of.sheet;
    const base = worthOfBase(of, anchor, worths);
    // Nothing joins it to the others.
    if (base === undefined) continue;
    if (!worths.has(baseOf(of.sheet))) worths.set(baseOf(of.sheet), base);
    for (const [currency, rate] of rates) {
      if (worths.has(currency)) continue;
      const { numerator, denominator, quotes } = base;
      const product = numerator === ONE ? rate : rate.times(numerator);
      worths.set(currency, { numerator: product, denominator, quotes: [...quotes, { currency, rate, of }] });
    }
  }
  return worths;
}

/** What a sheet's base is worth: by the sheets before it, or by its own rate of the anchor. */
function worthOfBase(of: JudgedSheet, anchor: string, worths: ReadonlyMap<string, Worth>): Worth | undefined {
  const known = worths.get(baseOf(of.sheet));
  const rate = of.sheet.rates.get(anchor);
  if (known !== undefined || rate === undefined) return known;
  return { numerator: ONE, denominator: rate, quotes: [{ currency: anchor, rate, of }] };
}

function withoutRates(judged: JudgedSheet): JudgedSheet {
  return { ...judged, sheet: { ...judged.sheet, rates: new Map() } };
}

function baseOf({ base = EURO }: RateSheet): string {
  return base;
}

function contentOf({ sheet, judgement }: JudgedSheet): unknown {
  const { date, source, rates, indicative = false } = sheet;
  const stated = [...rates].map(([code, rate]) => `${code}=${rate.trim(0)}`).sort();
  const added = judgement.kind === 'widened' ? judgement.percentage.trim(0).toString() : '';
  return [date, source, baseOf(sheet), indicative, stated, judgement.kind === 'refused' ? 'refused' : added];
}

function told({ sheet, age, judgement }: JudgedSheet): string {
  const { date, source, indicative } = sheet;
  if (indicative === true) return `${source}: indicative rates of ${date}`;
  const old = `${source}: rates of ${date} are ${age} business days old`;
  switch (judgement.kind) {
    case 'current':
      return '';
    case 'used':
      return `${old} and used as they are`;
    case 'widened':
      return `${old}; ${judgement.percentage.trim(0)} % is added to what is converted`;
    case 'refused':
      return `${old} and refused`;
  }
}

function sameCurrency(currency: string): Conversion {
  return {
    from: currency,
    to: currency,
    identity: true,
    minorFactor: 1,
    description: currency,
    source: '',
    version: '',
    inputs: new Map(),
    convert: (amount) => amount,
  };
}

/** "USD to JPY at 128 (USD 1.25, JPY 160 for EUR 1, 2026-11-20)". */
function describe(from: string, to: string, quotes: readonly Quote[], shown: string): string {
  const [only] = quotes;
  if (quotes.length === 1 && only?.currency === to && baseOf(only.of.sheet) === from) {
    return `${from} to ${to} at ${only.rate} (${only.of.sheet.date})`;
  }
  const sheets = new Map<string, string[]>();
  for (const { currency, rate, of } of quotes) {
    const key = ` for ${baseOf(of.sheet)} 1, ${of.sheet.date}`;
    sheets.set(key, [...(sheets.get(key) ?? []), `${currency} ${rate}`]);
  }
  const used = [...sheets].map(([key, rates]) => rates.join(', ') + key);
  return `${from} to ${to} at ${shown} (${used.join('; ')})`;
}

/** The quotient of two rates with six significant figures, for reading only. */
function significant(numerator: Decimal, denominator: Decimal): string {
  const magnitude = Number(numerator.toString()) / Number(denominator.toString());
  const digits = Math.max(0, 5 - Math.floor(Math.log10(magnitude)));
  return numerator.dividedBy(denominator, Math.min(digits, 30), 'half_up').trim(0).toString();
}

function isList(of: RateSheet | readonly JudgedSheet[]): of is readonly JudgedSheet[] {
  return Array.isArray(of);
}
