import { RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { LocalTime } from '../../../libs/contracts/gen/entrepot/type/v1/time.ts';
import { epochMsToLocal, type PlacedTime, placeLocal, utcOffsetMinutes } from '../../../libs/reference/index.ts';
import { repaired } from '../repairs.ts';

const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/;
const OFFSET = /(?:Z|[+-]\d\d:?\d\d)$/;
const INSTANT = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-][01]\d:?[0-5]\d)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const THREE = 51;
const NINE = 57;
const COLON = 58;
const T = 84;
const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/;

/**
 * The wall clock's part of an ISO 8601 date and time, to the second: "2026-01-22T20:00:00". An offset or a "Z" behind it
 * is left off: what counts is the clock of the place.
 *
 * @returns undefined where the text is not of that form; whether it is a time at all is found out where it is placed in a zone
 */
export function wallTime(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  // The common form needs no look at its digits: whoever places it in a zone reads them.
  if (text.length === 19 && text.charCodeAt(10) === T) return text;
  if (!WALL.test(text)) return undefined;
  return text.charCodeAt(16) === COLON ? text.slice(0, 19) : `${text.slice(0, 16)}:00`;
}

/** Whether an offset or a "Z" stands behind a date and time of the form that {@link wallTime} reads. */
export function hasOffset(text: unknown): boolean {
  return typeof text === 'string' && text.length > 19 && OFFSET.test(text);
}

/**
 * A wall time, as {@link wallTime} gives it, in the zone of its place. One that clocks skip is moved on by what they skip, and of one
 * that they show twice it is the first; both are repairs.
 *
 * @returns undefined where it is no time, or the zone is unknown
 */
export function placeWall(wall: string, timeZone: string): PlacedTime | undefined {
  const placed = placeLocal(wall, timeZone);
  if (placed?.repair !== undefined) {
    const reason = placed.repair === 'gap' ? RepairReason.TIME_IN_GAP : RepairReason.TIME_TWICE;
    repaired(reason, `${wall} in ${timeZone}`);
  }
  return placed;
}

/**
 * The instant of an ISO 8601 date and time with an offset or "Z", in epoch milliseconds.
 *
 * @returns undefined where the text is none, has no offset, or names a day or time that no calendar has
 */
export function instantOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  if (!INSTANT.test(text)) return undefined;
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) return undefined;
  // Date takes 30 February for 2 March.
  if (text.charCodeAt(8) >= THREE || text.charCodeAt(9) === NINE) {
    const day = new Date(`${text.slice(0, 10)}T00:00Z`).getUTCDate();
    if (day !== Number(text.slice(8, 10))) return undefined;
  }
  return instant;
}

/** Whether the text is a calendar date in ISO 8601, by its looks: "2026-01-22". */
export function isDate(text: unknown): text is string {
  return typeof text === 'string' && DATE.test(text);
}

/** A wall time at a place whose zone and instant are known. */
export function localTime(wall: string, timeZone: string, epochMs: number): LocalTime {
  return { dateTime: wall, timeZone, utcOffsetMinutes: utcOffsetMinutes(epochMs, timeZone) };
}

/** An instant as people at a place read it off their clock. */
export function localTimeAt(epochMs: number, timeZone: string): LocalTime {
  return localTime(epochMsToLocal(epochMs, timeZone), timeZone, epochMs);
}

/**
 * Minutes of a duration as partners write it: ISO 8601 of days and less ("PT02H05M", "P0DT18H0M0S"), or a plain count of
 * minutes ("150"). Seconds round down.
 */
export function durationMinutes(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isInteger(text) && text >= 0 ? text : undefined;
  if (typeof text !== 'string' || text === '') return undefined;
  const match = DURATION.exec(text);
  if (match === null) return /^\d{1,7}$/.test(text) ? Number(text) : undefined;
  const [, days, hours, minutes, seconds] = match;
  if (days === undefined && hours === undefined && minutes === undefined && seconds === undefined) return undefined;
  return (
    Number(days ?? 0) * 1440 + Number(hours ?? 0) * 60 + Number(minutes ?? 0) + Math.floor(Number(seconds ?? 0) / 60)
  );
}
