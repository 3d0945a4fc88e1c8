import { localToEpochMs, placeLocal, utcOffsetMinutes } from '../../../libs/reference/index.ts';
import type { PlannedColumn } from '../map-rows.ts';
import { type Check, check } from './grade.ts';
import type { OfferView } from './offer-view.ts';
import type { Read } from './reads.ts';
import type { Outcome, RowTrial } from './row-trial.ts';

/** A row that becomes an offer, with what it became. */
export interface TimedRow {
  readonly trial: RowTrial;
  readonly offer: OfferView;
}

/** A time as the item has it. */
interface LocalTimeJson {
  readonly dateTime: string;
  readonly timeZone: string;
  readonly utcOffsetMinutes?: number;
}

/** A wall time inside a text, and the offset behind it: "2027-02-17T22:40:00Z+185" has more, which stays. */
const STATED = /^(.*?)(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?(.*)$/s;

/** Tries the times of rows: zones, midnights, and wall times that a zone's clocks skip. */
export function timeChecks(rows: readonly TimedRow[], columns: readonly PlannedColumn[]): Check[] {
  const times = rows.flatMap(({ offer }) => timesIn(offer.item));
  const midnight: string[] = [];
  const gap: string[] = [];
  const counts = { midnights: 0, gaps: 0, moments: 0 };
  for (const { trial, offer } of rows) {
    for (const column of columns.filter(({ type }) => type === 'time')) {
      const shown = offer.item[camel(column.name)];
      if (!isTime(shown)) continue;
      const read = (row: unknown): unknown => column.read(row, trial.context);
      const stated = statedIn(trial, shown, read);
      if (stated === undefined) continue;
      const { suffix, change } = stated;
      // Nobody's clock decides where the offset behind a time does.
      const isMoment = suffix !== '' && !same(change(`${stated.wall}+03:00`), change(`${stated.wall}-07:00`));
      // What ends after the others stays after them.
      const date = Temporal.PlainDate.from(shown.dateTime.slice(0, 10)).add({
        days: column.name === 'arrival' ? 1 : 0,
      });
      const expected = localToEpochMs(`${date}T00:00:00`, shown.timeZone);
      if (expected !== undefined) {
        counts.midnights++;
        const made = change(`${date}T00:00:00${isMoment ? offsetAt(expected, shown.timeZone) : suffix}`);
        const got = 'value' in made ? made.value : made.rejection.example;
        if (got !== expected) midnight.push(`${column.name} ${date}T00:00 in ${shown.timeZone} became ${got}`);
      }
      if (isMoment) {
        counts.moments++;
        continue;
      }
      const skipped = skippedTime(shown.timeZone, Number(shown.dateTime.slice(0, 4)));
      if (skipped === undefined) continue;
      counts.gaps++;
      const moved = change(`${skipped}${suffix}`);
      const got = 'value' in moved ? moved.value : moved.rejection.example;
      if (got !== undefined && got !== placeLocal(skipped, shown.timeZone)?.epochMs)
        gap.push(`${column.name} ${skipped} in ${shown.timeZone} became ${got}`);
    }
  }
  const without =
    times.length === 0 ? 'its offers have no times' : 'none of its times stands in the answer as a wall time';
  return [
    check(
      'times',
      'every time is on the clock of a known zone, with the offset that holds there then',
      unplaced(rows),
      times.length,
      without,
    ),
    check('times', 'midnight is the midnight of its place', midnight, counts.midnights, without),
    check(
      'times',
      'a wall time that the clocks skip is moved on by what they skip',
      gap,
      counts.gaps,
      counts.moments > 0 ? 'its times have offsets, which decide: they are moments' : without,
    ),
  ];
}

function unplaced(rows: readonly TimedRow[]): string[] {
  return rows.flatMap(({ offer }) => timesIn(offer.item).flatMap(placedWrong));
}

/** A time of an offer as the answer states it. */
interface Stated {
  readonly wall: string;
  /** The offset behind it; empty where there is none. */
  readonly suffix: string;
  /** What becomes of another text in its place. */
  change(text: string): Outcome<unknown>;
}

/** Where a time stands; undefined where it is worked out of something else. */
function statedIn(trial: RowTrial, shown: LocalTimeJson, read: (row: unknown) => unknown): Stated | undefined {
  const matches = ({ value }: Read): boolean => partsOf(value)?.wall === shown.dateTime.slice(0, 16);
  const looked = trial.reads(read).find(matches);
  const places = looked === undefined ? trial.leaves().filter(matches) : [looked];
  const [first] = places;
  if (first === undefined) return undefined;
  return {
    wall: `${shown.dateTime.slice(0, 16)}:00`,
    suffix: partsOf(first.value)?.suffix ?? '',
    change(text) {
      const changes = places.map((read) => ({ read, value: partsOf(read.value)?.around(text) ?? text }));
      return looked === undefined ? trial.again(changes, read) : trial.with(changes, read);
    },
  };
}

/** A wall time to the minute where a text has one, with its offset, and what the text is with another time in its place. */
function partsOf(value: unknown) {
  const found = typeof value === 'string' ? STATED.exec(value) : null;
  if (found === null) return undefined;
  const [, before = '', wall = '', suffix = '', after = ''] = found;
  return { wall: wall.slice(0, 16), suffix, around: (text: string): string => before + text + after };
}

function same(one: Outcome<unknown>, other: Outcome<unknown>): boolean {
  return 'value' in one && 'value' in other && one.value === other.value;
}

/** "+01:00". */
function offsetAt(moment: number, zone: string): string {
  const minutes = utcOffsetMinutes(moment, zone);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

function placedWrong({ dateTime, timeZone, utcOffsetMinutes: stated = 0 }: LocalTimeJson): string[] {
  const at = localToEpochMs(dateTime, timeZone);
  if (at === undefined) return [`${dateTime} is no time in "${timeZone}"`];
  // Of a wall time that happens twice both offsets are right.
  const offsets = [at, at + 3_600_000].map((moment) => utcOffsetMinutes(moment, timeZone));
  return offsets.includes(stated) ? [] : [`${dateTime} in ${timeZone} has the offset ${stated} min, not ${offsets[0]}`];
}

/** A wall time that clocks of a zone skip in a year; undefined where they skip none. */
function skippedTime(zone: string, year: number): string | undefined {
  const from = Date.UTC(year, 0, 1);
  for (let day = 0; day < 366; day++) {
    const start = from + day * 86_400_000;
    const before = utcOffsetMinutes(start, zone);
    if (utcOffsetMinutes(start + 86_400_000, zone) <= before) continue;
    for (let quarter = 0; quarter < 96; quarter++) {
      const at = start + quarter * 900_000;
      if (utcOffsetMinutes(at + 900_000, zone) <= before) continue;
      // The first wall time that is not there any more is a quarter of an hour on.
      return new Date(at + 900_000 + before * 60_000 + 60_000).toISOString().slice(0, 19);
    }
  }
  return undefined;
}

function timesIn(value: unknown): LocalTimeJson[] {
  if (isTime(value)) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(timesIn);
}

function isTime(value: unknown): value is LocalTimeJson {
  return typeof value === 'object' && value !== null && 'dateTime' in value && 'timeZone' in value;
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
