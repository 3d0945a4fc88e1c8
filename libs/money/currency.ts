import { data } from 'currency-codes';

/**
 * Codes newer than the package's list (ISO 4217 amendments 176 to 179), with their minor digits.
 */
const NEWER: readonly (readonly [code: string, digits: number])[] = [
  ['XAD', 2], // Arab accounting dinar
  ['XCG', 2], // Caribbean guilder, since 2025-03-31
  ['ZWG', 2], // Zimbabwe gold
];

/**
 * Withdrawn in the last years. Recorded partner answers and dated rate tables still carry them; whether one can be
 * priced is a question of rates, not of digits.
 */
const WITHDRAWN: readonly (readonly [code: string, digits: number])[] = [
  ['ANG', 2], // until 2025-03-31
  ['BGN', 2], // until 2026-01-01
  ['CUC', 2], // until 2021
  ['HRK', 2], // until 2023-01-15
  ['SLL', 2], // until 2024
  ['ZWL', 2], // until 2024
];

/** Metals, bond market units, accounting units and test codes: ISO 4217 gives them no minor unit, nobody pays in them. */
const WITHOUT_MINOR_UNIT = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));

const digitsByCode: ReadonlyMap<string, number> = new Map([
  ...data.filter(({ code }) => !WITHOUT_MINOR_UNIT.has(code)).map(({ code, digits }) => [code, digits] as const),
  ...NEWER,
  ...WITHDRAWN,
]);

/**
 * How many decimal digits the minor unit of a currency has, by ISO 4217: 2 for `"GBP"`, 0 for `"JPY"`, 3 for `"KWD"`.
 * Cash rounding (the five-centime step of CHF) is no matter of minor digits.
 *
 * @param currency alphabetic code, upper case
 * @returns `undefined` for anything that is no ISO 4217 code of money with a minor unit (`"gbp"`, `"XAU"`, `""`)
 */
export function minorDigits(currency: string): number | undefined {
  return digitsByCode.get(currency);
}

/** Every code that {@link minorDigits} knows, in alphabetical order. */
export function currencyCodes(): readonly string[] {
  return [...digitsByCode.keys()].sort();
}
