/**
 * Rooms in canonical codes, from what partners write in English, German, Spanish, French and Italian. Never more than is said: of
 * two classes the lesser, of beds that are one or the other none, and nothing of "economy", which is less than the usual room.
 */

/** Names of RoomClass. */
type RoomClass =
  | 'DORMITORY'
  | 'STANDARD'
  | 'SUPERIOR'
  | 'DELUXE'
  | 'JUNIOR_SUITE'
  | 'SUITE'
  | 'STUDIO'
  | 'APARTMENT'
  | 'FAMILY'
  | 'HOUSE';

/** By the words that say so, folded; the first that is met counts. A view of something is no such thing. */
const classes: readonly (readonly [RoomClass, RegExp])[] = [
  ['DORMITORY', /\b(?:dorm(?:itory)?|schlafsaal|dortoir|camerata|bed in|bett im|cama en|lit en|posto letto)\b/],
  ['JUNIOR_SUITE', /\b(?:junior ?suite|jr ?suite|suite junior)\b/],
  ['STUDIO', /\b(?:studio|estudio|monolocale)\b/],
  ['APARTMENT', /\b(?:apartment|appartement|apartamento|appartamento|ferienwohnung|fewo|flat|condo(?:minium)?)\b/],
  [
    'HOUSE',
    /\b(?:villa|bungalow|chalet|cottage|ferienhaus|holiday (?:home|house)|maison de vacances|casa de vacaciones|casa vacanze)\b(?! (?:view|side))/,
  ],
  ['FAMILY', /\b(?:family|famil(?:ien)?zimmer|familiensuite|familiar|familiare|familiale|famille)\b/],
  ['SUITE', /\b(?:suite)\b/],
  ['STANDARD', /\b(?:standard|estandar|classic|classique|clasica|klassik|comfort|confort|komfort)\b/],
  ['SUPERIOR', /\b(?:superior|superieure?|superiore|premium|executive)\b/],
  ['DELUXE', /\b(?:deluxe|de luxe|luxury|luxus|lujo|lusso)\b/],
];
/** Less than the usual room, whatever else is said. */
const less = /\b(?:economy|economica|economique|budget|basic|basica)\b/;

const kinds: readonly (readonly [string, RegExp])[] = [
  ['KING', /\bking(?: ?size)?\b/],
  ['QUEEN', /\bqueen(?: ?size)?\b/],
  [
    'DOUBLE',
    /\b(?:double bed|doppelbett|cama doble|cama de matrimonio|matrimonial|matrimoniale|grand lit|lit double|letto matrimoniale)\b/,
  ],
  [
    'TWIN',
    /\b(?:twin|(?:2|two) single beds|(?:2|zwei) einzelbetten|getrennte betten|(?:2|dos) camas|lits jumeaux|(?:2|deux) lits|(?:2|due) letti)\b/,
  ],
  ['BUNK', /\b(?:bunk|etagenbett|stockbett|litera|lits? superposes?|letto a castello)\b/],
  ['SOFA', /\b(?:sofa ?bed|schlafsofa|schlafcouch|sofa cama|canape lit|divano letto)\b/],
  [
    'SINGLE',
    /\b(?:single (?:bed|room)|einzel(?:bett|zimmer)|individual|chambre simple|lit simple|(?:letto|camera) singol[oa])\b/,
  ],
];
/** One or the other, which the guest may not choose. */
const either = /\b(?:or|oder|ou)\b| o |\//;
/** A room for two that one person has alone. */
const singleUse = /\b(?:single use|einzelnutzung|uso individual|usage individuel|uso singol[oa])\b/;

/** The class of a room by its name; undefined where that says none. */
export function roomClass(text: string): RoomClass | undefined {
  return known(classesKnown, text, (folded) => {
    const suite = folded.replace(/\ben ?suite\b/g, '');
    const found = classes.find(([, words]) => words.test(suite))?.[0];
    return found === 'STANDARD' || found === 'SUPERIOR' || found === 'DELUXE'
      ? less.test(folded)
        ? undefined
        : found
      : found;
  });
}

/** The kinds of beds in a room by its name, as canonical codes; undefined where that says none. */
export function beds(text: string): readonly string[] | undefined {
  return known(bedsKnown, text, (folded, written) => {
    if (either.test(written.toLowerCase()) || either.test(folded)) return undefined;
    const found = kinds.filter(([, words]) => words.test(folded)).map(([kind]) => kind);
    const single = found.length > 1 || singleUse.test(folded) ? found.filter((kind) => kind !== 'SINGLE') : found;
    return single.length === 0 ? undefined : single;
  });
}

/**
 * What is sold, in canonical codes: "SUPERIOR/TWIN/BREAKFAST/FREE". undefined where a part of it is not known, for what is not said
 * may be anything.
 */
export function roomKey(roomClass: unknown, beds: unknown, board: unknown, free: unknown): string | undefined {
  if (typeof roomClass !== 'string' || typeof board !== 'string' || typeof free !== 'boolean') return undefined;
  if (!Array.isArray(beds) || beds.length === 0 || roomClass === '' || board === '') return undefined;
  return `${roomClass}/${beds.length === 1 ? beds[0] : beds.toSorted().join('+')}/${board}/${free ? 'FREE' : 'NOT_FREE'}`;
}

/** Names come again with every rate; they are read once. */
const mostKnown = 5_000;
const classesKnown = new Map<string, RoomClass | undefined>();
const bedsKnown = new Map<string, readonly string[] | undefined>();

function known<T>(memory: Map<string, T>, text: string, read: (folded: string, written: string) => T): T {
  const before = memory.get(text);
  if (before !== undefined || memory.has(text)) return before as T;
  const written = text.slice(0, 200);
  const folded = written
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}/]+/gu, ' ')
    .trim();
  const value = read(folded, written);
  if (memory.size >= mostKnown) memory.clear();
  memory.set(text, value);
  return value;
}
