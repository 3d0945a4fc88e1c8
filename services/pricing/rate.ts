import { Decimal, minorDigits } from '../../libs/money/index.ts';

/** Plain decimals with at most ten digits on either side: every rate there is, and none that would strain a double. */
const PLAIN = /^\d{1,10}(\.\d{1,10})?$/;

/**
 * Reads one rate of a table: units of the currency for one of the base.
 *
 * @returns the rate, or what is wrong with it
 */
export function readRate(currency: string | undefined, text: unknown, base = 'EUR'): Decimal | string {
  const one = base === 'EUR' ? 'one euro' : `one ${base}`;
  if (currency === undefined || minorDigits(currency) === undefined) {
    return `expected an ISO 4217 currency code, found ${currency === undefined ? 'none' : JSON.stringify(currency)}`;
  }
  const expected = `expected the units of ${currency} for ${one} as a quoted decimal greater than zero ("1.0845")`;
  if (typeof text !== 'string') {
    const found = text === undefined || text === null ? 'nothing' : `${typeof text} ${String(text)}`;
    return `${expected}, found ${found}`;
  }
  const rate = readPlainRate(text);
  if (rate === undefined) return `${expected}, found ${JSON.stringify(text)}`;
  if (currency === base && rate.compare(new Decimal(1n, 0)) !== 0) return `${one} is ${one}; leave ${base} out`;
  return rate;
}

/** Reads a rate: a plain decimal above zero with at most ten digits on either side of its point; undefined for anything else. */
export function readPlainRate(text: string): Decimal | undefined {
  const rate = PLAIN.test(text) ? Decimal.parse(text) : undefined;
  return rate?.isZero() === false ? rate : undefined;
}
