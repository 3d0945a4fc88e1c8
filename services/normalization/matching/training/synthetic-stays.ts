import { findCity } from '../../../../libs/reference/index.ts';
import type { MatchRecord } from '../types.ts';
import type { LabelledPair } from './benchmarks.ts';
import { randomOf } from './boosting.ts';

// Properties made up, as two partners would list them: what the labelled sets do not have, positions, chains, houses side by
// side. Names are of our own; the cities are real, for their names and positions.

const cityCodes =
  'LON PAR ROM MAD BCN BER MUC VIE PRG BUD WAW LIS ATH IST CPH STO OSL HEL AMS BRU ZRH MIL VCE NAP DUB EDI NYC BOS CHI LAX SFO MIA LAS SEA ATL DEN YTO YVR MEX BOG LIM SCL RIO SAO CAI CPT NBO DXB BKK SIN HKG TYO OSA SEL SYD MEL AKL DEL BOM MOW LED KRK PMI'.split(
    ' ',
  );
const stems =
  'Alhambra Amberley Arcadia Argento Ariel Baltic Bellavista Bergamot Birchwood Bristol Calypso Camelia Carlton Cassia Clarence Continental Corona Coral Crescent Delphin Diana Dorado Eden Elmira Esplanade Europa Excelsior Falcon Fiesta Flora Fortuna Galaxy Geneva Gloria Golden Tulipan Helios Heritage Ibis-Rot Iris Jade Jardin Josefine Kaiser Krone Laguna Lotus Luna Magnolia Majestic Marbella Mare Nostrum Maritim Mercator Metropol Mimosa Mirasol Monaco Morgan Mozart Neptune Nordlicht Olympia Orion Oxford Palmera Paradiso Parnass Pelikan Phoenix Pinnacle Plaza Mayor Poseidon Primavera Quattro Rialto Richmond Rosengarten Royal Sakura Savannah Savoyen Schwan Seaview Siesta Sofia Soleil Splendid Stella Strand Sunrise Terminus Tosca Traube Triton Valencia Vega Venezia Vesuvio Vienna Vista Waldhaus Windsor Zodiac'.split(
    ' ',
  );
const brands = [
  'Halden',
  'Marlow',
  'Northwind',
  'Cedar & Stone',
  'Rivage',
  'Staywell',
  'Meridor',
  'Quintana',
  'Ostra',
  'Belcourt',
];
const lines = [
  '',
  'Inn',
  'Garden Inn',
  'Express',
  'Suites',
  'Grand',
  'Residence',
  'Select',
  'Palace',
  'Plaza',
  'Styles',
  'Resort',
];
const prefixes = [
  'Hotel',
  'Hotel',
  'Hotel',
  'Hotel',
  'Hostal',
  'Aparthotel',
  'Pension',
  'Casa',
  'Residencia',
  'Villa',
  'The',
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
  'Park',
  'Beach',
  'Club',
];
const districts = [
  'Old Town',
  'Airport',
  'City Centre',
  'Harbour',
  'Central Station',
  'North',
  'South',
  'East',
  'West',
  'Riverside',
  'Exhibition',
  'University',
  'Beach',
  'Downtown',
];
const tellers = [
  'Annex',
  'Tower',
  'Tower 2',
  '2',
  'Express',
  'Suites',
  'Garden',
  'Annexe',
  'Apartments',
  'II',
  'North Wing',
  'Beach',
  'Dependance',
  'Deluxe',
];
const venues = ['Restaurant', 'Cafe', 'Bar', 'Dining Room', 'Bistro', 'Grill', 'Hotel', 'Rooms'];
const streets = [
  'Linden',
  'Harbour',
  'Station',
  'Church',
  'Victoria',
  'Mill',
  'Garibaldi',
  'Cervantes',
  'Goethe',
  'Nansen',
  'Republic',
  'Liberty',
  'King',
  'Queen',
  'Market',
  'Bridge',
  'Colon',
  'Verdi',
  'Park',
  'Castle',
  'Orchard',
  'Dock',
  'Abbey',
  'Saint Anna',
];
const streetKinds: readonly (readonly string[])[] = [
  ['Street', 'St', 'St.'],
  ['Avenue', 'Ave', 'Av.'],
  ['Road', 'Rd', 'Rd.'],
  ['Boulevard', 'Blvd', 'Blvd.'],
  ['Lane', 'Ln', 'La.'],
  ['Square', 'Sq', 'Sq.'],
];

