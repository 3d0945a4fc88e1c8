import { LRUCache } from 'lru-cache';
import { distanceKm } from '../../../libs/reference/index.ts';
import { drawsOf, normalOf } from '../random.ts';
import { allCities, type City, citiesNear, shift } from './cities.ts';

/** A room type of a hotel. */
export interface RoomType {
  /** Base type and characteristic, as bed banks write them: "DBT.ST". */
  readonly code: string;
  readonly name: string;
  /** Multiplies the hotel's price. */
  readonly factor: number;
  /** Most adults, and most guests in all. */
  readonly adults: number;
  readonly guests: number;
}

/** A hotel as it is, whoever sells it. */
export interface Hotel {
  /** What it is: "H12-7", the city's index and its own in the city. */
  readonly id: string;
  readonly city: City;
  readonly index: number;
  /** Its name, apart from the words that sellers add or leave out: "Aurelia Palace". */
  readonly coreName: string;
  /** "Hotel", "Aparthotel", …: what it calls itself. */
  readonly kind: string;
  /** 1 to 5. */
  readonly stars: number;
  readonly categoryCode: string;
  readonly categoryName: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly zoneCode: number;
  readonly zoneName: string;
  /** Price of its simplest double room for a night in an ordinary season, euro cents. */
  readonly nightCents: number;
  readonly rooms: readonly RoomType[];
  /** Board codes beyond room only, with what they cost a person a night, euro cents. */
  readonly boards: readonly { readonly code: string; readonly cents: number }[];
}

const stems = [
  'Aurelia',
  'Belvedere',
  'Can Rosselló',
  'Meridian',
  'Saint-Éloi',
  'Zur Linde',
  'Almirante',
  'Brisa',
  'Cordelia',
  'Drei Könige',
  'Esperança',
  'Fontanelle',
  'Grünwald',
  'Harlequin',
  'Iberis',
  'Jardín Real',
  'Kestrel',
  'Lumière',
  'Montclar',
  'Nørrebro',
  'Orchard',
  "Pont d'Or",
  'Quayside',
  'Ravello',
  'Santa Lucía',
  'Tivoli Park',
  'Umbria',
  'Vasa',
  'Wellington',
  'Xenia',
  'York House',
  'Zafiro',
  'Ambassador',
  'Bonaventure',
  'Castellan',
  'Diplomat',
  'Elysée',
  'Foundry',
  'Gallery',
  'Horizon',
  'Imperial',
  'Juniper',
  'Kingfisher',
  'Lakeview',
  'Mirador',
  'Northgate',
  'Opal',
  'Panorama',
  'Quartz',
  'Regent',
  'Sable',
  'Templeton',
  'Ulysses',
  'Victoria',
  'Weaver',
  'Yara',
  'Zenith',
  'Astor',
  'Beaumont',
  'Cavendish',
];
const kinds = [
  'Palace',
  'Garden',
  'Suites',
  'Boutique',
  'Residence',
  'Plaza',
  'Inn',
  'Lodge',
  'Resort',
  'Central',
  'Grand',
  'Loft',
];
const zones = ['Old Town', 'Centre', 'Harbour', 'Station', 'University', 'Riverside', 'Exhibition Grounds', 'Airport'];

const roomTypes: readonly RoomType[] = [
  { code: 'DBT.ST', name: 'Double or Twin STANDARD', factor: 1, adults: 2, guests: 3 },
  { code: 'DBL.ST', name: 'DOUBLE STANDARD', factor: 1.03, adults: 2, guests: 2 },
  { code: 'DBT.SU', name: 'Double or Twin SUPERIOR', factor: 1.22, adults: 2, guests: 3 },
  { code: 'DBL.DX', name: 'DOUBLE DELUXE', factor: 1.4, adults: 2, guests: 3 },
  { code: 'TPL.ST', name: 'TRIPLE STANDARD', factor: 1.42, adults: 3, guests: 4 },
  { code: 'FAM.ST', name: 'FAMILY ROOM STANDARD', factor: 1.65, adults: 4, guests: 6 },
  { code: 'JSU.ST', name: 'JUNIOR SUITE STANDARD', factor: 1.8, adults: 3, guests: 4 },
  { code: 'SUI.PI', name: 'SUITE PREMIUM', factor: 2.5, adults: 4, guests: 5 },
  { code: 'APT.B1', name: 'APARTMENT ONE BEDROOM', factor: 1.5, adults: 4, guests: 5 },
];

/** The hotels of a seed. */
export interface Hotels {
  /** Hotels of a city, by index. */
  inCity(city: City): readonly Hotel[];
  /** Hotels within a circle. */
  near(latitude: number, longitude: number, radiusKm: number): Hotel[];
  /** The hotel of a number made by {@link numberOf}. */
  byNumber(number: number): Hotel | undefined;
}

