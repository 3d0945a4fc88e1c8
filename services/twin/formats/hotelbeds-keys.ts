import { dateOf, dayOf } from '../dates.ts';
import { fractionOf } from '../random.ts';
import type { Nights, Occupancy, Rate } from '../stays/rates.ts';

/** What a rate key says. */
export interface RateKey {
  readonly nights: Nights;
  readonly code: number;
  readonly room: string;
  readonly plan: Rate['plan'];
  readonly board: string;
  readonly occupancy: Occupancy;
  readonly createdSecond: number;
}

/**
 * The key of a rate: what it is, in the open as the partner does it, and when it was given. The mark at the end tells keys
 * that were given from keys that were made up; it protects nothing.
 */
export function writeRateKey(seed: number, salt: string, key: RateKey): string {
  const { nights, occupancy } = key;
  const ages = occupancy.childAges.join('~');
  const open = `${compact(nights.checkIn)}|${compact(nights.checkOut)}|W|1|${key.code}|${key.room}|CG-${key.plan === 'NRF' ? 'NRF' : 'BAR'}-${key.board}|${key.board}||${occupancy.rooms}~${occupancy.adults}~${occupancy.childAges.length}|${ages}|N@06~~`;
  const mark = Math.floor(fractionOf(`${seed}|${salt}|key|${open}${key.createdSecond}`) * 2 ** 40)
    .toString(16)
    .padStart(10, '0');
  return `${open}${mark.slice(0, 6)}~${Number.parseInt(mark, 16) % 2_000_000_011}~N~~~${key.plan}~${key.createdSecond.toString(36).toUpperCase().padStart(7, '0')}AAUK${mark.toUpperCase()}`;
}

/** What is behind a key; undefined where the seller did not give it. */
export function readRateKey(seed: number, salt: string, text: string): RateKey | undefined {
  const parts =
    /^(\d{8})\|(\d{8})\|W\|1\|(\d{1,6})\|([^|]{1,12})\|CG-(NRF|BAR)-[A-Z]{2}\|([A-Z]{2})\|\|(\d)~(\d{1,2})~(\d)\|([\d~]*)\|N@06~~.*~([0-9A-Z]{7})AAUK[0-9A-F]{10}$/.exec(
      text,
    );
  if (parts === null) return undefined;
  const checkIn = expand(parts[1]!);
  const checkOut = expand(parts[2]!);
  if (checkIn === undefined || checkOut === undefined || checkOut <= checkIn) return undefined;
  const key: RateKey = {
    nights: { checkIn, checkOut },
    code: Number(parts[3]),
    room: parts[4]!,
    plan: parts[5] === 'NRF' ? 'NRF' : 'NOR',
    board: parts[6]!,
    occupancy: {
      rooms: Number(parts[7]),
      adults: Number(parts[8]),
      childAges: parts[10] === '' ? [] : parts[10]!.split('~').map(Number),
    },
    createdSecond: Number.parseInt(parts[11]!, 36),
  };
  return writeRateKey(seed, salt, key) === text ? key : undefined;
}

function compact(day: number): string {
  return dateOf(day).replaceAll('-', '');
}

function expand(text: string): number | undefined {
  return dayOf(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`);
}
