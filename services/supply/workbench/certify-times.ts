import { localToEpochMs, utcOffsetMinutes } from '../../../libs/reference/index.ts';
import type { PlannedColumn } from '../map-rows.ts';
import { wallTime } from '../mapping/time.ts';
import { type Check, check } from './grade.ts';
import type { OfferView } from './offer-view.ts';
import type { RowTrial } from './row-trial.ts';

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

/** Tries the times of rows: zones, midnights, and wall times that a zone's clocks skip. */
export function timeChecks(rows: readonly TimedRow[], columns: readonly PlannedColumn[]): Check[] {
  const unplaced = rows.flatMap(({ offer }) => timesIn(offer.item).flatMap(placedWrong));
  const midnight: string[] = [];
  const gap: string[] = [];
  const counts = { times: rows.flatMap(({ offer }) => timesIn(offer.item)).length, midnights: 0, gaps: 0 };
  for (const { trial, offer } of rows) {
    for (const column of columns.filter(({ type }) => type === 'time')) {
      const shown = offer.item[camel(column.name)];
      if (!isTime(shown)) continue;
      const read = (row: unknown): unknown => column.read(row, trial.context);
      const leaf = trial.reads(read).find(({ value }) => wallTime(value)?.slice(0, 16) === shown.dateTime.slice(0, 16));
      // A moment with an offset is placed by the partner: no clock of ours is asked.
      if (leaf === undefined || /(Z|[+-]\d\d:?\d\d)$/.test(String(leaf.value))) continue;
      // What ends after the others stays after them.
      const date = Temporal.PlainDate.from(shown.dateTime.slice(0, 10)).add({
        days: column.name === 'arrival' ? 1 : 0,
      });
      const made = trial.with([{ read: leaf, value: `${date}T00:00:00` }], read);
      const expected = localToEpochMs(`${date}T00:00:00`, shown.timeZone);
      if (expected !== undefined) {
        counts.midnights++;
        const got = 'value' in made ? made.value : made.rejection.example;
        if (got !== expected) midnight.push(`${column.name} ${date}T00:00 in ${shown.timeZone} became ${got}`);
      }
      const skipped = skippedTime(shown.timeZone, Number(shown.dateTime.slice(0, 4)));
      if (skipped === undefined) continue;
      counts.gaps++;
      const moved = trial.with([{ read: leaf, value: skipped }], read);
      if ('value' in moved && moved.value !== undefined)
        gap.push(`${column.name} ${skipped} in ${shown.timeZone} became ${moved.value}`);
    }
  }
  const unclocked = 'no offer has a time that the partner states on the clock of a zone';
  return [
    check(
      'times',
      'every time is on the clock of a known zone, with the offset that holds there then',
      unplaced,
      counts.times,
      'no offer has a time',
    ),
    check('times', 'midnight is the midnight of its place', midnight, counts.midnights, unclocked),
    check('times', 'a wall time that the clocks skip is refused, not shifted', gap, counts.gaps, unclocked),
  ];
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
