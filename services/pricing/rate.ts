import { Decimal, minorDigits } from '../../libs/money/index.ts';

/** Plain decimals with at most ten digits on either side: every rate there is, and none that would strain a double. */
const PLAIN = /^\d{1,10}(\.\d{1,10})?$/;

/**
 * Reads one rate of a table: units of the currency for one euro.
 *
 * @returns the rate, or what is wrong with it
 */
export function readRate(currency: string | undefined, text: unknown): Decimal | string {
  if (currency === undefined || minorDigits(currency) === undefined) {
    return `expected an ISO 4217 currency code, found ${currency === undefined ? 'none' : JSON.stringify(currency)}`;
  }
  const expected = `expected the units of ${currency} for one euro as a quoted decimal greater than zero ("1.0845")`;
  if (typeof text !== 'string') {
    const found = text === undefined || text === null ? 'nothing' : `${typeof text} ${String(text)}`;
    return `${expected}, found ${found}`;
  }
  const rate = PLAIN.test(text) ? Decimal.parse(text) : undefined;
  if (rate === undefined || rate.isZero()) return `${expected}, found ${JSON.stringify(text)}`;
  if (currency === 'EUR' && rate.compare(new Decimal(1n, 0)) !== 0) return 'one euro is one euro; leave EUR out';
  return rate;
}
