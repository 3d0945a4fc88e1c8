const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const countries = new Map<string, boolean>();

/** Whether a code is a country's: two capital letters that CLDR has a region for, without the unknown region. */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false;
  let known = countries.get(code);
  if (known === undefined) {
    known = code !== 'ZZ' && regions.of(code) !== undefined;
    countries.set(code, known);
  }
  return known;
}
