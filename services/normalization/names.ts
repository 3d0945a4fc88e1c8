/** One word of a name and how much it says about which property it is. */
export interface NameToken {
  readonly text: string;
  readonly weight: number;
}

/** Words that half of all properties carry: they tell hardly anything apart. */
const generic = new Set(
  (
    'hotel hotels hostel hostal resort resorts apartment apartments apartamentos aparthotel apartotel apart aparta appartements appart suite ' +
    'suites inn spa motel lodge guesthouse guest house pension pensione albergo auberge residence residencia residenza rooms ' +
    'room villa villas casa club complex collection palace by the and of at de del della di la las le les el los a an und am ' +
    'im in et y e da do das den der on adults only all inclusive member luxury boutique city centre center'
  ).split(' '),
);

/** Words by which chains tell their houses in one street apart: a name that lacks one means another house. */
const distinctive = new Set(
  'express styles budget annex annexe north south east west norte sur garden gardens park beach playa airport'.split(
    ' ',
  ),
);

/** Letters that decomposition leaves as they are. */
const folded: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  '&': ' and ',
  // Greek and Cyrillic, letter by letter: enough for a name to meet its transliteration.
  α: 'a',
  β: 'v',
  γ: 'g',
  δ: 'd',
  ε: 'e',
  ζ: 'z',
  η: 'i',
  θ: 'th',
  ι: 'i',
  κ: 'k',
  λ: 'l',
  μ: 'm',
  ν: 'n',
  ξ: 'x',
  ο: 'o',
  π: 'p',
  ρ: 'r',
  σ: 's',
  ς: 's',
  τ: 't',
  υ: 'y',
  φ: 'f',
  χ: 'ch',
  ψ: 'ps',
  ω: 'o',
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ё: 'e',
  ж: 'zh',
  з: 'z',
  и: 'i',
  й: 'i',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'shch',
  ъ: '',
  ы: 'y',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
  і: 'i',
  ї: 'i',
  є: 'ye',
  ґ: 'g',
};

const roman: Readonly<Record<string, string>> = { ii: '2', iii: '3', iv: '4' };

const genericWeight = 0.15;
const localWeight = 0.2;

/** A name in plain lower-case words: "Hôtel Café-Bär & Spa" is "hotel cafe bar and spa". */
export function foldName(name: string): string {
  let text = '';
  for (const letter of name.toLowerCase().normalize('NFKD')) {
    if (letter >= '\u0300' && letter <= '\u036f') continue;
    text += folded[letter] ?? letter;
  }
  return text
    .replace(/['’`´.]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The words of a name, weighed; words that say where it is (`local`, folded) weigh less: many names there carry them. */
export function tokenize(name: string, local: ReadonlySet<string> = new Set()): NameToken[] {
  const seen = new Set<string>();
  const tokens: NameToken[] = [];
  for (const word of foldName(name).split(' ')) {
    const text = roman[word] ?? word;
    if (text === '' || seen.has(text)) continue;
    seen.add(text);
    tokens.push({ text, weight: generic.has(text) ? genericWeight : local.has(text) ? localWeight : 1 });
  }
  return tokens;
}

/**
 * How alike two names are, 0 to 1: the weight of the words that have a counterpart, among the weight of all words.
 * Misspelt and abbreviated words count in part. A number or a word that tells a chain's houses apart, in one name
 * alone, costs more than another word.
 */
export function nameSimilarity(a: readonly NameToken[], b: readonly NameToken[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const pairs: { i: number; j: number; likeness: number }[] = [];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const likeness = wordLikeness(a[i]!.text, b[j]!.text);
      if (likeness > 0) pairs.push({ i, j, likeness });
    }
  }
  pairs.sort((x, y) => y.likeness - x.likeness || x.i - y.i || x.j - y.j);
  const usedA = new Uint8Array(a.length);
  const usedB = new Uint8Array(b.length);
  let common = 0;
  let all = 0;
  for (const { i, j, likeness } of pairs) {
    if (usedA[i] || usedB[j]) continue;
    usedA[i] = usedB[j] = 1;
    const weight = a[i]!.weight + b[j]!.weight;
    common += likeness * weight;
    all += weight;
  }
  if (all === 0) return 0;
  for (let i = 0; i < a.length; i++) if (!usedA[i]) all += lonelyWeight(a[i]!);
  for (let j = 0; j < b.length; j++) if (!usedB[j]) all += lonelyWeight(b[j]!);
  return joinedAlike(a, b) ? 1 : common / all;
}

function lonelyWeight({ text, weight }: NameToken): number {
  if (/^\d+$/.test(text)) return 2.5;
  return distinctive.has(text) ? 1.5 : weight;
}

/** "Sea Side" and "Seaside": alike but for the spaces. */
function joinedAlike(a: readonly NameToken[], b: readonly NameToken[]): boolean {
  const joined = (tokens: readonly NameToken[]): string =>
    tokens
      .filter(({ weight }) => weight > localWeight)
      .map(({ text }) => text)
      .join('');
  const text = joined(a);
  return text.length >= 5 && text === joined(b);
}

/** 1 for the same word, less for one letter off in a long word or an abbreviation, else 0. */
function wordLikeness(a: string, b: string): number {
  if (a === b) return 1;
  if (/\d/.test(a) || /\d/.test(b)) return 0;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length >= 5 && withinOneEdit(short, long)) return 0.9;
  if (short.length >= 3 && long.startsWith(short)) return long.length - short.length <= 2 ? 0.85 : 0.7;
  if (short.length === 1 && long.startsWith(short)) return 0.4;
  return 0;
}

/** One letter put in, left out, replaced, or two neighbours swapped. */
function withinOneEdit(short: string, long: string): boolean {
  if (long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at++;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  return (
    short.slice(at + 1) === long.slice(at + 1) ||
    (short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2))
  );
}
