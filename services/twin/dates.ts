const dayMs = 86_400_000;

/** Days since 1970-01-01 of an ISO date; undefined for anything else, such as "2026-02-30". */
export function dayOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms)) return undefined;
  const day = ms / dayMs;
  return dateOf(day) === text ? day : undefined;
}

const written = new Map<number, string>();

/** The ISO date of a day: "2026-01-22". The same few days are written thousands of times, so they are kept. */
export function dateOf(day: number): string {
  let date = written.get(day);
  if (date === undefined) {
    if (written.size === 2_000) written.clear();
    date = new Date(day * dayMs).toISOString().slice(0, 10);
    written.set(day, date);
  }
  return date;
}

/** The UTC day of an instant. */
export function dayOfEpoch(epochMs: number): number {
  return Math.floor(epochMs / dayMs);
}

/** 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (day + 4) % 7;
}

/** 0 is January. */
export function monthOf(day: number): number {
  return new Date(day * dayMs).getUTCMonth();
}

/** An offset as in ISO 8601: "+05:30". */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** At least two digits. */
export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
