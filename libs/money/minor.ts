import type { Money } from '../contracts/gen/entrepot/type/v1/money.ts';
import { minorDigits } from './currency.ts';

/**
 * Minor units as a plain decimal in major units, with exactly the currency's minor digits: (62700, "GBP") is "627.00",
 * (863900, "KRW") is "863900".
 *
 * @throws RangeError when `minor` is no safe integer or `currency` no ISO 4217 code; both were checked when the amount
 *   was read, so this is a defect, not bad input
 */
export function formatMinor(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new RangeError(`"${currency}" is no ISO 4217 currency code.`);
  if (!Number.isSafeInteger(minor)) throw new RangeError(`Minor units are a safe integer, not ${minor}.`);
  if (digits === 0) return `${minor}`;
  const text = `${Math.abs(minor)}`.padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${minor < 0 ? '-' : ''}${text.slice(0, point)}.${text.slice(point)}`;
}

/** Minor units as the contracts' Money. Throws as {@link formatMinor} does. */
export function moneyFromMinor(minor: number, currency: string): Money {
  return { currencyCode: currency, amount: formatMinor(minor, currency) };
}