interface House {
  readonly id: number;
  readonly city: { readonly name: string; readonly latitude: number; readonly longitude: number };
  readonly prefix: string;
  readonly core: string;
  readonly chain: string;
  readonly district: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly phone: string;
  readonly number: number;
  readonly street: string;
  readonly streetKind: number;
  readonly postcode: string;
}

/** The shares of listings in which a partner states what. */
interface States {
  readonly position: number;
  readonly phone: number;
  readonly address: number;
  readonly city: number;
  readonly zone: number;
}

const directory: States = { position: 0, phone: 0.97, address: 0.97, city: 0.97, zone: 0.05 };
const everything: States = { position: 0.97, phone: 0.9, address: 0.9, city: 0.9, zone: 0.3 };
const position: States = { position: 0.97, phone: 0.05, address: 0.05, city: 0.2, zone: 0.5 };
const mixed: States = { position: 0.75, phone: 0.4, address: 0.5, city: 0.5, zone: 0.3 };

/** Pairs of listings of two partners: what is the same, and what lies near or is named alike. The same for the same seed. */
export function syntheticStays(seed: number): LabelledPair[] {
  const random = randomOf(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const chance = (share: number): boolean => random() < share;
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
  let id = 0;

  return cityCodes.flatMap((code) => {
    const place = findCity(code);
    if (place === undefined) return [];
    const city = { name: place.name.split(/[,(/]/)[0]!.trim(), latitude: place.latitude, longitude: place.longitude };
    const country = digits(2).replace(/^0/, '4');
    const area = digits(2).replace(/^0/, '3');
    const houses: House[] = [];
    while (houses.length < 70) {
      houses.push(makeHouse());
    }
    return pairsOf(houses);

    function makeHouse(): House {
      const sibling = houses.length > 5 && chance(0.25) ? pick(houses) : undefined;
      const kilometres = Math.abs(random() + random() + random() - 1.5) * 4;
      const direction = random() * 2 * Math.PI;
      const at = shift(city.latitude, city.longitude, kilometres, direction);
      const fresh: House = {
        id: id++,
        city,
        prefix: pick(prefixes),
        core: '',
        chain: '',
        district: '',
        ...at,
        phone: `+${country} ${area} ${digits(7)}`,
        number: 1 + Math.floor(random() * random() * 400),
        street: pick(streets),
        streetKind: Math.floor(random() * streetKinds.length),
        postcode: digits(5),
      };
      if (sibling !== undefined) return besideOf(sibling, fresh);
      if (chance(0.35)) {
        const chain = pick(brands);
        const line = pick(lines);
        return {
          ...fresh,
          prefix: chance(0.2) ? 'Hotel' : '',
          chain,
          core: `${chain} ${line}`.trim(),
          district: chance(0.7) ? pick(districts) : '',
        };
      }
      const own = chance(0.3) ? `${pick(stems)} ${pick(stems)}` : pick(stems);
      return { ...fresh, core: chance(0.6) ? `${own} ${pick(kinds)}` : own };
    }

    /** Another house that shares something with one: the owner, the building, the street, the name. */
    function besideOf(one: House, fresh: House): House {
      const stem = one.core.split(' ')[0]!;
      const near = shift(one.latitude, one.longitude, random() * 0.25, random() * 2 * Math.PI);
      // A branch elsewhere in town, under just the same name.
      if (chance(0.12)) return { ...fresh, prefix: one.prefix, core: one.core, chain: one.chain };
      const draw = random();
      if (draw < 0.5) {
        const shared = chance(0.5);
        return {
          ...fresh,
          ...near,
          prefix: one.prefix,
          core: `${one.core} ${pick(tellers)}`,
          chain: one.chain,
          district: one.district,
          phone: shared ? one.phone : chance(0.3) ? one.phone.slice(0, -2) + digits(2) : fresh.phone,
          street: one.street,
          streetKind: one.streetKind,
          postcode: one.postcode,
          number: chance(0.5) ? one.number : one.number + 2,
        };
      }
      if (draw < 0.7) {
        const close = chance(0.5) ? near : {};
        return {
          ...fresh,
          ...close,
          prefix: one.prefix,
          core: `${stem} ${pick(kinds)}`,
          chain: one.chain,
          district: chance(0.5) ? one.district : pick(districts),
        };
      }
      if (draw < 0.87) {
        // Another place of the same owner, in the same house, on the same phone.
        const venue = pick(venues);
        const own = one.core.replace(/ (Restaurant|Cafe|Bar|Dining Room|Bistro|Grill)$/, '');
        return {
          ...fresh,
          ...near,
          prefix: '',
          core: `${own} ${venue}`,
          district: one.district,
          phone: chance(0.85) ? one.phone : fresh.phone,
          street: one.street,
          streetKind: one.streetKind,
          postcode: one.postcode,
          number: one.number,
        };
      }
      // Another house under the same roof or next door.
      const other = chance(0.5)
        ? `${pick(brands)} ${pick(lines)}`.trim()
        : `${pick(stems)} ${chance(0.5) ? pick(kinds) : ''}`.trim();
      return {
        ...fresh,
        ...near,
        core: other,
        street: one.street,
        streetKind: one.streetKind,
        postcode: one.postcode,
        number: chance(0.7) ? one.number : one.number + 2,
      };
    }

    function pairsOf(all: readonly House[]): LabelledPair[] {
      // Partners differ in what they state; some pairs of them state nearly all.
      const [full, bare] = [chance(0.4), chance(0.4)];
      const statesOf = (): States => (full ? (chance(0.5) ? directory : everything) : bare ? position : mixed);
      const [ours, theirs] = [statesOf(), statesOf()];
      const left = all.filter(() => chance(0.9)).map((house) => ({ house, record: listing(house, 'left', ours) }));
      const right = all.filter(() => chance(0.9)).map((house) => ({ house, record: listing(house, 'right', theirs) }));
      return left.flatMap((a) =>
        right.flatMap((b) => {
          const same = a.house.id === b.house.id;
          const metres = metresApart(a.house, b.house);
          const named = a.house.core.split(' ')[0] === b.house.core.split(' ')[0];
          if (!same && metres > 400 && !(named && chance(0.5)) && !chance(0.01)) return [];
          return [{ left: a.record, right: b.record, same }];
        }),
      );
    }

    function listing(house: House, partner: string, states: States): MatchRecord {
      const attributes: Record<string, string | number> = { property_name: nameOf(house) };
      if (chance(states.position)) {
        const draw = random();
        const km = draw < 0.2 ? 0 : draw < 0.8 ? random() * 0.06 : draw < 0.95 ? random() * 0.3 : random() * 1.5;
        const { latitude, longitude } = shift(house.latitude, house.longitude, km, random() * 2 * Math.PI);
        attributes.latitude = Number(latitude.toFixed(5));
        attributes.longitude = Number(longitude.toFixed(5));
      }
      if (chance(states.phone)) attributes.phone = phoneOf(house);
      if (chance(states.address)) attributes.address = addressOf(house);
      if (chance(states.city)) attributes.city = chance(0.85) ? city.name : pick(districts);
      if (chance(states.zone)) attributes.zone = house.district === '' ? pick(districts) : house.district;
      if (house.chain !== '' && chance(0.4)) attributes.chain = house.chain;
      return { partner, key: String(house.id), attributes };
    }

    function nameOf({ prefix, core, chain, district }: House): string {
      let name = core;
      const draw = random();
      if (draw < 0.3) name = `${prefix} ${name}`.trim();
      else if (draw < 0.35 && /(Restaurant|Cafe|Dining Room|Bistro|Grill)$/.test(core)) {
        name = core.replace(/^(.*) (Restaurant|Cafe|Dining Room|Bistro|Grill)$/, '$2 $1');
      } else if (draw < 0.4) name = `${name} ${prefix}`;
      if (district !== '' && chance(0.96))
        name = chance(0.5) ? `${name} ${city.name} ${district}` : `${name} ${district}`;
      else if (chance(0.25)) name = chance(0.5) ? `${name}, ${city.name}` : `${name} ${city.name}`;
      if (chain !== '' && chance(0.15)) name = `${name} by ${chain}`;
      if (chance(0.08)) name = `${name} & Spa`;
      if (chance(0.06)) name = `${name} - Adults Only`;
      if (chance(0.02)) name = name.replace(/^(\S+ \S+) \S+$/, '$1');
      if (chance(0.03)) name = name.replace(/ (Palace|Resort|Suites|Boutique|Spa)\b/, '');
      if (chance(0.04)) name = typo(name);
      if (chance(0.04)) name = name.replace(/([a-z]) ([A-Z])/, (_, a: string, b: string) => a + b.toLowerCase());
      if (chance(0.12)) name = name.toUpperCase();
      return name.trim();
    }

    function typo(name: string): string {
      const at = 1 + Math.floor(random() * (name.length - 2));
      const draw = random();
      if (draw < 0.35) return name.slice(0, at) + name.slice(at + 1);
      if (draw < 0.7) return name.slice(0, at) + name[at] + name.slice(at);
      return name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2);
    }

    function phoneOf({ phone }: House): string {
      // Some list the line for bookings, which is not the house's.
      if (chance(0.08)) return `+${country} ${area} ${digits(7)}`;
      const draw = random();
      if (draw < 0.4) return phone;
      const plain = phone.replace(/\D/g, '');
      return draw < 0.6
        ? `00${plain}`
        : draw < 0.8
          ? `0${plain.slice(country.length)}`
          : `(${area}) ${plain.slice(-7, -4)}-${plain.slice(-4)}`;
    }

    function addressOf({ number, street: own, streetKind, postcode }: House): string {
      // A house at a corner has two.
      if (chance(0.08)) return `${1 + Math.floor(random() * 400)} ${pick(streets)} ${pick(streetKinds[streetKind]!)}`;
      const street = chance(0.02) ? pick(streets) : own;
      const kind = pick(streetKinds[streetKind]!);
      let text = chance(0.1)
        ? `${street} ${kind}`
        : chance(0.5)
          ? `${number} ${street} ${kind}`
          : `${street} ${kind} ${number}`;
      if (chance(0.12)) text += ` between ${pick(streets)} and ${pick(streets)}`;
      else if (chance(0.1)) text += ` at ${pick(streets)} St`;
      if (chance(0.3)) text += `, ${postcode} ${city.name}`;
      return text;
    }
  });
}

function shift(
  latitude: number,
  longitude: number,
  km: number,
  direction: number,
): { latitude: number; longitude: number } {
  const shrink = Math.cos((latitude * Math.PI) / 180);
  return {
    latitude: latitude + (km * Math.cos(direction)) / 111.2,
    longitude: longitude + (km * Math.sin(direction)) / (111.2 * shrink),
  };
}

function metresApart(a: House, b: House): number {
  const shrink = Math.cos((a.latitude * Math.PI) / 180);
  return 111_200 * Math.hypot(a.latitude - b.latitude, (a.longitude - b.longitude) * shrink);
}
