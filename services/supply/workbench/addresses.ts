/**
 * E-mail addresses in a text are found from their sign outwards, for from their beginning on every letter of a long text (an
 * image in Base64) could be one, and looking from each would take its length squared.
 */

const DOMAIN = /[\w-]+(?:\.[\w-]+)+/y;
const LOCAL = /[\w.+-]/;
const HEX = /[0-9A-Fa-f]/;

/** The text with every address replaced, those as they stand in URLs (%40) too. @param replaced what stands for an address */
export function withoutAddresses(text: string, replaced: (address: string) => string): string {
  const plain = replace(text, '@', startOfPlain, (found) => `${replaced(found)}@redacted.example`);
  return replace(plain, '%40', startOfEncoded, (found) => `${replaced(decode(found))}%40redacted.example`);
}

function replace(
  text: string,
  sign: string,
  startOf: (text: string, end: number, least: number) => number,
  replaced: (found: string) => string,
): string {
  let clean = '';
  let done = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
    const start = startOf(text, at, done);
    if (start === at) continue;
    DOMAIN.lastIndex = at + sign.length;
    const domain = DOMAIN.exec(text)?.[0];
    if (domain === undefined) continue;
    const end = at + sign.length + domain.length;
    clean += text.slice(done, start) + replaced(text.slice(start, end));
    done = end;
  }
  return done === 0 ? text : clean + text.slice(done);
}

function startOfPlain(text: string, end: number, least: number): number {
  let start = end;
  while (start > least && LOCAL.test(text[start - 1]!)) start--;
  return start;
}

/** What is encoded before it stays whole; a plus, minus or point of its own may be encoded. */
function startOfEncoded(text: string, end: number, least: number): number {
  let start = end;
  while (start > least) {
    const isEncoded = start - 3 >= least && /^%2[BbDdEe]$/.test(text.slice(start - 3, start));
    if (isEncoded && !isEscape(text, start - 3)) start -= 3;
    else if (LOCAL.test(text[start - 1]!) && !isEscape(text, start - 1)) start--;
    else break;
  }
  return start;
}

/** Whether the character is one of the two behind a percent sign. */
function isEscape(text: string, at: number): boolean {
  return text[at - 1] === '%' || (text[at - 2] === '%' && HEX.test(text[at - 1]!));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
