// What of two texts differs, for a person: words that the other says as well are no difference, wherever they stand and however
// they are accented or capitalised.

/** A part of a text. */
export interface Part {
  readonly text: string;
  /** The other text says it too. */
  readonly met: boolean;
}

/** A text as words are held against each other: without accents, in lower case. */
const folded = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** The words and numbers of a text, folded; "128GB" is as "128 GB". */
export const wordsOf = (text: string): readonly string[] => folded(text).match(/\p{L}+|\p{N}+/gu) ?? [];

interface Token {
  readonly text: string;
  readonly folded: string;
  readonly isWord: boolean;
  parts: readonly Part[] | undefined;
}

function tokensOf(text: string): Token[] {
  return (text.match(/[\p{L}\p{M}]+|\p{N}+|[^\p{L}\p{M}\p{N}]+/gu) ?? []).map((token) => ({
    text: token,
    folded: folded(token),
    isWord: /[\p{L}\p{N}]/u.test(token),
    parts: undefined,
  }));
}

/** Both texts in parts that the other says or not; the parts of a text together are the text. */
export function partsOf(
  left: string,
  right: string,
): { readonly left: readonly Part[]; readonly right: readonly Part[] } {
  const [ours, theirs] = [tokensOf(left), tokensOf(right)];
  const wordsThere = theirs.filter(({ isWord }) => isWord);
  const byWord = Map.groupBy(wordsThere, (token) => token.folded);
  const lonely: Token[] = [];
  for (const token of ours.filter(({ isWord }) => isWord)) {
    const same = byWord.get(token.folded)?.shift();
    if (same === undefined) lonely.push(token);
    else {
      token.parts = [{ text: token.text, met: true }];
      same.parts = [{ text: same.text, met: true }];
    }
  }
  // Of numbers and spellings that are nearly the same, only what differs is marked.
  for (const token of lonely) {
    const near = wordsThere.find((other) => other.parts === undefined && areNear(token.text, other.text));
    if (near !== undefined) [token.parts, near.parts] = apart(token.text, near.text);
  }
  return { left: joined(ours), right: joined(theirs) };
}

/** Characters that two words begin and end with alike. */
function ends(a: string, b: string): { readonly begin: number; readonly end: number } {
  const most = Math.min(a.length, b.length);
  let begin = 0;
  while (begin < most && a[begin] === b[begin]) begin += 1;
  let end = 0;
  while (end < most - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return { begin, end };
}

function areNear(a: string, b: string): boolean {
  const { begin, end } = ends(a, b);
  const longest = Math.max(a.length, b.length);
  return longest >= 4 && begin + end >= longest * 0.6;
}

function apart(a: string, b: string): [Part[], Part[]] {
  const { begin, end } = ends(a, b);
  const cut = (text: string): Part[] =>
    [
      { text: text.slice(0, begin), met: true },
      { text: text.slice(begin, text.length - end), met: false },
      { text: text.slice(text.length - end), met: true },
    ].filter((part) => part.text !== '');
  return [cut(a), cut(b)];
}

/** Tokens as parts; what stands between two words that differ differs with them. */
function joined(tokens: readonly Token[]): Part[] {
  const parts: Part[] = [];
  tokens.forEach((token, index) => {
    const between = !token.isWord && isLonely(tokens[index - 1]) && isLonely(tokens[index + 1]);
    for (const part of token.parts ?? [{ text: token.text, met: !token.isWord && !between }]) {
      const last = parts.at(-1);
      if (last?.met === part.met) parts[parts.length - 1] = { text: last.text + part.text, met: part.met };
      else parts.push(part);
    }
  });
  return parts;
}

const isLonely = (token: Token | undefined): boolean => token?.isWord === true && token.parts === undefined;
