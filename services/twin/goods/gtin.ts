/** The check digit of a GTIN: what makes the digits, weighted 3 and 1 from the right, a multiple of ten. */
export function checkDigit(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum += Number(body[body.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return `${(10 - (sum % 10)) % 10}`;
}

/** A GTIN of 8, 12, 13 or 14 digits as one of 13; undefined where it is none, or has a packaging level. */
export function gtin13(text: string): string | undefined {
  if (!/^(\d{8}|\d{12,14})$/.test(text) || checkDigit(text.slice(0, -1)) !== text.at(-1)) return undefined;
  if (text.length === 14) return text.startsWith('0') ? text.slice(1) : undefined;
  return text.padStart(13, '0');
}
