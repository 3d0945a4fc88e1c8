import { LRUCache } from 'lru-cache';
import { placeNamesNear } from '../../../libs/reference/index.ts';
import { fold, wordsOf } from './text.ts';

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Words that say nothing of a place's name. */
export const emptyWords = setOf(
  'the and of at au de del della di du da do das dei degli la las le les lo los el il i l a an und am im in zum zur et y e d by an ' +
    'auf bei an der die den hotel hotels hotell gostinitsa otel adults only all inclusive member managed',
);

/** Words that say what type of house it is; some partners put them before or after the name, others leave them out. */
export const typeWords = setOf(
  'hostel hostals hostels apartments aparthotel motel guesthouse guest house pension pensione albergo auberge residencia ' +
    'residenza rooms room villa villas casa studios bungalows camping chalet cottage cottages spa golf wellness luxury',
);

/** Words that are part of a name but common: a chain's lines of houses, and what is in a house beside rooms. */
export const kindWords = setOf(
  'resort suites inn lodge residence residences club complex collection palace plaza lofts loft grand gran grande boutique ' +
    'manor chateau castle castillo restaurant bistro cafe bar grill delicatessen dining',
);

/** Words by which chains tell their houses in one street apart: a name that lacks one means another house. */
export const tellingWords = setOf(
  'express styles budget annex annexe anexo dependance north south east west norte sur nord sud ost garden gardens park beach ' +
    'playa airport aeropuerto flughafen tower towers torre wing downtown central centro harbour marina lake river station ' +
    'bahnhof junior select court building block',
);

const canonicalWords: ReadonlyMap<string, string> = new Map(
  [
    '2 ii second',
    '3 iii third',
    '4 iv',
    'saint st sankt sant san santa sainte',
    'and n',
    'apartments apartment apartamentos apartamento appartements appartement apts apt',
    'aparthotel apartotel apart aparthotels',
    'suites suite',
    'resort resorts',
    'gardens garden',
    'towers tower torre',
    'centre center centrum zentrum centro central',
    'airport aeropuerto flughafen aeroport',
    'annex annexe anexo',
    'guesthouse guesthouses',
    'palace palacio palais palazzo',
    'studios studio',
    'villas villa',
    'hostel hostal',
    'beach playa plage',
    'delicatessen deli',
    'restaurant ristorante restaurante',
    'international intl',
    'mount mt',
  ].flatMap((line) => {
    const [first, ...others] = line.split(' ');
    return others.map((word): [string, string] => [word, first!]);
  }),
);

/** A word of a name or address in the form that others are brought to as well. */
export function canonicalWord(word: string): string {
  return canonicalWords.get(word) ?? word;
}

const streetWords: ReadonlyMap<string, string> = new Map(
  [
    'street st str strasse straat straße',
    'avenue ave av avda avenida ava',
    'road rd',
    'boulevard blvd blv boul bd bvd',
    'lane ln la',
    'drive dr',
    'highway hwy',
    'square sq',
    'place pl',
    'plaza platz plein piazza pza praca placa',
    'court ct',
    'parkway pkwy pky',
    'terrace ter terr',
    'circle cir',
    'calle c carrer cl',
    'rue r',
    'via v',
    'way wy weg',
    'paseo passeig pg po',
    'carretera ctra',
    'north n',
    'south s',
    'east e',
    'west w',
    '1st first',
    '2nd second',
    '3rd third',
    '4th fourth',
    '5th fifth',
    '6th sixth',
    '7th seventh',
    '8th eighth',
    '9th ninth',
    '10th tenth',
  ].flatMap((line) => {
    const words = line.split(' ');
    return words.map((word): [string, string] => [word, words[0]!]);
  }),
);

/** A word of an address, its abbreviation written out: "ave" is "avenue"; undefined where it names no kind of street. */
export function streetWord(word: string): string | undefined {
  return streetWords.get(word);
}

/** How places around a position are called. */
export interface LocalNames {
  readonly words: ReadonlySet<string>;
  /** Names of several words, by their first. */
  readonly phrases: ReadonlyMap<string, readonly (readonly string[])[]>;
}

const nowhere: LocalNames = { words: new Set(), phrases: new Map() };

/** Names of places by tile of the map; there are few tiles with hotels. */
const localNames = new LRUCache<string, LocalNames>({ max: 2000 });

/** How far around a tile of half a degree places give their names to hotels, in kilometres. */
const localKm = 60;

/** Names of places around a position: partners add the town to a name or leave it out. NaN has none. */
export function namesAround(latitude: number, longitude: number): LocalNames {
  if (Number.isNaN(latitude)) return nowhere;
  const [row, column] = [Math.floor(latitude * 2), Math.floor(longitude * 2)];
  const tile = `${row},${column}`;
  let local = localNames.get(tile);
  if (local === undefined) {
    const names = placeNamesNear((row + 0.5) / 2, (column + 0.5) / 2, localKm).map((name) =>
      wordsOf(fold(name)).map(canonicalWord),
    );
    local = {
      words: new Set(names.flat()),
      phrases: Map.groupBy(
        names.filter(({ length }) => length > 1),
        ([first]) => first!,
      ),
    };
    localNames.set(tile, local);
  }
  return local;
}
