/** Texts of partners as content keeps them. */

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
/** Longest description that is kept, in characters. */
const longestDescription = 2_000;
/** Longest name, address or other text of one line. */
const longestLine = 300;

/** One line: spaces as one, none at the ends, nothing that is invisible. undefined where nothing is left. */
export function oneLine(text: string): string | undefined {
  const line = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line === '' ? undefined : cut(line, longestLine);
}

/** Plain text of a description, whatever HTML a partner wrote, without what reaches a person. undefined where nothing is left. */
export function plainText(text: string): string | undefined {
  const plain = withoutContacts(
    text
      .slice(0, 4 * longestDescription)
      .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
      .replace(/<[a-z!/][^<>]*>/gi, ' ')
      .replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|([a-z]{2,4}));/gi, decoded)
      .normalize('NFC')
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' '),
  ).trim();
  return plain === '' ? undefined : cut(plain, longestDescription);
}

function decoded(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return entities[name.toLowerCase()] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
  return code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}

/** E-mail addresses and telephone numbers in a description may be somebody's own. Prices, years and measures stay. */
function withoutContacts(text: string): string {
  return text
    .replace(/[\p{L}\d._%+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63})+/gu, '')
    .replace(/(?:\+|\b00)\d[\d\s()/.-]{6,18}\d/g, '')
    .replace(/\(?\b0\d{1,4}\)?[\s/.-]?\d{2,5}(?:[\s.-]?\d{2,5}){1,3}\b/g, '');
}

/** Cut at a word's end, where one is near. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = text.slice(0, longest);
  const space = head.lastIndexOf(' ');
  // Never half a character of two code units.
  return (space > longest * 0.8 ? head.slice(0, space) : head.replace(/[\ud800-\udbff]$/, '')).trimEnd();
}

/** What is the same however it is written: no case, accents or punctuation. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Whether a text has letters and all of them are capitals. */
export function isShouted(text: string): boolean {
  return text === text.toUpperCase() && text !== text.toLowerCase();
}
