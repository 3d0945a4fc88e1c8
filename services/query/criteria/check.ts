import type { GeoPoint } from '../../../libs/contracts/gen/entrepot/type/v1/geo.ts';
import type { FieldViolation } from '../../../libs/errors/index.ts';
import { epochMsToLocal } from '../../../libs/reference/index.ts';

/** Collects everything that is wrong with criteria, so that a client can mend it all at once. */
export class CriteriaCheck {
  readonly violations: FieldViolation[] = [];
  /** The moment of the search, epoch milliseconds. */
  readonly now: number;
  readonly #path: string;

  /** @param path where the criteria stand in the request, as a JSON path: "flight" */
  constructor(path: string, now: number) {
    this.#path = path;
    this.now = now;
  }

  /** Notes that a field of the criteria (a JSON path within them) is wrong. */
  refuse(field: string, description: string): void {
    this.violations.push({ field: `${this.#path}.${field}`, description });
  }

  /** An integer within bounds; notes it when it is not. */
  within(field: string, value: number, least: number, most: number): void {
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      this.refuse(field, `is ${value}; it must be from ${least} to ${most}`);
    }
  }

  /** Whether the text is a local date that exists; notes it when it is not. */
  date(field: string, text: string): boolean {
    if (text === '') {
      this.refuse(field, 'is missing; give a local date such as "2026-01-22"');
      return false;
    }
    if (isDate(text)) return true;
    this.refuse(field, `is ${JSON.stringify(text.slice(0, 40))}; it must be a date that exists, as in "2026-01-22"`);
    return false;
  }

  /** Notes a date that has passed on the clock of the place. */
  notPast(field: string, date: string, timeZone: string): void {
    // The day after tomorrow in UTC is in the future everywhere, which spares most searches the zone.
    if (date > new Date(this.now + 86_400_000).toISOString().slice(0, 10)) return;
    const today = epochMsToLocal(this.now, timeZone).slice(0, 10);
    if (date < today) this.refuse(field, `is ${date}, which has passed: it is ${today} in ${timeZone}`);
  }

  /** Notes a text that is longer than so many characters. */
  noLonger(field: string, text: string, most: number): void {
    if (text.length > most) this.refuse(field, `has ${text.length} characters; at most ${most} are possible`);
  }

  /** Whether a point is on the globe; notes it when it is not. */
  position(field: string, { latitude, longitude }: GeoPoint): boolean {
    const [north, east] = [Math.abs(latitude) <= 90, Math.abs(longitude) <= 180];
    if (!north) this.refuse(`${field}.latitude`, `is ${latitude}; it must be from -90 to 90`);
    if (!east) this.refuse(`${field}.longitude`, `is ${longitude}; it must be from -180 to 180`);
    return north && east;
  }

  /** Ages of children: 0 to 17. */
  ages(field: string, ages: readonly number[]): void {
    for (const [index, age] of ages.entries()) this.within(`${field}[${index}]`, age, 0, 17);
  }
}

/** Whether a text is a date of the calendar in ISO 8601: "2026-01-22". */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Whole days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
