const STARS_BY_CODE = /^([1-5])(?:EST|LUX)$/;
const HALF_STARS_BY_CODE = /^H([1-4])_5$/;
const STARS_BY_NAME = /\b([1-5])\s*(?:STARS?\b|\*)/;
const HALF = /\bHALF\b/;

/**
 * Stars of a category. Codes of hotels say them ("4EST", "5LUX", "H3_5" for three and a half); of what else there is
 * (superior, hostels, rural houses) the name may ("SUPERIOR 4*"). Keys of apartments are no stars.
 */
export function stars(code: unknown, name: unknown): number | undefined {
  if (typeof code === 'string') {
    const whole = STARS_BY_CODE.exec(code);
    if (whole !== null) return Number(whole[1]);
    const half = HALF_STARS_BY_CODE.exec(code);
    if (half !== null) return Number(half[1]) + 0.5;
  }
  if (typeof name !== 'string') return undefined;
  const text = name.toUpperCase();
  const named = STARS_BY_NAME.exec(text);
  if (named === null) return undefined;
  return Math.min(5, Number(named[1]) + (HALF.test(text) ? 0.5 : 0));
}
