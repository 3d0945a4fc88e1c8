/**
 * A Global Trade Item Number in its 14-digit form: GTIN-8, -12 (UPC), -13 (EAN, ISBN-13) and -14 with zeros before them.
 * Spaces and hyphens are passed over. Undefined for what is none: another length, a wrong check digit, or a number that GS1
 * leaves to shops for their own use (restricted circulation, coupons), which means another thing in every shop.
 */
export function gtin14(text: string): string | undefined {
  const digits = text.replaceAll(/[\s-]/g, '');
  if (!/^(?:\d{8}|\d{12,14})$/.test(digits)) return undefined;
  const number = digits.padStart(14, '0');
  let sum = 0;
  for (let at = 0; at < 14; at++) sum += Number(number[at]) * (at % 2 === 0 ? 3 : 1);
  return sum % 10 === 0 && isGlobal(number) ? number : undefined;
}

/** Whether a number is given out by GS1 for one item in the world: by its prefix, GS1 General Specifications, section 1.4. */
function isGlobal(number: string): boolean {
  // A GTIN-8 has a prefix of its own kind; 0 and 2 are left to shops.
  if (number.startsWith('000000')) return number[6] !== '0' && number[6] !== '2';
  // An indicator of 9 is a thing sold by measure, whose number does not say how much.
  if (number[0] === '9') return false;
  const prefix = Number(number.slice(1, 4));
  return !within(prefix, 20, 29) && !within(prefix, 40, 59) && !within(prefix, 200, 299) && !within(prefix, 981, 999);
}

function within(prefix: number, first: number, last: number): boolean {
  return prefix >= first && prefix <= last;
}
