/**
 * Offsets of one zone: from `from[i]` (epoch ms, ascending, the first -Infinity) on, the offset is `offset[i]` ms.
 */
interface ZoneTable {
  readonly from: readonly number[];
  readonly offset: readonly number[];
}

/** Times outside these years are worked out one by one; inside, from a table made once per zone. */
const firstYear = 2000;
const lastYear = 2050;
const tableStart = Date.UTC(firstYear, 0, 1);
const tableEnd = Date.UTC(lastYear + 1, 0, 1);

const tables = new Map<string, ZoneTable>();

/**
 * The instant of a wall time at a place, in epoch milliseconds. Reads "2026-01-22T20:00", with seconds or a fraction as
 * well; an offset or "Z" after it is refused. Undefined when the text is no such time, when the clock skipped it, or
 * when the zone is unknown. Of a time that happens twice it is the earlier.
 */
export function localToEpochMs(localIso: string, timeZone: string): number | undefined {
  const wall = parseWallTime(localIso);
  if (wall === undefined) return undefined;
  const table = tableOf(timeZone);
  if (table === undefined) return undefined;
  return wallToEpochMs(wall, table, timeZone);
}

/** A wall time with the moment that it means, and what had to be put right for it. */
export interface PlacedTime {
  /** Epoch milliseconds. */
  readonly epochMs: number;
  /** What the clocks show then, to the second: the text's own, but for a time that they skip. */
  readonly wall: string;
  /**
   * `gap`: clocks skip the time (they are put forward), so it was moved on by what they skip, as if they had not been. `twice`: clocks
   * show it twice (they are put back), and it was taken for the first. Absent where the time is what it says.
   */
  readonly repair?: 'gap' | 'twice';
}

/**
 * As localToEpochMs, but of a time that the clock skipped it is the moment at which a clock that had not been changed would have shown it:
 * 01:30 in London on the night in which 01:00 becomes 02:00 is 02:30. So does iCalendar (RFC 5545, 3.3.5), and people who wrote the time down
 * meant it.
 */
export function placeLocal(localIso: string, timeZone: string): PlacedTime | undefined {
  const wall = parseWallTime(localIso);
  const table = wall === undefined ? undefined : tableOf(timeZone);
  if (wall === undefined || table === undefined) return undefined;
  const before = offsetAt(wall - 86_400_000, table, timeZone);
  const after = offsetAt(wall + 86_400_000, table, timeZone);
  const shown = localIso.length === 19 && localIso.charCodeAt(10) === 84 ? localIso : isoSeconds(wall);
  const epochMs = wallToEpochMs(wall, table, timeZone);
  if (epochMs === undefined) {
    const moved = wall - before;
    return { epochMs: moved, wall: isoSeconds(moved + offsetAt(moved, table, timeZone)), repair: 'gap' };
  }
  const later = wall - Math.min(before, after);
  const twice = later !== epochMs && offsetAt(later, table, timeZone) === wall - later;
  return twice ? { epochMs, wall: shown, repair: 'twice' } : { epochMs, wall: shown };
}

function isoSeconds(wall: number): string {
  return new Date(wall).toISOString().slice(0, 19);
}

/**
 * Minutes east of UTC on the clocks of a zone at an instant, rounded towards zero for historic offsets with seconds.
 *
 * @throws RangeError when the zone is unknown or the instant is none
 */
export function utcOffsetMinutes(epochMs: number, timeZone: string): number {
  if (!Number.isFinite(epochMs)) throw new RangeError(`no instant: ${epochMs}`);
  const table = tableOf(timeZone);
  if (table === undefined) throw new RangeError(`unknown time zone: ${timeZone}`);
  return Math.trunc(offsetAt(epochMs, table, timeZone) / 60_000);
}

