// What people type for criteria at a terminal, read and checked; refused with what was expected.
import { InvalidArgumentError } from 'commander';
import { readDate } from './dates.ts';

/** An IATA code in capitals. */
export function iata(text: string): string {
  const code = text.toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) throw new InvalidArgumentError('Expected a three-letter IATA code.');
  return code;
}

/** A code in capitals. */
export function upper(text: string): string {
  return text.toUpperCase();
}

/** A whole number of up to three digits. */
export function whole(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** Ages: "5,9". */
export function ages(text: string): number[] {
  return text.split(',').map(whole);
}

/** An ISO date, also of "+60d". */
export function dateOrRefuse(text: string, from: Temporal.PlainDate): string {
  const date = readDate(text, from);
  if (date === undefined) throw new InvalidArgumentError(`"${text}" is no date; write 2027-01-22 or +60d.`);
  return date;
}
