/** Money without floats: ISO 4217 minor digits, exact decimals, minor units, and reading amounts that partners send. */
export { type Amount, parseAmount, type RejectedAmount } from './amount.ts';
export { currencyCodes, minorDigits } from './currency.ts';
export { Decimal, powerOfTen } from './decimal.ts';
export { formatMinor, moneyFromMinor } from './minor.ts';
export { divideRounded, type RoundingMode } from './rounding.ts';