/** The wall time of an instant at a place, to the second: "2026-01-22T20:00:00". Throws as utcOffsetMinutes does. */
export function epochMsToLocal(epochMs: number, timeZone: string): string {
  if (!Number.isFinite(epochMs)) throw new RangeError(`no instant: ${epochMs}`);
  const table = tableOf(timeZone);
  if (table === undefined) throw new RangeError(`unknown time zone: ${timeZone}`);
  return new Date(epochMs + offsetAt(epochMs, table, timeZone)).toISOString().slice(0, 19);
}

function wallToEpochMs(wall: number, table: ZoneTable, timeZone: string): number | undefined {
  // Offsets are within a day of UTC: only those in force around the wall time can be meant. The larger offset gives the
  // earlier instant, and an instant counts only if its own offset leads back to the wall time.
  const before = offsetAt(wall - 86_400_000, table, timeZone);
  const after = offsetAt(wall + 86_400_000, table, timeZone);
  const early = wall - Math.max(before, after);
  if (offsetAt(early, table, timeZone) === wall - early) return early;
  const late = wall - Math.min(before, after);
  if (offsetAt(late, table, timeZone) === wall - late) return late;
  return undefined;
}

function offsetAt(epochMs: number, table: ZoneTable, timeZone: string): number {
  if (epochMs < tableStart || epochMs >= tableEnd) return exactOffset(epochMs, timeZone);
  const { from, offset } = table;
  let low = 0;
  let high = from.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (from[middle]! <= epochMs) low = middle;
    else high = middle - 1;
  }
  return offset[low]!;
}

function exactOffset(epochMs: number, timeZone: string): number {
  return (
    Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs)).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1e6
  );
}

function tableOf(timeZone: string): ZoneTable | undefined {
  const known = tables.get(timeZone);
  if (known !== undefined) return known;
  let at: Temporal.ZonedDateTime;
  try {
    at = Temporal.Instant.fromEpochMilliseconds(tableStart).toZonedDateTimeISO(timeZone);
  } catch {
    return undefined;
  }
  const from = [Number.NEGATIVE_INFINITY];
  const offset = [at.offsetNanoseconds / 1e6];
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds >= tableEnd) break;
    from.push(next.epochMilliseconds);
    offset.push(next.offsetNanoseconds / 1e6);
    at = next;
  }
  const table = { from, offset };
  tables.set(timeZone, table);
  return table;
}

const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** The wall time as if it were UTC, in epoch ms. Reads digits by hand: this runs for every segment of every row. */
function parseWallTime(text: string): number | undefined {
  const length = text.length;
  if (
    length < 16 ||
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    (text.charCodeAt(10) !== 84 && text.charCodeAt(10) !== 32) ||
    text.charCodeAt(13) !== 58
  ) {
    return undefined;
  }
  const year = digits(text, 0, 2) * 100 + digits(text, 2, 2);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  let second = 0;
  let fraction = 0;
  if (length > 16) {
    if (length < 19 || text.charCodeAt(16) !== 58) return undefined;
    second = digits(text, 17, 2);
    if (length > 19) {
      if (length === 20 || length > 29 || text.charCodeAt(19) !== 46) return undefined;
      for (let at = 20; at < length; at++) {
        const digit = text.charCodeAt(at) - 48;
        if (!(digit >= 0 && digit <= 9)) return undefined;
        if (at < 23) fraction += digit * 10 ** (22 - at);
      }
    }
  }
  // digits() is NaN for anything else, and no comparison with NaN holds.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59))
    return undefined;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthDays = month === 12 ? 31 : daysBefore[month]! - daysBefore[month - 1]! + (month === 2 && leap ? 1 : 0);
  if (day > monthDays) return undefined;
  const years = year - 1;
  const days =
    year * 365 +
    Math.floor(years / 4) -
    Math.floor(years / 100) +
    Math.floor(years / 400) +
    daysBefore[month - 1]! +
    (leap && month > 2 ? 1 : 0) +
    day -
    719_528;
  return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) {
    const digit = text.charCodeAt(at + i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
