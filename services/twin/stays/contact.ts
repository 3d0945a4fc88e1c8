import { drawsOf } from '../random.ts';
import type { Hotel } from './hotels.ts';

/** Where a hotel stands and how it is called: the same whoever sells it. */
export interface Contact {
  readonly street: string;
  readonly postalCode: string;
  /** As dialled from abroad; undefined in countries whose calling code is not known here. */
  readonly phone: string | undefined;
}

const streets = [
  'Station Road',
  'Market Square',
  'Church Street',
  'Harbour Street',
  'Park Lane',
  'Mill Lane',
  'High Street',
];
const callingCodes: Readonly<Record<string, string>> = {
  AT: '43',
  BE: '32',
  CH: '41',
  CZ: '420',
  DE: '49',
  DK: '45',
  ES: '34',
  FR: '33',
  GB: '44',
  GR: '30',
  IE: '353',
  IT: '39',
  NL: '31',
  NO: '47',
  PL: '48',
  PT: '351',
  SE: '46',
  US: '1',
};

/** Drawn from the hotel alone. */
export function contactOf(seed: number, hotel: Hotel): Contact {
  const draws = drawsOf(`${seed}|contact|${hotel.id}`);
  const code = callingCodes[hotel.city.country];
  const number = draws.integer(10_000, 99_999);
  return {
    street: `${draws.pick(streets)} ${draws.integer(1, 180)}`,
    postalCode: String(draws.integer(10_000, 98_999)),
    phone: code === undefined ? undefined : `+${code}555${number}`,
  };
}
