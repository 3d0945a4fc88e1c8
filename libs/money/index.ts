/** Money without floats: ISO 4217 minor digits, exact decimals, minor units, and reading amounts that partners send. */
export { type Amount, parseAmount, type RejectedAmount } from './amount.ts';
export { minorDigits } from './currency.ts';
export { Decimal } from './decimal.ts';
export { formatMinor, moneyFromMinor } from './minor.ts';
export type { RoundingMode } from './rounding.ts';
