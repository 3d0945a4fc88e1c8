import { utcOffsetMinutes } from '../../libs/reference/index.ts';

/** When a rule holds, as its file declares it. */
export interface ValidityDeclaration {
  /** RFC 3339 instant ("2026-12-01T00:00:00Z"), or local date-time ("2026-12-01T00:00"). */
  readonly from?: string;
  /** As from; not included. */
  readonly until?: string;
  /** IANA zone of everything local here; without one, the market's. */
  readonly zone?: string;
  /** Days on which it holds, by the local calendar. */
  readonly weekdays?: readonly Weekday[];
  /** Local times of day between which it holds, "18:00" to "23:00"; over midnight when the end is not after the beginning. */
  readonly hours?: { readonly from: string; readonly until: string };
}

/** ISO 8601's order. */
export const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** What the clocks of a zone show. */
export interface LocalTime {
  readonly weekday: Weekday;
  /** 0 to 23. */
  readonly hour: number;
  /** "2026-12-24". */
  readonly date: string;
  /** Minutes since midnight, by the clock. */
  readonly minute: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60;
/** Minutes of the local day at 1970-01-01 are those of a Thursday. */
const EPOCH_WEEKDAY = 3;

/** What clocks show at an instant. Throws RangeError for an unknown zone. */
export function localTime(instant: number, zone: string): LocalTime {
  const minutes = Math.floor(instant / MINUTE) + utcOffsetMinutes(instant, zone);
  const day = Math.floor(minutes / DAY);
  const minute = minutes - day * DAY;
  return {
    weekday: WEEKDAYS[(((day + EPOCH_WEEKDAY) % 7) + 7) % 7]!,
    hour: Math.floor(minute / 60),
    date: new Date(day * DAY * MINUTE).toISOString().slice(0, 10),
    minute,
  };
}

/** An instant in epoch milliseconds, or a local date-time whose instant depends on the zone. */
type Moment = number | string;

/**
 * When a rule holds. Local times follow the clocks: of a `from` or `until` that they show twice it is the first; one that they skip
 * counts as late as it would have been without the change. Hours and weekdays are what the clocks show.
 */
export class Validity {
  readonly zone: string | undefined;
  readonly weekdays: ReadonlySet<Weekday> | undefined;
  /** Minutes of the day. */
  readonly hours: { readonly from: number; readonly until: number } | undefined;
  readonly #from: Moment | undefined;
  readonly #until: Moment | undefined;
  readonly #spans = new Map<string, readonly [from: number, until: number]>();

  /** Of a declaration whose texts were checked by readMoment and the schema. */
  constructor({ from, until, zone, weekdays, hours }: ValidityDeclaration) {
    this.zone = zone;
    this.#from = readMoment(from);
    this.#until = readMoment(until);
    this.weekdays = weekdays === undefined ? undefined : new Set(weekdays);
    this.hours = hours === undefined ? undefined : { from: minuteOf(hours.from), until: minuteOf(hours.until) };
  }

  /** Its span begins or ends at a local time. */
  get local(): boolean {
    return typeof this.#from === 'string' || typeof this.#until === 'string';
  }

  /** Depends on a zone that the declaration does not name. */
  get needsZone(): boolean {
    return this.zone === undefined && (this.local || this.weekdays !== undefined || this.hours !== undefined);
  }

  /** Whether it holds at an instant (epoch milliseconds); `zone` is the market's. */
  holds(instant: number, zone: string): boolean {
    const [from, until] = this.span(zone);
    if (instant < from || instant >= until) return false;
    if (this.weekdays === undefined && this.hours === undefined) return true;
    const { weekday, minute } = localTime(instant, this.zone ?? zone);
    if (this.weekdays?.has(weekday) === false) return false;
    if (this.hours === undefined) return true;
    const { from: start, until: end } = this.hours;
    return start < end ? minute >= start && minute < end : minute >= start || minute < end;
  }

  /** The first instant after another at which it may begin or cease to hold. */
  changesAfter(instant: number, zone: string): number {
    const [from, until] = this.span(zone);
    if (instant < from) return from;
    if (instant >= until) return Number.POSITIVE_INFINITY;
    if (this.weekdays === undefined && this.hours === undefined) return until;
    return Math.min(until, (Math.floor(instant / MINUTE) + 1) * MINUTE);
  }

  /** The instants between which it may hold; `zone` is the market's. */
  span(zone: string): readonly [from: number, until: number] {
    const own = this.zone ?? zone;
    let span = this.#spans.get(own);
    if (span === undefined) {
      const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
      span = [instantOf(this.#from, own) ?? NEGATIVE_INFINITY, instantOf(this.#until, own) ?? POSITIVE_INFINITY];
      this.#spans.set(own, span);
    }
    return span;
  }
}

/** Reads an instant with its offset, or a local date-time. Undefined for neither. */
export function readMoment(text: string | undefined): Moment | undefined {
  if (text === undefined) return undefined;
  try {
    if (LOCAL.test(text)) return Temporal.PlainDateTime.from(text).toString();
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

const LOCAL = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/;

function instantOf(moment: Moment | undefined, zone: string): number | undefined {
  if (typeof moment !== 'string') return moment;
  return Temporal.PlainDateTime.from(moment).toZonedDateTime(zone).epochMilliseconds;
}

function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number) as [number, number];
  return hours * 60 + minutes;
}