/** A number for a hotel: below 999,983, which sellers turn into codes of their own. */
export function numberOf(hotel: Hotel): number {
  return hotel.city.index * 100 + hotel.index;
}

/** The hotels of a seed. */
export function createHotels(seed: number): Hotels {
  const known = new LRUCache<number, readonly Hotel[]>({ max: 100 });
  function inCity(city: City): readonly Hotel[] {
    let hotels = known.get(city.index);
    if (hotels === undefined) {
      hotels = makeCity(seed, city);
      known.set(city.index, hotels);
    }
    return hotels;
  }
  return {
    inCity,
    near: (latitude, longitude, radiusKm) =>
      // Hotels lie up to 9 km from the middle of their city.
      citiesNear(latitude, longitude, radiusKm + 9)
        .flatMap(inCity)
        .filter((hotel) => distanceKm(latitude, longitude, hotel.latitude, hotel.longitude) <= radiusKm),
    byNumber(number) {
      const city = allCities()[Math.floor(number / 100)];
      return city && inCity(city)[number % 100];
    },
  };
}

function makeCity(seed: number, city: City): Hotel[] {
  const draws = drawsOf(`${seed}|city|${city.code}|${city.name}`);
  const level = 0.6 + draws.fraction() * 0.9;
  const count = draws.integer(40, 80);
  const stemOffset = draws.integer(0, stems.length - 1);
  return Array.from({ length: count }, (_, index) => makeHotel(seed, city, index, level, stemOffset));
}

function makeHotel(seed: number, city: City, index: number, level: number, stemOffset: number): Hotel {
  const draws = drawsOf(`${seed}|hotel|${city.code}|${city.name}|${index}`);
  const stem = stems[(index * 7 + stemOffset) % stems.length]!;
  // The second hotel of a name in a city is another house: "Aurelia Palace", "Aurelia Garden".
  const kind = kinds[(stemOffset + index + Math.floor(index / stems.length) * 5) % kinds.length]!;
  const draw = draws.fraction();
  const stars = draw < 0.05 ? 1 : draw < 0.17 ? 2 : draw < 0.5 ? 3 : draw < 0.84 ? 4 : 5;
  const grade = draws.fraction();
  const [categoryCode, categoryName] =
    stars === 5 && grade < 0.2
      ? ['5LUX', '5 STARS LUXURY']
      : stars === 4 && grade < 0.15
        ? ['SUP', 'SUPERIOR 4*']
        : stars === 1
          ? ['1EST', '1 STAR']
          : [`${stars}EST`, `${stars} STARS`];
  const km = Math.min(8.9, Math.abs(normalOf(draws)) * 2.4);
  const direction = draws.fraction() * 2 * Math.PI;
  const zone = km < 0.9 ? 0 : km < 1.8 ? 1 : km > 7 ? 7 : 2 + Math.floor((direction / (2 * Math.PI)) * 5);
  return {
    id: `H${city.index}-${index}`,
    city,
    index,
    coreName: `${stem} ${kind}`,
    kind: draws.pick(['Hotel', 'Hotel', 'Hotel', 'Aparthotel', 'Hostal', 'Hotel & Spa']),
    stars,
    categoryCode: categoryCode!,
    categoryName: categoryName!,
    ...shift(city.latitude, city.longitude, km, direction),
    zoneCode: (zone + 1) * 10,
    zoneName: zones[zone]!,
    nightCents: Math.round([0, 3900, 5600, 8400, 13_200, 27_500][stars]! * level * (0.75 + draws.fraction() * 0.6)),
    rooms: drawRooms(draws.integer(2, 4), stars, draws.fraction()),
    boards: drawBoards(stars, draws.fraction()),
  };
}

function drawRooms(count: number, stars: number, draw: number): RoomType[] {
  const rooms = [roomTypes[draw < 0.6 ? 0 : 1]!];
  const others = roomTypes.slice(2).filter((room) => stars >= 4 || room.factor < 1.8);
  for (let i = 1; i < count; i++) {
    const room = others[Math.floor(draw * 97 + i * 2) % others.length]!;
    if (!rooms.includes(room)) rooms.push(room);
  }
  return rooms.sort((a, b) => a.factor - b.factor);
}

function drawBoards(stars: number, draw: number): { code: string; cents: number }[] {
  const boards = [{ code: 'BB', cents: 500 + stars * 350 }];
  if (draw < 0.35) boards.push({ code: 'HB', cents: 1900 + stars * 550 });
  if (draw < 0.12) boards.push({ code: 'FB', cents: 3100 + stars * 700 });
  if (draw > 0.93) boards.push({ code: 'AI', cents: 4200 + stars * 900 });
  return boards;
}
