import { createHash } from 'node:crypto';
import { Decimal, minorDigits } from '../../libs/money/index.ts';

/**
 * Digits after the point of a converted amount in major units. A quotient of two rates seldom ends; the ledger cuts it
 * here, half up, and every later line is exact again. Twelve keep seven figures of one rupiah in dinars.
 */
export const CONVERTED_DIGITS = 12;

/** What a rate table is made of. */
interface RateTableInit {
  /** The day it is for, ISO 8601. In force from that day's start in UTC until a later table is. */
  readonly date: string;
  /** For a person: who says so. */
  readonly source: string;
  /** Units of each currency for one euro, greater than zero. */
  readonly rates: ReadonlyMap<string, Decimal>;
}

/** The way from one currency to another under one table. */
export interface Conversion {
  readonly from: string;
  readonly to: string;
  /** From and to are the same currency: nothing happens, no rate is needed. */
  readonly identity: boolean;
  /** Minor units of `to` for one of `from`; relative error at most 4 · 2^-53. */
  readonly minorFactor: number;
  /** For a person: "USD to GBP at 0.832284 (USD 1.0163, GBP 0.84585 for EUR 1, 2026-11-20)". */
  readonly description: string;
  /** An amount in major units, converted and cut to {@link CONVERTED_DIGITS} digits. */
  convert(amount: Decimal): Decimal;
}

const ONE = new Decimal(1n, 0);
const BASE = 'EUR';

/** One dated table of rates to the euro. Immutable. */
export class RateTable {
  readonly date: string;
  readonly source: string;
  /** Date and digest: "2026-11-20:5f1c09aa62d38e17". The same rates of the same day have the same id everywhere. */
  readonly id: string;
  /** Currencies that have a rate, the euro among them, in alphabetical order. */
  readonly currencies: readonly string[];
  readonly #rates: ReadonlyMap<string, Decimal>;
  readonly #conversions = new Map<string, Conversion | undefined>();

  constructor(init: RateTableInit) {
    this.date = init.date;
    this.source = init.source;
    this.#rates = new Map([...init.rates, [BASE, ONE]]);
    this.currencies = [...this.#rates.keys()].sort();
    const content = this.currencies.map((code) => `${code}=${this.#rates.get(code)!.trim(0)}`).join(' ');
    const digest = createHash('sha256').update(`${init.date}\n${init.source}\n${content}`).digest('hex');
    this.id = `${init.date}:${digest.slice(0, 16)}`;
  }

  /** Whether the currency has a rate. */
  has(currency: string): boolean {
    return this.#rates.has(currency);
  }

  /** Units of the currency for one euro. */
  rate(currency: string): Decimal | undefined {
    return this.#rates.get(currency);
  }

  /**
   * The way between two ISO 4217 currencies over the euro.
   *
   * @returns `undefined` where a rate is missing; a currency needs none to itself
   */
  conversion(from: string, to: string): Conversion | undefined {
    const key = `${from} ${to}`;
    if (!this.#conversions.has(key)) {
      const made = this.#make(from, to);
      // Only pairs of known currencies are kept, so that strange codes cannot fill the memory.
      if (made === undefined) return undefined;
      this.#conversions.set(key, made);
    }
    return this.#conversions.get(key);
  }

  #make(from: string, to: string): Conversion | undefined {
    const fromDigits = minorDigits(from);
    const toDigits = minorDigits(to);
    if (fromDigits === undefined || toDigits === undefined) return undefined;
    if (from === to) {
      return { from, to, identity: true, minorFactor: 1, description: `${from}`, convert: (amount) => amount };
    }
    const fromRate = this.#rates.get(from);
    const toRate = this.#rates.get(to);
    if (fromRate === undefined || toRate === undefined) return undefined;
    const convert = (amount: Decimal): Decimal => amount.times(toRate).dividedBy(fromRate, CONVERTED_DIGITS, 'half_up');
    // minor(to) = minor(from) / 10^fromDigits * toRate / fromRate * 10^toDigits, as one fraction of integers.
    const numerator = toRate.unscaled * 10n ** BigInt(fromRate.scale + toDigits);
    const denominator = fromRate.unscaled * 10n ** BigInt(toRate.scale + fromDigits);
    return {
      from,
      to,
      identity: false,
      minorFactor: Number(numerator) / Number(denominator),
      description: this.#describe(from, fromRate, to, toRate),
      convert,
    };
  }

  #describe(from: string, fromRate: Decimal, to: string, toRate: Decimal): string {
    if (from === BASE) return `${from} to ${to} at ${toRate} (${this.date})`;
    const shown = significant(toRate, fromRate);
    const used = [from, to].filter((code) => code !== BASE).map((code) => `${code} ${this.#rates.get(code)}`);
    return `${from} to ${to} at ${shown} (${used.join(', ')} for ${BASE} 1, ${this.date})`;
  }
}

/** The quotient of two rates with six significant figures, for reading only. */
function significant(numerator: Decimal, denominator: Decimal): string {
  const magnitude = Number(numerator.toString()) / Number(denominator.toString());
  const digits = Math.max(0, 5 - Math.floor(Math.log10(magnitude)));
  return numerator.dividedBy(denominator, Math.min(digits, 30), 'half_up').trim(0).toString();
}
