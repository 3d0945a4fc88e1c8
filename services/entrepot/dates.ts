// Dates as people type them at a terminal.

/**
 * Reads a date: ISO 8601 ("2027-01-22"), or days or weeks from a day ("+60d", "+2w").
 *
 * @param from the day that "+" counts from
 * @returns the ISO date, or undefined for what is neither
 */
export function readDate(text: string, from: Temporal.PlainDate): string | undefined {
  const ahead = /^\+(\d{1,3})([dw])$/.exec(text);
  if (ahead !== null) {
    const count = Number(ahead[1]);
    return from.add(ahead[2] === 'w' ? { weeks: count } : { days: count }).toString();
  }
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text ? text : undefined;
  } catch {
    return undefined;
  }
}
