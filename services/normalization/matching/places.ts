import { LRUCache } from 'lru-cache';
import { placeNamesNear } from '../../../libs/reference/index.ts';
import { fold, wordsOf } from './text.ts';

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Words that say nothing of a place's name. */
export const emptyWords = setOf(
  'the and of at de del della di du da do das dei degli la las le les lo los el il i l a an und am im in zum zur et y e d by an ' +
    'auf bei an der die den hotel hotels hotell gostinitsa otel adults only all inclusive member managed',
);

/** Words by which a place says what kind of house it is; partners add and leave them out, but hardly change them. */
export const kindWords = setOf(
  'hostel hostal resort resorts apartment apartments apartamentos aparthotel apartotel apart aparta appartements appart ' +
    'suite suites inn spa motel lodge guesthouse guest house pension pensione albergo auberge residence residencia ' +
    'residences residenza rooms room villa villas casa club complex collection palace palacio palais plaza lofts loft grand gran grande ' +
    'boutique luxury wellness golf studios studio bungalows camping chalet cottage cottages manor chateau castle castillo ' +
    'restaurant ristorante bistro cafe bar grill deli dining',
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

/** Words of place names by tile of the map; there are few tiles with hotels. */
const localWords = new LRUCache<string, ReadonlySet<string>>({ max: 2000 });

/** How far around a tile of half a degree places give their names to hotels, in kilometres. */
const localKm = 60;

/** Words of the names of places around a position: partners add the town to a name or leave it out. */
export function wordsAround(latitude: number, longitude: number): ReadonlySet<string> {
  const [row, column] = [Math.floor(latitude * 2), Math.floor(longitude * 2)];
  const tile = `${row},${column}`;
  let words = localWords.get(tile);
  if (words === undefined) {
    const names = placeNamesNear((row + 0.5) / 2, (column + 0.5) / 2, localKm);
    words = new Set(names.flatMap((name) => wordsOf(fold(name)).map(canonicalWord)));
    localWords.set(tile, words);
  }
  return words;
}
