// Pieces of a line of text.
import { stripVTControlCharacters } from 'node:util';

/** Cuts to length and drops control characters: a partner's text must not drive somebody's terminal. */
export function clip(text: string | undefined, length: number): string {
  const plain = stripVTControlCharacters(text ?? '').replaceAll(/\p{Cc}/gu, ' ');
  return plain.length <= length ? plain : `${plain.slice(0, length - 1)}…`;
}

/** An enum's name in words: ("CABIN_PREMIUM_ECONOMY", "CABIN_") is "premium economy". */
export function words(name: string | undefined, prefix: string): string {
  return (name ?? '').replace(prefix, '').toLowerCase().replaceAll('_', ' ');
}

/** A number with so many digits after the point; empty for none. */
export function figure(value: number | undefined, digits = 0): string {
  return value === undefined ? '' : value.toFixed(digits);
}

/** Date and minute of a local time: "01-22 20:00". */
export function minute(dateTime: string | undefined): string {
  return (dateTime ?? '').slice(5, 16).replace('T', ' ');
}
