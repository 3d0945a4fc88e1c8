import { RejectionReason } from '../contracts/gen/entrepot/offer/v1/outcome.ts';
import { minorDigits } from './currency.ts';

/** An amount in minor units of its currency. */
export interface Amount {
  readonly minor: number;
  readonly currency: string;
}

/** Why something is no amount. */
export interface RejectedAmount {
  readonly rejected: RejectionReason;
  /** What was wrong, for a person; what the partner sent is cut to 40 characters. */
  readonly example: string;
}

const POINT = 46;
const MINUS = 45;
const ZERO = 48;
/** Doubles tell all decimals of so many digits apart. */
const DOUBLE_DIGITS = 15;

/**
 * Reads what a partner sent as an amount: a plain decimal (`"627.00"`, `"863900"`) and an ISO 4217 code. Nothing is
 * assumed and nothing is rounded; zeros beyond the currency's minor digits are harmless, other digits there are not.
 *
 * A JSON number is taken when its shortest decimal form has no exponent and at most 15 digits. Doubles tell all decimals
 * of 15 digits apart, so that form is what the partner wrote, but for zeros at the end.
 *
 * @returns the amount in minor units, not negative, or the reason for its rejection: INVALID_CURRENCY, INVALID_AMOUNT
 *   (missing, no plain decimal, NaN, out of range), NEGATIVE_AMOUNT, INVALID_PRECISION
 */
export function parseAmount(text: unknown, currency: unknown): Amount | RejectedAmount {
  const digits = typeof currency === 'string' ? minorDigits(currency) : undefined;
  if (digits === undefined) {
    return { rejected: RejectionReason.INVALID_CURRENCY, example: `${shown(currency)} is no ISO 4217 currency code` };
  }
  const plain = typeof text === 'number' ? plainNumber(text) : text;
  if (typeof plain !== 'string') return invalid(text);

  const length = plain.length;
  const negative = plain.charCodeAt(0) === MINUS;
  let position = negative ? 1 : 0;
  const start = position;
  let minor = 0;
  let point = -1;
  for (; position < length; position++) {
    const unit = plain.charCodeAt(position);
    if (unit === POINT) {
      if (point >= 0 || position === start) return invalid(text);
      point = position;
      continue;
    }
    const digit = unit - ZERO;
    if (!(digit >= 0 && digit <= 9)) return invalid(text);
    if (point >= 0 && position - point > digits) {
      if (digit === 0) continue;
      return {
        rejected: RejectionReason.INVALID_PRECISION,
        example: `${shown(text)} has more digits than ${currency} can have (${digits})`,
      };
    }
    minor = minor * 10 + digit;
  }
  if (position === start || point === length - 1) return invalid(text);

  for (let have = point < 0 ? 0 : Math.min(length - 1 - point, digits); have < digits; have++) {
    minor *= 10;
  }
  // The steps above only grew, so where the last one is a safe integer every one was exact.
  if (!Number.isSafeInteger(minor)) return invalid(text);
  if (negative && minor > 0) {
    return { rejected: RejectionReason.NEGATIVE_AMOUNT, example: `${shown(text)} is negative` };
  }
  return { minor, currency: currency as string };
}

function plainNumber(value: number): string | undefined {
  const text = String(value);
  return text.length <= DOUBLE_DIGITS + 2 && text.replace(/[-.]/g, '').replace(/^0+/, '').length <= DOUBLE_DIGITS
    ? text
    : undefined;
}

function invalid(text: unknown): RejectedAmount {
  return {
    rejected: RejectionReason.INVALID_AMOUNT,
    example: text === undefined || text === null ? 'no amount' : `${shown(text)} is no amount`,
  };
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'object') return 'an object';
  const text = String(value);
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
